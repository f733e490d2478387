"""The `test` blocks of a program → for each, the decisions that it makes and which of its expectations hold.

A test has one user, a fresh one: profile and lists of the line `user …` are there before the first input and
trigger nothing.  Its inputs are handled by time, those of one time in the order of the lines; then the clock runs
on until nothing is armed any more, as in a drained replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import LAST_INSTANT
from trigdsl.replay.driver import LONGEST_DRAIN
from trigdsl.syntax.nodes import ExpectRule, ExpectSends, Test
from trigdsl.tester.expectations import Outcome, judge
from trigdsl.tester.timeline import USER, Timeline, timeline


@frozen
class TestResult:
    """One test that was run: all its decisions, and what became of each expectation, in the order written.

    `zone` is the one in which the times of the test are meant.
    """

    test: Test
    zone: Zone
    decisions: tuple[Decision, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether all expectations hold."""
        return all(outcome.met for outcome in self.outcomes)


def run_tests(tests: Iterable[Test], program: Program) -> list[TestResult]:
    """Run tests of a program, such as `CheckedProgram.tests`, each by itself, in their order.

    Raises ValueError for a test whose first line is told from a line before it.
    """
    return [run_test(test, program) for test in tests]


def run_test(test: Test, program: Program) -> TestResult:
    """Run one test; raises as `run_tests` does."""
    story = timeline(test, program)
    decisions = tuple(_decisions(story, program))
    lines = [line for line in test.lines if isinstance(line, ExpectSends | ExpectRule)]
    return TestResult(test, story.zone, decisions, tuple(judge(line, decisions, story) for line in lines))


def _decisions(story: Timeline, program: Program) -> Iterator[Decision]:
    clockwork = Clockwork(program)
    clockwork.set_profile(USER, dict(story.profile))
    clockwork.state(USER).lists = set(story.lists) or None
    for given in story.inputs:
        yield from clockwork.run_timers(given.time - 1)
        clockwork.handle(given)
    if story.inputs:
        last = story.inputs[-1].time
        yield from clockwork.run_timers(last)
        yield from clockwork.drain(min(last + LONGEST_DRAIN, LAST_INSTANT))
    yield from clockwork.pending()
