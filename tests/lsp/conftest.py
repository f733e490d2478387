"""Puts this folder on the path, for the client; the server's packages are an extra."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

pytest.importorskip("pygls", reason="the extra `lsp` is not installed")
