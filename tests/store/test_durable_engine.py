"""An engine on a store decides what one in memory decides, and goes on after it was closed as if it had not been."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.store.errors import StoreError, StoreTaken
from trigdsl.store.sqlite import SqliteStore

LEFT = "rule r: if cart then after 1h send push unless purchase"
DAY = "2026-11-20"


def record(time: str, event: str, user: str = "u", **more: Any) -> dict[str, Any]:
    return {"user": user, "time": f"{DAY}T{time}Z", "event": event, **more}


def told(decisions: list[trigdsl.Decision]) -> list[str]:
    return [f"{one.user} {one.status} {one.to_dict()['time']}" for one in decisions]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    return f"sqlite:///{tmp_path / 'state.db'}"


def test_what_waits_is_not_lost_when_the_engine_is(url: str) -> None:
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=url) as engine:
        engine.feed(record("10:00:00", "cart"))
        assert engine.next_due is not None
        assert engine.next_due.isoformat() == f"{DAY}T11:00:00+00:00"
    with trigdsl.Engine(program, store=url) as engine:
        assert [one.status for one in engine.pending("u")] == ["pending"]
        assert engine.advance(f"{DAY}T10:59:59.999999Z") == []
        assert told(engine.advance(f"{DAY}T11:00:00Z")) == [f"u sent {DAY}T11:00:00Z"]
        assert engine.next_due is None


def test_the_clock_lasts_so_that_what_was_late_still_is(url: str) -> None:
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=url) as engine:
        engine.advance(f"{DAY}T10:00:00Z")
    rejected: list[str] = []
    with trigdsl.Engine(program, store=url, on_reject=lambda _, why: rejected.append(why)) as engine:
        engine.feed(record("09:59:59.999999", "cart"))
        engine.feed(record("10:00:00", "cart"))
        assert len(rejected) == engine.rejected == 1
        assert len(engine.pending("u")) == 1


def test_duplicates_are_known_after_the_engine_was_closed(url: str) -> None:
    program = trigdsl.parse("rule r: if cart then send push")
    with trigdsl.Engine(program, store=url) as engine:
        assert len(engine.feed(record("10:00:00", "cart", id="e-1"))) == 1
    with trigdsl.Engine(program, store=url) as engine:
        assert engine.feed(record("10:00:01", "cart", id="e-1")) == []
        assert engine.duplicates == 1


def test_records_held_back_for_lateness_last(url: str) -> None:
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=url, lateness="10m") as engine:
        engine.feed(record("10:00:00", "cart"))
        assert engine.clock is None
    with trigdsl.Engine(program, store=url, lateness="10m") as engine:
        engine.feed(record("10:05:00", "purchase"))
        made = engine.advance(f"{DAY}T10:30:00Z")
        assert told(made) == [f"u cancelled {DAY}T10:05:00Z"]
    with trigdsl.Engine(program, store=url, lateness="10m") as engine:
        assert engine.advance(f"{DAY}T12:00:00Z") == []


def test_after_a_stop_timers_go_off_in_their_order_each_with_the_guard_of_its_moment(url: str) -> None:
    program = trigdsl.parse("rule r: if cart then after 1h if no purchase ever and local.hour == 11 send push")
    with trigdsl.Engine(program, store=url) as engine:
        engine.feed_many([record("10:30:00", "cart", "b"), record("10:40:00", "cart", "a")])
        engine.feed(record("10:50:00", "cart", "c"))
    with trigdsl.Engine(program, store=url) as engine:
        # The next record is of a day later: by then local.hour is 9, and c has bought, but after its timer.
        made = engine.feed({"user": "c", "time": "2026-11-21T09:00:00Z", "event": "purchase"})
    assert told(made) == [f"b sent {DAY}T11:30:00Z", f"a sent {DAY}T11:40:00Z", f"c sent {DAY}T11:50:00Z"]


def test_more_timers_than_are_looked_up_at_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trigdsl.store.keeper.DUE_AT_ONCE", 3)
    program = trigdsl.parse(LEFT)
    times = ["10:00:00"] * 2 + ["10:00:01"] * 5 + ["10:00:02"] * 3
    records = [record(time, "cart", f"u{number}") for number, time in enumerate(times)]
    for move in (trigdsl.Engine.advance, lambda engine, time: engine.feed({"user": "x", "time": time, "event": "y"})):
        url += "_"
        with trigdsl.Engine(program, store=url) as engine:
            engine.feed_many(records)
            made = move(engine, f"{DAY}T12:00:00Z")
            assert [one.user for one in made] == [f"u{number}" for number in range(10)]
            assert engine.next_due is None


def test_a_call_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=url) as engine:
        engine.feed(record("10:00:00", "cart"))
        monkeypatch.setattr(engine.store, "transaction", _failing(engine.store))
        with pytest.raises(StoreError, match="full"):
            engine.feed_many([record("10:10:00", "purchase"), {"user": "u"}], position=2)
        monkeypatch.undo()
        assert (engine.position, engine.rejected, len(engine.rejects())) == (None, 0, 0)
        assert engine.clock is not None
        assert engine.clock.minute == 0
        assert len(engine.pending("u")) == 1
        assert told(engine.feed(record("10:10:00", "purchase"))) == [f"u cancelled {DAY}T10:10:00Z"]


def _failing(store: Any) -> Any:
    """Transactions that do all they should and fail when they end; the second one works again."""
    real, calls = store.transaction, []

    @contextmanager
    def transaction(epoch: int | None = None) -> Any:
        calls.append(1)
        with real(epoch) as t:
            yield t
            if len(calls) == 1:
                raise StoreError("the disk is full")

    return transaction


def test_a_record_on_which_the_engine_fails_is_kept_and_holds_up_nobody(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected: list[str] = []
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=url, on_reject=lambda _, why: rejected.append(why)) as engine:
        failing(engine, monkeypatch)
        engine.feed_many(
            [
                record("10:00:00", "cart", "a"),
                record("10:01:00", "cart", "b", properties={"n": 1}),
                record("10:02:00", "cart", "b"),
                {"user": "c"},
            ],
            position="four",
        )
        assert rejected == ["the engine failed on it: RuntimeError: poison", "no `time`"]
        assert engine.rejected == 2
        assert [(row.user, row.reason) for _, row in engine.rejects()] == [("b", rejected[0]), ("c", "no `time`")]
        assert engine.position == "four"
        assert [one.to_dict()["triggered"] for one in engine.pending("b")] == [f"{DAY}T10:02:00Z"]
        assert len(engine.pending("a")) == 1


def failing(engine: trigdsl.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an engine fail on records that have properties, after it has done what they ask."""
    handle = engine._clockwork.handle

    def fails(given: Any) -> None:
        handle(given)
        if given.properties:
            raise RuntimeError("poison")

    monkeypatch.setattr(engine._clockwork, "handle", fails)


