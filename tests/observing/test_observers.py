"""What an engine, its clock and its outbox tell an observer: everything, once, and only what lasts."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

import trigdsl
from trigdsl.delivery.outbox import Backoff, Handover, Outbox, Undeliverable
from trigdsl.living import LiveClock
from trigdsl.model.decisions import Decision
from trigdsl.observing.logs import Logs
from trigdsl.observing.observer import Observer, Observers, Rejection
from trigdsl.store.opening import open_store

START = 1_795_168_800
SECOND = 1_000_000
HOUR = 3600 * SECOND
RULES = 'rule left: if cart and value > 10 then after 1h send push "Hi" unless purchase'


class Book(Observer):
    """Writes down all that it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        self.lines.append(("begin", name, attributes))
        try:
            yield
        except BaseException as error:
            self.lines.append(("raised", name, type(error).__name__))
            raise
        self.lines.append(("end", name))

    def took(self, records: int, duplicates: int) -> None:
        self.lines.append(("took", records, duplicates))

    def rejected(self, rejection: Rejection) -> None:
        self.lines.append(("rejected", rejection.kind, rejection.user, rejection.late_by))

    def decided(self, decisions: Sequence[Decision]) -> None:
        self.lines.append(("decided", [(one.user, one.status) for one in decisions]))

    def timers_ran(self, lag: int) -> None:
        self.lines.append(("timers", lag))

    def delivered(self, channel: str, attempt: int, waited: int) -> None:
        self.lines.append(("delivered", channel, attempt, waited))

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        self.lines.append(("undelivered", channel, attempt, reason, dead))

    def told(self) -> list[tuple[Any, ...]]:
        """What was told since it was asked last."""
        told, self.lines = self.lines, []
        return told


