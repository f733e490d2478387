"""Makes `definition`, the package beside this folder, importable, the reader of tests/cases/engine, and a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "engine"), str(TESTS / "store")]

from postgres_server import Server, server  # noqa: E402, F401
from reopening import Schema  # noqa: E402


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the disk."""
    monkeypatch.setattr("trigdsl.store.sqlite.SYNCHRONOUS", "OFF")


@pytest.fixture(scope="module")
def schema(server: Server) -> Iterator[Schema]:  # noqa: F811
    """Tables in PostgreSQL, which stay; the test is left out where no server is."""
    one = Schema(server.url("reopened"))
    yield one
    one.close()
