"""Span → the lines of source around it with the span underlined, as wide as a terminal draws them."""

from __future__ import annotations

import unicodedata

from attrs import frozen

from trigdsl.source import Source, Span

TAB = 4
WIDTH = 120
_CONTROL_PICTURES = 0x2400


@frozen
class UnderlinedLine:
    """One source line as shown: its number, its text, and the cells from `start` that are underlined."""

    number: int
    text: str
    start: int
    length: int


def underlined_lines(span: Span) -> list[UnderlinedLine]:
    """The first line of the span, and its last one when that is another; at least one cell is underlined."""
    source, length = span.source, len(span.source.text)
    start, end = min(span.start, length), min(max(span.end, span.start), length)
    first, start_column = source.position(start)
    last, end_column = source.position(max(start, end - 1)) if end > start else (first, start_column - 1)
    if first == last:
        return [_underlined(source, first, start_column - 1, end_column)]
    top = _underlined(source, first, start_column - 1, len(source.line(first)))
    bottom_text = source.line(last)
    indent = len(bottom_text) - len(bottom_text.lstrip())
    return [top, _underlined(source, last, min(indent, end_column - 1), end_column)]


def visible(text: str) -> str:
    """The text with its control and direction characters replaced, so that it cannot steer a terminal."""
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def cells(text: str) -> int:
    """How many terminal cells the text takes: two for a wide East Asian character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _underlined(source: Source, number: int, start: int, end: int) -> UnderlinedLine:
    """Line `number` with its characters `start` (from 0) to `end` (exclusive) underlined."""
    line = source.line(number)
    before, within = _expand(line[:start], 0), ""
    within = _expand(line[start:end], cells(before))
    after = _expand(line[max(start, end) :], cells(before + within))
    before, within, after = _crop(before, within, after)
    return UnderlinedLine(number, before + within + after, cells(before), max(cells(within), 1))


def _crop(before: str, within: str, after: str) -> tuple[str, str, str]:
    """Leave out what is far from the underlined part when the line is too long to read."""
    if cells(before) + cells(within) + cells(after) <= WIDTH:
        return before, within, after
    room = max(WIDTH - cells(within), 40)
    if cells(before) > room // 2:
        before = "…" + before[-(room // 2) :]
    if cells(within) > WIDTH:
        within = within[:WIDTH] + "…"
    if cells(after) > room // 2:
        after = after[: room // 2] + "…"
    return before, within, after


def _expand(text: str, at: int) -> str:
    """The text with tabs as blanks up to the next stop, where `at` is the cell that it starts at."""
    if "\t" not in text:
        return visible(text)
    out: list[str] = []
    for char in text:
        shown = " " * (TAB - at % TAB) if char == "\t" else _visible(char)
        at += cells(shown)
        out.append(shown)
    return "".join(out)


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    return " " if unicodedata.category(char) == "Zs" else "�"


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
