"""The engine inside a host: what `feed` and `advance` give back, late records, and what replays take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import trigdsl

LEFT = "rule r: if cart then after 1h send push unless purchase"
DAY = "2026-11-20"


def record(time: str, event: str, user: str = "u", **more: Any) -> dict[str, Any]:
    return {"user": user, "time": f"{DAY}T{time}Z", "event": event, **more}


def told(decisions: list[trigdsl.Decision]) -> list[str]:
    return [f"{one.user} {one.status} {one.to_dict()['time']}" for one in decisions]


def engine_of(text: str, **options: Any) -> tuple[trigdsl.Engine, list[str]]:
    rejected: list[str] = []
    return trigdsl.Engine(trigdsl.parse(text), on_reject=lambda _, why: rejected.append(why), **options), rejected


def test_feed_gives_what_was_made_at_once() -> None:
    engine, _ = engine_of("rule r: if cart then send push")
    assert told(engine.feed(record("10:00:00", "cart"))) == [f"u sent {DAY}T10:00:00Z"]


def test_feed_runs_timers_before_the_record_and_not_those_at_its_time() -> None:
    engine, _ = engine_of(LEFT)
    assert engine.feed(record("10:00:00", "cart")) == []
    assert engine.feed(record("11:00:00", "other", "v")) == []
    assert told(engine.feed(record("11:00:00.000001", "other", "v"))) == [f"u sent {DAY}T11:00:00Z"]


def test_advance_runs_timers_up_to_and_including_its_time() -> None:
    engine, _ = engine_of(LEFT)
    engine.feed(record("10:00:00", "cart"))
    assert engine.advance(f"{DAY}T10:59:59.999999Z") == []
    assert told(engine.advance(f"{DAY}T11:00:00Z")) == [f"u sent {DAY}T11:00:00Z"]
    assert engine.advance(f"{DAY}T12:00:00Z") == []


def test_the_clock_does_not_go_back() -> None:
    engine, _ = engine_of(LEFT)
    engine.advance(f"{DAY}T11:00:00Z")
    engine.advance(f"{DAY}T11:00:00Z")
    with pytest.raises(ValueError, match="cannot go back"):
        engine.advance(f"{DAY}T10:59:59Z")


def test_a_record_before_the_clock_is_late_one_at_the_clock_is_not() -> None:
    engine, rejected = engine_of(LEFT)
    engine.feed(record("10:00:00", "cart"))
    engine.advance(f"{DAY}T10:30:00Z")
    assert engine.feed(record("10:29:59.999999", "purchase")) == []
    assert (engine.rejected, len(rejected)) == (1, 1)
    assert told(engine.feed(record("10:30:00", "purchase"))) == [f"u cancelled {DAY}T10:30:00Z"]
    assert engine.rejected == 1


def test_late_by_a_record_of_another_user() -> None:
    engine, rejected = engine_of(LEFT)
    engine.feed(record("10:30:00", "other", "v"))
    engine.feed(record("10:00:00", "cart"))
    assert len(rejected) == 1
    assert engine.advance(f"{DAY}T12:00:00Z") == []


def test_lateness_holds_records_back_until_they_have_their_place() -> None:
    engine, rejected = engine_of(LEFT, lateness="10m")
    engine.feed(record("10:00:00", "cart"))
    assert engine.feed(record("11:05:00", "other")) == []
    assert told(engine.feed(record("11:00:00", "purchase"))) == []
    # Only what is more than ten minutes behind the latest is past changing.
    assert told(engine.feed(record("11:10:00", "other"))) == [f"u cancelled {DAY}T11:00:00Z"]
    assert rejected == []
    engine.feed(record("10:59:59", "purchase"))
    assert len(rejected) == 1


def test_what_is_held_back_comes_with_advance() -> None:
    engine, _ = engine_of("rule r: if cart then send push", lateness="10m")
    assert engine.feed(record("10:00:00", "cart")) == []
    assert told(engine.advance(f"{DAY}T10:00:00Z")) == [f"u sent {DAY}T10:00:00Z"]


def test_a_record_that_cannot_be_used_is_counted_and_told() -> None:
    engine, rejected = engine_of(LEFT)
    assert engine.feed({"user": "u", "event": "cart"}) == []
    assert engine.feed(record("10:00:00", "sent")) == []
    assert engine.rejected == len(rejected) == 2
    assert engine.clock is None


def test_duplicates_are_counted() -> None:
    engine, rejected = engine_of("rule r: if cart then send push")
    assert len(engine.feed(record("10:00:00", "cart", id="e1"))) == 1
    assert engine.feed(record("10:00:01", "cart", id="e1")) == []
    assert len(engine.feed(record("10:00:01", "cart", "v", id="e1"))) == 1
    assert (engine.duplicates, rejected) == (1, [])


def test_an_event_object_is_as_its_record() -> None:
    text = 'rule r: if cart then send push "{{ n }}"'
    times: list[Any] = [f"{DAY}T19:00:00+09:00", 1795168800, 1795168800000, datetime(2026, 11, 20, 10, tzinfo=UTC)]
    for time in times:
        engine, _ = engine_of(text)
        made = engine.feed(trigdsl.Event(user="u", time=time, event="cart", properties={"n": 1}, id="e1"))
        assert [(one.text, one.event_id, one.to_dict()["time"]) for one in made] == [("1", "e1", f"{DAY}T10:00:00Z")]


def test_pending_and_next_due() -> None:
    engine, _ = engine_of(LEFT)
    assert engine.next_due is None
    engine.feed(record("10:30:00", "cart", "v"))
    engine.feed(record("10:40:00", "cart"))
    assert engine.next_due == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    assert told(engine.pending("u")) == [f"u pending {DAY}T11:40:00Z"]
    assert engine.pending("nobody") == []
    engine.advance(f"{DAY}T11:30:00Z")
    assert engine.next_due == datetime(2026, 11, 20, 11, 40, tzinfo=UTC)


def test_engines_of_one_program_share_nothing() -> None:
    program = trigdsl.parse("rule r: if cart then send push once")
    first, second = trigdsl.Engine(program), trigdsl.Engine(program)
    assert len(first.feed(record("10:00:00", "cart"))) == 1
    assert len(second.feed(record("10:00:00", "cart"))) == 1
    assert len(list(trigdsl.replay(program, [record("10:00:00", "cart")]))) == 1


def test_records_that_are_given_are_left_as_they_were() -> None:
    given = record("10:00:00", "cart", properties={"tags": ["a"]}, set={"tags": ["b"]}, add=["news"])
    before = record("10:00:00", "cart", properties={"tags": ["a"]}, set={"tags": ["b"]}, add=["news"])
    engine, _ = engine_of("rule r: if cart then set user.tags = tags, set user.n = 1")
    engine.feed(given)
    engine.feed(record("10:01:00", "cart", set={"tags": ["c"]}))
    assert given == before


def test_replay_takes_an_iterator_and_a_datetime() -> None:
    rejected: list[str] = []
    records = iter([record("10:00:00", "cart"), {"user": "u"}, record("12:00:00", "cart")])
    made = trigdsl.replay(
        trigdsl.parse(LEFT),
        records,
        until=datetime(2026, 11, 20, 11, tzinfo=UTC),
        on_reject=lambda _, why: rejected.append(why),
    )
    assert told(list(made)) == [f"u sent {DAY}T11:00:00Z"]
    assert len(rejected) == 1


def test_a_broken_program_raises_all_its_findings() -> None:
    with pytest.raises(trigdsl.TrigError) as error:
        trigdsl.parse("rule a: if cart then send push until\nrule b: if user in nowhere then send push")
    assert error.value.diagnostics
