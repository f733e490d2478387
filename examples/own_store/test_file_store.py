"""The file store passes the tests that every store must pass, and an engine on it decides what it decides in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from file_store import FORM, FileStore

import trigdsl
from trigdsl.store.protocol import Store
from trigdsl.store.testing import Make, StoreTests


class TestFileStore(StoreTests):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Make:
        return lambda: FileStore(tmp_path / "state")

    @pytest.fixture
    def make_newer(self, tmp_path: Path) -> Callable[[Store], None]:
        def make_newer(_: Store) -> None:
            tables = msgspec.msgpack.decode((tmp_path / "state").read_bytes())
            (tmp_path / "state").write_bytes(msgspec.msgpack.encode(tables | {"form": FORM + 1}))

        return make_newer


def test_an_engine_that_is_opened_anew_for_each_record(tmp_path: Path) -> None:
    program = trigdsl.parse('rule left: if cart then after 1h send push "{{ n }}" unless purchase')
    day = "2026-11-20T"
    records = [
        {"user": user, "time": f"{day}{time}Z", "event": event, "properties": {"n": number}}
        for number, (user, time, event) in enumerate(
            [("ann", "10:00:00", "cart"), ("bob", "10:10:00", "cart"), ("ann", "10:59:59", "purchase")]
        )
    ]
    made = []
    for record in records:
        with trigdsl.Engine(program, store=FileStore(tmp_path / "state")) as engine:
            made += engine.feed(record)
    with trigdsl.Engine(program, store=FileStore(tmp_path / "state")) as engine:
        made += engine.advance(f"{day}12:00:00Z")
    assert [(one.user, one.status, one.text) for one in made] == [("ann", "cancelled", None), ("bob", "sent", "1")]
