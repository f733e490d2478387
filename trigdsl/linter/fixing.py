"""Sources and diagnostics → the sources with all fixes made that do not touch each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trigdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from trigdsl.source import Source


def fixed(sources: Sequence[Source], diagnostics: Iterable[Diagnostic]) -> tuple[list[Source], int]:
    """The mended sources, and how many findings were mended.

    Of two fixes that touch the same text the first is made; the other may follow when the text is checked anew.
    """
    made: list[Fix] = []
    for found in diagnostics:
        if found.fix is not None and not any(_touch(found.fix, other) for other in made):
            made.append(found.fix)
    edits = [edit for fix in made for edit in fix.edits]
    return [_edited(source, edits) for source in sources], len(made)


def _touch(one: Fix, other: Fix) -> bool:
    return any(
        first.span.source.name == second.span.source.name
        and first.span.start <= second.span.end
        and second.span.start <= first.span.end
        for first in one.edits
        for second in other.edits
    )


def _edited(source: Source, edits: Iterable[Edit]) -> Source:
    text = source.text
    here = [edit for edit in edits if edit.span.source.name == source.name]
    for edit in sorted(here, key=lambda one: one.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return source if text == source.text else Source(source.name, text)
