"""Where streams come from and go to: a clock that ticks while nothing comes, and topics of Kafka, as the page says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import define, field
from pyarrow import parquet
from streaming_queries import Feed, keep_on, run

import trigdsl
from trigdsl.records.times import parse_time

PAGE = (Path(__file__).parents[2] / "docs" / "spark_streaming.md").read_text(encoding="utf-8")
KAFKA = "key binary, value binary, topic string, partition int, offset long, timestamp timestamp, timestampType int"
"""The columns in which Spark's connector gives what is in topics."""

CONNECTOR = "org/apache/spark/sql/kafka010/KafkaSourceProvider.class"


def _has_done(query: Any, batch: int) -> bool:
    return query.lastProgress is not None and query.lastProgress.batchId >= batch


def until(query: Any, holds: Callable[[], Any]) -> None:
    """Let a query run until something holds."""
    end = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < end, "this never came to hold"
        query.awaitTermination(0.2)


# ------------------------------------------------------------------------ time, when nothing comes
def test_timers_of_silent_users_go_off_by_the_clock_while_no_record_comes(streams: Any, tmp_path: Path) -> None:
    """Far behind the wall clock, ticks move nothing; the same query, started again with it, tells of the silence."""
    from trigdsl.distributed.spark_streaming import clock, stream

    feed, program = Feed(tmp_path / "in"), trigdsl.parse("rule silent: if no visit for 2s then send sms")
    visit = datetime.now(UTC).replace(microsecond=0)
    feed.put([{"user": "u", "time": visit.isoformat(), "event": "visit"}])
    told: dict[str, dict[str, Any]] = {}

    def keep(batch: Any, _: int) -> None:
        told.update((row.key, json.loads(row.value)) for row in batch.select("key", "value").collect())

    def start(behind: str) -> Any:
        out = stream(feed.read(streams), program, form="json", ticks=clock(streams, behind=behind))
        return out.writeStream.foreachBatch(keep).option("checkpointLocation", f"{tmp_path}/checkpoint").start()

    keep_on(lambda: start("1000d"), lambda query: until(query, lambda: _has_done(query, 3)))
    assert told == {}
    keep_on(lambda: start("0s"), lambda query: until(query, lambda: told))
    (one,) = told.values()
    went_off = datetime.fromtimestamp(parse_time(one["time"])[0] / 1_000_000, UTC)
    assert (one["user"], one["rule"], one["status"]) == ("u", "silent", "sent")
    assert went_off == visit + timedelta(seconds=2)


def test_each_batch_of_ticks_lets_go_off_what_is_before_it(streams: Any, tmp_path: Path) -> None:
    """One tick an hour, and an hour of which the very moment is a timer's: that one goes off with the next tick."""
    from trigdsl.distributed.spark_streaming import stream

    feed, program = Feed(tmp_path / "in"), trigdsl.parse("rule silent: if no visit for 3h then send sms")
    feed.put([{"user": "u", "time": "2026-11-20T10:00:00Z", "event": "visit"}])
    ticks = (
        streams.readStream.format("rate-micro-batch")
        .option("rowsPerBatch", 1)
        .option("numPartitions", 1)
        .option("startTimestamp", int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000))
        .option("advanceMillisPerBatch", 3_600_000)
        .load()
        .selectExpr("timestamp AS time")
    )
    seen: dict[int, list[str]] = {}

    def keep(batch: Any, number: int) -> None:
        seen[number] = [json.loads(row.value)["time"] for row in batch.select("value").collect()]

    out = stream(feed.read(streams), program, form="json", ticks=ticks)
    writing = out.writeStream.foreachBatch(keep).option("checkpointLocation", f"{tmp_path}/checkpoint")
    keep_on(writing.start, lambda query: until(query, lambda: any(seen.values())))
    seen = {number: times for number, times in seen.items() if number <= 5}
    # Batch 0 ticks ten o'clock and moves the watermark there at its end; batch 3 moves it to 13:00, the very moment
    # of the timer, which batch 4 sees; batch 4 moves it past that, and batch 5 lets the timer go off.
    assert seen == {number: [] for number in range(5)} | {5: ["2026-11-20T13:00:00Z"]}


