"""A program that checks without an error against a schema meets no value of a wrong type in records that fit it.

The programs are those of the other properties, all their events and attributes declared; the records are drawn from
the declarations: each field holds a value of its type, or none.  A text where a date or an instant is wanted is read as
one; that a text is none is a matter of its value, not of its type, and left aside.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from budget import FIRST, share
from draws import ZONES
from programs import Case, case

import trigdsl
from trigdsl.engine.clockwork import Clockwork
from trigdsl.records.native import input_of

PARTS = 10
START = FIRST + 800_000

FIELDS = {"n": "number", "k": "text", "d": "date", "tags": "list", "at.n": "number", "at.k": "text"}
ATTRIBUTES = {"p": "text", "q": "number", "day": "date", "at": "instant", "ok": "boolean", "timezone": "text"}
EVENTS = ("a", "b", "c", "x", "other")

VALUES: dict[str, tuple[Any, ...]] = {
    "number": (0, 1, 2, 2, 3, 2.5, -1, 1e300),
    "text": ("u", "v", "w", "gold", "x", "", "2026-11-20", "3"),
    "boolean": (True, False),
    "date": ("2026-11-20", "2000-02-29", "2026-11-30T23:59:59Z"),
    "instant": ("2026-11-20T09:00:00Z", "2027-03-14T02:30:00-05:00"),
    "list": ([], ["u"], ["u", 1, None], [["u"]]),
}


def declared(drawn: Case) -> Case:
    """The case with the whole schema declared."""
    others = [one for one in drawn.declarations if not one.startswith(("event ", "user "))]
    fields = ", ".join(f"{path}: {kind}" for path, kind in FIELDS.items())
    attributes = ", ".join(f"{path}: {kind}" for path, kind in ATTRIBUTES.items())
    schema = [f"event {name} {{ {fields} }}" for name in EVENTS]
    return evolve(drawn, declarations=(*schema, f"user {{ {attributes} }}", *others))


def fitting(drawn: Case, chance: random.Random) -> list[dict[str, Any]]:
    """Records at the times of the case's own, with values that fit the schema."""
    found = []
    for record in drawn.records:
        one = {key: held for key, held in record.items() if key not in ("properties", "set", "id")}
        if "event" in record:
            given = record.get("properties", {})
            rule = {"rule": given["rule"]} if "rule" in given else {}
            one["event"] = record["event"].replace("Event A", "a")
            one["properties"] = {**nested(FIELDS, chance), **rule}
        if "set" in record:
            one["set"] = nested({name: kind for name, kind in ATTRIBUTES.items() if chance.random() < 0.5}, chance)
            if chance.random() < 0.3:
                one["set"]["timezone"] = chance.choice(ZONES)
            else:
                one["set"].pop("timezone", None)
        found.append(one)
    return found


def nested(fields: dict[str, str], chance: random.Random) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for path, kind in fields.items():
        *before, name = path.split(".")
        at = record
        for key in before:
            at = at.setdefault(key, {})
        kept = chance.random()
        if kept < 0.75:
            at[name] = chance.choice(VALUES[kind])
        elif kept < 0.85:
            at[name] = None
    return record


