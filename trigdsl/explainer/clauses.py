"""A decision's rule, step and reason → the piece of the rules that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.engine.tracing import Entry
from trigdsl.model.decisions import Decision
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk


@frozen
class Clauses:
    """Looks up clauses of the rules of one program."""

    checked: CheckedProgram

    def rule(self, index: int) -> CheckedRule:
        return self.checked.rules[index]

    def step(self, rule: int, step: int) -> nodes.Step:
        """A step, by its place from 0."""
        return self.rule(rule).node.steps[step]

    def of(self, decision: Decision, rule: int, entry: Entry) -> tuple[nodes.Node, ...]:
        """The clauses that decided together: mostly one; the trigger for what was sent."""
        node, step = self.rule(rule).node, self.step(rule, decision.step - 1)
        match decision.status, decision.reason:
            case (("sent" | "pending"), _):
                return (node.trigger,)
            case "cancelled", "restarted":
                return _all(node.clauses, nodes.WhilePending)
            case "cancelled", _:
                return tuple(one for one in (*step.unless, *node.clauses) if one.id in entry.clauses)
            case "capped", _:
                return tuple(self._cap(decision))[:1]
            case "control", "holdout":
                return _all(node.clauses, nodes.Holdout)
            case _, "guard" if step.guard is not None:
                return (step.guard,)
            case _, "outside window":
                return tuple(self.windows(step))
            case _, "expired" if step.expires is not None:
                return (step.expires,)
            case _, "campaign ended":
                return tuple(one for one in node.clauses if isinstance(one, nodes.Campaign) and one.end)
            case _, "limit":
                return _all(node.clauses, nodes.Limit)
            case _, "requires":
                return tuple(self._policies(decision.channel, nodes.Requires))
            case _, "too long":
                return tuple(self._policies(decision.channel, nodes.LengthLimit))
        return (step.actions[entry.place],)

    def _cap(self, decision: Decision) -> Iterator[nodes.Node]:
        """The caps that bear the name that the reason gives."""
        for cap in self._policies(decision.channel, nodes.Cap):
            assert isinstance(cap, nodes.Cap)
            if decision.reason == f"{decision.channel} {cap.count} {_period(cap.period)}":
                yield cap
        for one in self.checked.caps:
            name = one.name.text if one.name is not None else ""
            scope = {"all": "all", "tag": f"tag {name}"}.get(one.scope, name)
            if decision.reason == f"{scope} {one.count} {_period(one.period)}":
                yield one

    def _policies(self, channel: str | None, kind: type[nodes.Node]) -> Iterator[nodes.Node]:
        return (one for one in self.checked.channels.get(channel or "", ()) if isinstance(one, kind))

    def windows(self, step: nodes.Step) -> Iterator[nodes.Node]:
        """The clauses that say when a step may be done: its own, or its channels'."""
        if step.between is not None:
            yield step.between
        yield from step.days
        for action in step.actions:
            if isinstance(action, nodes.Send):
                if step.between is None:
                    yield from self._policies(action.channel.text, nodes.Between)
                if not step.days:
                    yield from self._policies(action.channel.text, nodes.OnDays)
                    yield from self._policies(action.channel.text, nodes.OnCalendar)

    def named_events(self, rule: int) -> frozenset[str]:
        """The names on the wire that a rule says, in its clauses and in the segments that it reads."""
        found: set[str] = set()
        waiting: list[nodes.Node] = [self.rule(rule).node]
        read: set[str] = set()
        while waiting:
            for node in walk(waiting.pop()):
                if isinstance(node, nodes.Event):
                    found.add(self.checked.wire_names.get(node.name, node.name))
                elif isinstance(node, nodes.SystemEvent):
                    found.add(node.kind)
                elif isinstance(node, nodes.IgnoredTrigger):
                    found |= {"opened", "clicked"}
                elif isinstance(node, nodes.AnyEvent):
                    found.add("any")
                elif isinstance(node, nodes.Member | nodes.MembershipTrigger) and node.name.text not in read:
                    read.add(node.name.text)
                    waiting += [one for name, one in self._segments.items() if name == node.name.text]
        return frozenset(found)

    @property
    def _segments(self) -> Mapping[str, nodes.SegmentDecl]:
        return self.checked.segments


def _all(clauses: tuple[nodes.Clause, ...], kind: type[nodes.Node]) -> tuple[nodes.Node, ...]:
    return tuple(one for one in clauses if isinstance(one, kind))


def _period(period: nodes.LimitPeriod) -> str:
    """As labels of caps name it."""
    return f"per {print_tree(period).removeprefix('per ')}"
