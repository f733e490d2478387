"""Files → parts that can be read apart from each other; a part → its inputs, and a report of what else was in it.

A part is a stretch of whole lines of a JSON Lines file or of whole rows of a CSV file, a row group of a Parquet file,
some batches of an Arrow file, or any other file as a whole.
What the parts of all files hold, one after the other, is what the files hold.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from attrs import evolve, frozen

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros
from trigdsl.records.chunks import CHUNK, blocks
from trigdsl.records.csv_bounds import row_bounds
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import COLUMNAR, STANDARD_INPUT, Source
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.passing import Passing
from trigdsl.records.reading import batches_of
from trigdsl.records.rejects import Reject, Reports

LEAST_BYTES = 1 << 25
"""Of a smaller file the parts are not worth their processes."""
LEAST_PARQUET_BYTES = 1 << 23
LEAST_PACKED_BYTES = 1 << 22
"""The same of Parquet and Arrow, and of a compressed file."""
PART_BYTES = 1 << 24


@frozen
class Part:
    """A part of a file: the bytes from `start` to `end`; the row group of number `place` in Parquet, batches in Arrow.

    `place` is None for a file that is read as a whole.
    """

    source: Source
    place: int | None
    start: int
    end: int


@frozen
class PartReport:
    """What was found in a part beside inputs: `size` in bytes, `lines` in lines, and what was let pass or coded.

    Lines of rejects and warnings count from the start of the part.  With an `error` it could not be read on.
    """

    size: int
    lines: int
    rejects: list[Reject]
    warnings: list[tuple[str, str]]
    events: dict[str, int]
    users: set[str]
    first: Micros
    last: Micros
    error: str | None = None
    updates: int = 0


def weight(source: Source) -> float | None:
    """The size of a file by the size from which several processes are worth while; None when it is unknown."""
    if source.path == STANDARD_INPUT or not os.path.isfile(source.path):
        return None
    least = LEAST_PARQUET_BYTES if source.kind in COLUMNAR else LEAST_BYTES
    return (source.size or 0) / max(min(least, LEAST_PACKED_BYTES) if source.compression else least, 1)


def can_be_parted(source: Source, passing: Passing, workers: int) -> bool:
    """Whether a file is read in parts: it is large, no part of it must wait for another, and processes can fork."""
    if workers < 2 or passing.is_sorted or sys.platform != "linux" or source.compression:
        return False
    return source.kind in ("jsonl", "csv", *COLUMNAR) and (weight(source) or 0) >= 1


def parts_of(source: Source) -> list[Part]:
    """The parts of a file, in order; at least one."""
    size = source.size or 0
    if not source.compression and os.path.isfile(source.path):
        if source.kind in COLUMNAR:
            return _row_groups(source, size)
        if source.kind == "jsonl":
            return _stretches(source, _bounds(source, size))
        if source.kind == "csv":
            return _stretches(source, row_bounds(source, size, PART_BYTES))
    return [Part(source, None, 0, size)]


def _stretches(source: Source, bounds: Sequence[int]) -> list[Part]:
    return [Part(source, place, *ends) for place, ends in enumerate(pairwise(bounds))]


def _row_groups(source: Source, size: int) -> list[Part]:
    from trigdsl.records.parquet_rows import row_groups

    try:
        count = row_groups(source)
    except UnreadableFile:
        count = 0  # whoever reads it will say so
    each = size // max(count, 1)
    return [Part(source, place, place * each, (place + 1) * each) for place in range(count)] or [
        Part(source, None, 0, size)
    ]


class PartReading:
    """One part as it is read: iterate `batches` for its inputs; then there is a `report`.

    `passing` starts afresh with each part, but for the users.
    """

    def __init__(self, part: Part, columns: Mapping[str, str] | None, passing: Passing) -> None:
        passing.events = {}
        passing.updates = 0
        passing.first, passing.last = LAST_INSTANT, FIRST_INSTANT
        passing.tests.clear()
        self._part = part
        self._columns = columns
        self._passing = passing
        self._lines = 0
        self._rejects: list[Reject] = []
        self._warnings: list[tuple[str, str]] = []
        self._error: str | None = None
        self._reports = Reports(part.source.path, self._rejects.append, self._warn)

    def batches(self) -> Iterator[Iterable[Input]]:
        """The inputs; where the file turns out to be unreadable they end, and the report has an error."""
        try:
            for inputs in self._batches():
                yield inputs if isinstance(inputs, list) else self._until_unreadable(inputs)
        except (UnreadableFile, OSError) as error:
            self._note(error)

    def _until_unreadable(self, inputs: Iterable[Input]) -> Iterator[Input]:
        try:
            yield from inputs
        except (UnreadableFile, OSError) as error:
            self._note(error)

    def _note(self, error: UnreadableFile | OSError) -> None:
        path = self._part.source.path
        if isinstance(error, UnreadableFile):
            self._error = str(error.of(path))
        else:
            self._error = f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}"

    def report(self, users: set[str]) -> PartReport:
        part, passing = self._part, self._passing
        counts = passing.events, users, passing.first, passing.last
        return PartReport(
            part.end - part.start, self._lines, self._rejects, self._warnings, *counts, self._error, passing.updates
        )

    def _batches(self) -> Iterable[Iterable[Input]]:
        part = self._part
        if part.place is None:
            return batches_of(part.source, self._columns, self._reports, None, self._passing)
        if part.source.kind in COLUMNAR:
            from trigdsl.records.parquet_rows import parquet_inputs

            return [parquet_inputs(part.source, self._columns, self._reports, None, self._passing, group=part.place)]
        found = self._counting(blocks(_stretch(part), starts_file=part.place == 0))
        if part.source.kind == "csv":
            from trigdsl.records.csv_rows import csv_inputs, header_of

            # The first part has the header itself.
            header = header_of(part.source) if part.place else None
            return [csv_inputs(found, self._columns, self._reports, self._passing, header)]
        return JsonLines(self._reports, self._columns, self._passing).batches(found)

    def _counting(self, found: Iterable[bytes]) -> Iterator[bytes]:
        for block in found:
            self._lines += block.count(b"\n")
            yield block

    def _warn(self, what: str, where: str) -> None:
        self._warnings.append((what, where))


class Heeding:
    """Passes on what the readers of all parts reported, part by part in their order.

    Lines are counted from the start of the file; `passing` sums up what was let pass.
    """

    def __init__(self, passing: Passing) -> None:
        self._passing = passing
        self._path: str | None = None
        self._lines = 0

    def heed(self, part: Part, report: PartReport, reports: Reports) -> None:
        """Raises UnreadableFile when the part could not be read on."""
        if part.source.path != self._path or not part.place:
            self._path, self._lines = part.source.path, 0
        for reject in report.rejects:
            reports.on_reject(reject if reject.line is None else evolve(reject, line=reject.line + self._lines))
        for what, where in report.warnings:
            file, _, line = where.rpartition(":")
            if reports.on_warning is not None:
                reports.on_warning(what, f"{file}:{int(line) + self._lines}" if where != reports.file else where)
        if report.error is not None:
            raise UnreadableFile(report.error)
        passing = self._passing
        for event, count in report.events.items():
            passing.events[event] = passing.events.get(event, 0) + count
        passing.updates += report.updates
        passing.users |= report.users
        passing.first, passing.last = min(passing.first, report.first), max(passing.last, report.last)
        self._lines += report.lines


def _bounds(source: Source, size: int) -> Sequence[int]:
    """Where the parts of a file of lines begin, and where the last one ends."""
    found = [0]
    try:
        with open(source.path, "rb") as file:
            while (target := found[-1] + PART_BYTES) < size:
                file.seek(target)
                while (chunk := file.readline(CHUNK)) and not chunk.endswith(b"\n"):
                    pass
                found.append(file.tell())
    except OSError:
        return [0, size]  # whoever reads it will say so
    return [*found, size] if found[-1] < size or len(found) == 1 else found


def _stretch(part: Part) -> Iterator[bytes]:
    with open(part.source.path, "rb") as file:
        file.seek(part.start)
        left = part.end - part.start
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
