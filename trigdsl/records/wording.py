"""Values of records → words for reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

_MOST_QUOTED = 60


def quoted(value: object) -> str:
    """A value as a reason shows it: in backticks, short, on one line."""
    text = " ".join(str(value).split())
    if len(text) > _MOST_QUOTED:
        text = text[: _MOST_QUOTED - 1] + "…"
    return f"`{text}`"


def kind_of(value: object) -> str:
    """What a value is, with its article: `a number`, `text`, `a list`."""
    if value is None:
        return "null"
    for kinds, words in _KINDS:
        if isinstance(value, kinds):
            return words
    return f"a Python `{type(value).__name__}`"


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "text"),
    (bool, "a boolean"),
    ((int, float), "a number"),
    (Mapping, "a record"),
    ((list, tuple), "a list"),
    (datetime, "an instant"),
    (date, "a date"),
)
