"""Ways to make a condition true, false or unknown, each tried on the engine."""

from __future__ import annotations

import pytest

from trigdsl.loading import parse_checked
from trigdsl.suggester.conditions import Solver
from trigdsl.suggester.scenes import Scene
from trigdsl.suggester.ways import Truth
from trigdsl.tester.run import run_test
from trigdsl.tester.stories import Line

CONDITIONS = (
    "cart.value > 200",
    "200 < cart.value",
    "cart.value <= 19.99",
    "cart.value == 3",
    "cart.value != 3",
    "not (cart.value >= 10)",
    "cart.value > user.average",
    "cart.value * 2 + 1 > 10",
    "10 - cart.value > 3",
    "-cart.value < 3",
    "(cart.value default 5) > 4",
    'user.tier == "gold"',
    'user.tier in ["gold", "silver"]',
    'user.tier not in ["gold", "silver"]',
    '"gold" in user.tiers',
    'user.tiers contains "gold"',
    'title contains "sale"',
    'title starts with "sale"',
    'title ends with "sale"',
    'title matches "^[a-z]+ (sale|offer) \\\\d{2}$"',
    "user.name exists",
    "user.name is missing",
    "user.opted_in",
    "not user.opted_in",
    "user.opted_in and cart.value > 3",
    "(user.opted_in or cart.value > 3)",
    "(user.opted_in or cart.value > 3) and not user.blocked",
    "user in gold",
    "user not in gold",
    "user in known",
    "user not in known",
    "purchase in last 2d",
    "no purchase in last 2d",
    "purchase ever",
    "no (purchase where total > 50) ever",
    "(purchase or visit) in last 1h",
    "purchase since visit",
    "no purchase since visit",
    "purchase today",
    "no purchase today",
    "count(purchase) >= 3",
    "count(purchase) in last 7d == 2",
    "count(e) >= 3",
    "sum(purchase.total) in last 90d >= 1000",
    "sum(purchase.total where total > 50) > 100",
    "max(purchase.total) < 10",
    'last(purchase.kind) == "book"',
    "distinct(purchase.kind) in last 7d >= 2",
    "avg(purchase.total) today > 10",
    "time since purchase > 3d",
    "time since previous e >= 1h",
    "previous(e.level) == 3",
    "local.hour >= 18",
    'local.weekday in ["sat", "sun"]',
    "local.date == 2026-12-24",
    "local.day == 31",
    "local.month == 3",
    "now - user.joined > 3d",
    "user.joined > now - 3d",
    "user.birthday == local.date",
    "days_between(user.last_seen, local.date) > 30",
    "length(title) > 3",
    "length(cart.items) >= 2",
    'lower(title) == "sale"',
    "abs(cart.change) > 3",
    "distance_m(lat, lon, 37.5, 127.0) <= 500",
    'user.timezone starts with "Europe/"',
)
PROGRAM = """
event e {{
  cart.value: number, cart.items: list, cart.change: number, title: text, level: number, lat: number, lon: number
}}
user {{
  tier: text, tiers: list, name: text, opted_in: boolean, blocked: boolean, average: number, joined: instant,
  birthday: date, last_seen: date, timezone: text
}}
list gold
segment known = user.name exists and purchase ever
rule r: if e and {condition} then send push
"""


def ways(condition: str, want: Truth) -> list[tuple[Scene, int]]:
    """Scenes in which the condition should have this truth, and how many messages then go out."""
    text = PROGRAM.format(condition=condition)
    program, checked = parse_checked(text)
    [rule] = checked.rules
    assert rule.node.condition is not None
    solver = Solver(checked, ("e",), lambda _: ())
    found = []
    for way in solver.ways(rule.node.condition, want):
        scene = Scene((Line(0, "event", "e"),), frozenset({"e"})).given(way)
        result = run_test(scene.story(program.zone).test("", ()), program)
        moment = max(given.time for given in result.timeline.inputs)
        found.append((scene, sum(one.triggered == moment for one in result.decisions)))
    return found


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_way_to_make_a_condition_true_does(condition: str) -> None:
    tried = ways(condition, True)
    assert tried
    assert [scene for scene, sent in tried if sent != 1] == []


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_way_to_make_a_condition_false_does(condition: str) -> None:
    tried = ways(condition, False)
    assert tried
    assert [scene for scene, sent in tried if sent != 0] == []


@pytest.mark.parametrize(
    "condition",
    [
        "cart.value > 200",
        "not (cart.value >= 10)",
        "cart.value * 2 + 1 > 10",
        'user.tier in ["gold", "silver"]',
        "user.opted_in and cart.value > 3",
        "avg(purchase.total) today > 10",
        "time since purchase > 3d",
        "now - user.joined > 3d",
        "length(title) > 3",
    ],
)
def test_what_is_missing_makes_a_condition_unknown(condition: str) -> None:
    """Neither the condition nor its negation holds then."""
    for either in (condition, f"not ({condition})"):
        tried = ways(either, None)
        assert tried
        assert [scene for scene, sent in tried if sent != 0] == []


def test_thresholds_are_met_from_both_sides_and_exactly() -> None:
    values = [
        value
        for want in (True, False)
        for scene, _ in ways("cart.value > 200", want)
        for _, value in scene.lines[0].properties
    ]
    assert values == [201, 200, 199]
