"""Scenes become stories, stories become plainer, and tests that pass."""

from __future__ import annotations

import datetime as dt

from trigdsl.loading import parse_checked
from trigdsl.suggester.expecting import expected_test
from trigdsl.suggester.scenes import ABSENT, Around, Before, Clock, Day, Given, Membership, Scene, with_value
from trigdsl.suggester.simplest import simplest
from trigdsl.syntax.printer import print_tree
from trigdsl.tester.run import run_test
from trigdsl.tester.stories import FIRST_DAY, Line, Story

E = Line(0, "event", "e")
SCENE = Scene((E,), frozenset({"e"}))
BERLIN = Given("user", ("timezone",), "Europe/Berlin")


def test_a_story_starts_with_what_comes_first() -> None:
    story = SCENE.given([Before(3_600, Line(0, "event", "f")), Membership("vip", True)]).story(None)
    assert (story.day, story.second) == (FIRST_DAY, 32_400)
    assert [(line.at, line.name) for line in story.lines] == [(0, "f"), (3_600, "e")]
    assert story.lists == ("vip",)


def test_a_length_of_time_crosses_the_change_of_the_clocks() -> None:
    """Thirty days of 24 hours before 10:00 in winter it was 11:00, in summer."""
    story = SCENE.given([BERLIN, Before(30 * 86_400, Line(0, "event", "f"))]).story(None)
    assert (story.day, story.second) == (dt.date(2026, 10, 21), 39_600)


def test_the_clock_and_the_day_are_those_of_the_anchor() -> None:
    scene = SCENE.given([Clock(3_600), Day(dt.date(2026, 12, 24))], anchor=7_200)
    assert (scene.day, scene.second) == (dt.date(2026, 12, 23), 82_800)


def test_values_count_from_the_moment() -> None:
    scene = SCENE.given([Given("event", ("at",), Around(-60)), Given("user", ("born",), Around(86_400, is_date=True))])
    story = scene.given([BERLIN]).story(None)
    assert story.lines[0].properties == ((("at",), "2026-11-20T08:59:00Z"),)
    assert dict(story.profile)[("born",)] == dt.date(2026, 11, 21)


def test_a_record_and_a_plain_value_exclude_each_other() -> None:
    held = ((("cart", "id"), "a"), (("cart", "value"), 1), (("x",), 2))
    assert with_value(held, ("cart",), 3) == ((("x",), 2), (("cart",), 3))
    assert with_value(held, ("cart", "value"), 5) == ((("cart", "id"), "a"), (("cart", "value"), 5), (("x",), 2))
    assert with_value(held, ("cart", "value"), ABSENT) == ((("cart", "id"), "a"), (("x",), 2))


def test_what_does_not_matter_goes_and_times_become_round() -> None:
    lines = (E, Line(100, "event", "g"), Line(3_700, "event", "f"))
    story = Story(dt.date(2026, 12, 3), 7, lines, ((("x",), 1),))

    def shows(other: Story) -> bool:
        names = [line.name for line in other.lines]
        return names[:1] == ["e"] and names[-1:] == ["f"]

    plain = simplest(story, shows)
    assert plain == Story(FIRST_DAY, 36_000, (E, Line(3_600, "event", "f")))


def test_a_second_beside_a_minute_stays() -> None:
    lines = (E, Line(3_599, "event", "f"))
    assert simplest(
        Story(FIRST_DAY, 35_999, lines), lambda other: other.second == 35_999 and len(other.lines) == 2
    ) == (Story(FIRST_DAY, 35_999, lines))


def test_a_time_that_the_clock_shows_twice_is_not_expected() -> None:
    """An hour after 02:10 it is 02:10 again in Berlin on that day; a test would mean the first."""
    program, checked = parse_checked("rule r: if e then after 1h send push")
    scene = Scene((E,), day=dt.date(2026, 10, 25), second=2 * 3_600 + 600).given([BERLIN])
    test = expected_test(scene.story(None), "twice", ["r"], program, checked)
    assert run_test(test, program).passed
    assert print_tree(test).splitlines()[-2:] == ["  expect r on push", "  expect 1 sends"]


def test_a_text_that_was_put_together_is_looked_into_and_a_fixed_one_is_not() -> None:
    program, checked = parse_checked('rule r: if e then send push "Hi {{ name }}", send sms "Hello"')
    story = SCENE.given([Given("event", ("name",), "Ann")]).story(None)
    text = print_tree(expected_test(story, "t", ["r"], program, checked))
    assert 'on push containing "Hi Ann"' in text
    assert "containing" not in text.partition("on sms")[2]


def test_lines_far_apart_have_a_date() -> None:
    program, checked = parse_checked("rule r: if e then send push")
    for at, told in ((90_000, "2026-11-21 11:00 f"), (86_400, "+1d f"), (86_399, "+23h59m59s f"), (86_401, "+1d1s f")):
        story = SCENE.adding(Line(at, "event", "f")).story(None)
        assert f"\n  {told}\n" in print_tree(expected_test(story, "t", ["r"], program, checked))
