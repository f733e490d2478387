"""A file of Arrow (`.arrow`, `.feather`: the format for files or that for streams) → a table, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import Progress, Source, chunks_of
from trigdsl.records.parquet_rows import ROWS, FileTable, first_line

GROUP_BYTES = 1 << 23
"""About so many bytes of a file make a part of it."""

_FAULTS = (pa.ArrowException, OSError)


class ArrowFile(FileTable):
    """The rows of one Arrow file; with a `group`, of that one of its parts, which are some record batches each."""

    def __init__(self, source: Source, progress: Progress | None, group: int | None = None) -> None:
        self._data: Any
        self._file: Any
        self._size = source.size or 0
        self._progress = progress
        self._group = group
        try:
            if source.compression:
                self._data, self._progress = pa.BufferReader(b"".join(chunks_of(source, progress))), None
            else:
                self._data = pa.memory_map(source.path)
            self._file = _opened(self._data)
        except _FAULTS as error:
            raise UnreadableFile(f"is no Arrow file: {first_line(error)}") from None
        super().__init__(self._file.schema)

    @property
    def row_groups(self) -> int:
        """How many parts the file has; a stream has none, since nobody knows where its batches begin."""
        return min(max(self._size // GROUP_BYTES, 1), self._count)

    @property
    def first_row(self) -> int:
        """The number of the first row that is read, from 1."""
        before: int = sum(self._file.get_batch(place).num_rows for place in range(self._span.start))
        return 1 + before

    def batches(self, rows: int = ROWS, columns: list[str] | None = None, *, told: bool = True) -> Iterator[Any]:
        """The record batches, one after the other, of some columns or of all; who looks twice is not `told` again.

        Small ones are put together.
        """
        wanted = self.names if columns is None else columns
        try:
            held: list[Any] = []
            for batch in self._held(self._span):
                batch.validate()
                held.append(batch.select(wanted))
                if sum(one.num_rows for one in held) >= rows:
                    yield from _joined(held, rows)
                    held = []
            if held:
                yield from _joined(held, rows)
        except _FAULTS as error:
            raise UnreadableFile(f"cannot be read on: {first_line(error)}") from None
        if self._progress is not None and told:
            self._progress(self._size)

    @property
    def _count(self) -> int:
        """How many batches there are; of a stream only whoever reads it finds out."""
        count: int = self._file.num_record_batches if isinstance(self._file, pa.RecordBatchFileReader) else 0
        return count

    @property
    def _span(self) -> range:
        """The numbers of the batches that are read."""
        if self._group is None:
            return range(self._count)
        ends = [place * self._count // self.row_groups for place in range(self.row_groups + 1)]
        return range(ends[self._group], ends[self._group + 1])

    def _held(self, span: range) -> Iterator[Any]:
        """Some batches of a file, or all of a stream, which may be read once more."""
        if isinstance(self._file, pa.RecordBatchFileReader):
            yield from map(self._file.get_batch, span)
        elif self._group is None:
            self._data.seek(0)
            yield from pa.ipc.open_stream(self._data)


def _opened(data: Any) -> Any:
    """The reader of a file, or of a stream."""
    try:
        return pa.ipc.open_file(data)
    except pa.ArrowInvalid:
        data.seek(0)
        return pa.ipc.open_stream(data)


def _joined(batches: list[Any], rows: int) -> Iterator[Any]:
    """The rows of batches, in as few as there can be of so many rows each."""
    for batch in batches if len(batches) == 1 else pa.Table.from_batches(batches).combine_chunks().to_batches():
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)
