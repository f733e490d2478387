"""Streams on Spark decide what a replay does: in whatever batches, when workers are killed, after a restart."""

from __future__ import annotations

import json
import os
import random
import re
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from killing import IN_PROC, KINDS, kill_one
from streaming_cases import FIRST, LAST, Streamed, streamed_cases, time_of
from streaming_queries import Feed, keep_on, rows_of, run, run_into, sorted_lines, undo_last_commit

import trigdsl
from trigdsl.delivery.outbox import Handover, Outbox
from trigdsl.model.values import HOUR, instant_text
from trigdsl.records.times import parse_time
from trigdsl.store.moving import End, export_store, import_store, write_lines
from trigdsl.store.opening import open_store

Record = dict[str, Any]
BATCHES = 6
DRAWN, EACH = (500, 1) if os.environ.get("TRIGDSL_SLOW_CASES") else (20, 6)
"""How many random programs, and of how many cases of the engine each time one."""

KILLS = int(os.environ.get("TRIGDSL_SPARK_KILLS", "1"))
"""How often the test of killed workers is run, each time with other processes and moments."""

REMINDER = 'rule r: if cart then after 30m send push "left {{ n }}" unless purchase\n'


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

    cases = streamed_cases(DRAWN, EACH)
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
    assert sum(map(len, made.values())) > 1_000


def pending_of(program: trigdsl.Program, path: Path) -> list[Record]:
    """What is pending in a store into which a file was imported."""
    with closing(open_store("memory:")) as store:
        import_store(str(path), store)
        engine = trigdsl.Engine(program, store=store)
        with store.transaction() as t:
            users = [user for user, _ in t.users("", 10_000)]
        return [one.to_dict() for user in users for one in engine.pending(user)]


# ------------------------------------------------------------------------ failures
STORM_USERS, STORM_BATCHES = 40, 8


def storm(folder: Path) -> tuple[Feed, list[Record]]:
    """Batches of carts and purchases of many users, and at the end a moment at which all reminders have gone."""
    draw, feed, records = random.Random(2), Feed(folder), []
    for batch in range(STORM_BATCHES):
        hour, half = 10 + batch // 2, batch % 2 * 30
        names = [draw.choice(("cart", "cart", "purchase")) for _ in range(STORM_USERS)]
        some = [
            event(name, f"{hour}:{half + draw.randrange(30):02}:00", f"u{user}", n=user)
            for user, name in enumerate(names)
        ]
        feed.put(some)
        records += some
    feed.put([tick("2026-11-21T00:00:00.001Z")])
    return feed, records


def locally(text: str, records: list[Record], until: str = "2026-11-21T00:00:00Z") -> list[Record]:
    made = trigdsl.replay(trigdsl.parse(text), [dict(record) for record in records], until=until)
    return [one.to_dict() for one in made if one.status != "pending"]


def decided(spark: Any, folder: Path) -> list[Record]:
    return [json.loads(row.value) for row in rows_of(spark, folder)]


@pytest.mark.skipif(not IN_PROC, reason="processes are found in /proc")
@pytest.mark.parametrize("seed", range(KILLS))
def test_workers_that_are_killed_and_restarts_in_the_middle_change_nothing(
    streams: Any, tmp_path: Path, seed: int
) -> None:
    """An executor, a Python worker and the query itself end, in any order, at random moments of a batch."""
    from trigdsl.distributed.spark_streaming import stream

    feed, records = storm(tmp_path / "in")
    program, draw, done = trigdsl.parse(REMINDER), random.Random(seed), []

    def start() -> Any:
        out = stream(feed.read(streams), program, form="json", lateness="1h")
        writing = out.writeStream.format("parquet").option("path", f"{tmp_path}/out")
        return writing.option("checkpointLocation", f"{tmp_path}/checkpoint").start()

    def disturb(query: Any) -> None:
        for what in draw.sample([*KINDS, "restart"], 3)[len(done) :]:
            number = _batch_of(query, at_least=len(done))
            query.awaitTermination(draw.uniform(0, 1.5))
            if what == "restart":
                query.stop()
                query = start()
                ended = True
            else:
                ended = kill_one(what, draw) is not None
            if ended and number < STORM_BATCHES:
                done.append(what)
        query.processAllAvailable()
        query.stop()

    keep_on(start, disturb)
    assert len(done) > 1
    assert sorted_lines(decided(streams, tmp_path)) == sorted_lines(locally(REMINDER, records))


