"""A replay with aliases decides what one does in which each user had one id from the start.

The random programs and streams are those of `programs`; some records get another id of their user, and
records that say so are put anywhere.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from budget import FIRST, share
from programs import Case, case

import trigdsl

CASES = share(30)
PARTS = 5

KNOWN = {"u": "u", "anon1": "u", "anon2": "u", "u0": "u", "v": "v", "anon3": "v", "z": "z"}
LINKS = (("u", "anon1"), ("u0", "anon2"), ("u", "u0"), ("v", "anon3"))
Record = dict[str, Any]


def with_aliases(drawn: Case, seed: int) -> tuple[list[Record], list[Record]]:
    """The records of a case with several ids for a user, and the same with one."""
    chance = random.Random(seed)
    ids = {user: [one for one in KNOWN if KNOWN[one] == user] for user in KNOWN.values()}
    records = [record | {"user": chance.choice(ids[record["user"]])} for record in drawn.records]
    for user, alias in LINKS:
        time = chance.choice(records)["time"]
        records.insert(chance.randrange(len(records) + 1), {"user": user, "time": time, "alias": alias})
        if chance.random() < 0.3:
            place = chance.randrange(len(records))
            if "alias" not in records[place] and records[place]["user"] == user:
                records[place] = records[place] | {"alias": alias}
    renamed = [record | {key: KNOWN[record[key]] for key in ("user", "alias") if key in record} for record in records]
    return records, renamed


def decisions(drawn: Case, records: list[Record]) -> list[Record]:
    program = trigdsl.parse(drawn.text)
    return [one.to_dict() for one in trigdsl.replay(program, records, **drawn.options)]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_replay_with_aliases_is_one_with_renamed_users(part: int) -> None:
    for seed in range(FIRST + part, FIRST + CASES, PARTS):
        drawn = case(seed)
        try:
            trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        records, renamed = with_aliases(drawn, seed)
        assert decisions(drawn, records) == decisions(drawn, renamed), f"seed {seed}"


def live(drawn: Case, records: list[Record]) -> list[Record]:
    """What an engine decides up to the last record."""
    engine = trigdsl.Engine(trigdsl.parse(drawn.text))
    made = [one for record in records for one in engine.feed(record)]
    made += engine.advance(records[-1]["time"])
    return [one.to_dict() for one in made]


@pytest.mark.parametrize("part", range(PARTS))
def test_an_engine_that_knows_all_aliases_beforehand_decides_as_a_replay(part: int) -> None:
    for seed in range(FIRST + part, FIRST + CASES // 2, PARTS):
        drawn = case(seed)
        try:
            trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        records, renamed = with_aliases(drawn, seed)
        records, renamed = in_order(records), in_order(renamed)
        links = [{"user": user, "alias": alias, "time": records[0]["time"]} for user, alias in LINKS]
        assert live(drawn, [*links, *records]) == live(drawn, renamed), f"seed {seed}"


@pytest.mark.parametrize("part", range(PARTS))
def test_an_engine_that_learns_of_aliases_delivers_each_thing_once(part: int) -> None:
    for seed in range(FIRST + part, FIRST + CASES, PARTS):
        drawn = case(seed)
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        records = in_order(with_aliases(drawn, seed)[0])
        engine = trigdsl.Engine(program)
        made = []
        for record in records:
            before = {one.key: one for name in KNOWN for one in engine.pending(name)}
            came = engine.feed(record)
            made += came
            after = {one.key for name in KNOWN for one in engine.pending(name)}
            lost = before.keys() - after - {one.key for one in came}
            assert not lost, f"seed {seed}: {[before[key] for key in lost]}"
        made += engine.advance(max(records[-1]["time"], "2027-12-31T00:00:00Z"))
        keys = [one.key for one in made]
        assert len(keys) == len(set(keys)), f"seed {seed}"
        assert {one.user for one in made if one.time > at_last_link(records)} <= {"u", "v", "z"}, f"seed {seed}"


def at_last_link(records: list[Record]) -> int:
    from trigdsl.records.times import parse_time

    return max(parse_time(record["time"])[0] for record in records if "alias" in record)


def in_order(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda record: str(record["time"]))
