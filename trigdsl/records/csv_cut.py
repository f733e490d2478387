"""Blocks of lines of a CSV file → rows of cells."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.errors import Damaged, UnreadableFile
from trigdsl.records.plain import is_text
from trigdsl.records.rejects import Reports

Row: TypeAlias = tuple[int, list[str], str]
"""The line of the file on which a record begins, its cells, and its raw text."""

_FAULTS = (
    ("unexpected end of data", "a quote is opened and never closed"),
    ("expected after", "text stands between a closing quote and the next comma"),
    ("new-line character", "a carriage return stands outside quotes"),
    ("field larger", f"the record is over {MOST_BYTES:,} bytes"),
)


class CsvRows:
    """Cuts the lines of a file into rows.

    A quote that is never closed would swallow the rest of the file, so of a row over several lines that does
    not come out right only the first line is rejected, and reading goes on with the second.
    """

    def __init__(self, blocks: Iterable[bytes], reports: Reports) -> None:
        # A cell may be as large as a record.  The limit is the whole process's, so it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), MOST_BYTES))
        self._reports = reports
        self._lines = _Lines(blocks)
        self._reader = csv.reader(self._lines, strict=True)

    def header(self) -> list[str] | None:
        """The names of the columns, without the spaces around them; None when the file is empty."""
        while (taken := self._take()) is not None:
            (_, cells, raw), fault = taken
            if fault := fault or _unfit(raw):
                raise UnreadableFile(f"has a header that cannot be read: {fault}")
            if cells:
                return [name.strip() for name in cells]
        self._report_damage()
        return None

    def rows(self, width: int) -> Iterator[Row]:
        """The rows of `width` cells; whatever is none is rejected.  Blank lines are passed over."""
        while self.block() is not None:
            yield from self.rest(width)

    def block(self) -> tuple[bytes, int] | None:
        """The block that is being cut, and the place in it where the next row begins; None at the end."""
        if self._lines.has_more():
            return self._lines.block, self._lines.at
        self._report_damage()
        return None

    def pass_over(self, stop: int, lines: int) -> None:
        """Somebody else took the rows of the block up to a place; so many lines they were."""
        self._lines.pass_over(stop, lines)

    def one(self, width: int) -> Iterator[Row]:
        """The next row, if it is one of `width` cells; else it is rejected or passed over."""
        if (taken := self._take()) is not None:
            row, fault = taken
            if self._is_good(row, fault, width):
                yield row

    def rest(self, width: int) -> Iterator[Row]:
        """The rows from here to the end of the block, or to where a row stands that goes on in the next one."""
        number, lines = self._lines.simple_rest()
        for line, raw in enumerate(lines, number):
            cells = raw.split(",")
            if len(cells) == width:
                yield line, cells, raw
            elif raw and not raw.isspace():
                self._reports.reject(line, _wrong_count(cells, width), raw)
        if not lines:
            count = self._lines.blocks
            while self._lines.blocks == count and self._lines.at < len(self._lines.block):
                yield from self.one(width)

    def _is_good(self, row: Row, fault: str | None, width: int) -> bool:
        line, cells, raw = row
        if not fault and len(cells) != width:
            if raw.isspace():
                return False
            fault = _wrong_count(cells, width)
        if fault:
            self._reports.reject(line, fault, self._lines.give_back())
        elif fault := _unfit(raw):
            self._reports.reject(line, fault, raw)
        return not fault

    def _take(self) -> tuple[Row, str | None] | None:
        line = self._lines.begin()
        try:
            cells = next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            return (line, [], self._lines.raw()), _worded(str(error))
        return (line, cells, self._lines.raw()), None

    def _report_damage(self) -> None:
        if (damaged := self._lines.damaged) is not None:
            self._reports.reject(self._lines.begin(), str(damaged), damaged.tail)


class _Lines(Iterator[str]):
    """The lines of the file one by one, as the csv module asks for them, and those of the row under way.

    `block` is cut from the place `at` on; so many `blocks` there were.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.damaged: Damaged | None = None
        self.block = b""
        self.at = 0
        self.blocks = 0
        self._blocks = iter(blocks)
        self._taken: list[str] = []
        self._size = 0
        self._number = 0

    def __next__(self) -> str:
        if self._size > MOST_BYTES:
            raise csv.Error("field larger than a record")
        if not self.has_more():
            raise StopIteration
        end = self.block.find(b"\n", self.at) + 1 or len(self.block)
        line = _text(self.block[self.at : end])
        self.at = end
        self._taken.append(line)
        self._size += len(line)
        self._number += 1
        return line

    def has_more(self) -> bool:
        """Whether there are more lines; the first of them is then in `block`."""
        while self.at == len(self.block):
            try:
                block = next(self._blocks, None)
            except Damaged as damaged:
                self.damaged = damaged
                return False
            if block is None:
                return False
            self.block, self.at = block, 0
            self.blocks += 1
        return True

    def simple_rest(self) -> tuple[int, list[str]]:
        """The lines of the block from here on and the number of the first, if every line is surely a row by itself.

        Between rows only.  No lines where the csv module has to look at them, or at the end.
        """
        number = self._number + 1
        if not self.has_more():
            return number, []
        text = _text(self.block[self.at :])
        lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
        if '"' in text or not is_text(text) or _has_bare_return(text) or _most_bytes(lines) > MOST_BYTES:
            return number, []
        self.pass_over(len(self.block), len(lines))
        return number, lines

    def pass_over(self, stop: int, lines: int) -> None:
        """Go on at a place of the block, so many lines further on."""
        self.at = stop
        self._number += lines

    def begin(self) -> int:
        """Begin a row; the number of its first line."""
        self._taken = []
        self._size = 0
        return self._number + 1

    def raw(self) -> str:
        return self._taken[0] if len(self._taken) == 1 else "".join(self._taken)

    def give_back(self) -> str:
        """Read all lines of this row but the first again; the first."""
        first, *others = self._taken
        if others:
            self.block = "".join(others).encode("utf-8", "surrogateescape") + self.block[self.at :]
            self.at = 0
            self._number -= len(others)
        return first


def _text(data: bytes) -> str:
    """The text of bytes; what is no UTF-8 in them comes through as halves of surrogate pairs."""
    return data.decode("utf-8", "surrogateescape")


def _has_bare_return(text: str) -> bool:
    """Whether a carriage return stands anywhere but in a line break."""
    return "\r" in text and text.count("\r") != text.count("\r\n")


def _most_bytes(lines: list[str]) -> int:
    """What the longest line may take in UTF-8."""
    return 4 * len(max(lines, key=len))


def _wrong_count(cells: list[str], width: int) -> str:
    return f"{len(cells)} cells, the header has {width}"


def _unfit(raw: str) -> str | None:
    if not is_text(raw):
        return "not UTF-8"
    if len(raw) * 4 > MOST_BYTES and len(raw.rstrip("\r\n").encode()) > MOST_BYTES:
        return f"the record is over {MOST_BYTES:,} bytes"
    return None


def _worded(message: str) -> str:
    return next((words for part, words in _FAULTS if part in message), f"bad CSV: {message}")
