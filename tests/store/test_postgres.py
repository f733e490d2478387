"""What a store in PostgreSQL does beyond what all stores do: connections that break, addresses, what it cannot keep."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from postgres_server import Server
from test_stores import SECRETS, filled

import trigdsl
from trigdsl.delivery.outbox import Outbox
from trigdsl.store.errors import StoreAway, StoreError, StoreInDoubt, StoreLost, StoreTooNew
from trigdsl.store.opening import open_store
from trigdsl.store.planning import plan

psycopg = pytest.importorskip("psycopg")
postgres = pytest.importorskip("trigdsl.store.postgres")

LEFT = "rule left: if cart then after 1h send push unless purchase"
DAY = "2026-11-20"


def record(time: str, event: str, user: str = "u", **more: Any) -> dict[str, Any]:
    return {"user": user, "time": f"{DAY}T{time}Z", "event": event, **more}


def ask(url: str, statement: str) -> list[Any]:
    """Run a statement on a connection of its own, in the store's schema."""
    place, schema, _ = postgres._parts(url)
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"')
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def cut(store: Any) -> None:
    """Let the server end a store's connection, as it does when it is shut down."""
    other = psycopg.connect(store._conninfo, autocommit=True)
    pid = store._connection.info.backend_pid
    other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    other.close()


class Breaking:
    """A connection that breaks at its next COMMIT: when that has been done, or before it was sent."""

    def __init__(self, connection: Any, *, done: bool) -> None:
        self._connection = connection
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: Any, *given: Any, **named: Any) -> Any:
        if statement == "COMMIT":
            if self._done:
                self._connection.execute(statement)
            self._connection.close()
            raise psycopg.OperationalError("the server closed the connection unexpectedly")
        return self._connection.execute(statement, *given, **named)


# ------------------------------------------------------------------------ connections that break
@pytest.mark.parametrize("done", [True, False])
def test_a_commit_without_an_answer_is_found_out(postgres_url: str, done: bool) -> None:
    store = open_store(postgres_url)
    epoch = store.open()
    for number, given in enumerate((epoch, None)):
        store._connection = Breaking(store._connection, done=done)
        name = f"a{number}"
        if done:
            with store.transaction(given) as t:
                t.set_meta(name, b"1")
        else:
            with pytest.raises(StoreLost, match="nothing of this call has been kept"), store.transaction(given) as t:
                t.set_meta(name, b"1")
        with store.transaction(given) as t:
            assert t.meta(name) == (b"1" if done else None)
    store.close()


@pytest.mark.parametrize("done", [True, False])
def test_what_an_engine_was_doing_is_done_once(postgres_url: str, done: bool) -> None:
    with trigdsl.Engine(trigdsl.parse("rule r: if cart then send push"), store=postgres_url, log=True) as engine:
        store: Any = engine.store
        store._connection = Breaking(store._connection, done=done)
        records = [record("10:00:00", "cart"), {"user": "v", "event": "cart"}]
        rejected: list[str] = []
        engine._on_reject = lambda _, why: rejected.append(why)
        assert len(engine.feed_many(records, position=2)) == 1
        assert rejected == ["no `time`"]
        store._connection = Breaking(store._connection, done=done)
        engine.advance(f"{DAY}T11:00:00Z")
        assert (engine.position, engine.rejected, len(engine.rejects())) == (2, 1, 1)
        with store.transaction() as t:
            assert len(t.logged(None, 0, 10)) == 1
            assert sum(t.counts().values()) == 1
        store._connection = Breaking(store._connection, done=done)
        assert Outbox(store).deliver(lambda _: None) == 1
        assert Outbox(store).backlog() == {}


def test_a_connection_that_the_server_ends_is_opened_anew(postgres_url: str) -> None:
    with trigdsl.Engine(trigdsl.parse(LEFT), store=postgres_url) as engine:
        engine.feed(record("10:00:00", "cart"))
        cut(engine.store)
        assert [one.status for one in engine.pending("u")] == ["pending"]
        cut(engine.store)
        assert len(engine.advance(f"{DAY}T11:00:00Z")) == 1
        cut(engine.store)
        assert engine.next_due is None


