"""A program and tests → which of its points they exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.coverage.clauses import of_clauses
from trigdsl.coverage.conditions import of_condition
from trigdsl.coverage.limits import of_caps
from trigdsl.coverage.points import Exercised, Point
from trigdsl.coverage.record import Recording
from trigdsl.coverage.steps import of_step
from trigdsl.coverage.triggers import of_trigger
from trigdsl.engine.program import Program
from trigdsl.syntax.nodes import IgnoredTrigger, SilenceTrigger, Test
from trigdsl.tester.run import TestResult, run_test

_WAITING = (SilenceTrigger, IgnoredTrigger)


@frozen
class RuleCoverage:
    """One rule's points, in the order of the text, and those of them that were exercised."""

    rule: CheckedRule
    points: tuple[Point, ...]
    covered: frozenset[Point]

    @property
    def missing(self) -> tuple[Point, ...]:
        return tuple(one for one in self.points if one not in self.covered)

    @property
    def percent(self) -> float:
        """How many of a hundred points were exercised; 100 when there are none."""
        return 100.0 * len(self.covered) / len(self.points) if self.points else 100.0


@frozen
class Coverage:
    """What the tests of a program exercise, rule by rule."""

    rules: tuple[RuleCoverage, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(point for rule in self.rules for point in rule.points)

    @property
    def covered(self) -> frozenset[Point]:
        return frozenset(point for rule in self.rules for point in rule.covered)

    @property
    def missing(self) -> tuple[Point, ...]:
        return tuple(point for rule in self.rules for point in rule.missing)

    @property
    def percent(self) -> float:
        """How many of a hundred points were exercised; 100 when there are none."""
        points = self.points
        return 100.0 * len(self.covered) / len(points) if points else 100.0


class Covering:
    """Measures tests of one program, which was compiled with `explained`."""

    def __init__(self, program: Program, checked: CheckedProgram) -> None:
        self._program = program
        self._checked = checked
        self._by_rule = {rule.index: tuple(_points(checked, rule)) for rule in checked.rules}
        self.points: tuple[Point, ...] = tuple(point for points in self._by_rule.values() for point in points)
        """Everything that tests can exercise, rule by rule."""
        self._waiting = {rule.index for rule in checked.rules if isinstance(rule.node.trigger, _WAITING)}
        """Rules that are exercised, too, by what keeps them from being tried."""

    def run(self, test: Test) -> tuple[TestResult, frozenset[Point]]:
        """Run a test as `run_test` does; its result, and what it exercises."""
        recording = Recording()
        result = run_test(test, self._program, recording.machine)
        record = recording.record()
        rules = (record.rules | self._waiting) & self._by_rule.keys()
        return result, frozenset(point for rule in rules for point in self._by_rule[rule] if point.exercised(record))

    def of_tests(self, tests: Iterable[Test]) -> frozenset[Point]:
        """What some tests exercise together."""
        return frozenset(point for test in tests for point in self.run(test)[1])

    def coverage(self, covered: frozenset[Point]) -> Coverage:
        """The whole, told by rule, when these were exercised."""
        return Coverage(
            tuple(
                RuleCoverage(rule, points, frozenset(points) & covered)
                for rule, points in ((rule, self._by_rule[rule.index]) for rule in self._checked.rules)
            )
        )


def measure(program: Program, checked: CheckedProgram, tests: Iterable[Test]) -> Coverage:
    """What tests exercise of a program, which was compiled with `explained`."""
    covering = Covering(program, checked)
    return covering.coverage(covering.of_tests(tests))


def _points(checked: CheckedProgram, rule: CheckedRule) -> Iterator[Point]:
    """All points of a rule. A window of a channel binds several steps: it is exercised when one of them does."""
    found: dict[Point, list[Point]] = {}
    for point in _every(checked, rule):
        found.setdefault(point, []).append(point)
    for point, same in found.items():
        yield point if len(same) == 1 else evolve(point, exercised=_by_one(same))


def _by_one(points: list[Point]) -> Exercised:
    return lambda record: any(point.exercised(record) for point in points)


def _every(checked: CheckedProgram, rule: CheckedRule) -> Iterator[Point]:
    yield from of_trigger(checked, rule)
    if rule.node.condition is not None:
        yield from of_condition(checked, rule, "condition", rule.node.condition)
    for place in range(len(rule.node.steps)):
        yield from of_step(checked, rule, place)
    yield from of_caps(checked, rule)
    yield from of_clauses(checked, rule)
