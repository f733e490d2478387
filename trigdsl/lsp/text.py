"""What an editor shows of a file, and its positions ↔ offsets in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from attrs import field, frozen
from lsprotocol.types import Position, Range, TextDocumentContentChangeEvent, TextDocumentContentChangePartial

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_UNIT = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


@frozen(slots=False)
class Text:
    """A text, with positions counted as the editor does: lines and columns from 0, columns in units of `encoding`.

    `encoding` is `utf-8`, `utf-16` or `utf-32`.  A position outside the text counts as the nearest inside it.
    """

    text: str = field(repr=False)
    encoding: str = "utf-16"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]

    def position(self, offset: int) -> Position:
        """The position of a character."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self._units(self.text[self._starts[line] : offset]))

    def range(self, start: int, end: int) -> Range:
        """The range of the characters `start` (inclusive) to `end` (exclusive)."""
        return Range(self.position(start), self.position(end))

    def offset(self, position: Position) -> int:
        """The offset of a position."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[max(position.line, 0)]
        line = self._line(max(position.line, 0))
        wanted = max(position.character, 0)
        if line.isascii():
            return start + min(wanted, len(line))
        units = 0
        for place, char in enumerate(line):
            if units >= wanted:
                return start + place
            units += self._units(char)
        return start + len(line)

    def line_before(self, offset: int) -> str:
        """The text of the line up to the offset."""
        return self.text[self._starts[bisect_right(self._starts, offset) - 1] : offset]

    def changed(self, change: TextDocumentContentChangeEvent) -> Text:
        """The text after a change that the editor tells of."""
        if not isinstance(change, TextDocumentContentChangePartial):
            return Text(change.text, self.encoding)
        start, end = self.offset(change.range.start), self.offset(change.range.end)
        return Text(self.text[:start] + change.text + self.text[max(start, end) :], self.encoding)

    def _line(self, number: int) -> str:
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[number] : end].rstrip("\r\n")

    def _units(self, text: str) -> int:
        if text.isascii():
            return len(text)
        return len(text.encode(_ENCODINGS[self.encoding], "surrogatepass")) // _UNIT[self.encoding]
