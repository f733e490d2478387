"""A program and its tests → which points the tests exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import CompiledCap, Program, SendAction
from trigdsl.engine.tracing import Entry
from trigdsl.model.values import Micros
from trigdsl.suggester.points import Aspect, Owner, Point, Sides, condition_aspects, three
from trigdsl.suggester.rule_points import PERIODS, RulePoints, edge_of_period, period_sides, side_of_end
from trigdsl.suggester.topics import channels_of
from trigdsl.suggester.watching import View, watch
from trigdsl.syntax import nodes
from trigdsl.syntax.nodes import Test
from trigdsl.tester.run import TestResult

__all__ = ["Covering", "Point"]

Action = tuple[int, int, int]
"""Where an action stands: the rule's index, the step's place, the action's place in it."""


class Covering:
    """The points of a program, which was compiled with the parts of its conditions."""

    def __init__(self, program: Program, checked: CheckedProgram) -> None:
        self._program = program
        self._aspects = tuple(_aspects(program, checked))
        self.points = tuple(dict.fromkeys(point for one in self._aspects for point in one.points.values()))

    def of_tests(self, tests: Iterable[Test]) -> frozenset[Point]:
        """The points that some test exercises."""
        return frozenset(point for test in tests for point in self.run(test)[1])

    def run(self, test: Test) -> tuple[TestResult, frozenset[Point]]:
        """Run a test; what became of it, and the points that it exercises."""
        view = watch(test, self._program)
        return view.result, frozenset(point for one in self._aspects for point in one.seen(view))


def _aspects(program: Program, checked: CheckedProgram) -> Iterator[Aspect]:
    for rule in checked.rules:
        owner = Owner(rule.name, frozenset({rule.name}))
        yield from RulePoints(rule, program.rules[rule.index], checked.wire_names, owner).aspects()
    for name, policies in checked.channels.items():
        owner = Owner(None, frozenset(rule.name for rule in checked.rules if name in channels_of(rule)))
        for policy in policies:
            if isinstance(policy, nodes.Requires) and owner.rules:
                yield from condition_aspects(owner, policy.condition, checked.wire_names)
    yield from _caps(program, checked)


# ------------------------------------------------------------------------------------------- caps
def _caps(program: Program, checked: CheckedProgram) -> Iterator[Aspect]:
    """Each cap being full; and for one of a length, a send around the moment at which it is no more."""
    counted: dict[CompiledCap, set[Action]] = {}
    for index, rule in enumerate(program.rules):
        for place, step in enumerate(rule.steps):
            for number, action in enumerate(step.actions):
                if isinstance(action, SendAction) and not step.urgent:
                    for cap in action.caps:
                        counted.setdefault(cap, set()).add((index, place, number))
    for cap, actions in sorted(counted.items(), key=lambda pair: pair[0].number):
        owner = Owner(None, frozenset(checked.rules[index].name for index, _, _ in actions))
        told = f"`cap {cap.label}`"
        yield owner.aspect(-1 - cap.number, [("full", f"{told} full")], _full(cap.label, actions))
        if cap.period.kind == "duration":
            sides = three(f"{told}: a message", "one before it ceases to count")
            yield owner.aspect(-1 - cap.number, sides, _released(cap, actions))
        elif cap.period.kind in PERIODS:
            yield owner.aspect(-1 - cap.number, period_sides(told, cap.period.kind), _edges(cap.period.kind, actions))


def _full(label: str, actions: set[Action]) -> Sides:
    def seen(view: View) -> Iterator[str]:
        for entry in _sends(view, actions):
            if entry.decision is not None and (entry.decision.status, entry.decision.reason) == ("capped", label):
                yield "full"

    return seen


def _released(cap: CompiledCap, actions: set[Action]) -> Sides:
    def seen(view: View) -> Iterator[str]:
        sent: list[Micros] = []
        for entry in _sends(view, actions):
            decision = entry.decision
            if decision is not None and decision.status in ("sent", "capped"):
                yield side_of_end(entry.time, sent, cap.period.length, cap.count)
                if decision.status == "sent":
                    sent.append(entry.time)

    return seen


def _edges(kind: str, actions: set[Action]) -> Sides:
    def seen(view: View) -> Iterator[str]:
        sent: list[Micros] = []
        for entry in _sends(view, actions):
            yield edge_of_period(kind, entry, sent)
            if entry.decision is not None and entry.decision.status == "sent":
                sent.append(entry.time)

    return seen


def _sends(view: View, actions: set[Action]) -> Iterator[Entry]:
    for entry in view.entries:
        if entry.kind == "decision" and (entry.rule, entry.step, entry.place) in actions:
            yield entry