# ------------------------------------------------------------------------ Kafka
@define
class Reader:
    """Stands in for the reader of a stream, where there is no broker; keeps what was asked of it."""

    frame: Any
    asked: dict[str, Any] = field(factory=dict)

    def format(self, name: str) -> Reader:
        self.asked["format"] = name
        return self

    def option(self, name: str, value: Any) -> Reader:
        self.asked[name] = value
        return self

    def load(self) -> Any:
        return self.frame


@define
class Session:
    """A session of which streams are read by a stand-in."""

    readStream: Reader  # noqa: N815


def page_code(mark: str) -> str:
    """The one piece of Python on the page that has a mark in it."""
    (code,) = [one for one in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if mark in one]
    return str(code)


def topic(streams: Any, folder: Path, rows: list[tuple[int, int, bytes | None]]) -> Any:
    """The streaming DataFrame of a topic with records of partitions, offsets and values; the last one comes first."""
    folder.mkdir()
    at = datetime(2026, 11, 20, tzinfo=UTC)
    held = [
        {"key": b"k", "value": value, "topic": "records", "partition": number, "offset": offset, "timestamp": at}
        for number, offset, value in reversed(rows)
    ]
    kinds = {"key": pa.binary(), "value": pa.binary(), "topic": pa.string(), "partition": pa.int32()}
    kinds |= {"offset": pa.int64(), "timestamp": pa.timestamp("us", "UTC"), "timestampType": pa.int32()}
    parquet.write_table(pa.Table.from_pylist(held, pa.schema(kinds)), folder / "rows.parquet")
    return streams.readStream.schema(KAFKA).parquet(str(folder))


def test_what_the_page_says_of_kafka_runs_on_rows_of_topics(streams: Any, tmp_path: Path) -> None:
    """All but the connector: rows in its columns come in, and what goes out has the columns that it takes."""
    rules = "rule both: if b and a in last 1h then send push\nrule ticked: if a then after 1h send sms\n"
    moment = "2026-11-20T10:00:00Z"
    values = [json.dumps({"user": "u", "time": moment, "event": name}).encode() for name in ("a", "b")]
    # Ten minutes of lateness after the timer of 11:00, and a millisecond.
    last = json.dumps({"tick": "2026-11-20T11:10:00.001Z"}).encode()
    frame = topic(streams, tmp_path / "in", [(0, 7, values[0]), (0, 8, values[1]), (1, 3, last), (1, 4, None)])
    reader = Reader(frame)
    code = page_code('readStream.format("kafka")')
    assert code.count("checkpoint/") == code.count(".start()") == 1
    assert code.count('told.writeStream.format("kafka")') == 1
    code = code.replace("checkpoint/", f"{tmp_path}/checkpoint").replace(".start()", ".trigger(availableNow=True)")
    out = f'told.writeStream.format("parquet").option("path", "{tmp_path}/out")'
    code = code.replace('told.writeStream.format("kafka")', out)
    from trigdsl.distributed.spark_streaming import stream

    names: dict[str, Any] = {"spark": Session(reader), "program": trigdsl.parse(rules), "stream": stream}
    exec(compile(code, "docs/spark_streaming.md", "exec"), names)
    keep_on(names["query"].start, lambda query: query.awaitTermination())
    assert reader.asked["format"] == "kafka"
    assert {"kafka.bootstrap.servers", "subscribe", "startingOffsets"} <= set(reader.asked)
    assert names["told"].dtypes == [("key", "string"), ("value", "string")]
    made = streams.read.parquet(f"{tmp_path}/out").collect()
    found = sorted((row.key, json.loads(row.value)["rule"], json.loads(row.value)["time"]) for row in made)
    # In the order of offsets `a` comes before `b`, though the rows came the other way round.
    assert found == [("u", "both", moment), ("u", "ticked", "2026-11-20T11:00:00Z")]


