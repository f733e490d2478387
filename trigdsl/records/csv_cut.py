"""Blocks of lines of a CSV file → rows of cells."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from attrs import frozen

from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.errors import Damaged, UnreadableFile
from trigdsl.records.plain import is_text
from trigdsl.records.rejects import Reports

_FAULTS = (
    ("unexpected end of data", "a quote is opened and never closed"),
    ("expected after", "text stands between a closing quote and the next comma"),
    ("new-line character", "a carriage return stands outside quotes"),
    ("field larger", f"the record is over {MOST_BYTES:,} bytes"),
)


@frozen
class Row:
    """The cells of one record, the line of the file on which it begins, and its raw text."""

    line: int
    cells: list[str]
    raw: str


class CsvRows:
    """Cuts the lines of a file into rows.

    A quote that is never closed would swallow the rest of the file, so of a row over several lines that does
    not come out right only the first line is rejected, and reading goes on with the second.
    """

    def __init__(self, blocks: Iterable[bytes], reports: Reports) -> None:
        # A cell may be as large as a record.  The limit is the whole process's, so it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), MOST_BYTES))
        self.reports = reports
        self._lines = _Lines(blocks)
        self._reader = csv.reader(self._lines, strict=True)

    def header(self) -> list[str] | None:
        """The names of the columns, without the spaces around them; None when the file is empty."""
        while (taken := self._take()) is not None:
            row, fault = taken
            if fault := fault or _unfit(row):
                raise UnreadableFile(f"has a header that cannot be read: {fault}")
            if row.cells:
                return [name.strip() for name in row.cells]
        self._report_damage()
        return None

    def rows(self, width: int) -> Iterator[Row]:
        """The rows of `width` cells; whatever is none is rejected.  Blank lines are passed over."""
        while (taken := self._take()) is not None:
            row, fault = taken
            if not fault and (not row.raw or row.raw.isspace()):
                continue
            if not fault and len(row.cells) != width:
                fault = f"{len(row.cells)} cells, the header has {width}"
            if fault:
                self.reports.reject(row.line, fault, self._lines.give_back())
            elif fault := _unfit(row):
                self.reports.reject(row.line, fault, row.raw)
            else:
                yield row
        self._report_damage()

    def _take(self) -> tuple[Row, str | None] | None:
        line = self._lines.begin()
        try:
            cells = next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            return Row(line, [], self._lines.raw()), _worded(str(error))
        return Row(line, cells, self._lines.raw()), None

    def _report_damage(self) -> None:
        if (damaged := self._lines.damaged) is not None:
            self.reports.reject(self._lines.begin(), str(damaged), damaged.tail)


class _Lines(Iterator[str]):
    """The lines of the file one by one, as the csv module asks for them, and those of the row under way."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.damaged: Damaged | None = None
        self._blocks = iter(blocks)
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0
        self._number = 0

    def __next__(self) -> str:
        if self._size > MOST_BYTES:
            raise csv.Error("field larger than a record")
        while not self._waiting:
            self._fill()
        line = self._waiting.popleft()
        self._taken.append(line)
        self._size += len(line)
        self._number += 1
        return line

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
        self._waiting.extendleft(reversed(others))
        self._number -= len(others)
        return first

    def _fill(self) -> None:
        try:
            block = next(self._blocks)
        except Damaged as damaged:
            self.damaged = damaged
            raise StopIteration from None
        # What is no UTF-8 comes through as halves of surrogate pairs and is found when its row is complete.
        lines = block.decode("utf-8", "surrogateescape").split("\n")
        last = lines.pop()
        self._waiting.extend(f"{line}\n" for line in lines)
        if last:
            self._waiting.append(last)


def _unfit(row: Row) -> str | None:
    if not is_text(row.raw):
        return "not UTF-8"
    if len(row.raw) * 4 > MOST_BYTES and len(row.raw.rstrip("\r\n").encode()) > MOST_BYTES:
        return f"the record is over {MOST_BYTES:,} bytes"
    return None


def _worded(message: str) -> str:
    return next((words for part, words in _FAULTS if part in message), f"bad CSV: {message}")
