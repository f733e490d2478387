"""What is wrong with a program → the protocol's diagnostics of each file."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types as lsp

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.lsp.programs import Checked, Document, Program

SOURCE = "trig"
_SEVERITIES = {Severity.ERROR: lsp.DiagnosticSeverity.Error, Severity.WARNING: lsp.DiagnosticSeverity.Warning}


def diagnostics_of(program: Program, checked: Checked | None) -> dict[str, list[lsp.Diagnostic]]:
    """The diagnostics by URI, in the order of the text, each once.

    `checked` may be of an earlier state of the program: what it says of pieces that are gone is left out.
    """
    found: dict[str, dict[tuple[object, ...], tuple[int, lsp.Diagnostic]]] = {one.uri: {} for one in program.documents}
    for one in findings_of(program, checked):
        placed = program.place(one.span)
        if placed is not None:
            document, start, end = placed
            key = (start, end, one.code, one.message)
            found[document.uri].setdefault(key, (start, diagnostic(one, document, start, end, program)))
    return {uri: [one for _, one in sorted(held.values(), key=lambda pair: pair[0])] for uri, held in found.items()}


def findings_of(program: Program, checked: Checked | None) -> Iterable[Diagnostic]:
    """What the parser and the checker say."""
    for document in program.documents:
        for piece in document.reading.pieces:
            yield from piece.diagnostics
    if checked is not None:
        yield from checked.findings


def diagnostic(one: Diagnostic, document: Document, start: int, end: int, program: Program) -> lsp.Diagnostic:
    """A finding at a place, its help below its message."""
    related = []
    for label in one.labels:
        if placed := program.place(label.span):
            place = lsp.Location(placed[0].uri, placed[0].text.range(placed[1], placed[2]))
            related.append(lsp.DiagnosticRelatedInformation(place, label.text))
    return lsp.Diagnostic(
        range=document.text.range(start, end),
        message=f"{one.message}\nhelp: {one.help}" if one.help else one.message,
        severity=_SEVERITIES.get(one.severity, lsp.DiagnosticSeverity.Information),
        code=one.code,
        source=SOURCE,
        related_information=related or None,
    )
