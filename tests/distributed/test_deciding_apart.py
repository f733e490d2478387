"""Users that are decided apart are decided as all at once, whichever engine brings their rows together."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from budget import FIRST, share
from case_parts import Case
from cluster import decided
from flat_programs import flat_case
from programs import case

import trigdsl

PARTS = 4


def without_ids(drawn: Case) -> Case:
    """Records that come twice, and who is whom, are for the driver to find out."""
    records = ({name: held for name, held in one.items() if name not in ("id", "alias")} for one in drawn.records)
    return evolve(drawn, records=tuple(records))


def check(drawn: Case, seed: int) -> bool:
    try:
        local = trigdsl.replay(trigdsl.parse(drawn.text), drawn.records, **drawn.options)
    except trigdsl.TrigError:
        return False
    wanted = [one.to_dict() for one in local]
    assert decided(drawn, 3) == wanted, f"seed {seed}"
    return bool(wanted)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [case, flat_case])
def test_users_apart_are_decided_as_all_at_once(draw: Any, part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        check(without_ids(draw(seed)), seed)


@pytest.mark.parametrize("draw", [case, flat_case])
def test_most_drawn_cases_decide_something(draw: Any) -> None:
    assert sum(check(without_ids(draw(seed)), seed) for seed in range(30)) > 15
