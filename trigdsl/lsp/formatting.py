"""A file → the edit that puts it into the canonical form, by whichever function writes that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lsprotocol import types as lsp

from trigdsl.diagnostics.diagnostic import Severity
from trigdsl.lsp.programs import Document

Formatter: TypeAlias = Callable[[str], str]
"""A program's text → its canonical form."""


def formatted(document: Document, formatter: Formatter) -> list[lsp.TextEdit]:
    """The one edit between the first and the last difference; none for a file that has mistakes in its form."""
    if any(one.severity is Severity.ERROR for piece in document.reading.pieces for one in piece.diagnostics):
        return []
    old = document.text.text
    new = formatter(old)
    if new == old:
        return []
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    rest = next((place for place in range(shorter - start) if old[-1 - place] != new[-1 - place]), shorter - start)
    return [lsp.TextEdit(document.text.range(start, len(old) - rest), new[start : len(new) - rest])]
