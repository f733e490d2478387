"""Diagnostics → text for people: position, message, the source line underlined, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.diagnostics.excerpt import UnderlinedLine, underlined_lines, visible
from trigdsl.source import Span

_BOLD, _RED, _YELLOW, _BLUE, _GREEN = "1", "1;31", "1;33", "1;34", "1;32"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _BLUE}


def render_all(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Every diagnostic in order, a blank line between two; `color` adds ANSI escapes."""
    return "\n\n".join(render(diagnostic, color=color) for diagnostic in diagnostics)


def render(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """One diagnostic as several lines without a last line break.

    rules.trig:1:13: error: `vlaue` is no field of `cart` [unknown-field]
        1 | if cart and cart.vlaue > 200 then send push
          |             ^^^^^^^^^^
          = help: write `cart.value`
    """
    style = _COLOURS[diagnostic.severity]
    labels = diagnostic.labels
    gutter = _gutter([diagnostic.span, *(label.span for label in labels)])
    lines = [_headline(diagnostic, color)]
    lines += _excerpt(diagnostic.span, "^", "", gutter=gutter, style=style, color=color)
    for label in labels:
        if label.span.source.name != diagnostic.span.source.name:
            lines.append(paint(f"{'':{gutter}} in {_place(label.span)}", _BLUE, color))
        lines += _excerpt(label.span, "-", visible(label.text), gutter=gutter, style=_BLUE, color=color)
    if diagnostic.help:
        lines.append(f"{'':{gutter}} {paint('= help:', _GREEN, color)} {visible(diagnostic.help)}")
    return "\n".join(lines)


def summary_line(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are of each severity: `2 errors, 1 warning`, or `no errors`."""
    parts = []
    for severity in Severity:
        count = sum(diagnostic.severity is severity for diagnostic in diagnostics)
        if count:
            parts.append(f"{count} {severity}{'s' if count > 1 else ''}")
    return ", ".join(parts) if parts else "no errors"


def excerpt(span: Span, *, color: bool = False) -> list[str]:
    """The lines of a span with it underlined, numbered, as in the middle of a diagnostic."""
    return _excerpt(span, "^", "", gutter=_gutter([span]), style=_RED, color=color)


def _headline(diagnostic: Diagnostic, color: bool) -> str:
    severity = paint(f"{diagnostic.severity}:", _COLOURS[diagnostic.severity], color)
    message = paint(visible(diagnostic.message), _BOLD, color)
    return f"{_place(diagnostic.span)}: {severity} {message} [{diagnostic.code}]"


def _place(span: Span) -> str:
    line, column = span.position
    return f"{visible(span.source.name)}:{line}:{column}"


def _gutter(spans: list[Span]) -> int:
    """The width of the column of line numbers, wide enough for the largest."""
    return max(5, *(len(str(line.number)) for span in spans for line in underlined_lines(span)))


def _excerpt(span: Span, mark: str, text: str, *, gutter: int, style: str, color: bool) -> list[str]:
    lines = underlined_lines(span)
    out: list[str] = []
    for index, line in enumerate(lines):
        if index and line.number > lines[index - 1].number + 1:
            out.append(paint(f"{'...':>{gutter}}", _BLUE, color))
        note = text if index == len(lines) - 1 else ""
        out += _line(line, mark, note, gutter=gutter, style=style, color=color)
    return out


def _line(line: UnderlinedLine, mark: str, note: str, *, gutter: int, style: str, color: bool) -> list[str]:
    underline = mark * line.length + (f" {note}" if note else "")
    numbered, blank = f"{line.number:>{gutter}} |", f"{'':{gutter}} |"
    return [
        f"{paint(numbered, _BLUE, color)} {line.text}".rstrip(),
        f"{paint(blank, _BLUE, color)} {' ' * line.start}{paint(underline, style, color)}",
    ]


def paint(text: str, code: str, color: bool) -> str:
    """The text between ANSI escapes of a code such as `1;31`, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
