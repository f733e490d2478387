"""Makes the stores of tests/store importable, and lets no test wait for the disk."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "store")]

from postgres_server import server  # noqa: E402, F401
from reopening import schema_or_none  # noqa: E402, F401


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trigdsl.store.sqlite.SYNCHRONOUS", "OFF")