def test_a_server_that_stays_away_is_told_and_later_all_goes_on(own_server: Server) -> None:
    server = own_server
    engine = trigdsl.Engine(trigdsl.parse(LEFT), store=postgres.PostgresStore(server.url(), patience=0.2))
    engine.feed_many([record("10:00:00", "cart")], position=1)
    server.kill()
    for _ in range(2):
        with pytest.raises(StoreAway, match="the connection was lost, and nothing of this call has been kept"):
            engine.feed_many([record("10:30:00", "purchase")], position=2)
    with pytest.raises(StoreError, match="cannot be opened as a store"):
        open_store(server.url())
    server.start()
    assert engine.position == 1
    assert [one.status for one in engine.feed_many([record("10:30:00", "purchase")], position=2)] == ["cancelled"]
    store: Any = engine.store
    store._connection = Breaking(store._connection, done=True)
    broken = store._connection.execute

    def commit_and_stop(statement: Any, *given: Any, **named: Any) -> Any:
        try:
            return broken(statement, *given, **named)
        except psycopg.OperationalError:
            server.kill()
            raise

    store._connection.execute = commit_and_stop
    with pytest.raises(StoreInDoubt, match="when the store is back, `position` tells"):
        engine.feed_many([record("10:40:00", "cart")], position=3)
    server.start()
    assert engine.pending("u") != []
    assert engine.position == 3


