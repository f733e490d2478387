"""The `test` blocks of a program → for each, the decisions that it makes and which of its expectations hold.

A test has one user, a fresh one: profile and lists of the line `user …` are there before the first input and
trigger nothing.  Its inputs are handled by time, those of one time in the order of the lines; then the clock runs
on until nothing is armed any more, as in a drained replay.  The program's invariants hold in tests as everywhere: a
test in which one is broken fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from attrs import frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.invariants import OnViolation
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import LAST_INSTANT, Micros
from trigdsl.model.violations import Violation
from trigdsl.replayer.driver import LONGEST_DRAIN
from trigdsl.syntax.nodes import ExpectRule, ExpectSends, Test, TestChange, TestEvent
from trigdsl.tester.expectations import Outcome, judge
from trigdsl.tester.timeline import USER, Timeline, timeline


@frozen
class Happening:
    """One moment of a test: an input with what was decided at once, or what a timer decided (`line` None)."""

    time: Micros
    line: TestEvent | TestChange | None
    decisions: tuple[Decision, ...]


@frozen
class TestResult:
    """One test that was run: what happened in it, and what became of each expectation, in the order written.

    `timeline` tells the zone in which the times of the test are meant.  `violations` are the invariants that did
    not hold.
    """

    test: Test
    timeline: Timeline
    happenings: tuple[Happening, ...]
    outcomes: tuple[Outcome, ...]
    violations: tuple[Violation, ...]

    @property
    def zone(self) -> Zone:
        return self.timeline.zone

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions of the test, in their defined order."""
        return tuple(decision for happening in self.happenings for decision in happening.decisions)

    @property
    def passed(self) -> bool:
        """Whether all expectations and all invariants hold."""
        return not self.violations and all(outcome.met for outcome in self.outcomes)


def run_tests(tests: Iterable[Test], program: Program) -> list[TestResult]:
    """Run tests of a program, such as `CheckedProgram.tests`, each by itself, in their order."""
    return [run_test(test, program) for test in tests]


MakeMachine: TypeAlias = Callable[[Program, OnViolation], Machine]


def run_test(test: Test, program: Program, make_machine: MakeMachine = Machine) -> TestResult:
    """Run one test; `make_machine` makes the machine that runs it: one that observes, say."""
    story = timeline(test, program)
    violations: list[Violation] = []
    clockwork = Clockwork(program, machine=make_machine(program, violations.append))
    happenings = tuple(_happenings(story, clockwork))
    decisions = [decision for happening in happenings for decision in happening.decisions]
    lines = [line for line in test.lines if isinstance(line, ExpectSends | ExpectRule)]
    outcomes = tuple(judge(line, decisions, story) for line in lines)
    return TestResult(test, story, happenings, outcomes, tuple(violations))


def _happenings(story: Timeline, clockwork: Clockwork) -> Iterator[Happening]:
    clockwork.set_profile(USER, dict(story.profile))
    clockwork.state(USER).lists = set(story.lists) or None
    for given, line in zip(story.inputs, story.lines, strict=True):
        yield from _by_timers(clockwork.run_timers(given.time - 1))
        clockwork.handle(given)
        yield Happening(given.time, line, tuple(clockwork.flush()))
    if story.inputs:
        last = story.inputs[-1].time
        yield from _by_timers(clockwork.run_timers(last))
        yield from _by_timers(clockwork.drain(min(last + LONGEST_DRAIN, LAST_INSTANT)))
    yield from _by_timers(clockwork.pending())


def _by_timers(decisions: Iterable[Decision]) -> Iterator[Happening]:
    return (Happening(decision.time, None, (decision,)) for decision in decisions)
