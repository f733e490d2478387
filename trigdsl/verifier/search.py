"""A checked program → for each of its promises, the smallest story found that breaks it.

Hypothesis draws stories, and shrinks one that breaks a promise to the least that still breaks one.  With a budget in
examples the outcome depends on nothing but the program, the seed and the version of Hypothesis.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from random import Random

from attrs import evolve, frozen
from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import NoSuchExample

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.invariants import OnViolation
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.model.decisions import Decision
from trigdsl.syntax.nodes import At, ExpectRule, Name, Test, TimeOfDay
from trigdsl.syntax.printer import print_tree
from trigdsl.tester.mentions import mentions_of
from trigdsl.tester.run import TestResult, run_test
from trigdsl.tester.stories import Story
from trigdsl.verifier.drawing import Stories
from trigdsl.verifier.promises import PROMISES, Breach, Rulebook, Watched
from trigdsl.verifier.shrinking import smallest

DEFAULT_EXAMPLES = 2_000

MOST_EXAMPLES = 10**9
"""Stands for no bound where the budget is in seconds."""


@frozen
class Budget:
    """How long to search: so many examples in all, or so many seconds.

    What is tried to shrink a finding is not counted in examples.
    """

    examples: int | None = DEFAULT_EXAMPLES
    seconds: float | None = None


@frozen
class Finding:
    """A promise that can be broken: what was so, the decision that breaks it, and a test that fails by it."""

    promise: str
    says: str
    because: str
    decision: Decision
    test: Test

    @property
    def text(self) -> str:
        """The test as it stands in a rule file."""
        return print_tree(self.test)


@frozen
class Verdict:
    """The outcome of a search: what was found, the promises that nothing broke, and how many stories were tried."""

    findings: tuple[Finding, ...]
    kept: tuple[str, ...]
    examples: int
    seed: int


def promises_of(program: Program) -> dict[str, str]:
    """All promises by name and what they say: the program's invariants, then those that hold everywhere.

    An invariant that has the name of a built-in promise stands for itself under `invariant NAME`.
    """
    own = {invariant_name(one.name): one.text for one in program.invariants}
    return {**own, **PROMISES}


def invariant_name(name: str) -> str:
    return f"invariant {name}" if name in PROMISES else name


def verify(
    program: Program,
    checked: CheckedProgram,
    *,
    budget: Budget | None = None,
    seed: int = 0,
    only: Iterable[str] | None = None,
) -> Verdict:
    """Search for stories that break promises: all of them, or `only` those named as `promises_of` does."""
    return _Search(program, checked, budget or Budget(), seed, only).run()


@frozen
class _Tried:
    """What one story showed."""

    result: TestResult
    breaches: tuple[Breach, ...]


class _TimeIsUp(BaseException):
    """Ends a search at once: Hypothesis takes no notice of what is no Exception."""


class _Search:
    """One search: finds one broken promise after another, until the budget is used up or nothing is left."""

    def __init__(
        self, program: Program, checked: CheckedProgram, budget: Budget, seed: int, only: Iterable[str] | None
    ) -> None:
        self._program = program
        self._rules = Rulebook(checked)
        self._says = promises_of(program)
        self._open = [name for name in self._says if only is None or name in set(only)]
        self._asked = tuple(self._open)
        self._left = budget.examples if budget.examples is not None else MOST_EXAMPLES
        self._until = None if budget.seconds is None else time.monotonic() + budget.seconds
        self._seed = seed
        self._examples = 0
        self._best: Story | None = None
        self._strategy = Stories(mentions_of(checked), program.zone).strategy()

    def run(self) -> Verdict:
        findings: list[Finding] = []
        while self._open and self._left > 0 and not self._is_over():
            found = self._find(self._seed + len(findings))
            if found is None:
                break
            findings += found
            self._open = [name for name in self._open if name not in {one.promise for one in findings}]
        broken = {one.promise for one in findings}
        kept = tuple(name for name in self._asked if name not in broken)
        return Verdict(tuple(findings), kept, self._examples, self._seed)

    def _is_over(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _find(self, seed: int) -> list[Finding] | None:
        """The smallest story that breaks an open promise, and which; None when none was found."""
        self._best = None
        try:
            story = find(
                self._strategy,
                self._breaks,
                settings=settings(
                    max_examples=min(self._left, MOST_EXAMPLES),
                    database=None,
                    deadline=None,
                    derandomize=False,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                    verbosity=Verbosity.quiet,
                ),
                random=Random(seed),
            )
        except NoSuchExample:
            return None
        except _TimeIsUp:
            best = self._smallest_so_far()
            if best is None:
                return None
            story = best
        return self._findings(smallest(story, self._breaks_open))

    def _smallest_so_far(self) -> Story | None:
        return self._best

    def _breaks(self, story: Story) -> bool:
        """`_breaks_open`, counted against the budget."""
        if self._is_over():
            raise _TimeIsUp
        if self._best is None:
            self._examples += 1
            self._left -= 1
        breaks = self._breaks_open(story)
        if breaks:
            self._best = story
        return breaks

    def _breaks_open(self, story: Story) -> bool:
        """Whether a story breaks a promise for which none was found yet."""
        return bool(story.lines) and any(breach.promise in self._open for breach in self._tried(story).breaches)

    def _tried(self, story: Story) -> _Tried:
        breaches: list[Breach] = []

        def machine(program: Program, on_violation: OnViolation) -> Machine:
            return Watched(program, on_violation, self._rules, breaches.append)

        result = run_test(story.test("", ()), self._program, machine)
        breaches += [Breach(invariant_name(one.invariant), one.because, one.decision) for one in result.violations]
        return _Tried(result, tuple(breaches))

    def _findings(self, story: Story) -> list[Finding]:
        tried = self._tried(story)
        found: dict[str, Finding] = {}
        for breach in tried.breaches:
            if breach.promise in self._open and breach.promise not in found:
                says = self._says[breach.promise]
                test = self._test(story, breach, tried.result)
                found[breach.promise] = Finding(breach.promise, says, breach.because, breach.decision, test)
        return list(found.values())

    def _test(self, story: Story, breach: Breach, result: TestResult) -> Test:
        """A block that fails because of a breach: it expects that what broke the promise does not happen."""
        title = f"{breach.promise} is kept: {self._says[breach.promise]}"
        decision = breach.decision
        expected = ExpectRule(Name(decision.rule), "no")
        if decision.status != "sent":
            return story.test(title, [evolve(expected, status=decision.status)])
        second = result.zone.second_of_day(decision.time)
        exact = evolve(expected, at=At(result.zone.date(decision.time), TimeOfDay(second)))
        if decision.channel is not None:
            exact = evolve(exact, channel=Name(decision.channel))
        # A time that the clock shows twice means its first coming, which need not be this one.
        test = story.test(title, [exact])
        fails = any(not outcome.met for outcome in run_test(test, self._program).outcomes)
        return test if fails else story.test(title, [expected])