def test_who_stands_still_in_a_transaction_is_put_out_and_keeps_nothing(postgres_url: str) -> None:
    store = postgres.PostgresStore(postgres_url, idle=0.1)

    def stand_still() -> None:
        with store.transaction() as t:
            t.set_meta("a", b"1")
            pid = store._connection.info.backend_pid
            while ask(postgres_url, f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"):
                time.sleep(0.02)
            t.set_meta("b", b"1")

    with pytest.raises(StoreLost):
        stand_still()
    with store.transaction() as t:
        assert (t.meta("a"), t.meta("b")) == (None, None)
    store.close()


def test_another_transaction_is_waited_for_as_long_as_told(postgres_url: str) -> None:
    first, second = open_store(postgres_url), postgres.PostgresStore(postgres_url, patience=0.2)
    epoch = first.open()
    with first.transaction(epoch):
        with pytest.raises(StoreError, match=r"another transaction has held the store for 0\.2 s"):
            second.open()
        # What needs no engine's turn need not wait.
        with second.transaction() as t:
            assert t.load(["u"]) == {}
    assert second.open() == epoch + 1


def test_claims_of_two_processes_do_not_meet(postgres_url: str) -> None:
    with trigdsl.Engine(trigdsl.parse("rule r: if cart then send push"), store=postgres_url) as engine:
        engine.feed_many([record("10:00:00", "cart", user) for user in ("a", "a", "b", "c")])
        first, second = engine.store, open_store(postgres_url)
        assert first is not None
        with first.transaction() as t:
            mine = t.claim(10**17, 10**17 + 1, (), 2)
            assert [row.user for row in mine] == ["a", "b"]
            with second.transaction() as u:
                assert [row.user for row in u.claim(10**17, 10**17 + 1, (), 9)] == ["c"]
        with second.transaction() as u:
            assert u.claim(10**17, 10**17 + 1, (), 9) == []


# ------------------------------------------------------------------------ what is kept, and what cannot be
def test_any_text_is_kept_and_sorts_as_it_does_in_memory(postgres_url: str) -> None:
    users = ["a", "a\x00", "a\x00b", "a\x01", "a\x01\x01", "a\x01\x02", "a\x02", "ab", "Z", "é", "日本", "\U0001f600"]
    records = [record("10:00:00", "cart", user, set={"name": user}) for user in reversed(users)]
    rules = 'rule r: if cart then after 1h send push "{{ user.name }}"'
    found = []
    for store in (None, postgres_url):
        with trigdsl.Engine(trigdsl.parse(rules), store=store) as engine:
            engine.feed_many(records)
            found.append([(one.user, one.text) for one in engine.advance(f"{DAY}T11:00:00Z")])
            assert engine.state("a\x00b") is not None
    assert found[0] == found[1] == [(user, user) for user in sorted(users)]
    store = open_store(postgres_url)
    with store.transaction() as t:
        assert sorted(row.user for row in t.deliveries(None, None, 0, 99)) == sorted(users)


def test_an_id_that_is_too_long_for_the_store_holds_nobody_up(postgres_url: str) -> None:
    import random

    long = "".join(chr(random.Random(n).randrange(0x4E00, 0x9FFF)) for n in range(5000))
    rejected: list[str] = []
    with trigdsl.Engine(
        trigdsl.parse(LEFT), store=postgres_url, on_reject=lambda _, why: rejected.append(why)
    ) as engine:
        engine.feed_many([record("10:00:00", "cart", user) for user in ("a", long, "b")], position=3)
        assert [len(engine.pending(user)) for user in ("a", "b")] == [1, 1]
        assert engine.position == 3
        assert len(rejected) == 1
        assert "index row" in rejected[0]


def test_what_is_forgotten_is_in_no_file_of_the_database(own_server: Server) -> None:
    server = own_server
    engine = filled(server.url())

    def found() -> list[bytes]:
        ask(server.url(), "CHECKPOINT")
        data = b"".join(file.read_bytes() for file in (server.data / "base").rglob("*") if file.is_file())
        assert b"a note of bob" in data
        return [secret for secret in SECRETS if secret in data]

    ask(server.url(), "ANALYZE")
    assert found() == list(SECRETS), "else the test shows nothing"
    engine.forget("device-7f3a")
    assert engine.store is not None
    engine.store.vacuum()
    assert found() == []
    engine.close()


# ------------------------------------------------------------------------ opening
def test_a_store_of_a_newer_form_is_refused(postgres_url: str) -> None:
    open_store(postgres_url).close()
    ask(postgres_url, "UPDATE store_form SET form = 2")
    with pytest.raises(StoreTooNew, match=r"is in form 2, .* knows forms up to 1: upgrade"):
        open_store(postgres_url)


def test_many_that_open_a_new_store_at_once_make_it_once(postgres_url: str) -> None:
    failed: list[BaseException] = []

    def open_and_close() -> None:
        try:
            open_store(postgres_url).close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert ask(postgres_url, "SELECT form FROM store_form") == [(1,)]


def test_stores_of_one_database_are_apart(postgres_url: str) -> None:
    other = f"{postgres_url}_other"
    program = trigdsl.parse(LEFT)
    with trigdsl.Engine(program, store=postgres_url) as one, trigdsl.Engine(program, store=other) as two:
        one.feed(record("10:00:00", "cart"))
        assert (len(one.pending("u")), len(two.pending("u"))) == (1, 0)


def test_plan_reads_a_store_and_makes_none(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="there is no store in the schema"):
        open_store(postgres_url, create=False)
    assert ask(postgres_url, "SELECT nspname FROM pg_namespace WHERE nspname = current_schema()") == []
    with trigdsl.Engine(trigdsl.parse(LEFT), store=postgres_url) as engine:
        engine.feed(record("10:00:00", "cart"))
    found = plan(open_store(postgres_url, create=False), trigdsl.parse("rule other: if cart then send push"))
    assert {one.rule: (one.fate, one.ended) for one in found.rules} == {"other": ("new", 0), "left": ("removed", 1)}


def test_addresses() -> None:
    given = "postgresql://ann:se%3Acret@db.example:5433/app?schema=campaigns&sslmode=require&password=x"
    place, schema, shown = postgres._parts(given)
    assert place == "postgresql://ann:se%3Acret@db.example:5433/app?sslmode=require&password=x"
    assert schema == "campaigns"
    assert shown == "postgresql://ann@db.example:5433/app?schema=campaigns&sslmode=require"
    assert postgres._parts("postgres:///app") == ("postgres:///app", "trigdsl", "postgres:///app")
    with pytest.raises(StoreError, match="`postgresql://ann@x/app`: `schema` is empty"):
        postgres._parts("postgresql://ann:secret@x/app?schema=")


@contextmanager
def without_psycopg(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "trigdsl.store.postgres", None)
        yield


def test_without_the_driver_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        without_psycopg(monkeypatch),
        pytest.raises(StoreError, match=r"needs psycopg: install it with `pip install 'trigdsl\[postgres\]'`"),
    ):
        open_store("postgresql:///app")
