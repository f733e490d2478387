"""CSV → inputs.

The first line names the columns (see `columns`).  Text in a cell is a number where it is written as JSON writes
one (`7`, `-1.5`, `1e3`, but neither `007` nor `+49`), a boolean where it is `true` or `false` (`True`, `TRUE`, …),
else text; user, event and id are always text.  An empty cell is missing.  `add` and `remove` hold names with
semicolons between them.  Quotes are those of RFC 4180 and may hold line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from math import isinf
from typing import TypeAlias

from trigdsl.model.inputs import Input
from trigdsl.records.chunks import blocks
from trigdsl.records.columns import Layout, input_layout
from trigdsl.records.csv_cut import CsvRows, Row
from trigdsl.records.errors import BadRecord
from trigdsl.records.files import Source, chunks_of
from trigdsl.records.passing import Passing
from trigdsl.records.plain import LARGEST, is_utf8
from trigdsl.records.rejects import Reports
from trigdsl.records.rows import quick_maker, slow_input
from trigdsl.records.scanned_rows import ScannedRows, scanned_rows
from trigdsl.records.times import parse_time

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOST_DIGITS = 400
_MOST_STOPS = 32
"""So often may the scanner stop in a block, and more often only if it took more lines than that."""
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_STARTS = frozenset("-0123456789tTfF")

Read: TypeAlias = Callable[[str], object]


def csv_inputs(
    lines: Iterable[bytes],
    columns: Mapping[str, str] | None,
    reports: Reports,
    passing: Passing | None = None,
    header: list[str] | None = None,
) -> Iterator[Input]:
    """The inputs of a CSV file; raises UnreadableFile when its header does not do.

    Rows that `passing` has no use for may be counted there instead.  With a `header` the lines have none.
    """
    rows = CsvRows(lines, reports)
    names = header or rows.header()
    if names is None:
        return
    layout = input_layout(names, columns)
    made = _RowInputs(layout, reports)
    scanned = None if passing is None else scanned_rows(layout, passing, cell_value)
    if passing is None or scanned is None:
        inputs = made.of(rows.rows(len(names)))
        yield from inputs if passing is None else passing.in_turn(inputs)
        return
    yield from _scanning(rows, made, scanned, passing)
    scanned.finish()


def header_of(source: Source) -> list[str] | None:
    """The names of the columns of a CSV file; None when it is empty. Raises UnreadableFile."""
    return CsvRows(blocks(chunks_of(source)), Reports(source.path, lambda _: None)).header()


def _scanning(rows: CsvRows, made: _RowInputs, scanned: ScannedRows, passing: Passing) -> Iterator[Input]:
    """The inputs of rows: the scanner takes what it can, and what is between is read one by one."""
    known: bytes | None = None
    stops = taken = 0
    while (found := rows.block()) is not None:
        block, start = found
        if block is not known:
            # Where it stops at most rows, or some byte is no text, trying costs more than it gains.
            known, stops, taken = block, 0 if is_utf8(block) else _MOST_STOPS, 0
        if stops < max(_MOST_STOPS, taken):
            stop, count = scanned.take(block, start)
            yield from scanned.wanted()
            scanned.hand_on()
            rows.pass_over(stop, count)
            stops, taken = stops + 1, taken + count
            if stop == len(block):
                continue
            others = rows.one(made.width)
        else:
            others = rows.rest(made.width)
        for given in passing.in_turn(made.of(others)):
            yield scanned.arrive(given)


class _RowInputs:
    """Makes the inputs of rows of one layout."""

    def __init__(self, layout: Layout, reports: Reports) -> None:
        self.width = len(layout.names)
        self._layout = layout
        self._reports = reports
        self._readers, self._make = cell_readers(layout), quick_maker(layout)
        self._time_at = min(layout.columns_of("time"))

    def of(self, rows: Iterable[Row]) -> Iterator[Input]:
        """The inputs of rows, but for those that are rejected."""
        readers, make, time_at, layout, reports = self._readers, self._make, self._time_at, self._layout, self._reports
        for line, texts, raw in rows:
            cells = [read(text) if text else None for read, text in zip(readers, texts, strict=True)]
            try:
                time, naive = parse_time(cells[time_at])
                made = None if naive or make is None else make(cells, time)
            except BadRecord:
                made = None
            made = made or slow_input(layout, cells, line, partial(str, raw), reports)
            if made is not None:
                yield made


def cell_readers(layout: Layout) -> list[Read]:
    """For each column, what its text becomes."""
    readers: list[Read] = [cell_value] * len(layout.names)
    for index, part in layout.parts:
        readers[index] = _time_value if part == "time" else str
    return readers


def cell_value(cell: str) -> str | int | float | bool:
    """What the text of a cell stands for: a number, a boolean, or itself."""
    if cell[0] not in _STARTS:
        return cell
    if (number := _NUMBER.fullmatch(cell)) and len(cell) < _MOST_DIGITS:
        return _number(cell, whole=number[1] is None and number[2] is None)
    return _BOOLEANS.get(cell, cell)


def _number(cell: str, whole: bool) -> str | int | float:
    value = int(cell) if whole else float(cell)
    return cell if abs(value) > LARGEST or isinf(value) else value


def _time_value(cell: str) -> str | Decimal:
    return Decimal(cell) if _DECIMAL.fullmatch(cell) and len(cell) < _MOST_DIGITS else cell
