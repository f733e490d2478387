"""Random programs, each by a replay of its own on Spark, from files or a table on: what is left is the same."""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from case_parts import Case
from flat_programs import flat_case
from programs import case
from pyarrow import parquet
from shards import Silent
from test_split_is_whole import events_table, job_of, table
from twists import twisted_case

import trigdsl
from trigdsl.distributed.spark_job import run_on_spark
from trigdsl.model.values import instant_text
from trigdsl.records import parts
from trigdsl.records.times import parse_time
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.results import decision_schema
from trigdsl.replayer.summary import Shown
from trigdsl.spark import replay

RANDOM = int(os.environ.get("TRIGDSL_SPARK_CASES", "8"))
"""Random programs; 500 in a search that takes its time."""

AT_ONCE = 4
"""Replays that run side by side: each asks for many small jobs, between which workers wait for the driver."""

log = logging.getLogger(__name__)


@frozen
class Drawn:
    """A program with its records as files, and in which way they are read."""

    seed: int
    way: str
    job: Job


def drawn_programs(folder: Path) -> Iterator[Drawn]:
    """Programs that the checker takes, without end; each kind and each way in turn."""
    ways = (("lines", case), ("columns", flat_case), ("records", twisted_case), ("table", flat_case))
    for seed in count():
        way, draw = ways[seed % len(ways)]
        own = folder / str(seed)
        own.mkdir()
        with suppress(trigdsl.TrigError):
            yield Drawn(seed, way, with_files(way, draw(seed), job_of(draw(seed), own / "events", seed), own, seed))


def with_files(way: str, drawn: Case, job: Job, folder: Path, seed: int) -> Job:
    """The job over its lines, over plain columns beside lines, or over a table alone."""
    path, rng = str(folder / "events.parquet"), random.Random(seed)
    if way == "lines":
        return job
    if way == "records":
        parquet.write_table(table(drawn), path, row_group_size=7)
        return evolve(job, events=(path,))
    parquet.write_table(events_table(drawn, rng), path, row_group_size=5)
    return evolve(job, events=(path,) if way == "table" else (path, *job.events))


def differs(drawn: Drawn, spark: Any) -> str | None:
    """What a replay on Spark leaves behind that one here does not; None when all is the same."""
    try:
        found = by_a_table(drawn, spark) if drawn.way == "table" else by_files(drawn, spark)
    except Exception as error:
        found = str(error)
    log.info("seed %d, %s: %s", drawn.seed, drawn.way, found or "the same")
    return found and f"seed {drawn.seed}, {drawn.way}: {found}"


def by_files(drawn: Drawn, spark: Any) -> str | None:
    """The command's way: decisions, rejected records and the summary, to the byte."""
    folder, left = Path(drawn.job.events[0]).parent, []
    for name in ("here", "there"):
        out, rejects = folder / f"{name}.jsonl", folder / f"{name}.rejects"
        job = evolve(drawn.job, out=str(out), rejects=str(rejects))
        summary = run(job, Silent()) if name == "here" else run_on_spark(job, spark, Silent())
        left.append((out.read_bytes(), rejects.read_bytes(), summary.to_dict()))
    parts_of_it = ("decisions", "rejects", "summary")
    wrong = [name for name, here, there in zip(parts_of_it, *left, strict=True) if here != there]
    return ", ".join(wrong) or None


def by_a_table(drawn: Drawn, spark: Any) -> str | None:
    """A session's way: a DataFrame of decisions, and the reasons why rows were left out."""
    folder = Path(drawn.job.events[0]).parent
    out, rejects = folder / "here.jsonl", folder / "here.rejects"
    job = evolve(drawn.job, out=str(out), rejects=str(rejects), shown=Shown())
    run(job, Silent())
    reasons: list[str] = []
    made = replay(
        spark.read.parquet(job.events[0]),
        job.program,
        until=None if job.until is None else instant_text(job.until),
        drain=job.drain,
        profiles=job.profiles,
        on_reject=lambda _, why: reasons.append(why),
    )
    there = [as_told(row) for row in made.toArrow().cast(decision_schema()).to_pylist()]
    if in_order(there) != in_order(json.loads(line) for line in out.read_bytes().splitlines()):
        return "decisions"
    wanted = [json.loads(line)["reason"] for line in rejects.read_bytes().splitlines()]
    return None if sorted(reasons) == sorted(wanted) else "rejects"


def as_told(row: dict[str, Any]) -> dict[str, Any]:
    """A row of decisions as the line of JSON that tells of it."""
    told = {name: held for name, held in row.items() if held is not None}
    told |= {name: json.loads(told[name]) for name in ("fields", "value") if name in told}
    return told | {name: instant_text(parse_time(row[name])[0]) for name in ("time", "triggered", "due")}


def in_order(made: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in made)


def test_random_programs_each_by_a_replay_of_its_own(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 2_000)
    drawn = list(islice(drawn_programs(tmp_path), RANDOM))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [found for found in pool.map(lambda one: differs(one, spark), drawn) if found]
    assert wrong == []
    assert len({one.way for one in drawn}) == min(4, RANDOM)
