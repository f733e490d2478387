"""Makes the reader of tests/cases/engine importable, and lets no test wait for the disk."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from postgres_server import own_server, postgres_url, server  # noqa: F401
from reopening import schema_or_none  # noqa: F401
from small_disk import small_disk  # noqa: F401

sys.path[:0] = [str(Path(__file__).parents[1] / "engine")]


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trigdsl.store.sqlite.SYNCHRONOUS", "OFF")
