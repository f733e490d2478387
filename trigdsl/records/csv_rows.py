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
from trigdsl.records.columns import Layout, input_layout
from trigdsl.records.csv_cut import CsvRows
from trigdsl.records.errors import BadRecord
from trigdsl.records.plain import LARGEST
from trigdsl.records.rejects import Reports
from trigdsl.records.rows import quick_maker, slow_input
from trigdsl.records.times import parse_time

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOST_DIGITS = 400
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_STARTS = frozenset("-0123456789tTfF")

Read: TypeAlias = Callable[[str], object]


def csv_inputs(blocks: Iterable[bytes], columns: Mapping[str, str] | None, reports: Reports) -> Iterator[Input]:
    """The inputs of a CSV file; raises UnreadableFile when its header does not do."""
    rows = CsvRows(blocks, reports)
    names = rows.header()
    if names is None:
        return
    layout = input_layout(names, columns)
    readers, make = cell_readers(layout), quick_maker(layout)
    time_at = min(layout.columns_of("time"))
    for line, texts, raw in rows.rows(len(names)):
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
