"""The history of two ids that turn out to be one user answers as that of one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from merge_helpers import CARTS, Record, at, decided, live

import trigdsl
from trigdsl.engine.history import Tally
from trigdsl.engine.merging import merge
from trigdsl.engine.state import State


def test_an_ordinal_counts_on_from_both() -> None:
    rules = "rule r: if 3rd visit then send push\nrule f: if first visit then send sms"
    records = (at("09:00", "anon", "visit"), at("09:10", "u", "visit"), CARTS[2], at("10:40", "u", "visit"))
    assert decided(rules, *records) == ["09:00 anon f sent", "09:10 u f sent", "10:40 u r sent"]


VALUES = (
    "count(a)", "count(a where n > 2)", "sum(a.n)", "avg(a.n)", "min(a.n)", "max(a.n)", "first(a.n)", "last(a.n)",
    "count(a) in last 2h", "sum(a.n) in last 3h", "first(a.n) in last 3h", "last(a.n) today",
    "distinct(a.n) in last 4h", "previous(a.n)", "last(b.n) since c",
)  # fmt: skip
CONDITIONS = (
    "a ever", "no b ever", "a in last 1h", "b in last 2h", "a since b", "b since a", "c since b", "a today",
    "time since a > 90m", "time since b <= 1h", "time since previous a > 1h", "(count(a) in last 2h) > 2",
)  # fmt: skip


def history_rules() -> str:
    fields = ", ".join(f"v{place}: {value} default -1" for place, value in enumerate(VALUES))
    rules = [f"rule values: if probe then send push with {{ {fields} }}"]
    rules += [f"rule c{place}: if probe and {test} then send push" for place, test in enumerate(CONDITIONS)]
    return "\n".join(rules)


@pytest.mark.parametrize("part", range(4))
def test_the_history_of_both_answers_as_that_of_one(part: int) -> None:
    """No two events share an instant, and c comes before all: then nothing is lost by merging."""
    program = trigdsl.parse(history_rules())
    for seed in range(part, 120, 4):
        chance = random.Random(seed)
        minutes = sorted(chance.sample(range(1, 400), chance.randint(0, 12)))
        records = [at("00:00", chance.choice(["u", "anon"]), "c")]
        for minute in minutes:
            user, event = chance.choice(["u", "anon"]), chance.choice(["a", "a", "b"])
            records.append(at(f"{minute // 60:02}:{minute % 60:02}", user, event, n=chance.choice([1, 2, 3, 4.5, 8])))
        end = [at("06:41", "u", alias="anon"), at("06:41", "anon", "probe"), at("08:00", "u", "a", n=5)]
        records += [*end, at("08:01", "u", "probe")]
        engine = trigdsl.Engine(program)
        made = [one for record in records for one in engine.feed(record)]
        assert [one.to_dict() for one in made] == [one.to_dict() for one in trigdsl.replay(program, records)], seed


SINCE = """
rule r: if probe then send push with { n: count(a) since b, s: sum(a.n) since b, l: last(a.n) since b default "-" }
"""


def since(*records: Record) -> list[Any]:
    made, _ = live(SINCE, *records, at("10:00", "u", alias="anon"), at("10:01", "u", "probe"))
    assert made[-1].fields is not None
    return list(made[-1].fields.values())


@pytest.mark.parametrize(("user", "other"), [("u", "anon"), ("anon", "u")])
def test_aggregates_since_an_event_that_either_id_did(user: str, other: str) -> None:
    early, late = at("08:00", user, "a", n=1), at("09:00", other, "a", n=2)
    assert since(early, late) == [2, 3, 2]
    assert since(at("07:00", other, "b"), early, late) == [2, 3, 2]
    assert since(early, at("08:30", other, "b"), late) == [1, 2, 2]
    assert since(early, at("08:30", other, "b")) == [0, 0, "-"]
    assert since(early, at("08:30", user, "b"), at("08:40", user, "a", n=3), late) == [2, 5, 2]
    assert since(early, at("08:30", other, "b"), at("09:30", user, "b")) == [0, 0, "-"]
    assert since(early, at("08:30", other, "b"), at("08:40", user, "b"), late) == [1, 2, 2]


def test_aggregates_since_an_event_amid_the_values_of_the_other_id() -> None:
    """How many of them were before it is known no more."""
    assert since(at("08:00", "u", "a", n=1), at("08:30", "anon", "b"), at("09:00", "u", "a", n=2)) == [2, 3, 2]


def test_at_one_instant_what_the_other_id_did_came_first() -> None:
    assert since(at("08:00", "u", "a", n=1), at("08:00", "anon", "b")) == [1, 1, 1]
    assert since(at("08:00", "anon", "a", n=1), at("08:00", "u", "b")) == [0, 0, "-"]
    rules = "rule r: if probe and a since b then send push"
    probe = (at("10:00", "u", alias="anon"), at("10:01", "u", "probe"))
    assert len(live(rules, at("08:00", "u", "a"), at("08:00", "anon", "b"), *probe)[0]) == 1
    assert len(live(rules, at("08:00", "anon", "a"), at("08:00", "u", "b"), *probe)[0]) == 0


def test_the_times_of_an_aggregate_are_kept_only_where_merging_needs_them() -> None:
    def timed(condition: str) -> list[bool]:
        program = trigdsl.parse(f"rule r: if a and {condition} then send push")
        return [slot.timed for slot in program.slots if isinstance(slot, Tally)]

    assert timed("sum(a.n) > 1 and max(a.n) > 2") == [False]
    assert timed("sum(a.n) > 1 and first(a.n) > 2") == [True]
    assert timed("count(a) since b > 1") == [True]


def test_what_is_kept_stays_plain_data() -> None:
    _, engine = live(history_rules(), at("09:00", "anon", "a", n=1), at("09:10", "u", "b", n=2), CARTS[2])
    [state] = engine._clockwork.states.values()
    assert engine._clockwork.links == {"anon": "u"}
    for name in State.__slots__:
        assert is_plain(getattr(state, name)), name


def is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_plain(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set):
        return all(map(is_plain, value))
    return value is None or type(value) in (int, float, str, bool)


def test_merging_states_of_which_nothing_is_kept() -> None:
    program = trigdsl.parse(history_rules())
    into, empty = State("u"), State("u")
    assert merge(program, into, State("anon"), 0) == []
    assert [getattr(into, name) for name in State.__slots__] == [getattr(empty, name) for name in State.__slots__]
