"""A program → tests that exercise what its own tests do not, and what could not be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import Program
from trigdsl.suggester.covering import Covering, Point
from trigdsl.suggester.expecting import expected_test
from trigdsl.suggester.search import Found, Search
from trigdsl.suggester.simplest import simplest
from trigdsl.suggester.titles import title_of
from trigdsl.syntax.nodes import Test
from trigdsl.tester.run import run_test
from trigdsl.tester.stories import Story

DEFAULT_STORIES = 20_000


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


def suggest(program: Program, checked: CheckedProgram, *, budget: int = DEFAULT_STORIES, seed: int = 0) -> Suggestions:
    """Tests for what the tests of a program do not exercise; `budget` is how many stories are tried.

    The stories that are tried to make those found simpler are not counted.
    """
    covering = Covering(program, checked)
    held = covering.of_tests(checked.tests)
    missing = [point for point in covering.points if point not in held]
    search = Search(program, checked, covering, missing, budget)
    search.run(seed)
    told = _Telling(program, checked, covering)
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

    def __init__(self, program: Program, checked: CheckedProgram, covering: Covering) -> None:
        self._program = program
        self._checked = checked
        self._covering = covering
        self._order = {point: place for place, point in enumerate(covering.points)}
        self._titles = {test.title for test in checked.tests}

    def all(self, found: Iterable[Found]) -> list[Suggestion]:
        """The stories as tests, by the place of what they show; none that the others make needless."""
        made = [(one, simplest(one.story, self._shows(one))) for one in found]
        covers = [(points, story, self._covering.run(story.test("", ()))[1]) for (points, story) in made]
        needed = {point for one, _, _ in covers for point in one.points}
        kept = []
        for place in reversed(range(len(covers))):
            others = [
                covered for at, (_, _, covered) in enumerate(covers) if at != place and (at < place or at in kept)
            ]
            if not needed & covers[place][2] <= frozenset().union(*others):
                kept.append(place)
        return self._told([(covers[place][1], covers[place][2] & needed) for place in kept])

    def _told(self, stories: list[tuple[Story, frozenset[Point]]]) -> list[Suggestion]:
        """Each story with the points that no earlier one shows, in the order of the program."""
        first = {id(story): min(self._order[point] for point in points) for story, points in stories}
        told: list[Suggestion] = []
        shown: set[Point] = set()
        for story, points in sorted(stories, key=lambda pair: (first[id(pair[0])], -len(pair[1]))):
            new = sorted(points - shown, key=self._order.__getitem__)
            shown.update(new)
            test = self._test(story, new)
            if new and test is not None:
                told.append(Suggestion(test, tuple(new)))
        return told

    def _test(self, story: Story, points: list[Point]) -> Test | None:
        rules = [point.rule for point in points if point.rule is not None]
        title = title_of(points, self._titles)
        test = expected_test(story, title, rules, self._program, self._checked)
        if not run_test(test, self._program).passed:
            return None
        self._titles.add(title)
        return test

    def _shows(self, found: Found) -> Callable[[Story], bool]:
        """Whether a story covers the same and its rules end in the same way."""
        rules = {point.rule for point in found.points}

        def seen(story: Story) -> tuple[frozenset[Point], tuple[object, ...]]:
            result, covered = self._covering.run(story.test("", ()))
            outcomes = tuple(
                (one.rule, one.step, one.action, one.status, one.reason, one.variant)
                for one in result.decisions
                if one.rule in rules
            )
            return (covered if not result.violations else frozenset()), outcomes

        _, outcomes = seen(found.story)

        def shows(story: Story) -> bool:
            if not story.lines:
                return False
            covered, others = seen(story)
            return found.points <= covered and others == outcomes

        return shows
