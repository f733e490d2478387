"""A decision's rule, step and reason → the piece of the rules that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.model.decisions import Decision
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_event_set, print_tree
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

    def of(self, decision: Decision, rule: int) -> nodes.Node | None:
        """The clause that decided; None for what no clause decides: a missing value, a template that fails."""
        node, step = self.rule(rule).node, self.step(rule, decision.step - 1)
        reason = decision.reason or ""
        match decision.status:
            case "cancelled":
                return self._ender(node, step, reason)
            case "capped":
                return self._cap(decision, node)
            case "control":
                return _first(node.clauses, nodes.Holdout) if reason == "holdout" else self._variants(step, decision)
            case "skipped":
                return self._skipped(decision, node, step)
        return node.trigger

    def _skipped(self, decision: Decision, node: nodes.Rule, step: nodes.Step) -> nodes.Node | None:
        match decision.reason:
            case "guard":
                return step.guard
            case "outside window":
                return next(self.windows(step), None)
            case "expired":
                return step.expires
            case "campaign ended":
                return next((one for one in node.clauses if isinstance(one, nodes.Campaign) and one.end), None)
            case "limit":
                return _first(node.clauses, nodes.Limit)
            case "requires":
                return next(self._policies(decision.channel, nodes.Requires), None)
            case "too long":
                return next(self._policies(decision.channel, nodes.LengthLimit), None)
            case "no variant":
                return self._variants(step, decision)
        return None

    def _ender(self, node: nodes.Rule, step: nodes.Step, reason: str) -> nodes.Node | None:
        if reason == "restarted":
            return _first(node.clauses, nodes.WhilePending)
        for unless in step.unless:
            if reason == f"unless {print_event_set(unless.event)}":
                return unless
        stops = (one for one in node.clauses if isinstance(one, nodes.StopOn))
        return next((one for one in stops if reason == f"stop on {print_event_set(one.event)}"), None)

    def _cap(self, decision: Decision, node: nodes.Rule) -> nodes.Node | None:
        for cap in self._policies(decision.channel, nodes.Cap):
            assert isinstance(cap, nodes.Cap)
            if decision.reason == f"{decision.channel} {cap.count} {_period(cap.period)}":
                return cap
        for one in self.checked.caps:
            scope = {"all": "all", "tag": f"tag {one.name.text if one.name else ''}"}.get(one.scope)
            scope = scope or (one.name.text if one.name else "")
            if decision.reason == f"{scope} {one.count} {_period(one.period)}":
                return one
        return None

    def _variants(self, step: nodes.Step, decision: Decision) -> nodes.Node | None:
        sends = [action for action in step.actions if isinstance(action, nodes.Send) and action.variants]
        return next((send for send in sends if send.channel.text == decision.channel), None)

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


def _first(clauses: tuple[nodes.Clause, ...], kind: type[nodes.Node]) -> nodes.Node | None:
    return next((one for one in clauses if isinstance(one, kind)), None)


def _period(period: nodes.LimitPeriod) -> str:
    """As labels of caps name it."""
    return f"per {print_tree(period).removeprefix('per ')}"
