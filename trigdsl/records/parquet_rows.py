"""Parquet → inputs, one batch of rows at a time.

Columns are named as in CSV (see `columns`), but have types: timestamps and dates become the text that JSON would
hold, decimals numbers, structs and maps records.  Null and NaN are missing.  A time column without a zone is UTC,
which is one warning for the file.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import isfinite
from typing import Any

import msgspec
from attrs import frozen

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros, instant_text
from trigdsl.records.columns import Layout, input_layout
from trigdsl.records.errors import BadRecord, UnreadableFile
from trigdsl.records.files import Progress, Source, chunks_of
from trigdsl.records.parquet_types import coarse, is_floating, is_naive, is_plain, reader_of, timestamp_unit
from trigdsl.records.passing import Passing
from trigdsl.records.plain import plain_value
from trigdsl.records.rejects import Reports
from trigdsl.records.rows import Cells, quick_maker, slow_input

ROWS = 16_384
"""Rows that are read at a time."""
SIFTED_ROWS = 1 << 20
"""Rows that are looked at a time where most of them pass, so that a user is met less often."""


def parquet_inputs(
    source: Source,
    columns: Mapping[str, str] | None,
    reports: Reports,
    progress: Progress | None,
    passing: Passing | None = None,
    group: int | None = None,
) -> Iterator[Input]:
    """The inputs of a file of Parquet or Arrow, or of one part; raises UnreadableFile when it is none or lacks columns.

    Rows that `passing` has no use for may be counted there instead.
    """
    table = table_of(source, progress, group, threads=passing is None or passing.threads)
    layout = input_layout(table.names, columns)
    if table.is_naive(min(layout.columns_of("time"))) and not group:
        reports.no_offset(None)
    if passing is not None and passing.effects is not None:
        from trigdsl.records.parquet_coded import CodedRows
        from trigdsl.records.parquet_effects import EffectRows

        effects = (EffectRows if passing.coder is None else CodedRows)(table, columns, passing)
        if effects.suits():
            if _is_idle(table, layout, passing, group):
                return
            for rows, inputs in effects.batches(reports):
                if rows is not None:
                    passing.on_rows(rows)
                yield from inputs
            return
    if passing is not None and quick_maker(layout) is not None and _is_idle(table, layout, passing, group):
        return
    for batch, numbers in table.sifted(layout, passing if quick_maker(layout) is not None else None):
        for made, _ in inputs_of(table, layout, batch, numbers, reports):
            yield made


def _is_idle(table: FileTable, layout: Layout, passing: Passing, group: int | None) -> bool:
    """Whether a row group of Parquet needs no more than counting, which is then done."""
    if group is None or passing.judge.names is None or not isinstance(table, ParquetTable):
        return False
    from trigdsl.records.parquet_groups import IdleGroup

    return IdleGroup(table, layout, passing, reads_texts=passing.effects is None).pass_all()


def inputs_of(
    table: ArrowRows, layout: Layout, batch: Any, numbers: Sequence[int], reports: Reports
) -> Iterator[tuple[Input, int]]:
    """The inputs of the rows of a batch, and the numbers of their rows."""
    make = quick_maker(layout)
    time_at = min(layout.columns_of("time"))
    times = table.instants(batch, time_at)
    rows, odd = table.cells(batch, without=None if times is None else time_at)
    for index, (number, cells) in enumerate(zip(numbers, rows, strict=True)):
        made, time = None, None if times is None else times[index]
        if make is not None and time is not None and FIRST_INSTANT <= time <= LAST_INSTANT and index not in odd:
            with suppress(BadRecord):
                made = make(cells, time)
        if made is None:
            if times is not None:
                cells = _with_time(cells, time_at, time)  # noqa: PLW2901
            made = slow_input(layout, cells, number, partial(row_text, layout, cells), reports)
        if made is not None:
            yield made, number


def table_of(
    source: Source, progress: Progress | None = None, group: int | None = None, *, threads: bool = True
) -> FileTable:
    """The table in a file of Parquet or Arrow, or a part of it; raises UnreadableFile when it is none.

    Parquet may be decoded in several `threads`.
    """
    if source.kind == "arrow":
        from trigdsl.records.arrow_files import ArrowFile

        return ArrowFile(source, progress, group)
    return ParquetTable(source, progress, group, threads=threads)


def row_groups(source: Source) -> int:
    """In how many parts a file of Parquet or Arrow can be read; raises UnreadableFile when it is none."""
    return table_of(source).row_groups


def _with_time(cells: Cells, at: int, time: Micros | None) -> Cells:
    """The cells with the time put in as text; as the number where text cannot hold it, which is out of range too."""
    if time is None:
        return cells
    text = instant_text(time) if FIRST_INSTANT <= time <= LAST_INSTANT else time
    return [*cells[:at], text, *cells[at + 1 :]]


def row_text(layout: Layout, cells: Cells) -> str:
    """A row as one JSON object, for reports."""
    row = dict(zip(layout.names, cells, strict=True))
    return msgspec.json.encode(row, enc_hook=str).decode("utf-8", "backslashreplace")


class ArrowRows:
    """Rows of a table of Arrow as Python values: what of it does not depend on where the table lies."""

    def __init__(self, schema: Any) -> None:
        self.schema: Any = schema
        self.names: list[str] = list(schema.names)

    @property
    def first_row(self) -> int:
        """The number of the first row, from 1."""
        return 1

    def may_be_infinite(self, index: int) -> bool:
        """Whether some number of a column may be infinite, as far as that is known without looking at them."""
        return is_floating(self.schema.field(index).type)

    def is_naive(self, index: int) -> bool:
        """Whether a column holds timestamps without a zone."""
        return is_naive(self.schema.field(index).type)

    def instants(self, batch: Any, index: int) -> list[Micros | None] | None:
        """A column of timestamps as microseconds since 1970; None when it is no such column."""
        column = batch.column(index)
        if (unit := timestamp_unit(column.type)) is None:
            return None
        numbers: list[int | None] = column.cast("int64").to_pylist()
        if unit < 1:
            return [None if number is None else number // round(1 / unit) for number in numbers]
        return [None if number is None else number * round(unit) for number in numbers]

    def cells(self, batch: Any, without: int | None = None) -> tuple[Iterable[Cells], set[int]]:
        """The rows of a batch, and the numbers (in it) of those with a cell that is no value of the language.

        In the column `without` every cell is None.
        """
        odd: set[int] = set()
        columns = [
            [None] * batch.num_rows if index == without else self._column(batch.column(index), odd)
            for index in range(batch.num_columns)
        ]
        return zip(*columns, strict=True), odd

    def _column(self, column: Any, odd: set[int]) -> list[object]:
        kind = coarse(column.type)
        if kind != column.type:
            column = column.cast(kind, safe=False)
        plain, read = is_plain(column), reader_of(kind)
        try:
            cells: list[object] = column.to_pylist()
        except (ValueError, OverflowError):
            cells, plain = [_scalar(cell) for cell in column], False
        if read is not None:
            cells = [None if cell is None else read(cell) for cell in cells]
        if not plain:
            _make_plain(cells, odd)
        return cells


class ArrowTable(ArrowRows, ABC):
    """A table that is read one batch after the other, from wherever it lies."""

    @abstractmethod
    def batches(self, rows: int = ROWS, columns: list[str] | None = None, *, told: bool = True) -> Iterator[Any]:
        """The record batches, one after the other, of some columns or of all."""


class FileTable(ArrowTable):
    """A table that lies in a file."""

    @property
    @abstractmethod
    def row_groups(self) -> int:
        """In how many parts the file can be read."""

    def sifted(self, layout: Layout, passing: Passing | None) -> Iterator[tuple[Any, Sequence[int]]]:
        """Record batches of the rows that may matter, with the numbers of the rows, from 1."""
        sieve = None
        if passing is not None:
            from trigdsl.records.parquet_sieve import ParquetSieve

            sieve = ParquetSieve(layout, passing)
        if sieve is None or not sieve.suits(self.schema):
            first = self.first_row
            for batch in self.batches():
                yield batch, range(first, first + batch.num_rows)
                first += batch.num_rows
            return
        first = self.first_row
        for whole in self.batches(SIFTED_ROWS):
            kept, places = sieve.sift(whole)
            numbers = range(first, first + whole.num_rows) if places is None else [first + place for place in places]
            first += whole.num_rows
            for start in range(0, kept.num_rows, ROWS):
                yield kept.slice(start, ROWS), numbers[start : start + ROWS]


class ParquetTable(FileTable):
    """The rows of one Parquet file as Python values; needs pyarrow."""

    def __init__(
        self, source: Source, progress: Progress | None, group: int | None = None, *, threads: bool = True
    ) -> None:
        import pyarrow
        from pyarrow import parquet

        self._errors = (pyarrow.ArrowException, OSError)
        self._progress = progress
        self._group = group
        self._threads = threads
        self._size = source.size or 0
        file: object = source.path
        if source.compression:
            file, self._progress = io.BytesIO(b"".join(chunks_of(source, progress))), None
        try:
            self._file = parquet.ParquetFile(file)
        except self._errors as error:
            raise UnreadableFile(f"is no Parquet file: {first_line(error)}") from None
        super().__init__(self._file.schema_arrow)

    @property
    def row_groups(self) -> int:
        """How many row groups the file has."""
        count: int = self._file.metadata.num_row_groups
        return count

    @property
    def rows(self) -> int:
        """How many rows are read."""
        metadata = self._file.metadata
        count: int = metadata.num_rows if self._group is None else metadata.row_group(self._group).num_rows
        return count

    def statistics(self, index: int) -> Any:
        """What the file tells of a column of the one row group that is read; None: nothing."""
        return None if self._group is None else self._file.metadata.row_group(self._group).column(index).statistics

    @property
    def first_row(self) -> int:
        """The number of the first row that is read, from 1."""
        metadata = self._file.metadata
        before: int = sum(metadata.row_group(place).num_rows for place in range(self._group or 0))
        return 1 + before

    def may_be_infinite(self, index: int) -> bool:
        """Whether some number of a column may be infinite, as far as the file says without being read."""
        if not is_floating(self.schema.field(index).type):
            return False
        metadata = self._file.metadata
        groups = range(metadata.num_row_groups) if self._group is None else [self._group]
        return not all(_is_finite(metadata.row_group(group).column(index)) for group in groups)

    def batches(self, rows: int = ROWS, columns: list[str] | None = None, *, told: bool = True) -> Iterator[Any]:
        """The record batches, one after the other, of some columns or of all; who looks twice is not `told` again."""
        total = max(self._file.metadata.num_rows, 1)
        reported = done = 0
        try:
            groups = None if self._group is None else [self._group]
            for batch in self._file.iter_batches(rows, row_groups=groups, columns=columns, use_threads=self._threads):
                yield batch
                done += batch.num_rows
                if self._progress is not None and told:
                    now = self._size * done // total
                    self._progress(now - reported)
                    reported = now
        except self._errors as error:
            raise UnreadableFile(f"cannot be read on: {first_line(error)}") from None


@frozen
class Unrepresentable:
    """Stands for a cell that no Python value can hold, an instant in the year 20000 say; its record is rejected."""

    why: str


def _make_plain(cells: list[object], odd: set[int]) -> None:
    for index, cell in enumerate(cells):
        if cell is not None:
            try:
                cells[index] = plain_value(cell)
            except BadRecord:
                odd.add(index)


def _scalar(cell: Any) -> object:
    try:
        made: object = cell.as_py()
    except (ValueError, OverflowError) as error:
        return Unrepresentable(str(error))
    return made


def _is_finite(chunk: Any) -> bool:
    """Whether all numbers of a column are finite, as far as the file says."""
    told = chunk.statistics
    if told is None:
        return False
    if told.has_null_count and told.null_count == chunk.num_values:
        return True
    return bool(told.has_min_max and isfinite(told.min) and isfinite(told.max))


def first_line(error: Exception) -> str:
    """What an error says first, without a full stop."""
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
