"""Puts `tests` and `tests/properties` on the path: the definition of the language, and what changes streams."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "properties")]
