"""Diagnostics → workflow commands, which GitHub Actions shows as annotations at the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable

from trigdsl.diagnostics.diagnostic import Diagnostic


def to_commands(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """One line for each diagnostic, in order; the end column is the first one behind the place."""
    return [_command(diagnostic) for diagnostic in diagnostics]


def _command(diagnostic: Diagnostic) -> str:
    line, column = diagnostic.span.position
    end_line, end_column = diagnostic.span.source.position(diagnostic.span.end)
    properties = {
        "title": f"trig ({diagnostic.code})",
        "file": diagnostic.span.source.name,
        "line": str(line),
        "col": str(column),
        "endLine": str(end_line),
        "endColumn": str(end_column),
    }
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    help = f"\nhelp: {diagnostic.help}" if diagnostic.help else ""
    return f"::{diagnostic.severity} {told}::{_data(diagnostic.message + help)}"


def _data(text: str) -> str:
    """A command is one line, and `%` begins an escape."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """In a property `:` and `,` would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
