"""Diagnostics → a SARIF 2.1.0 log, for code scanning and editors.

The form is that of https://docs.oasis-open.org/sarif/sarif/v2.1.0/; the log names every code that there is as a rule,
so that its readers know all of them, and columns count code points, as everywhere here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from trigdsl.diagnostics.codes import CODES
from trigdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from trigdsl.source import Span
from trigdsl.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}
_ROOT = "%SRCROOT%"


def to_sarif(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """The log of one run: plain data for JSON."""
    numbers = {code: number for number, code in enumerate(CODES)}
    rules = [
        {"id": code, "shortDescription": {"text": text}, "fullDescription": {"text": text}}
        for code, text in CODES.items()
    ]
    driver = {"name": "trig", "version": __version__, "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, numbers) for diagnostic in diagnostics],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(diagnostic: Diagnostic, numbers: dict[str, int]) -> dict[str, Any]:
    help = f"\nhelp: {diagnostic.help}" if diagnostic.help else ""
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": numbers[diagnostic.code],
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": diagnostic.message + help},
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
    }
    if diagnostic.labels:
        result["relatedLocations"] = [_related(number, label) for number, label in enumerate(diagnostic.labels)]
    return result


def _related(number: int, label: Label) -> dict[str, Any]:
    return {"id": number, "message": {"text": label.text}, "physicalLocation": _place(label.span)}


def _place(span: Span) -> dict[str, Any]:
    """File and region; the end column is the first one behind the region."""
    line, column = span.position
    end_line, end_column = span.source.position(span.end)
    region: dict[str, Any] = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    if span.text:
        region["snippet"] = {"text": span.text}
    return {"artifactLocation": _file(span.source.name), "region": region}


def _file(name: str) -> dict[str, Any]:
    """A relative path is told from the root of the sources, an absolute one as it is."""
    path = name.replace("\\", "/")
    if path.startswith("/"):
        return {"uri": f"file://{quote(path)}"}
    if path[1:3] == ":/":  # a drive of Windows
        return {"uri": f"file:///{path[:2]}{quote(path[2:])}"}
    return {"uri": quote(path.removeprefix("./")), "uriBaseId": _ROOT}
