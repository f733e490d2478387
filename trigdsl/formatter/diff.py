"""A text before and after → what changed, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from trigdsl.formatter.files import Formatted


def diff_lines(formatted: Formatted) -> Iterator[str]:
    """The lines of the diff, without line breaks; none when nothing changed."""
    before, after = _lines(formatted.before), _lines(formatted.after)
    yield from difflib.unified_diff(before, after, formatted.name, f"{formatted.name} (formatted)", lineterm="")


def _lines(text: str) -> list[str]:
    """The lines as a diff shows them: that the last one has no end, or that one ends otherwise, is to be seen."""
    lines = [line.replace("\r", "\\r").replace("\ufeff", "\\ufeff") for line in text.split("\n")]
    last = lines.pop()
    return [*lines, f"{last}\\"] if last else lines
