"""Puts this folder on the path, for the client; the server's packages are an extra."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

pytest.importorskip("pygls", reason="the extra `lsp` is not installed")


@pytest.fixture(scope="session", autouse=True)
def _server_ends() -> Iterator[None]:
    yield
    from client import stop_shared

    stop_shared()
