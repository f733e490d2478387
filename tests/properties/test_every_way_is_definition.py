"""Each way to a decision decides what the definition says, on random programs with twists, flat and divided ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from budget import FIRST, share
from case_parts import Case
from differences import by_definition, difference, shrunk
from divided_programs import divided_case
from flat_programs import flat_case
from reopening import Schema
from saving import saved
from twists import twisted_case
from ways import WAYS, Record, Way, live, stored, straying, strays

import trigdsl

PARTS = 10
FAILURES = Path(__file__).parents[2] / "build" / "failures"


def told(name: str, way: Way, drawn: Case, seed: int) -> str:
    """How a way strays on the smallest case, which is kept as a file."""
    less = way.form(shrunk(drawn, lambda one: strays(one, way)))
    how = difference(less, way.decide)
    path = saved(FAILURES, name, seed, less, by_definition, how)
    return f"{name}, seed {seed}, saved as {path}\n{path.read_text('utf-8')}"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [twisted_case, flat_case, divided_case])
def test_every_way_decides_what_the_definition_says(draw: Callable[[int], Case], part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        drawn = draw(seed)
        for name in straying(drawn):
            pytest.fail(told(name, WAYS[name], drawn, seed), pytrace=False)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [twisted_case, flat_case, divided_case])
def test_postgres_decides_what_the_definition_says(draw: Callable[[int], Case], part: int, schema: Schema) -> None:
    def decide(case: Case) -> list[Record]:
        schema.empty()
        return stored(case, schema.open)

    way = Way(live, decide)
    for seed in range(FIRST + part, FIRST + share(15), PARTS):
        drawn = draw(seed)
        if strays(drawn, way):
            pytest.fail(told("fed on PostgreSQL", way, drawn, seed), pytrace=False)


def test_checker_accepts_nearly_all_twisted_programs() -> None:
    refused = []
    for seed in range(150):
        try:
            trigdsl.parse(twisted_case(seed).text)
        except trigdsl.TrigError as error:
            refused.append(error)
    assert len(refused) <= 8, refused
