"""Users split over workers, here and in processes: every byte is what one process writes, and every count."""

from __future__ import annotations

import itertools
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from budget import FIRST, share
from case_parts import Case
from differences import by_definition, in_order
from flat_programs import flat_case
from programs import case
from pyarrow import parquet
from shards import Silent, by_shards

import trigdsl
from trigdsl.records import parts
from trigdsl.records.routing import Router
from trigdsl.records.times import parse_time
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.processes import processes
from trigdsl.replayer.split import in_process
from trigdsl.replayer.summary import Shown

PARTS = 5
BROKEN = ("{broken", '{"user": "u1", "event": "a"}', '{"user": "", "time": 1, "event": "a"}', "[]")
ODD = (
    {"event": "a", "properties": {"n": "text", "k": 7, "at": {"n": "x"}}},
    {"event": "a", "properties": {"n": "other text", "k": 8, "at": {"n": "y"}}},
    {"event": "b", "properties": {"n": "third text", "k": 9, "at": {"n": "z"}}},
    {"set": {"timezone": "Mars/Olympus"}},
    {"set": {"timezone": 7}},
    {"event": "a", "properties": {"n": 2**70, "k": None}},
    {"event": "never_named"},
)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 0)
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 400)


@pytest.fixture
def rows_met(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows of Parquet were handed on by what they do, for each batch, compiled or not."""
    counts: list[int] = []
    route_rows, packed_rows = Router.route_rows, Router.packed_rows

    def counted(router: Router, found: Any) -> None:
        counts.append(found.rows.num_rows)
        route_rows(router, found)

    def packed(router: Router) -> list[bytes | None]:
        found = packed_rows(router)
        counts.extend(int.from_bytes(one[:8], "little") for one in found if one is not None)
        return found

    monkeypatch.setattr(Router, "route_rows", counted)
    monkeypatch.setattr(Router, "packed_rows", packed)
    return counts


def written(job: Job, folder: Path, workers: int, start: Any) -> tuple[Any, ...]:
    """Everything that a replay leaves behind: the decisions, the rejected records, and the summary."""
    out, rejects = folder / f"out{workers}", folder / f"rejects{workers}"
    summary = run(evolve(job, out=str(out), rejects=str(rejects), workers=workers, start=start), Silent())
    return out.read_bytes(), rejects.read_bytes(), summary.to_dict()


def lines(drawn: Case, rng: random.Random) -> list[str]:
    """The records of a case as lines, among them odd ones, some twice, and some that are no records."""
    records = [json.dumps(record) for record in drawn.records]
    users = [record["user"] for record in drawn.records] or ["u1"]
    times = [record["time"] for record in drawn.records] or ["2026-11-20T10:00:00Z"]
    for record in ODD:
        if rng.random() < 0.4:
            made = {"user": rng.choice([*users, "late"]), "time": rng.choice(times), **record}
            records.insert(rng.randrange(len(records) + 1), json.dumps(made))
    for identity in ("i1", "i2"):
        made = {"user": rng.choice(users), "time": rng.choice(times), "event": rng.choice("abc"), "id": identity}
        for _ in range(rng.randrange(3)):
            records.insert(rng.randrange(len(records) + 1), json.dumps(made))
    if rng.random() < 0.3:
        records.insert(rng.randrange(len(records) + 1), rng.choice(BROKEN))
    if rng.random() < 0.1:
        made = {"user": rng.choice(users), "time": rng.choice(times), "alias": rng.choice([*users, "anonymous"])}
        records.insert(rng.randrange(len(records) + 1), json.dumps(made))
    return records


def job_of(drawn: Case, path: Path, seed: int) -> Job:
    """A job over the records of a case, most often with something more asked for."""
    rng = random.Random(seed)
    options = dict(drawn.options)
    if "until" in options:
        options["until"] = parse_time(options["until"])[0]
    records = lines(drawn, rng)
    half = rng.randrange(len(records) + 1) if rng.random() < 0.3 else len(records)
    path.with_suffix(".a.jsonl").write_text("".join(f"{line}\n" for line in records[:half]))
    path.with_suffix(".b.jsonl").write_text("".join(f"{line}\n" for line in records[half:]))
    profiles = path.with_suffix(".profiles.jsonl")
    zones = ["Asia/Seoul", "America/New_York", "Nowhere/Land", None]
    users = sorted({record["user"] for record in drawn.records} | {"u1", "only_a_profile"})
    profiles.write_text("".join(json.dumps({"user": user, "timezone": rng.choice(zones)}) + "\n" for user in users))
    return Job(
        program=trigdsl.parse(drawn.text + "\ninvariant few: at most 1 sends per 1d\n"),
        events=(str(path.with_suffix(".a.jsonl")), str(path.with_suffix(".b.jsonl"))),
        profiles=str(profiles) if rng.random() < 0.3 else None,
        invariants=rng.random() < 0.3,
        shown=Shown(statuses=frozenset(["sent", "pending"])) if rng.random() < 0.2 else Shown(),
        **options,
    )


def check(seed: int, drawn: Case, folder: Path, start: Any, counts: tuple[int, ...]) -> bool:
    try:
        job = job_of(drawn, folder / "events", seed)
    except trigdsl.TrigError:
        return False
    alone = written(job, folder, 1, None)
    for count in counts:
        assert written(job, folder, count, start) == alone, f"seed {seed}, {count} workers"
    return bool(alone[0])


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [case, flat_case])
def test_split_users_are_decided_as_all_at_once(tmp_path: Path, draw: Any, part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        check(seed, draw(seed), tmp_path, in_process, (2, 3))


@pytest.mark.parametrize("draw", [case, flat_case])
def test_most_drawn_cases_decide_something(tmp_path: Path, draw: Any) -> None:
    assert sum(check(seed, draw(seed), tmp_path, in_process, (2,)) for seed in range(30)) > 15


@pytest.mark.parametrize("draw", [case, flat_case])
def test_split_users_are_decided_as_the_definition_says(draw: Any) -> None:
    for seed in range(FIRST, FIRST + share(20)):
        drawn = draw(seed)
        try:
            found = by_shards(drawn)
        except trigdsl.TrigError:
            continue
        assert in_order(found) == in_order(by_definition(drawn)), f"seed {seed}"


@pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")
@pytest.mark.parametrize("draw", [case, flat_case])
def test_processes_decide_as_one(tmp_path: Path, draw: Any) -> None:
    for seed in range(FIRST, FIRST + share(300)):
        check(seed, draw(seed), tmp_path, processes, (2, 3))


def table(drawn: Case) -> pa.Table:
    """The records of a case as a table whose columns hold whole records as JSON."""

    def column(name: str, made: Any) -> list[Any]:
        return [None if (held := record.get(name)) is None else made(held) for record in drawn.records]

    return pa.table(
        {
            "user": pa.array(column("user", str), pa.string()),
            "time": pa.array([parse_time(record["time"])[0] for record in drawn.records], pa.timestamp("us", "UTC")),
            "event": pa.array(column("event", str), pa.string()),
            "id": pa.array(column("id", str), pa.string()),
            "properties": pa.array(column("properties", json.dumps), pa.string()),
            "set": pa.array(column("set", json.dumps), pa.string()),
            "add": pa.array(column("add", ";".join), pa.string()),
            "remove": pa.array(column("remove", ";".join), pa.string()),
        }
    )


@pytest.mark.parametrize("draw", [case, flat_case])
def test_split_users_of_parquet_are_decided_as_all_at_once(tmp_path: Path, draw: Any) -> None:
    decided = 0
    for seed in range(FIRST, FIRST + max(share(50), 6)):
        drawn = draw(seed)
        path = tmp_path / "events.parquet"
        try:
            job = evolve(job_of(drawn, tmp_path / "events", seed), events=(str(path),))
        except trigdsl.TrigError:
            continue
        parquet.write_table(table(drawn), path, row_group_size=7)
        alone = written(job, tmp_path, 1, None)
        decided += bool(alone[0])
        for count in (2, 3):
            assert written(job, tmp_path, count, in_process) == alone, f"seed {seed}, {count} workers"
    assert decided


def events_table(drawn: Case, rng: random.Random) -> pa.Table:
    """The events of a case as columns of plain types, with some rows of which something is unusual."""
    rows: list[dict[str, Any]] = []
    for record in drawn.records:
        if "event" not in record or "id" in record:
            continue
        held = record.get("properties") or {}
        row = {"user": record["user"], "time": parse_time(record["time"])[0], "event": record["event"]}
        inner = held["at"].get("n") if isinstance(held.get("at"), dict) else None
        row |= {"n": held.get("n"), "k": held.get("k"), "at.n": inner, "unread": 1.0, "seen": True}
        if rng.random() < 0.1:
            row |= rng.choice([{"user": None}, {"event": ""}, {"event": "sent"}, {"event": None}, {"unread": math.inf}])
        rows.append(row)
    numbers = rng.choice([pa.float64(), pa.float32(), pa.int64(), pa.uint64(), pa.string()])

    def column(name: str, kind: pa.DataType) -> pa.Array:
        cells = [row[name] for row in rows]
        if pa.types.is_string(kind):
            return pa.array([None if cell is None else str(cell) for cell in cells], kind)
        cells = [cell if type(cell) in (int, float) and 0 <= cell < 2**40 else None for cell in cells]
        whole = pa.types.is_integer(kind)
        return pa.array([int(cell) if whole and cell is not None else cell for cell in cells], kind)

    texts = pa.string() if rng.random() < 0.5 else pa.dictionary(pa.int32(), pa.string())
    return pa.table(
        {
            "user": pa.array([row["user"] for row in rows], pa.string()).cast(texts),
            "time": pa.array([row["time"] for row in rows], pa.timestamp("us", rng.choice(["UTC", None]))),
            "event": pa.array([row["event"] for row in rows], pa.string()).cast(texts),
            "n": column("n", numbers),
            "k": column("k", pa.string()).cast(texts),
            "at.n": column("at.n", numbers if pa.types.is_string(numbers) else pa.float64()),
            "unread": pa.array([row["unread"] for row in rows], pa.float64()),
            "seen": pa.array([row["seen"] for row in rows], pa.bool_()),
        }
    )


def columns_are_decided_as_records(
    seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch, counts: tuple[int, ...], start: Any
) -> bool:
    """Parquet after lines that set profiles and hold other events of the same users, in one stream."""
    drawn, rng = flat_case(seed), random.Random(seed)
    try:
        job = job_of(drawn, folder / "events", seed)
    except trigdsl.TrigError:
        return False
    path = folder / "events.parquet"
    parquet.write_table(events_table(drawn, rng), path, row_group_size=rng.choice([5, 1000]))
    lines_too = rng.choice([(), job.events, job.events[:1]])
    job = evolve(job, events=(*lines_too, str(path)) if rng.random() < 0.7 else (str(path), *lines_too))
    with monkeypatch.context() as patch:
        patch.setattr(parts, "LEAST_BYTES", 1 << 40)
        patch.setattr(parts, "LEAST_PARQUET_BYTES", 1 << 40)
        alone = written(job, folder, 1, None)
    for count, compiled in itertools.product(counts, (True, False)):
        found = written(evolve(job, compiled=compiled), folder, count, start)
        assert found == alone, f"seed {seed}, {count} workers, {compiled=}"
    return bool(alone[0])


@pytest.mark.parametrize("part", range(PARTS))
def test_columns_of_what_events_do_are_decided_as_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        columns_are_decided_as_records(seed, tmp_path, monkeypatch, (1, 2, 3), in_process)


def test_most_drawn_columns_are_taken_by_what_they_do_and_decide_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_met: list[int]
) -> None:
    decided = [columns_are_decided_as_records(seed, tmp_path, monkeypatch, (1,), in_process) for seed in range(30)]
    assert sum(decided) > 15
    assert sum(rows_met) > 30


@pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")
def test_processes_decide_columns_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(FIRST, FIRST + share(300)):
        columns_are_decided_as_records(seed, tmp_path, monkeypatch, (2, 3), processes)
