"""The store of one's own that docs/stores.md shows passes the tests that every store must pass."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "examples" / "own_store")]

from test_file_store import TestFileStore, test_an_engine_that_is_opened_anew_for_each_record  # noqa: E402

__all__ = ["TestFileStore", "test_an_engine_that_is_opened_anew_for_each_record"]
