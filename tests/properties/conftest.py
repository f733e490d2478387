"""Makes `definition`, the package beside this folder, importable, the reader of tests/cases/engine, and a server."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "engine"), str(TESTS / "store")]

from postgres_server import postgres_url, server  # noqa: E402, F401
