"""Makes the reader of tests/cases/engine importable, and lets no test wait for the disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from postgres_server import NONE, Server, programs

sys.path[:0] = [str(Path(__file__).parents[1] / "engine")]


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trigdsl.store.sqlite.SYNCHRONOUS", "OFF")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server; the test is left out where there is none."""
    if programs() is None:
        pytest.skip(NONE)
    pytest.importorskip("psycopg")
    one = Server()
    yield one
    one.stop()


@pytest.fixture
def postgres_url(server: Server) -> str:
    """The address of a store that nobody has opened yet."""
    return server.url(f"s{uuid4().hex}")
