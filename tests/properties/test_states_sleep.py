"""A state that is saved and restored whenever it is touched decides what one that stays in memory decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from budget import FIRST, share
from case_files import FOLDER, read_cases
from differences import described, engine, shrunk
from programs import Case, case
from states import Sleeping

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

PARTS = 10
BY_HAND = [
    pytest.param(one, id=f"{path.stem}: {one.title}")
    for path in sorted(FOLDER.glob("*.case"))
    for one in read_cases(path)
]


def asleep(rules: str, records: Any, until: str | None = None, drain: bool = False) -> tuple[list[Any], int]:
    """The decisions of a replay whose states sleep between all inputs and timers, and how often they did."""
    program = trigdsl.parse(rules)
    last = None if until is None else parse_time(until)[0]
    replay = Replay(program, usable(records), until=last, drain=drain, flatly=False)
    states = replay._clockwork.states = Sleeping(program)
    return [decision.to_dict() for decision in replay], states.naps


def usable(records: Any) -> Iterator[Input]:
    for record in records:
        with suppress(BadRecord):
            yield input_of(record)


def wakes_otherwise(drawn: Case) -> bool:
    try:
        awake = engine(drawn)
    except trigdsl.TrigError:
        return False
    return awake != asleep(drawn.text, drawn.records, **drawn.options)[0]


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs_decide_the_same_with_states_that_sleep(part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(2), PARTS):
        drawn = case(seed)
        if wakes_otherwise(drawn):
            pytest.fail(f"seed {seed}\n{described(shrunk(drawn, wakes_otherwise))}", pytrace=False)


@pytest.mark.parametrize("one", BY_HAND)
def test_cases_decide_the_same_with_states_that_sleep(one: Any) -> None:
    awake = list(trigdsl.replay(trigdsl.parse(one.rules), one.records, until=one.until, drain=one.drain))
    found, _ = asleep(one.rules, one.records, one.until, one.drain)
    assert json.dumps(found) == json.dumps([decision.to_dict() for decision in awake])


def test_states_do_sleep() -> None:
    rules = "rule r: if cart then after 1h send push"
    records = [{"user": "u", "time": f"2026-11-20T{hour}:00:00Z", "event": "cart"} for hour in (10, 11, 12)]
    assert asleep(rules, records)[1] >= len(records)
