"""Every store passes the tests of stores; and a file that was vacuumed holds nothing of whom it forgot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.delivery.outbox import Handover, Outbox, Undeliverable
from trigdsl.store.errors import StoreError
from trigdsl.store.opening import open_store
from trigdsl.store.protocol import FORM
from trigdsl.store.sqlite import SqliteStore
from trigdsl.store.testing import Make, StoreTests


class TestSqlite(StoreTests):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Make:
        return lambda: SqliteStore(tmp_path / "state.db")

    @pytest.fixture
    def make_newer(self) -> Callable[[Any], None]:
        return lambda store: store._connection.execute(f"PRAGMA user_version={FORM + 1}")


class TestPostgres(StoreTests):
    @pytest.fixture
    def make(self, postgres_url: str) -> Make:
        return lambda: open_store(postgres_url)

    @pytest.fixture
    def make_newer(self) -> Callable[[Any], None]:
        def make_newer(store: Any) -> None:
            with store.connection_in() as connection:
                connection.execute("UPDATE store_form SET form = form + 1")

        return make_newer


RULES = """
rule failing: if signup then after 1m if odd(user.name) != "x" send email
rule left: if cart and previous(cart.note) != "x" then after 1h send push "{{ note }} of {{ user.name }}" for each note
rule hello: if signup then send push "Hello {{ user.name }}" with { note: user.name } once
rule quiet: if no cart for 3d then send push
"""
SECRETS = (b"ann@example.org", b"device-7f3a", b"Annabella", b"left-over-note")


class Odd:
    """What is no value: the timer that asks what it is fails, and is kept as a reject."""

    @property
    def __class__(self) -> type:
        raise RuntimeError("poison")


def filled(url: str | None) -> trigdsl.Engine:
    program = trigdsl.parse(RULES, functions={"odd": (lambda _: Odd(), "(text) -> text")})
    engine = trigdsl.Engine(program, store=url, log=True, lateness="10m")
    records, timeless, nameless, linking = [], [], [], []
    for number, (user, device, name, note) in enumerate(
        [("ann@example.org", "device-7f3a", "Annabella", "left-over-note"), ("bob", "device-2", "Bob", "a note of bob")]
    ):
        start = 1_795_168_800 + number
        cart = {"event": "cart", "properties": {"note": note}}
        records += [
            {"user": device, "time": start, **cart},
            {"user": user, "time": start + 2, "event": "signup", "set": {"name": name}, "alias": device},
            {"user": user, "time": start + 700, **cart, "id": f"id of {note}"},
            {"user": user, "time": start + 1500, "event": "x"},
            {"user": user, "time": start + 1501, "event": "held back", "properties": {"note": note}},
        ]
        timeless.append({"user": user, "event": "no time", "properties": {"note": note}})
        nameless.append({"userId": device, "event": "no user"})
        linking.append({"user": f"{number}", "time": start + 1502, "alias": device, "event": "held back"})
    engine.feed_many([*sorted(records, key=itemgetter("time")), *linking, *timeless, *nameless])
    if engine.store is not None:
        # Hello of each is given up, with a reason that names them; bob's are the control.
        def refuses(handover: Handover) -> None:
            raise Undeliverable(f"no such address: {handover.decision.user}")

        Outbox(engine.store).deliver(refuses)
        assert len(Outbox(engine.store).dead()) == 2
    return engine


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_what_is_forgotten_is_told_and_leaves_no_byte(tmp_path: Path) -> None:
    engine = filled(f"sqlite:///{tmp_path / 'state.db'}")
    assert all(secret in bytes_of(tmp_path) for secret in SECRETS), "else the test shows nothing"
    forgotten = engine.forget("device-7f3a")
    assert forgotten.to_dict() == {
        "ids": ["ann@example.org", "device-7f3a"],
        "state": True,
        "runs": 1,
        "links": 1,
        "held": 2,
        "deliveries": 1,
        "decisions": 2,
        "rejects": 3,
    }
    assert engine.store is not None
    engine.store.vacuum()
    left = bytes_of(tmp_path)
    assert [secret for secret in SECRETS if secret in left] == []
    assert b"a note of bob" in left
    assert engine.state("ann@example.org") is None
    assert engine.user_of("device-7f3a") == "device-7f3a"
    assert [row.user for _, row in engine.rejects()] == ["bob", "bob", None]
    assert [one.decision.user for one, _ in Outbox(engine.store).dead()] == ["bob"]
    assert [one.user for one in engine.advance(1_795_168_800 + 7200)] == ["bob"]
    engine.close()


def test_whoever_is_not_known_leaves_nothing_to_forget(tmp_path: Path) -> None:
    engine = filled(f"sqlite:///{tmp_path / 'state.db'}")
    found = engine.forget("nobody").to_dict()
    assert (found.pop("ids"), found.pop("state")) == (["nobody"], False)
    assert set(found.values()) == {0}
    engine.close()


@pytest.mark.parametrize("lasts", [True, False])
def test_export_and_state_tell_what_is_kept(tmp_path: Path, lasts: bool) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}" if lasts else None
    engine = filled(url)
    told = engine.export("device-2")
    assert told["ids"] == ["bob", "device-2"]
    assert told["state"] == engine.state("bob")
    state = told["state"]
    assert state["profile"] == {"name": "Bob"}
    assert [(run["rule"], run["event"]) for run in state["runs"]] == [("left", {"note": "a note of bob"})]
    assert state["record_ids"] == {"id of a note of bob": ["2026-11-20T10:11:41Z"]}
    assert [one["rule"] for one in told["pending"]] == ["left"]
    assert [one["event"] for one in told["held"]] == ["x", "held back"]
    if lasts:
        assert [one["text"] for one in told["deliveries"]] == ["Hello Bob"]
        assert [one["rule"] for one in told["decisions"]] == ["hello", "failing"]
        assert [one["reason"] for one in told["rejects"]] == [
            "the engine failed on a timer: RuntimeError: poison",
            "no `time`",
        ]
    engine.close()


def test_a_vacuum_that_a_reader_keeps_from_its_end_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.db"
    with filled(f"sqlite:///{path}") as engine:
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM states").fetchall()
        engine.forget("device-7f3a")
        store = engine.store
        assert isinstance(store, SqliteStore)
        store._connection.execute("PRAGMA busy_timeout=1")
        with pytest.raises(StoreError, match="another connection is reading this file"):
            store.vacuum()
        reader.close()
        store.vacuum()
        assert [secret for secret in SECRETS if secret in bytes_of(tmp_path)] == []


def test_forget_in_memory() -> None:
    engine = filled(None)
    found = engine.forget("ann@example.org").to_dict()
    assert (found["ids"], found["runs"], found["held"]) == (["ann@example.org", "device-7f3a"], 1, 2)
    assert [one.user for one in engine.advance(1_795_168_800 + 7200)] == ["bob"]