def _batch_of(query: Any, at_least: int) -> int:
    """The number of the batch that a query works at, as soon as it is that or more."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        number = 0 if query.lastProgress is None else query.lastProgress.batchId + 1
        if number >= at_least:
            return int(number)
        query.awaitTermination(0.1)
    raise AssertionError(f"no batch {at_least} in five minutes")


def test_a_restart_from_the_checkpoint_changes_nothing(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream

    feed, program = Feed(tmp_path / "in"), trigdsl.parse(REMINDER)
    first = [event("cart", "10:00:00", n=1), event("cart", "10:05:00", "v", n=2)]
    feed.put(first)
    run(stream(feed.read(streams), program, form="json"), tmp_path)
    second = [event("purchase", "10:20:00"), event("cart", "10:40:00", n=3)]
    feed.put(second)
    run(stream(feed.read(streams), program, form="json"), tmp_path)
    before = decided(streams, tmp_path)
    undo_last_commit(tmp_path)
    run(stream(feed.read(streams), program, form="json"), tmp_path)
    assert sorted_lines(decided(streams, tmp_path)) == sorted_lines(before)
    feed.put([tick("2026-11-21T00:00:00.001Z")])
    run(stream(feed.read(streams), program, form="json"), tmp_path)
    assert sorted_lines(decided(streams, tmp_path)) == sorted_lines(locally(REMINDER, [*first, *second]))


def test_other_rules_after_a_restart_go_on_by_the_policy(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream

    feed = Feed(tmp_path / "in")
    gone = REMINDER + "rule gone: if cart then after 1d send sms\n"
    feed.put([event("cart", "10:00:00", n=1), event("visit", "10:00:01", "clock")])
    run(stream(feed.read(streams), trigdsl.parse(gone), form="json"), tmp_path)
    edited = 'rule new: if cart then send email\nrule r: if cart then after 45m send push "again {{ n }}"\n'
    feed.put([event("cart", "10:10:00", "w", n=2), event("visit", "10:10:01", "clock"), event("visit", "10:10:02")])
    feed.put([tick("11:00:00")])
    run(stream(feed.read(streams), trigdsl.parse(edited), form="json", on_edit="retime"), tmp_path)
    found = {
        (one["user"], one["rule"], one["status"], one["time"], one.get("text")) for one in decided(streams, tmp_path)
    }
    # `u` is called on when it has a record, at the moment up to which everything was decided then.
    assert found == {
        ("u", "gone", "cancelled", at("10:00:01"), None),
        ("w", "new", "sent", at("10:10:00"), None),
        ("u", "r", "sent", at("10:45:00"), "again 1"),
        ("w", "r", "sent", at("10:55:00"), "again 2"),
    }


# ------------------------------------------------------------------------ where it goes
def test_the_outbox_of_a_store_gets_each_decision_once(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream
    from trigdsl.distributed.spark_streaming_sinks import to_outbox

    rules = 'rule r: if cart then send push "now {{ n }}" expires 2h then add to carts\nlist carts\n'
    program, url = trigdsl.parse(rules), f"sqlite:///{tmp_path}/state.db"
    feed = Feed(tmp_path / "in")
    feed.put([event("cart", "10:00:00", n=1), event("cart", "10:00:00", "v", n=2), "{"])
    ten = parse_time(at("10:00:00"))[0]
    delivered: list[str] = []

    def sink(handover: Handover) -> None:
        delivered.append(handover.decision.text or "")

    store = open_store(url)
    for repeated in (False, True):
        if repeated:
            undo_last_commit(tmp_path)
        out = stream(feed.read(streams), program, form="stored", rejects=True)
        run_into(out, to_outbox(url, log=True), tmp_path)
        with store.transaction() as t:
            waiting = t.deliveries(None, None, 0, 10)
            going = [(one.channel, one.time, one.expires) for one in waiting]
            assert going == ([] if repeated else [("push", ten, ten + 2 * HOUR)] * 2)
            assert len(t.logged(None, 0, 10)) == 4
            assert [row.record for _, row in t.rejects(0, 10)] == [b"{"]
        Outbox(store, now=lambda: ten).deliver(sink)
    assert sorted(delivered) == ["now 1", "now 2"]
    store.close()


def test_deliveries_of_runs_that_go_on_by_their_old_text_expire_by_it(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream
    from trigdsl.distributed.spark_streaming_sinks import to_outbox

    url, feed = f"sqlite:///{tmp_path}/state.db", Feed(tmp_path / "in")
    store = open_store(url)
    for expires, records in (
        ("2h", [event("cart", "10:00:00")]),
        ("1h", [event("cart", "10:10:00", "v"), tick("11:00:00")]),
    ):
        program = trigdsl.parse(f"rule r: if cart then after 30m send push expires {expires}")
        feed.put(records)
        run_into(stream(feed.read(streams), program, form="stored"), to_outbox(url), tmp_path)
    with store.transaction() as t:
        waiting = {row.user: (row.time, row.expires) for row in t.deliveries(None, None, 0, 10)}
    store.close()
    due = {user: parse_time(at(text))[0] for user, text in (("u", "10:30:00"), ("v", "10:40:00"))}
    assert waiting == {"u": (due["u"], due["u"] + 2 * HOUR), "v": (due["v"], due["v"] + HOUR)}


# ------------------------------------------------------------------------ moving
def test_states_move_from_a_store_to_spark_and_back(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream
    from trigdsl.distributed.spark_streaming_states import export_checkpoint, states_from_file

    rules = REMINDER + "rule d: if every day at 09:00 then send email\n"
    program = trigdsl.parse(rules)
    first = [event("cart", "10:00:00", n=1), event("cart", "10:20:00", "v", n=2), event("cart", "10:29:00", "w", n=3)]
    with trigdsl.Engine(program, store=f"sqlite:///{tmp_path}/a.db", lateness="10m") as engine:
        made = [one.to_dict() for one in engine.feed_many(first)]
        assert engine.clock == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
        assert export_store(engine.store, str(tmp_path / "a.jsonl")) == End(states=1, held=2)

    states = states_from_file(streams, str(tmp_path / "a.jsonl"))
    feed = Feed(tmp_path / "in")
    second = [event("purchase", "10:20:00", "v"), event("cart", "10:40:00", "x", n=4)]
    feed.put([event("purchase", "09:59:59"), *second])
    feed.put([tick("2026-11-21T08:00:00Z")])
    run(stream(feed.read(streams), program, form="json", initial=states, lateness="10m"), tmp_path)
    made += decided(streams, tmp_path)

    assert export_checkpoint(streams, str(tmp_path / "checkpoint"), str(tmp_path / "b.jsonl.gz")).held == 0
    with trigdsl.Engine(program, store=_imported(tmp_path)) as engine:
        assert engine.clock == datetime(2026, 11, 21, 7, 50, tzinfo=UTC)
        made += [one.to_dict() for one in engine.advance("2026-11-21T09:00:00Z")]
    whole = locally(rules, [*first, *second], until="2026-11-21T09:00:00Z")
    assert sorted_lines(made) == sorted_lines(whole)
    assert sum(one["rule"] == "d" for one in whole) == 4


def _imported(folder: Path) -> str:
    url = f"sqlite:///{folder}/b.db"
    with closing(open_store(url)) as store:
        import_store(str(folder / "b.jsonl.gz"), store)
    return url


# ------------------------------------------------------------------------ what comes in, what comes out
def test_columns_an_order_and_ticks_of_another_source(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream

    folder = tmp_path / "in"
    folder.mkdir()
    rows = [
        {"customer": "u", "ts": at("10:00:00"), "event": "visit", "cart.n": None, "place": 2},
        {"customer": "u", "ts": at("10:00:00"), "event": "cart", "cart.n": 7, "place": 1},
        {"customer": None, "ts": at("10:00:00"), "event": "cart", "cart.n": 7, "place": 3},
        {"customer": "u", "ts": at("10:00:00"), "event": "cart", "cart.n": 8, "place": 4},
    ]
    (folder / "rows.json").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    schema = "customer string, ts timestamp, event string, `cart.n` double, place long"
    df = streams.readStream.schema(schema).json(str(folder))
    (tmp_path / "ticks").mkdir()
    (tmp_path / "ticks" / "tick.json").write_text(json.dumps({"time": "2026-12-20T10:00:00.001Z"}), "utf-8")
    ticks = streams.readStream.schema("time timestamp").json(str(tmp_path / "ticks"))
    program = trigdsl.parse(
        "rule before: if visit and cart in last 1h then send push\nrule silent: if no visit for 30d then send sms\n"
        'rule n: if cart and cart.n == 8 then send email "{{ cart.n }}"\n'
    )
    columns = {"user": "customer", "time": "ts"}
    out = stream(df, program, columns=columns, order="place", ticks=ticks, rejects=True)
    run(out, tmp_path)
    found = sorted(rows_of(streams, tmp_path), key=lambda row: (row.kind, str(row.time), str(row.rule)))
    assert [(row.kind, row.user, row.rule, row.status, row.text, row.reason) for row in found] == [
        ("decision", "u", "before", "sent", None, None),
        ("decision", "u", "n", "sent", "8", None),
        ("decision", "u", "silent", "sent", None, None),
        ("rejected", None, None, None, None, "no `user`"),
    ]
    assert [row.time for row in found[:3]] == [
        datetime(2026, 11, 20, 10, 0),
        datetime(2026, 11, 20, 10, 0),
        datetime(2026, 12, 20, 10, 0),
    ]
    assert json.loads(found[3].record)["cart.n"] == 7


def test_ticks_of_the_clock_are_behind_it(streams: Any) -> None:
    from trigdsl.distributed.spark_streaming import behind_it, clock

    ticks = clock(streams, behind="5m")
    assert ticks.isStreaming
    assert ticks.dtypes == [("time", "timestamp")]
    moment = streams.createDataFrame([(datetime(2026, 11, 20, 10),)], "timestamp timestamp")
    assert behind_it(moment, "1h30m").first().time == datetime(2026, 11, 20, 8, 30)
    assert behind_it(moment, "0s").first().time == datetime(2026, 11, 20, 10)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"form": "csv"}, "wanted is one of columns, json, stored"),
        ({"on_edit": "drop"}, "wanted is one of keep"),
        ({"order": "place"}, "`order` names a column `place`"),
        ({"columns": {"usr": "x"}}, "did you mean `user`"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    streams: Any, tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    from trigdsl.distributed.spark_streaming import stream

    feed = Feed(tmp_path / "in")
    feed.put([])
    with pytest.raises(ValueError, match=re.escape(why)):
        stream(feed.read(streams), trigdsl.parse(REMINDER), **options)


def test_a_table_without_a_user_is_refused(streams: Any, tmp_path: Path) -> None:
    from trigdsl.distributed.spark_streaming import stream

    feed = Feed(tmp_path / "in")
    feed.put([])
    with pytest.raises(ValueError, match="has no column `user`"):
        stream(feed.read(streams, "program").withColumnRenamed("program", "event"), trigdsl.parse(REMINDER))


# ------------------------------------------------------------------------ reading, without a query
def read(batch: dict[str, list[Any]], **how: Any) -> list[Record]:
    import pyarrow as pa

    from trigdsl.distributed.spark_streaming_rows import Reading

    options = {"columns": None, "order": None, "programs": None, "is_json": True, "names": tuple(batch)} | how
    (found,) = Reading(**options).read([pa.RecordBatch.from_pydict(batch)])
    return list(found.to_pylist())


def test_a_tick_has_a_moment_alone_and_only_a_record_of_nothing_else_is_one() -> None:
    texts = ['{"tick": "2026-11-20T10:00:00Z"}', '{"tick": "soon"}', '{"tick": 1, "user": "u"}', None]
    first, *others = read({"value": texts})
    assert first["moment"] == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert {name for name, cell in first.items() if cell is not None} == {"moment"}
    assert [one["reason"] is not None and one["moment"] is None for one in others] == [True] * 3


def test_records_of_an_envelope_keep_their_order() -> None:
    told = {"batch": [event(name, "10:00:00") for name in ("a", "b")]}
    found = read({"value": [json.dumps(told), json.dumps(event("c", "10:00:00")).encode().decode()]})
    assert [(one["arrival"], one["part"]) for one in found] == [(0, 0), (0, 1), (1, 0)]


def test_a_record_of_a_program_that_there_is_not_is_rejected() -> None:
    rows = {"value": [json.dumps(event("a", "10:00:00"))] * 2, "program": ["shop", "app"]}
    found = read(rows, programs=("shop",))
    assert [(one["program"], one["reason"]) for one in found] == [("shop", None), (None, "no program `app`")]
