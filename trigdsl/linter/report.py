"""A finding of the linter → a diagnostic, and the edits that mend it."""

from __future__ import annotations

import re

from trigdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from trigdsl.source import Span
from trigdsl.syntax.nodes import Node

_SPACE_BEFORE = re.compile(r"\s*\Z")


def warning(code: str, span: Span, message: str, help: str, *labels: Label, fix: Fix | None = None) -> Diagnostic:
    """What is most likely a mistake."""
    return _diagnostic(Severity.WARNING, code, span, message, help, labels, fix)


def note(code: str, span: Span, message: str, help: str, *labels: Label, fix: Fix | None = None) -> Diagnostic:
    """What is worth a second look."""
    return _diagnostic(Severity.NOTE, code, span, message, help, labels, fix)


def _diagnostic(
    severity: Severity, code: str, span: Span, message: str, help: str, labels: tuple[Label, ...], fix: Fix | None
) -> Diagnostic:
    return Diagnostic(code=code, severity=severity, span=span, message=message, help=help, labels=labels, fix=fix)


def removal(title: str, span: Span) -> Fix:
    """Takes out a part of the text and the white space before it."""
    before = _SPACE_BEFORE.search(span.source.text, 0, span.start)
    start = before.start() if before else span.start
    return Fix(title, (Edit(Span(span.source, start, span.end), ""),))


def removal_of_next(title: str, before: Node, removed: Node) -> Fix | None:
    """Takes out one of several operands or entries, with the sign or word before it; None where that is not safe.

    Between the two must stand nothing but that sign or word: a comment or parenthesis would be lost.
    """
    between = Span(removed.span.source, before.span.end, removed.span.start).text
    if re.fullmatch(r"\s*(?:,|and|or)\s*", between) is None:
        return None
    return Fix(title, (Edit(Span(removed.span.source, before.span.end, removed.span.end), ""),))