@pytest.mark.parametrize("how", ["a record", "the clock"])
def test_a_record_that_was_held_back_and_fails_holds_up_nobody(
    url: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected: list[Any] = []
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(
        program, store=url, lateness="10m", on_reject=lambda one, why: rejected.append((one.user, why))
    ) as engine:
        failing(engine, monkeypatch)
        engine.feed(record("10:00:00", "cart", "a", properties={"n": 1}))
        engine.feed(record("10:01:00", "cart", "b"))
        if how == "a record":
            engine.feed_many([record("10:20:00", "visit", "c")], position=3)
            assert engine.position == 3
        else:
            engine.advance(f"{DAY}T10:20:00Z")
        assert rejected == [("a", "the engine failed on it: RuntimeError: poison")]
        assert [row.user for _, row in engine.rejects()] == ["a"]
        assert [len(engine.pending(user)) for user in "ab"] == [0, 1]


def test_with_a_record_that_fails_the_others_are_still_one_transaction(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trigdsl.Engine(trigdsl.parse(LEFT), store=url) as engine:
        failing(engine, monkeypatch)
        given = [record("10:00:00", "cart", "a"), record("10:01:00", "cart", "b", properties={"n": 1})]
        assert engine.store is not None
        real, ended = engine.store.transaction, []

        @contextmanager
        def transaction(epoch: int | None = None) -> Any:
            with real(epoch) as t:
                yield t
                if t.meta("engine") is not None:
                    ended.append(epoch)
                    raise StoreError("the disk is full")

        monkeypatch.setattr(engine.store, "transaction", transaction)
        with pytest.raises(StoreError, match="full"):
            engine.feed_many(given, position=2)
        monkeypatch.setattr(engine.store, "transaction", real)
        assert len(ended) == 1
        assert (engine.position, engine.pending("a"), engine.rejected) == (None, [], 0)
        engine.feed_many(given, position=2)
        assert (engine.position, len(engine.pending("a")), engine.rejected) == (2, 1, 1)


def test_rejects_are_kept_as_they_came(url: str) -> None:
    with trigdsl.Engine(trigdsl.parse(LEFT), store=url) as engine:
        engine.feed_many([{"user": 7, "time": "soon", "event": "cart"}, "no record"])  # type: ignore[list-item]
    with trigdsl.Engine(trigdsl.parse(LEFT), store=url) as engine:
        rows = [row for _, row in engine.rejects()]
        assert [(row.user, row.record) for row in rows] == [
            ("7", b'{"user":7,"time":"soon","event":"cart"}'),
            (None, b'"no record"'),
        ]
        assert engine.rejected == 2


def test_only_the_engine_that_opened_a_store_last_writes(url: str) -> None:
    program = trigdsl.parse(LEFT)
    first = trigdsl.Engine(program, store=url)
    first.feed(record("10:00:00", "cart"))
    second = trigdsl.Engine(program, store=url)
    with pytest.raises(StoreTaken, match="another engine has opened this store since"):
        first.feed(record("10:01:00", "purchase"))
    assert len(second.pending("u")) == 1


def test_aliases_last(url: str) -> None:
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=url) as engine:
        engine.feed_many([record("10:00:00", "cart", "device"), record("10:01:00", "visit", "ann", alias="device")])
    with trigdsl.Engine(program, store=url) as engine:
        assert engine.user_of("device") == "ann"
        assert told(engine.feed(record("10:10:00", "purchase", "device"))) == [f"ann cancelled {DAY}T10:10:00Z"]
        assert engine.merge("bob", "tablet") == []
        with pytest.raises(ValueError, match="`device` is an id of `ann`"):
            engine.merge("bob", "device")
    with trigdsl.Engine(program, store=url) as engine:
        assert engine.user_of("tablet") == "bob"


def test_a_store_of_a_newer_form_is_refused(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "state.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=2")
    connection.close()
    with pytest.raises(StoreError, match=r"state\.db is in form 2, .* knows forms up to 1: upgrade"):
        SqliteStore(path)


@pytest.mark.parametrize("address", ["state.db", "sqlite:///", "mysql:///x", ""])
def test_what_is_no_address_of_a_store(address: str) -> None:
    with pytest.raises(StoreError, match=r"is no address of a store: wanted is `sqlite:///state\.db`"):
        trigdsl.Engine(trigdsl.parse(LEFT), store=address)


def test_a_store_in_memory() -> None:
    with trigdsl.Engine(trigdsl.parse(LEFT), store="memory:") as engine:
        engine.feed(record("10:00:00", "cart"))
        assert told(engine.advance(f"{DAY}T11:00:00Z")) == [f"u sent {DAY}T11:00:00Z"]
