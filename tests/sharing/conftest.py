"""Makes the helpers of tests/store and tests/delivery importable; the server is theirs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("store", "delivery")]

from postgres_server import own_server, postgres_url, server  # noqa: E402, F401
