"""Makes `case_files` and `test_cases`, which read and run cases, and `test_docs`, which reads documents, importable."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "engine")]
