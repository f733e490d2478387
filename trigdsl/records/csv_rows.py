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
from math import isinf

from trigdsl.model.inputs import Input
from trigdsl.records.columns import Layout, input_layout
from trigdsl.records.csv_cut import CsvRows, Row
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import timed_input
from trigdsl.records.plain import LARGEST
from trigdsl.records.rejects import Reports

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOST_DIGITS = 400
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_STARTS = frozenset("-0123456789tTfF")


def csv_inputs(blocks: Iterable[bytes], columns: Mapping[str, str] | None, reports: Reports) -> Iterator[Input]:
    """The inputs of a CSV file; raises UnreadableFile when its header does not do."""
    rows = CsvRows(blocks, reports)
    names = rows.header()
    if names is None:
        return
    for row, record in csv_records(rows, input_layout(names, columns)):
        try:
            made, naive = timed_input(record)
        except BadRecord as bad:
            reports.reject(row.line, str(bad), row.raw)
            continue
        if naive:
            reports.no_offset(row.line)
        yield made


def csv_records(rows: CsvRows, layout: Layout) -> Iterator[tuple[Row, dict[str, object]]]:
    """The native form of every row that has the right number of cells."""
    readers: list[Callable[[str], object]] = [cell_value] * len(layout.names)
    for index, part in layout.parts:
        readers[index] = _time_value if part == "time" else str
    for row in rows.rows(len(layout.names)):
        cells = [read(cell) if cell else None for read, cell in zip(readers, row.cells, strict=True)]
        try:
            record = layout.record(cells)
        except BadRecord as bad:
            rows.reports.reject(row.line, str(bad), row.raw)
            continue
        yield row, record


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