class Broken(Observer):
    """Raises whenever it is told anything."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise RuntimeError("broken")


def cart(user: str, seconds: float, value: int | str = 20, **more: Any) -> dict[str, Any]:
    return {"user": user, "time": START + seconds, "event": "cart", "properties": {"value": value}, **more}


@pytest.fixture(params=["memory", "store"])
def engine_and_book(request: pytest.FixtureRequest) -> tuple[trigdsl.Engine, Book]:
    book = Book()
    store = "memory:" if request.param == "store" else None
    return trigdsl.Engine(trigdsl.parse(RULES), store=store, observer=book), book


def test_records_rejections_and_decisions_are_told_after_each_call(engine_and_book: tuple[Any, Book]) -> None:
    engine, book = engine_and_book
    engine.feed_many([cart("u", 0, id="1"), cart("u", 1, id="1"), {"user": "v", "time": "noon", "event": "x"}])
    assert book.told() == [
        ("begin", "feed", {"records": 3}),
        ("took", 2, 1),
        ("rejected", "unusable", "v", None),
        ("end", "feed"),
    ]
    engine.advance(START + 3600)
    assert book.told() == [("begin", "advance", {}), ("decided", [("u", "sent")]), ("end", "advance")]
    engine.feed(cart("u", 3599.5))
    assert book.told()[1:-1] == [("took", 0, 0), ("rejected", "late", "u", SECOND // 2)]


def test_reload_and_merge_tell_what_they_decide(engine_and_book: tuple[Any, Book]) -> None:
    engine, book = engine_and_book
    engine.feed_many([cart("u", 0), cart("v", 0)])
    book.told()
    engine.merge("u", "v")
    # Of one rule's runs only one goes on for one user.
    assert book.told() == [("decided", [("u", "cancelled")])]
    engine.reload(trigdsl.parse("rule other: if cart then send push"))
    assert book.told() == [("begin", "reload", {}), ("decided", [("u", "cancelled")]), ("end", "reload")]


def test_a_call_that_raises_tells_of_nothing_but_that(engine_and_book: tuple[Any, Book]) -> None:
    engine, book = engine_and_book
    engine.advance(START)
    book.told()
    with pytest.raises(ValueError, match="cannot go back"):
        engine.advance(START - 1)
    assert book.told() == [("begin", "advance", {}), ("raised", "advance", "ValueError")]


def test_what_does_not_last_is_not_told() -> None:
    book = Book()
    store = open_store("memory:")
    engine = trigdsl.Engine(trigdsl.parse(RULES), store=store, observer=book)
    trigdsl.Engine(trigdsl.parse(RULES), store=store)
    with pytest.raises(Exception, match="opened"):
        engine.feed_many([cart("u", 0), {}])
    assert [line[0] for line in book.told()] == ["begin", "raised"]


def test_a_record_on_which_the_engine_fails_is_told_as_failed() -> None:
    book = Book()
    engine = trigdsl.Engine(trigdsl.parse(RULES), store="memory:", observer=book)
    real = engine._clockwork.handle

    def handle(given: Any) -> Any:
        if given.user == "bad":
            raise RuntimeError("cannot")
        return real(given)

    engine._clockwork.handle = handle  # type: ignore[method-assign]
    engine.feed_many([cart("good", 0), cart("bad", 1)])
    assert ("rejected", "failed", "bad", None) in book.told()
    assert [one.user for one in engine.pending("good")] == ["good"]


def test_an_adopted_store_tells_of_runs_that_end() -> None:
    store, book = open_store("memory:"), Book()
    trigdsl.Engine(trigdsl.parse(RULES), store=store).feed(cart("u", 0))
    trigdsl.Engine(trigdsl.parse("rule other: if cart then send push"), store=store, observer=book)
    assert book.told() == [("decided", [("u", "cancelled")])]


def test_a_live_clock_tells_how_late_timers_ran() -> None:
    book, now = Book(), [START * SECOND]
    engine = trigdsl.Engine(trigdsl.parse(RULES))
    engine.feed(cart("u", 0))
    clock = LiveClock(engine, behind="5s", now=lambda: now[0], observer=book)
    now[0] += HOUR + 5 * SECOND - 1
    clock.tick()
    assert book.told() == []
    now[0] += 1
    clock.tick()
    assert book.told() == [("timers", 5 * SECOND)]


def delivering(book: Observer, **options: Any) -> tuple[Outbox, list[int]]:
    """An outbox with one push in it, decided an hour after the start, and its clock."""
    engine = trigdsl.Engine(trigdsl.parse(RULES), store="memory:")
    engine.feed(cart("u", 0))
    engine.advance(START + 3600)
    now = [(START + 3600) * SECOND]
    assert engine.store is not None
    backoff = Backoff(attempts=2, draw=lambda: 1.0)
    return Outbox(engine.store, backoff=backoff, now=lambda: now[0], observer=book, **options), now


def test_an_outbox_tells_of_failures_and_arrivals() -> None:
    book = Book()
    outbox, now = delivering(book)

    def fails(_: Handover) -> None:
        raise OSError("no net")

    assert outbox.deliver(fails) == 0
    assert book.told() == [
        ("begin", "deliver", {"channel": "push", "attempt": 1}),
        ("raised", "deliver", "OSError"),
        ("undelivered", "push", 1, "OSError: no net", False),
    ]
    now[0] += SECOND
    assert outbox.deliver(lambda _: None) == 1
    assert book.told() == [
        ("begin", "deliver", {"channel": "push", "attempt": 2}),
        ("end", "deliver"),
        ("delivered", "push", 2, SECOND),
    ]


def test_an_outbox_tells_of_what_is_given_up() -> None:
    book = Book()
    outbox, now = delivering(book)

    def never(_: Handover) -> None:
        raise Undeliverable("no such number")

    outbox.deliver(never)
    assert book.told()[-1] == ("undelivered", "push", 1, "no such number", True)
    outbox, now = delivering(book, missed_after="1s")
    now[0] += SECOND + 1
    assert outbox.claim() == []
    assert book.told() == [("undelivered", "push", 1, "missed", True)]


def test_who_drives_the_outbox_is_told_of_too_and_only_of_what_counts() -> None:
    book = Book()
    outbox, now = delivering(book)
    [first] = outbox.claim()
    assert book.told() == []
    assert outbox.nack(first, "busy")
    now[0] += SECOND
    [second] = outbox.claim()
    assert not outbox.ack(first)
    assert outbox.ack(second)
    assert book.told() == [("undelivered", "push", 1, "busy", False), ("delivered", "push", 2, SECOND)]


def test_an_observer_that_raises_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    book = Book()
    observer = Observers(Broken(), book)
    engine = trigdsl.Engine(trigdsl.parse(RULES), observer=observer)
    engine.feed_many([cart("u", 0), {}])
    assert [line[0] for line in book.told()] == ["begin", "took", "rejected", "end"]
    assert [one.status for one in engine.advance(START + 3600)] == ["sent"]
    assert engine.rejected == 1
    assert {record.message for record in caplog.records} == {"an observer failed"}
    alone = trigdsl.Engine(trigdsl.parse(RULES), observer=Broken())
    assert alone.feed(cart("u", 0)) == []


def test_logs_have_a_record_for_each_with_its_facts_as_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trigdsl")
    engine = trigdsl.Engine(trigdsl.parse(RULES), observer=Logs())
    engine.feed_many([cart("u", 0), {"user": "v", "time": "noon"}, cart("u", -1)])
    engine.advance(START + 3600)
    rejected, late, sent = caplog.records
    assert (rejected.levelname, rejected.message, vars(rejected)["user"]) == ("WARNING", "record rejected", "v")
    assert vars(rejected)["kind"] == "unusable"
    assert "late_by_seconds" not in vars(rejected)
    assert (vars(late)["kind"], vars(late)["late_by_seconds"]) == ("late", 1.0)
    assert (sent.levelname, sent.message) == ("DEBUG", "left sent")
    facts = {name: vars(sent)[name] for name in ("event", "rule", "step", "channel", "status", "at", "user")}
    assert facts == {
        "event": "decided",
        "rule": "left",
        "step": 1,
        "channel": "push",
        "status": "sent",
        "at": "2026-11-20T11:00:00Z",
        "user": "u",
    }
    assert not any("Hi" in str(value) for value in vars(sent).values())


def test_logs_without_users_name_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trigdsl")
    engine = trigdsl.Engine(trigdsl.parse(RULES), observer=Logs(users=False))
    engine.feed_many([cart("u", 0), {"user": "v", "time": "noon"}])
    engine.advance(START + 3600)
    assert len(caplog.records) == 2
    assert not any(hasattr(record, "user") for record in caplog.records)


@pytest.mark.parametrize(("lag", "level"), [(60 * SECOND, "DEBUG"), (60 * SECOND + 1, "WARNING")])
def test_timers_that_are_too_late_are_a_warning(lag: int, level: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trigdsl")
    Logs(slow=60).timers_ran(lag)
    assert [record.levelname for record in caplog.records] == [level]


def test_deliveries_are_logged_by_their_gravity(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trigdsl")
    logs = Logs()
    logs.delivered("sms", 1, SECOND)
    logs.undelivered("sms", 2, "busy", dead=False)
    logs.undelivered("sms", 12, "busy", dead=True)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("DEBUG", "sms delivered"),
        ("WARNING", "sms not delivered"),
        ("ERROR", "sms given up"),
    ]
