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

    def named_events(self, rule: int) -> tuple[nodes.EventSet, ...]:
        """The events that a rule says, in its clauses and in the segments that it reads."""
        found: list[nodes.EventSet] = []
        for node in self._walk(self.rule(rule).node):
            if isinstance(node, nodes.Event | nodes.SystemEvent | nodes.AnyEvent):
                found.append(node)
            elif isinstance(node, nodes.IgnoredTrigger):
                found += [nodes.SystemEvent(kind, node.rule) for kind in ("sent", "opened", "clicked")]
        return tuple(found)

    def named_state(self, rule: int) -> frozenset[str]:
        """What a rule reads that rules can change: `user.P` for an attribute, and names of lists."""
        found: set[str] = set()
        for node in self._walk(self.rule(rule).node):
            if isinstance(node, nodes.Path) and node.parts[0] == "user" and len(node.parts) > 1:
                found.add(f"user.{node.parts[1]}")
            elif isinstance(node, nodes.Member | nodes.MembershipTrigger):
                found.add(node.name.text)
            elif isinstance(node, nodes.BecomesTrigger | nodes.ChangesTrigger):
                found.add(f"user.{node.attribute.text}")
        return frozenset(found)

    def nodes_in(self, node: nodes.Node) -> dict[int, nodes.Node]:
        """A node and all in it by their numbers, with the conditions of the segments that it reads."""
        return {one.id: one for one in self._walk(node)}

    def _walk(self, node: nodes.Node) -> Iterator[nodes.Node]:
        waiting: list[nodes.Node] = [node]
        read: set[str] = set()
        while waiting:
            for one in walk(waiting.pop()):
                yield one
                if isinstance(one, nodes.Member | nodes.MembershipTrigger) and one.name.text not in read:
                    read.add(one.name.text)
                    waiting += [segment for name, segment in self._segments.items() if name == one.name.text]

    @property
    def _segments(self) -> Mapping[str, nodes.SegmentDecl]:
        return self.checked.segments


def _all(clauses: tuple[nodes.Clause, ...], kind: type[nodes.Node]) -> tuple[nodes.Node, ...]:
    return tuple(one for one in clauses if isinstance(one, kind))


def _period(period: nodes.LimitPeriod) -> str:
    """As labels of caps name it."""
    return f"per {print_tree(period).removeprefix('per ')}"
