"""An engine on a store, fed in batches and opened anew between them, decides what one in memory decides."""

from __future__ import annotations

import random
from typing import Any

import pytest
from budget import FIRST, share
from case_files import instant_of
from differences import described
from programs import Case, case
from reopening import Open, Reopened, Schema

import trigdsl

PARTS = 5


def batches(records: list[Any], seed: int) -> list[list[Any]]:
    draw, found = random.Random(seed), []
    while records:
        upto = draw.randint(1, 4)
        found.append(records[:upto])
        records = records[upto:]
    return found


def decided(drawn: Case, seed: int, opened: Open | None, lateness: str | None = None) -> list[dict[str, Any]]:
    """The decisions, those still pending at the end too, of the case's records in batches."""
    program = trigdsl.parse(drawn.text)
    engine = trigdsl.Engine(program, store=opened and opened(), lateness=lateness)
    records = sorted(drawn.records, key=lambda one: instant_of(one["time"]))
    if lateness is not None:
        random.Random(seed).shuffle(records)
    made: list[trigdsl.Decision] = []
    for batch in batches(list(records), seed):
        made += engine.feed_many(batch)
        if opened is not None:
            engine.close()
            engine = trigdsl.Engine(program, store=opened(), lateness=lateness)
    last = max((instant_of(one["time"]) for one in records), default=None)
    if last is not None:
        made += engine.advance(last)
    for user in ("u", "v"):
        made += engine.pending(user)
    return [one.to_dict() for one in made]


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few that a case reaches the bounds."""
    monkeypatch.setattr("trigdsl.store.keeper.DUE_AT_ONCE", 2)
    monkeypatch.setattr("trigdsl.store.keeper.MOST_AWAKE", 1)


def must_decide_the_same(seed: int, opened: Open, lateness: str | None) -> None:
    drawn = case(seed)
    try:
        expected = decided(drawn, seed, None, lateness)
    except trigdsl.TrigError:
        return
    found = decided(drawn, seed, opened, lateness)
    assert found == expected, f"seed {seed}\n{described(drawn)}"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("lateness", [None, "2h"])
def test_random_programs_decide_the_same_on_a_store(part: int, lateness: str | None) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        store = Reopened(":memory:")
        must_decide_the_same(seed, lambda store=store: store, lateness)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("lateness", [None, "2h"])
def test_random_programs_decide_the_same_on_postgres(part: int, lateness: str | None, schema: Schema) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        schema.empty()
        must_decide_the_same(seed, schema.open, lateness)
