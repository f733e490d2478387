"""A state that one program wrote → the state with which another goes on, and what becomes of runs that wait.

A rule is known by its name.  Runs of a rule whose text is as it was wait on, untouched.  For a rule that was changed
the policy decides: `keep` leaves its runs at their step and their moment, and they do what the new text says there;
`retime` finds that moment anew by the new text; `cancel` ends them (`rule changed`), as does a step that is no more.
Runs of a rule that is gone end (`rule removed`).  What rules ask of history goes on where they asked it before, and
starts empty where they ask something new.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import field, frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import CalendarFires, CompiledRule, IgnoredFires, Program, SegmentFires, SilenceFires
from trigdsl.engine.state import Run, State, delivery_key
from trigdsl.engine.steps import key_at
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros
from trigdsl.store.codec import encode_state, read_state, state_of
from trigdsl.store.layouts import Layout, Numbers, RuleLayout, layout_of, numbers

POLICIES = ("keep", "retime", "cancel")
"""What can become of the runs of a rule that was changed."""


def check_policy(policy: str) -> None:
    """Raises ValueError for what is no policy."""
    if policy not in POLICIES:
        raise ValueError(f"`on_edit` is `{policy}`: wanted is one of {', '.join(POLICIES)}")


T = TypeVar("T")
_HISTORY = 7
"""The place of the history among the parts of a state."""


@frozen(kw_only=True)
class Adoption:
    """From the layout that wrote states to a program: what goes where, and what becomes of runs."""

    program: Program
    old: Layout
    new: Layout
    policy: str
    numbers: Numbers = field(init=False)

    @numbers.default
    def _numbers(self) -> Numbers:
        return numbers(self.old, self.new)

    def adopt(self, parts: list[Any]) -> Adopted:
        """The state that goes on from the parts of one that was written by the old layout."""
        parts = list(parts)
        if len(parts) > _HISTORY and parts[_HISTORY] is not None:
            parts[_HISTORY] = self._history(parts[_HISTORY])
        state = state_of(self.program.slots, parts)
        adopted = Adopted(state=state)
        self._runs(state, adopted)
        self._triggers(state)
        self._counts(state)
        return adopted

    def _history(self, kept: list[Any]) -> list[Any] | None:
        history: list[Any] = [None] * len(self.new.slots)
        for old, new in self.numbers.slots.items():
            history[new] = kept[old]
        return history if any(one is not None for one in history) else None

    # ------------------------------------------------------------------ runs
    def _runs(self, state: State, adopted: Adopted) -> None:
        left = []
        for run in state.runs or ():
            old = self.old.rules[run.rule]
            number = self.numbers.rules.get(run.rule)
            if number is None:
                adopted.ended.append((run, old, "rule removed"))
            elif not self._fits(run, old, self.program.rules[number]):
                adopted.ended.append((run, old, "rule changed"))
            else:
                left.append(run)
                if self._is_changed(old, number) and self.policy == "retime":
                    adopted.retimed.append(run)
                run.rule = number
                run.captured = self._captured(run.captured)
        state.runs = left or None

    def _is_changed(self, old: RuleLayout, number: int) -> bool:
        return old.fingerprint != self.new.rules[number].fingerprint

    def _fits(self, run: Run, old: RuleLayout, rule: CompiledRule) -> bool:
        """Whether a run can go on; one of a changed rule is put under the value that `for each` now asks for."""
        if not self._is_changed(old, rule.index):
            return True
        if self.policy == "cancel" or run.step >= len(rule.steps):
            return False
        run.key = None if rule.for_each is None else key_at(run.event, rule.for_each)
        return rule.for_each is None or run.key is not None

    def _captured(self, captured: dict[int, Any] | None) -> dict[int, Any] | None:
        return None if captured is None else _moved(captured, self.numbers.slots)

    # ------------------------------------------------------------------ triggers and counts
    def _triggers(self, state: State) -> None:
        def by_rule(entries: dict[int, T] | None, kind: type) -> dict[int, T] | None:
            return self._by_rule(entries, lambda rule: isinstance(rule.fires, kind))

        state.silences = by_rule(state.silences, SilenceFires)
        for entry in (state.silences or {}).values():
            entry[3] = self._captured(entry[3])
        state.ignored = by_rule(state.ignored, IgnoredFires)
        for sends in (state.ignored or {}).values():
            for send in sends:
                send[2] = self._captured(send[2])
        state.calendar = by_rule(state.calendar, CalendarFires)
        state.members = by_rule(state.members, SegmentFires)

    def _counts(self, state: State) -> None:
        limits = self._by_rule(state.limits, lambda rule: rule.limit is not None)
        for number, by_key in (limits or {}).items():
            limit = self.program.rules[number].limit
            assert limit is not None
            for key, times in by_key.items():
                by_key[key] = times[-limit.count :]
        state.limits = limits
        caps = _moved(state.caps or {}, self.numbers.caps)
        state.caps = {cap: times[-self.program.caps[cap].count :] for cap, times in caps.items()} or None
        rules = self.numbers.rules
        goals = [[rules[goal[0]], *goal[1:]] for goal in state.goals or () if goal[0] in rules]
        state.goals = [goal for goal in goals if self.program.rules[goal[0]].goal is not None] or None
        if state.starts is not None:
            state.starts = (state.starts[0], *(rules[rule] for rule in state.starts[1:] if rule in rules))
        if state.watched is not None:
            watched: list[Any] = [None] * len(self.new.invariants)
            for old, new in self.numbers.invariants.items():
                watched[new] = state.watched[old]
            state.watched = watched

    def _by_rule(self, entries: dict[int, T] | None, fits: Callable[[CompiledRule], bool]) -> dict[int, T] | None:
        moved = _moved(entries or {}, self.numbers.rules)
        return {number: entry for number, entry in moved.items() if fits(self.program.rules[number])} or None


def _moved(entries: dict[int, T], to: dict[int, int]) -> dict[int, T]:
    return {to[number]: entry for number, entry in entries.items() if number in to}


@frozen(kw_only=True)
class Adopted:
    """A state that goes on, the runs that end (with the old rule and the reason), and those to be timed anew."""

    state: State
    ended: list[tuple[Run, RuleLayout, str]] = field(factory=list)
    retimed: list[Run] = field(factory=list)

    def decisions(self, now: Micros) -> list[Decision]:
        """That the runs that end are cancelled."""
        return [_cancelled(self.state.user, run, rule, reason, now) for run, rule, reason in self.ended]


def _cancelled(user: str, run: Run, rule: RuleLayout, reason: str, now: Micros) -> Decision:
    kind, channel, target = rule.steps[run.step]
    return Decision(
        user=user,
        rule=rule.name,
        step=run.step + 1,
        action=kind,
        status="cancelled",
        time=now,
        triggered=run.triggered,
        due=run.due,
        key=delivery_key(user, rule.name, run, 0),
        reason=reason,
        channel=channel,
        target=target,
        event_id=run.event_id,
    )


def adopt_all(old: Clockwork, new: Clockwork, policy: str, now: Micros) -> list[Decision]:
    """Let one clockwork in memory go on with all users of another; the runs that end with it, by user."""
    layout = layout_of(old.program)
    adoption = Adoption(program=new.program, old=layout, new=layout_of(new.program), policy=policy)
    decisions = []
    for user, state in sorted(old.states.items()):
        adopted = adoption.adopt(read_state(encode_state(old.program, 0, state)))
        new.machine.adopt(adopted.state, now, adopted.retimed)
        new.states[user] = adopted.state
        if adopted.state.due is not None:
            new.expect([(adopted.state.due, user)])
        decisions += adopted.decisions(now)
    new.links.update(old.links)
    return decisions
