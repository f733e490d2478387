"""A program → tests that exercise what its own tests do not, and what could not be reached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import compress

from attrs import frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.coverage import Covering, Point
from trigdsl.engine.program import Program
from trigdsl.suggester.accepting import acceptable
from trigdsl.suggester.expecting import expected_test
from trigdsl.suggester.search import Exercise, Found, Search, exercised
from trigdsl.suggester.simplest import simplest
from trigdsl.suggester.titles import title_of
from trigdsl.syntax.nodes import Test
from trigdsl.syntax.printer import print_tree
from trigdsl.tester.run import run_test
from trigdsl.tester.stories import Story

STORIES_OF_A_RULE, LEAST_STORIES = 300, 1_000


@frozen
class Suggestion:
    """A test that passes, and the points that it covers and no test before it, in the program's order."""

    test: Test
    points: tuple[Point, ...]


@frozen
class Suggestions:
    """What was found: the tests, the points that no story reached, how many stories were tried.

    `covered` are the points that the program's own tests cover, `total` all that there are.
    """

    suggestions: tuple[Suggestion, ...]
    not_reached: tuple[Point, ...]
    covered: int
    total: int
    tried: int


def suggest(program: Program, checked: CheckedProgram, *, budget: int | None = None, seed: int = 0) -> Suggestions:
    """Tests for what the tests of a program do not exercise; the program was compiled with `explained`.

    `budget` is how many stories are tried, 300 for each rule and at least 1,000 when it is None.  Those that are tried
    to make what was found simpler are not counted.
    """
    covering = Covering(program, checked)
    held = covering.of_tests(checked.tests)
    missing = [point for point in covering.points if point not in held]
    search = Search(program, checked, missing, budget or max(STORIES_OF_A_RULE * len(checked.rules), LEAST_STORIES))
    search.run(seed)
    told = _Telling(program, checked, covering.points)
    suggestions = told.all(search.found)
    reached = {point for one in suggestions for point in one.points}
    return Suggestions(
        suggestions=tuple(suggestions),
        not_reached=tuple(point for point in missing if point not in reached),
        covered=len(covering.points) - len(missing),
        total=len(covering.points),
        tried=search.tried,
    )


class _Telling:
    """Makes tests of stories."""

    def __init__(self, program: Program, checked: CheckedProgram, points: Sequence[Point]) -> None:
        self._program = program
        self._checked = checked
        self._order = {point: place for place, point in enumerate(points)}
        self._titles = {test.title for test in checked.tests}

    def all(self, found: Iterable[Found]) -> list[Suggestion]:
        """The stories as tests, in the order of what they show in the program; none that shows nothing new."""
        told: list[Suggestion] = []
        shown: set[Point] = set()
        for one in found:
            new = tuple(sorted(one.points - shown, key=self._order.__getitem__))
            story = simplest(one.story, self._shows(one)) if new else None
            test = self._test(story, one.rule, new) if story is not None else None
            if test is not None:
                told.append(Suggestion(test, new))
                shown |= exercised(test, self._program, self._order).points
        accepted = acceptable(self._checked, [print_tree(one.test) for one in told])
        return sorted(compress(told, accepted), key=lambda one: self._order[one.points[0]])

    def _test(self, story: Story, rule: str | None, points: Sequence[Point]) -> Test | None:
        """A story as a test; None when it does not pass, as where an invariant is broken."""
        rules = [name for name in (rule, *(point.rule for point in points)) if name is not None]
        title = title_of(points, self._titles)
        test = expected_test(story, title, rules, self._program, self._checked)
        if not run_test(test, self._program).passed:
            return None
        self._titles.add(title)
        return test

    def _shows(self, found: Found) -> Callable[[Story], bool]:
        """Whether a story covers the same, and the rules that it is about do the same."""
        rules = {found.rule, *(point.rule for point in found.points)}
        outcomes = self._outcomes(exercised(found.story.test("", ()), self._program, ()), rules)

        def shows(story: Story) -> bool:
            if not story.lines:
                return False
            done = exercised(story.test("", ()), self._program, found.points)
            return (
                not done.result.violations and found.points <= done.points and self._outcomes(done, rules) == outcomes
            )

        return shows

    def _outcomes(self, done: Exercise, rules: Collection[str | None]) -> tuple[list[object], set[tuple[int, str]]]:
        """What some rules do in a story, times aside, and in which ways their triggers went."""
        decided: list[object] = [
            (one.rule, one.step, one.action, one.status, one.reason, one.variant)
            for one in done.result.decisions
            if one.rule in rules
        ]
        indexes = {rule.index for rule in self._checked.rules if rule.name in rules}
        return decided, {(rule, outcome) for rule, outcome in done.tried if rule in indexes}
