"""A program without mistakes → all that the linter says of it too, at the places of its pieces."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from trigdsl.checker.check import Examined, examine
from trigdsl.checker.template_names import FindTemplate
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.linter.lint import lint
from trigdsl.lsp.pieces import Reading
from trigdsl.model.signatures import Signature
from trigdsl.source import Source, Span
from trigdsl.syntax.nodes import File
from trigdsl.syntax.parser import parse_file


def linted(
    examined: Examined,
    readings: Mapping[str, Reading],
    functions: Mapping[str, Signature],
    find_template: FindTemplate | None,
) -> tuple[Diagnostic, ...]:
    """What the checker and the linter find; of a program with mistakes what the checker finds.

    A comment that allows a finding may stand in the piece before the one that it is about, so the linter reads whole
    files.  `readings` are those of the program's files, by name, in their order.
    """
    if examined.program is None:
        return examined.findings
    files: list[tuple[File, Source]] = []
    next_id = 0
    for reading in readings.values():
        source = Source(reading.name, reading.text)
        parsed = parse_file(source, next_id)
        next_id = parsed.next_id
        if parsed.file is not None:
            files.append((parsed.file, source))
    whole = examine(files, functions, find_template=find_template)
    found = whole.findings if whole.program is None else lint(whole.program, whole.findings)
    return tuple(_in_pieces(one, readings) for one in found)


def _in_pieces(found: Diagnostic, readings: Mapping[str, Reading]) -> Diagnostic:
    """The same with places that are counted from the start of a piece, so that they move with it."""
    fix = found.fix
    if fix is not None:
        edits = tuple(evolve(edit, span=_in_piece(edit.span, readings)) for edit in fix.edits)
        fix = evolve(fix, edits=edits)
    labels = tuple(evolve(label, span=_in_piece(label.span, readings)) for label in found.labels)
    return evolve(found, span=_in_piece(found.span, readings), labels=labels, fix=fix)


def _in_piece(span: Span, readings: Mapping[str, Reading]) -> Span:
    reading = readings.get(span.source.name)
    at = reading.at(span.start) if reading is not None else None
    if at is None:
        return span
    piece, start = at
    return Span(piece.source, start, start + span.end - span.start)
