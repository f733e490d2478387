"""Nothing here can be tried where no C compiler was at hand."""

from __future__ import annotations

import pytest

collect_ignore_glob: list[str] = []

try:
    import trigdsl.native.kernel  # noqa: F401
except ImportError:
    collect_ignore_glob.append("test_*.py")


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own zone must not matter."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
