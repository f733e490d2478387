"""Diagnostics → plain data for JSON: the same facts as the text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trigdsl.diagnostics.diagnostic import Diagnostic, Fix
from trigdsl.source import Span


def to_list(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """One record for each diagnostic, in order; see `to_dict`."""
    return [to_dict(diagnostic) for diagnostic in diagnostics]


def to_dict(diagnostic: Diagnostic) -> dict[str, Any]:
    """Code, severity, message, place, labels, help and fix (null when there is none)."""
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "labels": [{"message": label.text, **_place(label.span)} for label in diagnostic.labels],
        "help": diagnostic.help,
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    """File, lines and columns (from 1; the end is the first column behind the span), and the text itself."""
    line, column = span.position
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": span.text,
    }