def test_without_the_connector_spark_says_so_and_with_it_the_columns_are_those(streams: Any) -> None:
    from pyspark.errors import AnalysisException

    reader = streams.readStream.format("kafka").option("kafka.bootstrap.servers", "localhost:1")
    reader = reader.option("subscribe", "records")
    jvm = streams.sparkContext._jvm
    if jvm.java.lang.Thread.currentThread().getContextClassLoader().getResource(CONNECTOR) is None:
        with pytest.raises(AnalysisException, match=r"(?i)kafka"):
            reader.load()
    else:
        wanted = streams.createDataFrame([], KAFKA).schema
        assert [(one.name, one.dataType) for one in reader.load().schema] == [
            (one.name, one.dataType) for one in wanted
        ]


# ------------------------------------------------------------------------ ids that are known to be one user's
def test_records_of_linked_ids_are_one_users_as_in_a_replay_that_knows_them(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream
    from trigdsl.distributed.streaming import ALIAS

    rules = 'rule r: if cart then after 30m send push "left" unless purchase'

    def told(user: str, minute: int, **more: Any) -> dict[str, Any]:
        return {"user": user, "time": f"2026-11-20T10:{minute:02}:00Z", **more}

    records = [
        told("anon-7", 0, event="cart", properties={}, id="twice"),
        told("u1", 0, event="cart", properties={}, id="twice"),
        told("anon-8", 1, event="cart", properties={}),
        told("u1", 10, event="purchase", properties={}),
        told("u1", 20, alias="anon-7"),
        told("anon-7", 21, event="cart", properties={}, alias="anon-7"),
        told("u1", 22, alias="anon-8", event="visit", properties={}),
    ]
    links = streams.createDataFrame([("anon-7", "u1"), ("u2", "u2")], "alias string, user string")
    feed = Feed(tmp_path / "in")
    feed.put(records[:3])
    feed.put([*records[3:], {"tick": "2026-11-20T12:00:00.001Z"}])
    out = stream(feed.read(streams), trigdsl.parse(rules), form="json", lateness="1h", links=links, rejects=True)
    run(out, tmp_path)
    rows = streams.read.parquet(f"{tmp_path}/out").collect()
    made = [json.loads(row.value) for row in rows if row.kind == "decision"]
    # All that the links tell is as in a replay, of which the one alias that they do not tell is left out.
    known = [{name: held for name, held in one.items() if held != "anon-8" or name != "alias"} for one in records]
    wanted = [one.to_dict() for one in trigdsl.replay(trigdsl.parse(rules), known, until="2026-11-20T11:00:00Z")]
    assert in_order(made) == in_order(wanted)
    assert [(one["user"], one["status"]) for one in wanted] == [
        ("u1", "cancelled"),
        ("anon-8", "sent"),
        ("u1", "sent"),
    ]
    assert [(row.user, row.reason) for row in rows if row.kind == "rejected"] == [("u1", ALIAS)]


def in_order(made: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in made)


@pytest.mark.parametrize(
    ("links", "columns", "why"),
    [
        ([("a", "u")], "id string, user string", "wants the columns `alias`"),
        ([("a", "u"), ("a", "v")], "alias string, user string", "gives the id `a` to more than one user"),
        ([("a", "u"), ("u", "v")], "alias string, user string", "says that `a` is `u`, which is another's id"),
    ],
)
def test_links_that_do_not_say_who_is_whom_are_refused(
    streams: Any, tmp_path: Path, links: list[Any], columns: str, why: str
) -> None:
    from trigdsl.distributed.spark_streaming import stream

    feed = Feed(tmp_path / "in")
    feed.put([])
    with pytest.raises(ValueError, match=why):
        stream(feed.read(streams), trigdsl.parse("if a then send push"), links=streams.createDataFrame(links, columns))
