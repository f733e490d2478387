"""Shares over 100,000 users with fixed names: uniform, stable when a share grows, variants apart from holdouts.

Statistics are χ², compared with the 0.1 % quantile of its distribution.  The names are fixed, so a test passes always
or never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

import trigdsl
from trigdsl.engine.shares import holdout_share, share

USERS = [f"user-{number}" for number in range(100_000)]
VARIANTS = [share("offer", user) for user in USERS]
HOLDOUTS = [holdout_share("offer", user) for user in USERS]

QUANTILE = {1: 10.828, 3: 16.266, 9: 27.877, 81: 126.083, 99: 148.230}
"""χ² by degrees of freedom, exceeded by chance once in a thousand times."""


def chi_squared(counted: Iterable[int], expected: Iterable[float]) -> float:
    return sum((count - wanted) ** 2 / wanted for count, wanted in zip(counted, expected, strict=True))


@pytest.mark.parametrize("places", [VARIANTS, HOLDOUTS], ids=["variants", "holdouts"])
def test_each_percent_holds_as_many_users(places: list[float]) -> None:
    found = Counter(int(place) for place in places)
    assert found.keys() == set(range(100))
    assert chi_squared([found[percent] for percent in range(100)], [1000] * 100) < QUANTILE[99]


def test_users_named_by_numbers_uuids_or_addresses_are_spread_alike() -> None:
    for named in (str, "{0:032x}".format, "a{0}@example.com".format):
        found = Counter(int(share("offer", named(number)) // 10) for number in range(10_000))
        assert chi_squared([found[tenth] for tenth in range(10)], [1000] * 10) < QUANTILE[9]


def test_variants_get_their_shares() -> None:
    program = trigdsl.parse('rule offer: if visit then send push 50%: "A" 30%: "B" 15%: nothing')
    records = ({"user": user, "time": "2026-11-20T10:00:00Z", "event": "visit"} for user in USERS)
    found = Counter((decision.reason, decision.text) for decision in trigdsl.replay(program, records))
    labels = [(None, "A"), (None, "B"), ("nothing", None), ("control", None)]
    assert found.keys() == set(labels)
    assert chi_squared([found[label] for label in labels], [50_000, 30_000, 15_000, 5_000]) < QUANTILE[3]


def test_a_holdout_takes_its_share() -> None:
    held = sum(place < 5 for place in HOLDOUTS)
    assert chi_squared([held, len(USERS) - held], [5_000, 95_000]) < QUANTILE[1]


def texts(shares: str) -> list[str | None]:
    program = trigdsl.parse(f"rule offer: if visit then send push {shares}")
    records = ({"user": user, "time": "2026-11-20T10:00:00Z", "event": "visit"} for user in USERS[:5_000])
    return [decision.text for decision in trigdsl.replay(program, records)]


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        pytest.param('10%: "A" 20%: "B"', '10%: "A" 21%: "B"', {(None, "B")}, id="the last, out of control"),
        pytest.param('10%: "A" 20%: "B"', '11%: "A" 19%: "B"', {("B", "A")}, id="at the cost of the next"),
        pytest.param('10%: "A" 20%: "B"', '11%: "A" 20%: "B"', {("B", "A"), (None, "B")}, id="all below move up"),
        pytest.param('10%: "A" 90%: "B"', '10.5%: "A" 89.5%: "B"', {("B", "A")}, id="half a percent"),
    ],
)
def test_a_growing_share_moves_users_only_up_the_line(
    before: str, after: str, moves: set[tuple[str | None, str | None]]
) -> None:
    moved = {pair for pair in zip(texts(before), texts(after), strict=True) if pair[0] != pair[1]}
    assert moved == moves


def test_a_growing_holdout_moves_users_only_into_it() -> None:
    def held(percent: str) -> set[str]:
        program = trigdsl.parse(f"rule offer: if visit then send push holdout {percent}")
        records = ({"user": user, "time": "2026-11-20T10:00:00Z", "event": "visit"} for user in USERS[:5_000])
        return {decision.user for decision in trigdsl.replay(program, records) if decision.reason == "holdout"}

    assert held("5%") < held("5.5%")


@pytest.mark.parametrize("first", [VARIANTS, HOLDOUTS], ids=["of one rule", "of two rules"])
def test_holdouts_are_independent_of_variants(first: list[float]) -> None:
    """Ten by ten fields: were the two related, some would be fuller than others."""
    second = HOLDOUTS if first is VARIANTS else [holdout_share("other", user) for user in USERS]
    fields = Counter((int(one // 10), int(other // 10)) for one, other in zip(first, second, strict=True))
    rows = Counter(int(one // 10) for one in first)
    columns = Counter(int(other // 10) for other in second)
    keys = [(row, column) for row in range(10) for column in range(10)]
    expected = [rows[row] * columns[column] / len(USERS) for row, column in keys]
    assert chi_squared([fields[key] for key in keys], expected) < QUANTILE[81]
