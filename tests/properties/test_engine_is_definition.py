"""The engine decides what the definition says, on random programs and streams of records.

`TRIGDSL_CASES` sets how many cases are tried, `TRIGDSL_FIRST_CASE` the seed of the first.
"""

from __future__ import annotations

import pytest
from budget import CASES, FIRST
from differences import differ, engine, shown, shrunk
from programs import case

import trigdsl

PARTS = 30


@pytest.mark.parametrize("part", range(PARTS))
def test_engine_decides_what_the_definition_says(part: int) -> None:
    for seed in range(FIRST + part, FIRST + CASES, PARTS):
        drawn = case(seed)
        if differ(drawn):
            pytest.fail(f"seed {seed}\n{shown(shrunk(drawn))}", pytrace=False)


def test_checker_accepts_nearly_all_drawn_programs() -> None:
    refused = 0
    for seed in range(100):
        try:
            trigdsl.parse(case(seed).text)
        except trigdsl.TrigError:
            refused += 1
    assert refused <= 5


def test_drawn_cases_reach_every_status() -> None:
    found = {decision["status"] for seed in range(60) for decision in decided(seed)}
    assert found == {"sent", "cancelled", "capped", "skipped", "control", "pending"}


def decided(seed: int) -> list[dict[str, object]]:
    try:
        return engine(case(seed))
    except trigdsl.TrigError:
        return []
