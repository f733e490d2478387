"""A replay on Spark leaves behind, to the byte, what one on this machine does: decisions, rejects and the summary."""

from __future__ import annotations

import json
import math
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from flat_programs import flat_case
from killing import IN_PROC, KINDS, kill_one
from programs import case
from pyarrow import parquet
from shards import Silent
from test_split_is_whole import events_table, job_of, table

import trigdsl
from trigdsl.distributed.spark_job import OutputExists, run_on_spark
from trigdsl.records import parts
from trigdsl.records.errors import UnreadableFile
from trigdsl.replayer.job import Job, RejectedError, run
from trigdsl.replayer.results import decision_schema
from trigdsl.spark import replay

KILLS = int(os.environ.get("TRIGDSL_SPARK_KILLS", "1"))
"""How often the test of killed workers is run, each time with other processes."""

CART = (
    'rule cart_reminder: if cart and cart.value > 20 then after 30m send push "Still there?" unless purchase within 2h'
)
HISTORY = (
    "rule often: if cart and count(cart) in last 7d >= 3 then after 1h send mail unless purchase while pending stack"
)


def compare(job: Job, folder: Path, spark: Any, partitions: int | None = None) -> bytes:
    """Both runs leave the same; the decisions."""
    left = []
    for name in ("here", "there"):
        own = evolve(job, out=str(folder / f"{name}.jsonl"), rejects=str(folder / f"{name}.rejects"))
        summary = run(own, Silent()) if name == "here" else run_on_spark(own, spark, Silent(), partitions)
        left.append(((folder / f"{name}.rejects").read_bytes(), summary.to_dict(), Path(str(own.out)).read_bytes()))
    assert left[1] == left[0]
    return left[0][2]


