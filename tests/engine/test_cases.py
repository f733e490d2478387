"""Runs tests/cases/engine/*.case: rules, records and the decisions that must come of them.

Every case runs twice: as a replay of all its records, and through an `Engine` that gets them one by one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from case_files import FOLDER, Case, Record, instant_of, read_cases, repeats_id

import trigdsl

CASES = [
    pytest.param(case, id=f"{path.stem}: {case.title}")
    for path in sorted(FOLDER.glob("*.case"))
    for case in read_cases(path)
]
ONE_BY_ONE = [case for case in CASES if case.values[0].one_by_one]


@cache
def program(rules: str) -> trigdsl.Program:
    return trigdsl.parse(rules)


def replayed(case: Case) -> list[Record]:
    decisions = trigdsl.replay(program(case.rules), case.records, drain=case.drain, until=case.until)
    return [decision.to_dict() for decision in decisions]


@pytest.mark.parametrize("case", CASES)
def test_replay(case: Case) -> None:
    made = replayed(case)
    assert made == sorted(made, key=lambda one: (instant_of(one["time"]), one["user"])), "the order of the lines"
    assert len({one["key"] for one in made}) == len(made), "each decision has its own key"
    for user in users(case.expected, made):
        agree(of_user(user, case.expected), of_user(user, made))


@pytest.mark.parametrize("case", ONE_BY_ONE)
def test_one_by_one(case: Case) -> None:
    rejected: list[str] = []
    engine = trigdsl.Engine(program(case.rules), on_reject=lambda _, why: rejected.append(why))
    made = []
    for record in sorted(case.records, key=lambda record: instant_of(record["time"])):
        made += half_way(engine, instant_of(record["time"])) if not repeats_id(case.records) else []
        made += engine.feed(record)
    assert engine.clock is not None
    made += engine.advance(engine.clock)
    for user in users(case.records):
        made += engine.pending(user)
    assert not rejected
    live, whole = [one.to_dict() for one in made], replayed(case)
    assert [of_user(user, live) for user in users(case.records)] == [
        of_user(user, whole) for user in users(case.records)
    ]


def half_way(engine: trigdsl.Engine, time: datetime) -> list[trigdsl.Decision]:
    """Moves the clock half the way to a record: where there is a way, that changes nothing."""
    way = time - engine.clock if engine.clock is not None else timedelta(0)
    return engine.advance(time - way / 2) if way > timedelta(microseconds=2) else []


def users(*records: list[Record]) -> list[str]:
    return sorted({one["user"] for some in records for one in some})


def of_user(user: str, decisions: list[Record]) -> list[Record]:
    """A user's decisions in their order; pending ones of one time in one order, whichever it was."""
    own = [one for one in decisions if one["user"] == user]
    last = [one for one in own if one["status"] == "pending"]
    made = own[: len(own) - len(last)]
    assert [*made, *last] == own, "what is pending comes last"
    return made + sorted(last, key=lambda one: (instant_of(one["time"]), one["rule"], one["step"], one["triggered"]))


def agree(wanted: list[Record], made: list[Record]) -> None:
    """Every decision is in its place, with all that the case says of it."""
    shown = [shown_as(want, one) for want, one in zip(wanted, made, strict=False)] + made[len(wanted) :]
    assert [comparable(one) for one in shown] == [comparable(one) for one in wanted]


def shown_as(want: Record, made: Record) -> Record:
    """Of a decision that was made, the keys that are compared."""
    shown = {key: made.get(key) for key in want}
    if want["reason"] == "template error" and str(made.get("reason")).startswith("template error: "):
        shown["reason"] = "template error"
    return shown


def comparable(value: Any) -> Any:
    """Numbers by value, and true as something else than 1."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, dict):
        return {key: comparable(held) for key, held in value.items()}
    if isinstance(value, list):
        return [comparable(held) for held in value]
    return value