def warnings_of(drawn: Case, chance: random.Random) -> list[str]:
    """The data warnings of type that a case's program gives on records that fit; none when it does not check."""
    try:
        program = trigdsl.parse(drawn.text)
    except trigdsl.TrigError:
        return []
    clockwork = Clockwork(program)
    inputs = sorted((input_of(record) for record in fitting(drawn, chance)), key=lambda given: given.time)
    for given in inputs:
        list(clockwork.run_timers(given.time - 1))
        clockwork.handle(given)
    if inputs:
        list(clockwork.run_timers(inputs[-1].time + timedelta(days=3) // timedelta(microseconds=1)))
    places = program.places
    odd = clockwork.machine.observations.odd
    found = [(places[place], one.example) for (place, *_), one in odd.items()]
    return [
        f"{place.at} `{place.text}`: {example}" for place, example in found if not is_unreadable(place.text, example)
    ]


def is_unreadable(text: str, example: tuple[Any, Any]) -> bool:
    """Whether a text met a date or instant, or was to become one."""
    one, other = example
    if other is None:
        return text.startswith("days_between(") or (isinstance(one, str) and text.startswith(("date(", *TIMES)))
    return (isinstance(one, str) and isinstance(other, date)) or (isinstance(other, str) and isinstance(one, date))


TIMES = ("user.day", "user.at", "d", "event.d")
"""What is declared as a date or instant and so read as one, wherever it comes from."""

LEAVES = (
    "n", "k", "d", "tags", "at.n", "at.k", "at", "event.n", "user.p", "user.q", "user.day", "user.at", "user.ok", "now",
    "local.hour", "local.date", "local.weekday", "local", "rule.name", "1", "2.5", '"u"', '"2026-11-20"', "true",
    "2026-11-20", "1h", '["u", 1]', '"2026-11-20T09:00:00Z"', "time since b", "count(b)", "first(b.k)", "last(b.d)",
    "max(b.n) in last 1d", "previous(a.at.k)", "sum(b.n) today", "distinct(b.tags) in last 1d", "b ever", "user in lst",
    "first(b.tags)", "last(a.at) since b",
)  # fmt: skip
FUNCTIONS = {
    "lower": 1, "trim": 1, "length": 1, "round": 1, "abs": 1, "max": 2, "date": 1, "days_between": 2, "hash_bucket": 2,
    "distance_m": 4,
}  # fmt: skip


def value(chance: random.Random, depth: int = 0) -> str:
    """An expression of any types at all."""
    kind = chance.random() if depth < 3 else 0.0
    if kind < 0.62:
        return chance.choice(LEAVES)
    if kind < 0.66:
        return f"({value(chance, depth + 1)} {chance.choice('+-*/')} {value(chance, depth + 1)})"
    if kind < 0.74:
        return f"({value(chance, depth + 1)} default {value(chance, depth + 1)})"
    if kind < 0.86:
        name = chance.choice(list(FUNCTIONS))
        return f"{name}({', '.join(value(chance, depth + 1) for _ in range(FUNCTIONS[name]))})"
    return f"-{value(chance, 3)}" if kind < 0.9 else f"({condition(chance, depth + 1)})"


def condition(chance: random.Random, depth: int = 0) -> str:
    kind = chance.random()
    one, other = value(chance, depth), value(chance, depth)
    if kind < 0.55:
        signs = ("==", "!=", "<", ">=", "contains", "starts with", "ends with")
        return f"{one} {chance.choice(signs)} {other}"
    if kind < 0.65:
        return f"{one} {chance.choice(('in', 'not in'))} {other}"
    if kind < 0.72:
        return f'{one} matches "^u"'
    if kind < 0.8 and depth < 2:
        return f"({condition(chance, depth + 1)}) {chance.choice(('and', 'or'))} ({condition(chance, depth + 1)})"
    if kind < 0.88:
        return f"not ({condition(chance, depth + 1)})" if depth < 2 else f"not {one}"
    return chance.choice((one, f"{one} exists", f"(count(b where {value(chance, 2)} == {value(chance, 2)}) > 0)"))


def wild(seed: int) -> tuple[Case, int]:
    """A case whose rules ask for anything, those that check among them kept; and how many did not."""
    chance = random.Random(seed)
    drawn = declared(case(seed))
    schema = "\n".join((*drawn.declarations[: len(EVENTS) + 1], "list lst"))
    kept, refused = [], 0
    for place in range(14):
        doing = chance.choice(("", f"set user.{chance.choice(list(ATTRIBUTES))} = {value(chance, 1)}, "))
        text = f'rule w{place}: if (a or b) and {condition(chance)} then {doing}send push "{{{{ user.p }}}}"'
        try:
            trigdsl.parse(f"{schema}\n{text}")
            kept.append(text)
        except trigdsl.TrigError:
            refused += 1
    return evolve(drawn, declarations=(schema, *kept), rules=(), records=drawn.records), refused


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_of_a_wrong_type_in_conditions_that_ask_for_anything(part: int) -> None:
    for seed in range(START + part, START + share(6), PARTS):
        drawn, _ = wild(seed)
        found = warnings_of(drawn, random.Random(seed))
        if found:
            pytest.fail(f"seed {seed}\n{drawn.text}\n" + "\n".join(found), pytrace=False)


def test_some_of_what_asks_for_anything_checks_and_most_does_not() -> None:
    refused = [wild(seed)[1] for seed in range(START, START + 20)]
    assert 20 * 14 // 2 < sum(refused) < 20 * 14 - 5


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_of_a_wrong_type(part: int) -> None:
    for seed in range(START + part, START + share(3), PARTS):
        drawn = declared(case(seed))
        found = warnings_of(drawn, random.Random(seed))
        if found:
            pytest.fail(f"seed {seed}\n{drawn.text}\n" + "\n".join(found), pytrace=False)


def test_the_schema_lets_most_programs_through() -> None:
    refused = 0
    for seed in range(START, START + 100):
        try:
            trigdsl.parse(declared(case(seed)).text)
        except trigdsl.TrigError:
            refused += 1
    assert refused <= 50


def test_records_that_do_not_fit_are_found_out() -> None:
    """The same programs do warn of the records that were drawn without a schema."""
    warned = 0
    for seed in range(START, START + 100):
        drawn = declared(case(seed))
        try:
            clockwork = Clockwork(trigdsl.parse(drawn.text))
        except trigdsl.TrigError:
            continue
        for given in sorted((input_of(record) for record in drawn.records), key=lambda given: given.time):
            list(clockwork.run_timers(given.time - 1))
            clockwork.handle(given)
        warned += bool(clockwork.machine.observations.odd)
    assert warned > 5
