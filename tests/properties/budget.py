"""How much the tests of this folder try: one number, and where to begin."""

from __future__ import annotations

import os

CASES = int(os.environ.get("TRIGDSL_CASES", "3000"))
"""Random programs that the engine and the definition both decide; the other tests take a share of it."""

FIRST = int(os.environ.get("TRIGDSL_FIRST_CASE", "0"))
"""The seed of the first of them."""


def share(part: int) -> int:
    """A part of the budget, at least one."""
    return max(CASES // part, 1)