def lines_file(path: Path, records: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return str(path)


def shop(count: int, users: int, seed: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Events of a shop, not in the order of time."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        user = f"u{rng.randrange(users)}"
        at = 1_764_000_000 + rng.randrange(30 * 86_400)
        event = rng.choice(["cart", "cart", "purchase", "view", "view", "view"])
        properties = {"cart": {"value": rng.randrange(60)}} if event == "cart" else {"page": f"p{number % 7}"}
        made.append({"user": user, "time": at, "event": event, "properties": properties, **more})
    return made


def shop_table(records: list[dict[str, Any]], **columns: Any) -> pa.Table:
    """The same as plain columns."""
    values = [(one["properties"].get("cart") or {}).get("value") for one in records]
    return pa.table(
        {
            "user": [one["user"] for one in records],
            "time": pa.array([one["time"] * 1_000_000 for one in records], pa.timestamp("us", "UTC")),
            "event": [one["event"] for one in records],
            "cart.value": pa.array(values, pa.float64()),
            "page": pa.array([one["properties"].get("page") for one in records], pa.string()),
            **columns,
        }
    )


# ---------------------------------------------------------------------- files
def drawn_jobs(draw: Any, first: int, count: int, path: Path) -> Iterator[tuple[Any, Job, int]]:
    """So many cases that the checker takes, from a seed on, each with a job over its records and its seed."""
    while count:
        drawn = draw(first)
        with suppress(trigdsl.TrigError):
            yield drawn, job_of(drawn, path, first), first
            count -= 1
        first += 1


@pytest.mark.parametrize(("draw", "first"), [(case, 3), (flat_case, 5)])
def test_lines_with_all_that_can_be_wrong_with_them(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Any, first: int
) -> None:
    """Ids that come twice, aliases, unknown zones, odd values, broken lines, in several files and parts."""
    monkeypatch.setattr(parts, "PART_BYTES", 2_000)
    decided = [compare(job, tmp_path, spark) for _, job, _ in drawn_jobs(draw, first, 3, tmp_path / "events")]
    assert any(decided)


def test_columns_beside_lines(spark: Any, tmp_path: Path) -> None:
    """Parquet of plain columns, some rows of which are unusual, between lines of the same users."""
    for drawn, job, seed in drawn_jobs(flat_case, 20, 3, tmp_path / "events"):
        rng = random.Random(seed)
        names = [str(tmp_path / f"events{seed}-{number}.parquet") for number in range(2)]
        for name in names:
            parquet.write_table(events_table(drawn, rng), name, row_group_size=5)
        compare(evolve(job, events=(names[0], *job.events, names[1])), tmp_path, spark)


def test_columns_of_whole_records_are_read_as_records(spark: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "events.parquet")
    for drawn, job, _ in drawn_jobs(case, 4, 2, tmp_path / "events"):
        parquet.write_table(table(drawn), path, row_group_size=7)
        compare(evolve(job, events=(path,)), tmp_path, spark)


@pytest.mark.parametrize("rules", [CART, HISTORY])
def test_a_shop_in_two_files_with_every_kind_of_row(spark: Any, tmp_path: Path, rules: str) -> None:
    """Rows without user, with an infinite number nobody reads, of reserved names, and two that tie."""
    records = shop(3_000, 40)
    rows = shop_table(records)
    odd = shop_table([{**records[0], "event": "cart", "properties": {"cart": {"value": 50}}}] * 5)
    users = pa.array([None, "", "u1", "u2", "u3"], pa.string())
    events = pa.array(["cart", "cart", "sent", None, "cart"], pa.string())
    values = pa.array([50.0, 50.0, 50.0, 50.0, math.inf])
    odd = odd.set_column(0, "user", users).set_column(2, "event", events).set_column(3, "cart.value", values)
    parquet.write_table(pa.concat_tables([rows, odd]), tmp_path / "b.parquet", row_group_size=500)
    parquet.write_table(rows.slice(0, 100), tmp_path / "a b.parquet")
    job = Job(program=trigdsl.parse(rules), events=(str(tmp_path / "b.parquet"), str(tmp_path / "a b.parquet")))
    made = compare(job, tmp_path, spark)
    assert b'"sent"' in made
    assert (tmp_path / "there.rejects").read_bytes().count(b"\n") == 5


def test_an_alias_joins_users_of_columns_too(spark: Any, tmp_path: Path) -> None:
    """One is claimed by two, of whom the first in time has it; what was bought under another id ends the reminder."""
    records = shop(600, 12)
    parquet.write_table(shop_table(records), tmp_path / "events.parquet")
    last = max(one["time"] for one in records)
    links = [("u1", "u2", last - 5), ("u3", "u2", last - 9), ("u2", "u4", last - 7), ("u5", "stranger", last)]
    lines = lines_file(tmp_path / "links.jsonl", [{"user": a, "alias": b, "time": at} for a, b, at in links])
    for rules in (CART, HISTORY):
        job = Job(program=trigdsl.parse(rules), events=(lines, str(tmp_path / "events.parquet")))
        made = compare(job, tmp_path, spark)
        assert b'"user":"u3"' in made
        assert b'"user":"u2"' not in made
        assert b'"user":"u4"' not in made


def test_a_record_that_came_twice_moves_no_clock(spark: Any, tmp_path: Path) -> None:
    """The last record of all is a duplicate, so the clock stops before it: what was due in between is pending."""
    at = 1_764_000_000
    cart = {"user": "u", "time": at, "event": "cart", "properties": {"cart": {"value": 30}}}
    records = [
        cart,
        {"user": "v", "time": at + 60, "event": "view", "id": "e1"},
        {"user": "v", "time": at + 7 * 86_400, "event": "view", "id": "e2"},
        {"user": "w", "time": at + 1_799, "event": "view", "id": "e3"},
        {"user": "v", "time": at + 60 + 7 * 86_400, "event": "view", "id": "e1"},
        {"user": "v", "time": at - 60, "event": "view", "id": "e2"},
    ]
    job = Job(program=trigdsl.parse(CART), events=(lines_file(tmp_path / "events.jsonl", records[:2] + records[3:5]),))
    made = [json.loads(line) for line in compare(job, tmp_path, spark).splitlines()]
    assert [one["status"] for one in made] == ["pending"]
    # One microsecond more apart, it is another record, and the reminder goes out.
    records[4]["time"] = "2025-12-01T16:01:00.000001Z"
    assert at + 60 + 7 * 86_400 == 1_764_604_860
    job = Job(program=trigdsl.parse(CART), events=(lines_file(tmp_path / "more.jsonl", records[:2] + records[3:5]),))
    made = [json.loads(line) for line in compare(job, tmp_path, spark).splitlines()]
    assert [one["status"] for one in made] == ["sent"]


def test_profiles_until_and_what_is_shown(spark: Any, tmp_path: Path) -> None:
    rules = f"{CART} between 09:00-10:00 local"
    records = shop(400, 9)
    lines = [{"user": f"u{number}", "timezone": "Asia/Tokyo" if number % 2 else "Mars/Olympus"} for number in range(9)]
    job = Job(
        program=trigdsl.parse(rules),
        events=(lines_file(tmp_path / "events.jsonl", records),),
        profiles=lines_file(tmp_path / "users.jsonl", [*lines, {"name": "nobody"}]),
        until=1_765_000_000_000_000,
    )
    assert compare(job, tmp_path, spark)


# ---------------------------------------------------------------------- outputs
def test_folders_of_parquet_and_of_lines(spark: Any, tmp_path: Path) -> None:
    events = lines_file(tmp_path / "events.jsonl", shop(300, 20))
    job = Job(program=trigdsl.parse(CART), events=(events,))
    lines = compare(job, tmp_path, spark)
    run_on_spark(evolve(job, out=str(tmp_path / "made.parquet")), spark, Silent())
    run_on_spark(evolve(job, out=f"{tmp_path / 'made'}/"), spark, Silent())
    files = sorted((tmp_path / "made").glob("part-*"))
    assert b"".join(file.read_bytes() for file in files) == lines
    found = parquet.read_table(tmp_path / "made.parquet")
    wanted = trigdsl.replay(job.program, map(json.loads, Path(events).read_bytes().splitlines())).to_arrow()
    assert found.schema.names == decision_schema().names
    order = [("time", "ascending"), ("key", "ascending")]
    assert found.cast(wanted.schema).sort_by(order).to_pylist() == wanted.sort_by(order).to_pylist()
    with pytest.raises(OutputExists, match="is there already"):
        run_on_spark(evolve(job, out=str(tmp_path / "made.parquet")), spark, Silent())


def test_what_cannot_be_read_is_said_as_on_one_machine(spark: Any, tmp_path: Path) -> None:
    parquet.write_table(pa.table({"who": ["u"], "time": ["2026-01-01"]}), tmp_path / "events.parquet")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"user": "u", "event": "cart"}\n', encoding="utf-8")
    program = trigdsl.parse(CART)
    for runs in (run, lambda job, silent: run_on_spark(job, spark, silent)):
        with pytest.raises(UnreadableFile, match=r"events.parquet` has no column `user`"):
            runs(Job(program=program, events=(str(tmp_path / "events.parquet"),)), Silent())
        with pytest.raises(RejectedError, match=r"broken.jsonl:1: no `time`"):
            runs(Job(program=program, events=(str(broken),), strict=True), Silent())


# ---------------------------------------------------------------------- data frames
def in_order(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(made, key=lambda one: (one["time"], one["key"]))


def decided_here(rules: str, records: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    return in_order(trigdsl.replay(trigdsl.parse(rules), records, **options).to_arrow().to_pylist())


def rows_of(frame: Any) -> list[dict[str, Any]]:
    return in_order(frame.toArrow().cast(decision_schema()).to_pylist())


@pytest.mark.parametrize("rules", [CART, HISTORY])
def test_a_data_frame_of_records(spark: Any, rules: str) -> None:
    """Nested columns, other names, and a column that tells the order."""
    records = [{**one, "id": f"e{number}"} for number, one in enumerate(shop(500, 12))]
    columns = "who string, at timestamp, event string, id string, cart struct<value: int>, page string, seq long"
    rows = [
        (
            one["user"],
            one["time"],
            one["event"],
            one["id"],
            one["properties"].get("cart"),
            one["properties"].get("page"),
            -at,
        )
        for at, one in enumerate(records)
    ]
    rows = [(user, _instant(at), *others) for user, at, *others in rows]
    frame = spark.createDataFrame(rows, columns)
    names = {"user": "who", "time": "at"}
    wanted = decided_here(rules, records[::-1])
    assert wanted
    assert rows_of(replay(frame, trigdsl.parse(rules), columns=names, order="seq")) == wanted


def test_times_and_users_as_text_and_numbers_are_read_in_python(spark: Any) -> None:
    records = shop(200, 9)
    rows = [(int(one["user"][1:]), str(one["time"]), one["event"], one["properties"].get("cart")) for one in records]
    texts = [(user, trigdsl_time(at), event, cart) for user, at, event, cart in rows]
    frame = spark.createDataFrame(texts, "user long, time string, event string, cart struct<value: int>")
    rejected: list[str] = []
    broken = spark.createDataFrame([(1, "yesterday", "cart", None)], frame.schema)
    made = replay(frame.union(broken), trigdsl.parse(CART), on_reject=lambda _, why: rejected.append(why))
    assert rows_of(made) == decided_here(CART, [{**one, "user": one["user"][1:]} for one in records])
    assert len(rejected) == 1
    assert "yesterday" in rejected[0]


def test_only_what_is_needed_is_asked_of_files(spark: Any, tmp_path: Path) -> None:
    parquet.write_table(shop_table(shop(100, 5), note=pa.array(["x"] * 100)), tmp_path / "events.parquet")
    made = replay(spark.read.parquet(str(tmp_path / "events.parquet")), trigdsl.parse(CART))
    plan = made._jdf.queryExecution().toString()
    scan = next(line for line in plan.splitlines() if "FileScan parquet" in line)
    pushed = scan.partition("PushedFilters: [")[2]
    assert "EqualTo(event,purchase)" in pushed or "In(event, [purchase])" in pushed
    assert "GreaterThan(`cart.value`,20.0)" in pushed
    read = scan.partition("ReadSchema: ")[2]
    assert "cart.value:double" in read
    assert "page" not in read
    assert "note" not in read


def test_a_stream_and_a_column_that_is_not_there(spark: Any) -> None:
    program = trigdsl.parse(CART)
    with pytest.raises(ValueError, match="bounded"):
        replay(spark.readStream.format("rate").load(), program)
    with pytest.raises(ValueError, match="no column `seq`"):
        replay(spark.createDataFrame([("u",)], "user string"), program, order="seq")


def _instant(seconds: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)


def trigdsl_time(seconds: str) -> str:
    return str(_instant(int(seconds)).isoformat())


# ---------------------------------------------------------------------- skew, and what dies
def test_one_user_with_a_fifth_of_all_events(spark: Any, tmp_path: Path) -> None:
    """More rows of one user than a group has, and than a batch."""
    records = shop(120_000, 3_000)
    for number, one in enumerate(records):
        if number % 5 == 0:
            one["user"] = "busy"
    parquet.write_table(shop_table(records), tmp_path / "events.parquet")
    for rules in (CART, HISTORY):
        job = Job(program=trigdsl.parse(rules), events=(str(tmp_path / "events.parquet"),))
        assert b'"busy"' in compare(job, tmp_path, spark)


@pytest.mark.skipif(not IN_PROC, reason="processes are found in /proc")
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_worker_that_is_killed_changes_nothing(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 100_000)
    events = lines_file(tmp_path / "events.jsonl", shop(40_000, 800))
    job = Job(program=trigdsl.parse(HISTORY), events=(events,), out=str(tmp_path / "here.jsonl"))
    wanted = run(job, Silent()).to_dict()
    draw, killed = random.Random(seed), []
    over = threading.Event()

    def kill() -> None:
        """A process while lines are read, another while users are decided: when some tasks are done, others not."""
        tracker, stages = spark.sparkContext.statusTracker(), set()
        while not over.is_set() and len(killed) < len(KINDS):
            for number in tracker.getActiveStageIds():
                stage = tracker.getStageInfo(number)
                if stage and stage.numCompletedTasks and stage.numActiveTasks and number not in stages:
                    kind = KINDS[(seed + len(killed)) % len(KINDS)]
                    if kill_one(kind, draw):
                        stages.add(number)
                        killed.append(kind)
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = run_on_spark(evolve(job, out=str(tmp_path / "there.jsonl")), spark, Silent(), 12).to_dict()
    finally:
        over.set()
        killer.join()
    assert killed
    assert found == wanted
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
