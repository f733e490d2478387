"""Stores that were written in each form that there was are opened, and all in them goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import golden_store
import pytest
from golden_store import RULES, START

import trigdsl
from trigdsl.delivery.outbox import Backlog, Outbox
from trigdsl.store.errors import StoreError, StoreTooNew
from trigdsl.store.opening import open_store
from trigdsl.store.packing import encode
from trigdsl.store.protocol import FORM

GOLDEN = Path(__file__).parent / "golden"
SQLITE = sorted(GOLDEN.glob("sqlite-*.sql"))
POSTGRES = sorted(GOLDEN.glob("postgres-*.sql"))


def sqlite_of(golden: Path, folder: Path) -> str:
    connection = sqlite3.connect(folder / "state.db")
    connection.executescript(golden.read_text())
    connection.close()
    return f"sqlite:///{folder / 'state.db'}"


def postgres_of(golden: Path, url: str) -> str:
    psycopg = pytest.importorskip("psycopg")
    from trigdsl.store.postgres import _parts

    place, schema, _ = _parts(url)
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        connection.execute(f'SET search_path TO "{schema}"')
        connection.execute(golden.read_text())
    return url


@pytest.fixture(params=[*SQLITE, *POSTGRES], ids=lambda path: path.stem)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    golden: Path = request.param
    if golden in SQLITE:
        return sqlite_of(golden, tmp_path)
    return postgres_of(golden, request.getfixturevalue("postgres_url"))


def test_every_form_has_its_file() -> None:
    postgres = pytest.importorskip("trigdsl.store.postgres")
    assert [path.stem for path in SQLITE] == [f"sqlite-{form}" for form in range(1, FORM + 1)]
    assert [path.stem for path in POSTGRES] == [f"postgres-{form}" for form in range(1, postgres.FORM + 1)]


def test_a_store_of_every_form_goes_on(url: str) -> None:
    program = trigdsl.parse(RULES)
    now = [(START + 7200) * 10**6]
    with trigdsl.Engine(program, store=url, log=True, lateness="10m") as engine:
        assert engine.position == "offset 8"
        # 10:02:10 was the last record that nothing earlier can come before.
        assert (engine.clock and engine.clock.isoformat()) == "2026-11-20T10:02:10+00:00"
        assert engine.user_of("device") == "ann"
        assert [(one.rule, one.to_dict()["time"]) for one in engine.pending("device")] == [
            ("left", "2026-11-20T11:00:00Z")
        ]
        state = engine.state("ann")
        assert state is not None
        assert (state["profile"], state["lists"], state["record_ids"]) == (
            {"name": "Ann"},
            ["vip"],
            {"e-1": ["2026-11-20T10:00:00Z"]},
        )
        assert [(row.user, row.reason) for _, row in engine.rejects()] == [("ann", "no `time`")]
        assert [one.status for one in engine.explain("ann", "hi").decisions] == ["sent"]
        assert [one["event"] for one in engine.export("ann")["held"]] == ["cart"]
        outbox = Outbox(engine.store, now=lambda: now[0])
        assert outbox.paused == ["push"]
        assert outbox.backlog() == {"push": Backlog(waiting=1), "sms": Backlog(dead=1)}
        assert [(one.decision.text, why) for one, why in outbox.dead()] == [("2", "no such number")]
        outbox.resume("push")
        assert [(one.decision.text, one.attempt) for one in outbox.claim()] == [("Hello Ann", 1)]
        # A record of before that comes once more, one more, and time that passes.
        more = [
            {"user": "device", "time": START + 1500, "event": "cart", "properties": {"n": 1}, "id": "e-1"},
            {"user": "carl", "time": START + 1500, "event": "text", "properties": {"n": 9}},
        ]
        made = engine.feed_many(more) + engine.advance("2026-11-24T00:00:00Z")
        assert engine.duplicates == 1
        made_alone = going_on(more)
        assert [one.to_dict() for one in made] == [one.to_dict() for one in made_alone]
        assert {(one.user, one.rule) for one in made} >= {("ann", "left"), ("carl", "text"), ("bob", "quiet")}
        numbers = [number for number, _ in engine.rejects()]
        engine.feed({"user": "x"})
        assert [number for number, _ in engine.rejects()] == [*numbers, numbers[-1] + 1]


def going_on(more: list[dict[str, Any]]) -> list[trigdsl.Decision]:
    """What comes of the same on a store of the present form."""
    with golden_store.filled("memory:") as engine:
        return engine.feed_many(more) + engine.advance("2026-11-24T00:00:00Z")


def test_numbers_of_an_engine_in_a_newer_form_are_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    golden_store.filled(url).close()
    store = open_store(url)
    with store.transaction() as t:
        t.set_meta("engine", encode([2, None]))
    store.close()
    with pytest.raises(
        StoreTooNew, match=r"what the store keeps of the engine itself is in form 2, .* upgrade trigdsl"
    ):
        trigdsl.Engine(trigdsl.parse(RULES), store=url)


@pytest.mark.parametrize("made", ["no database", "SQLite format 3\x00 and then nothing"])
def test_a_file_that_is_no_store_is_refused_and_left_as_it_was(made: str, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text(made * 40)
    with pytest.raises(StoreError, match=r"state\.db: cannot be opened as a store"):
        open_store(f"sqlite:///{path}")
    assert path.read_text() == made * 40
