"""Parquet → inputs, one batch of rows at a time.

Columns are named as in CSV (see `columns`), but have types: timestamps and dates become the text that JSON would
hold, decimals numbers, structs and maps records.  Null and NaN are missing.  A time column without a zone is UTC,
which is one warning for the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from attrs import frozen

from trigdsl.model.inputs import Input
from trigdsl.records.columns import Layout, input_layout
from trigdsl.records.errors import BadRecord, UnreadableFile
from trigdsl.records.files import Progress, Source, chunks_of
from trigdsl.records.native import timed_input
from trigdsl.records.parquet_types import coarse, reader_of
from trigdsl.records.rejects import Reports

ROWS = 16_384
"""Rows that are read at a time."""

Cells: TypeAlias = tuple[object, ...]


def parquet_inputs(
    source: Source, columns: Mapping[str, str] | None, reports: Reports, progress: Progress | None
) -> Iterator[Input]:
    """The inputs of a Parquet file; raises UnreadableFile when it is none or lacks columns."""
    table = ParquetTable(source, progress)
    layout = input_layout(table.names, columns)
    times = layout.columns_of("time")
    if any(table.is_naive(index) for index in times):
        reports.no_offset(None)
    for number, cells in enumerate(table.rows(keep=times), 1):
        try:
            made, naive = timed_input(layout.record(cells))
        except BadRecord as bad:
            reports.reject(number, str(bad), row_text(layout, cells))
            continue
        if naive and not isinstance(cells[min(times)], datetime):
            reports.no_offset(number)
        yield made


def row_text(layout: Layout, cells: Cells) -> str:
    """A row as one JSON object, for reports."""
    row = dict(zip(layout.names, cells, strict=True))
    return msgspec.json.encode(row, enc_hook=str).decode("utf-8", "backslashreplace")


class ParquetTable:
    """The rows of one Parquet file as Python values; needs pyarrow."""

    def __init__(self, source: Source, progress: Progress | None) -> None:
        import pyarrow
        from pyarrow import parquet

        self._errors = (pyarrow.ArrowException, OSError)
        self._progress = progress
        self._size = source.size or 0
        file: object = source.path
        if source.compression:
            file, self._progress = io.BytesIO(b"".join(chunks_of(source, progress))), None
        try:
            self._file = parquet.ParquetFile(file)
        except self._errors as error:
            raise UnreadableFile(f"is no Parquet file: {_first_line(error)}") from None
        self._schema = self._file.schema_arrow
        self.names: list[str] = list(self._schema.names)

    def is_naive(self, index: int) -> bool:
        """Whether a column holds timestamps without a zone."""
        kind = self._schema.field(index).type
        return str(kind).startswith("timestamp") and kind.tz is None

    def rows(self, keep: set[int]) -> Iterator[Cells]:
        """All rows; in the columns `keep` timestamps stay datetimes."""
        total = self._file.metadata.num_rows
        told = done = 0
        try:
            for batch in self._file.iter_batches(ROWS):
                columns = [self._cells(batch, index, index in keep) for index in range(len(self.names))]
                yield from zip(*columns, strict=True)
                done += batch.num_rows
                if self._progress is not None:
                    now = self._size * done // max(total, 1)
                    self._progress(now - told)
                    told = now
        except self._errors as error:
            raise UnreadableFile(f"cannot be read on: {_first_line(error)}") from None

    def _cells(self, batch: Any, index: int, keep: bool) -> list[object]:
        column = batch.column(index)
        kind = coarse(column.type)
        if kind != column.type:
            column = column.cast(kind, safe=False)
        cells = _pylist(column)
        read = None if keep else reader_of(kind)
        return cells if read is None else [None if cell is None else read(cell) for cell in cells]


@frozen
class Unrepresentable:
    """Stands for a cell that no Python value can hold, an instant in the year 20000 say; its record is rejected."""

    why: str


def _pylist(column: Any) -> list[object]:
    try:
        made: list[object] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_scalar(cell) for cell in column]
    return made


def _scalar(cell: Any) -> object:
    try:
        return cell.as_py()
    except (ValueError, OverflowError) as error:
        return Unrepresentable(str(error))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
