"""What is known of one user: everything that ever happened, and the runs that are not finished."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from attrs import define, field, frozen

from trigdsl.syntax import nodes as n

from .content import Content
from .expressions import Context, Happening, evaluate
from .program import Program, RuleFacts

Share = Callable[[str, str, str], float]


@define(eq=False)
class Run:
    """A run of a rule: what triggered it, and where it stands."""

    rule: RuleFacts
    event: Happening | None
    triggered: datetime
    value: str
    chain: datetime
    place: int = 0
    armed: datetime = field(init=False)
    due: datetime = field(init=False)
    stands_at: datetime = field(init=False)
    waiting: bool = False
    counted: bool = False

    @property
    def step(self) -> n.Step:
        return self.rule.node.steps[self.place]


@frozen
class Change:
    """What is handled at once: an event, net changes of attributes (before, after), of lists (now in it)."""

    event: str | None = None
    properties: dict[str, Any] = field(factory=dict)
    attributes: dict[str, tuple[Any, Any]] = field(factory=dict)
    lists: dict[str, bool] = field(factory=dict)


@define(eq=False)
class User:
    """The state of one user. `inside` and `looked` are, for each rule that watches a segment, what it saw last."""

    program: Program
    name: str
    share: Share
    first_input: datetime
    now: datetime
    profile: dict[str, Any] = field(factory=dict)
    lists: frozenset[str] = frozenset()
    history: list[Happening] = field(factory=list)
    runs: list[Run] = field(factory=list)
    counted: list[tuple[str, str, datetime]] = field(factory=list)
    sends: list[tuple[str, set[str], datetime]] = field(factory=list)
    over: set[tuple[int, int]] = field(factory=set)
    last_date: dict[int, date] = field(factory=dict)
    inside: dict[int, bool] = field(factory=dict)
    looked: dict[int, datetime] = field(factory=dict)
    queue: list[Change] = field(factory=list)
    decisions: list[dict[str, Any]] = field(factory=list)

    def context(self, rule: RuleFacts | None = None, event: Happening | None = None) -> Context:
        """What an expression of a rule can see now."""
        state = {"profile": self.profile, "lists": self.lists, "history": self.history, "now": self.now}
        return Context(program=self.program, rule=rule, event=event, trigger=event, at=self.now, **state)  # type: ignore[arg-type]

    def holds(self, condition: n.Expression | None, rule: RuleFacts, event: Happening | None) -> bool:
        """Whether a condition is true, or there is none."""
        return condition is None or evaluate(condition, self.context(rule, event)) is True

    def decide(
        self,
        run: Run,
        action: n.Action,
        status: str,
        reason: str | None,
        content: Content | None = None,
        value: Any = None,
    ) -> None:
        """Record a decision; the first action carried out makes the run count."""
        if status in ("sent", "control") and not run.counted:
            run.counted = True
            self.counted.append((run.rule.name, run.value, self.now))
        at = run.stands_at if status == "pending" else self.now
        found: dict[str, Any] = {"user": self.name, "rule": run.rule.name, "step": run.place + 1, **described(action)}
        found |= {"status": status, "reason": reason, "time": at, "triggered": run.triggered, "due": run.due}
        if content:
            found |= {"variant": content.variant, "text": content.text, "fields": content.fields}
        found = {key: held for key, held in found.items() if held is not None}
        if status in ("sent", "control") and isinstance(action, (n.SetAttribute, n.Emit, n.CallAction)):
            found["value"] = value
        self.decisions.append(found)

    def end(self, run: Run, status: str, reason: str) -> None:
        """End a run, with one decision for the step at which it stands."""
        self.decide(run, run.step.actions[0], status, reason)
        self.runs.remove(run)


def described(action: n.Action) -> dict[str, str]:
    """What an action is and what it is about."""
    match action:
        case n.Send():
            return {"action": "send", "channel": action.channel.text}
        case n.SetAttribute():
            return {"action": "set", "target": action.attribute.text}
        case n.AddTo():
            return {"action": "add", "target": action.list.text}
        case n.RemoveFrom():
            return {"action": "remove", "target": action.list.text}
        case n.Emit():
            return {"action": "emit", "target": action.event.text}
    return {"action": "call", "target": action.name.text}
