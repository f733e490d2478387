"""Streams on Spark decide what a replay does: in whatever batches, when workers are killed, after a restart."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streaming_cases import FIRST, LAST, Streamed, streamed_cases, time_of
from streaming_queries import Feed, rows_of, run, sorted_lines

import trigdsl
from trigdsl.model.values import HOUR, instant_text
from trigdsl.store.moving import import_store, write_lines
from trigdsl.store.opening import open_store

Record = dict[str, Any]
BATCHES = 6
DRAWN = 500 if os.environ.get("TRIGDSL_SLOW_CASES") else 20

REMINDER = 'rule r: if cart then after 30m send push "left {{ n }}" unless purchase\n'


@pytest.fixture
def streams(spark: Any) -> Iterator[Any]:
    """The session with few partitions, as every batch pays for each of them."""
    was = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    yield spark
    spark.conf.set("spark.sql.shuffle.partitions", was)


def at(text: str) -> str:
    return f"2026-11-20T{text}Z"


def event(name: str, text: str, user: str = "u", **properties: Any) -> Record:
    return {"user": user, "time": at(text), "event": name, "properties": properties}


def tick(text: str) -> Record:
    return {"tick": text if "T" in text else at(text)}


# ------------------------------------------------------------------------ what it decides
def feed_of(cases: list[Streamed], folder: Path, lateness: int) -> tuple[Feed, dict[str, list[Record]]]:
    """The records of all cases in a few batches of random sizes, in no order within the lateness; of each, its own."""
    draw = random.Random(1)
    rows = [(case.name, record) for case in cases for record in case.records]
    at_random = {id(record): (time_of(record) or FIRST) + draw.randrange(lateness) for _, record in rows}
    rows.sort(key=lambda row: at_random[id(row[1])])
    ends = sorted(draw.sample(range(1, len(rows)), BATCHES - 1))
    feed = Feed(folder)
    for begin, end in zip([0, *ends], [*ends, len(rows)], strict=True):
        feed.put_named((name, json.dumps(record)) for name, record in rows[begin:end])
    # Up to and including the last moment, timers of that very moment too.
    feed.put([{"tick": instant_text(LAST + lateness + 1_000)}])
    arrived: dict[str, list[Record]] = {case.name: [] for case in cases}
    for name, record in rows:
        arrived[name].append(record)
    return feed, arrived


def test_programs_on_a_stream_decide_what_a_replay_does(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream
    from trigdsl.distributed.spark_streaming_states import decode_pair, lines_of, states_of, watermark_of

    cases = streamed_cases(DRAWN)
    feed, arrived = feed_of(cases, tmp_path / "in", HOUR)
    programs = {case.name: case.program for case in cases}
    rows = feed.read(streams, "program", "value")
    run(stream(rows, programs, lateness="1h", form="json"), tmp_path)

    made: dict[str, list[Record]] = {name: [] for name in programs}
    for row in rows_of(streams, tmp_path):
        made[row.program].append(json.loads(row.value))
    checkpoint = str(tmp_path / "checkpoint")
    watermark = watermark_of(streams, checkpoint)
    assert watermark == LAST + 1_000
    kept: dict[str, list[Any]] = {name: [] for name in programs}
    for row in states_of(streams, checkpoint).collect():
        kept[row.program].append(decode_pair(row))

    wrong = []
    for number, (name, program) in enumerate(programs.items()):
        local = [one.to_dict() for one in trigdsl.replay(program, arrived[name], until=instant_text(LAST))]
        path = tmp_path / f"{number}.jsonl"
        write_lines(str(path), lines_of(kept[name], watermark))
        found = made[name] + pending_of(program, path)
        if sorted_lines(found) != sorted_lines(local):
            wrong.append(name)
    assert wrong == []


def pending_of(program: trigdsl.Program, path: Path) -> list[Record]:
    """What is pending in a store into which a file was imported."""
    with closing(open_store("memory:")) as store:
        import_store(str(path), store)
        engine = trigdsl.Engine(program, store=store)
        with store.transaction() as t:
            users = [user for user, _ in t.users("", 10_000)]
        return [one.to_dict() for user in users for one in engine.pending(user)]
