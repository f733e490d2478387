"""A large file → its inputs in their order, its parts being read by several processes at once.

A part is a stretch of whole lines of a JSON Lines file, or a row group of a Parquet file.  Worker w of n reads the
parts w, w + n, …; what it makes of one is handed over whole, and taken in the order of the file, so that nobody can
tell how many there were.  Workers are forks: what `passing` knows goes with them, and what they count comes back.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from attrs import evolve, frozen

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros
from trigdsl.records.chunks import CHUNK, blocks
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import STANDARD_INPUT, Progress, Source
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import Reject, Reports

LEAST_BYTES = 1 << 25
"""Of a smaller file the parts are not worth their processes."""
PART_BYTES = 1 << 24
LEAST_PARQUET_BYTES = 1 << 23


class _Sent(Input, gc=False):
    """An input as a worker sends it: its values are JSON's, which needs no telling."""

    properties: dict[str, Any] | None = None
    set: dict[str, Any] | None = None


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(list[_Sent]).decode
_BATCH = 4_096


@frozen
class _Done:
    """What a worker found in one part beside inputs: `size` in bytes, `lines` in lines."""

    size: int
    lines: int
    rejects: list[Reject]
    warnings: list[tuple[str, str]]
    events: dict[str, int]
    users: set[str]
    first: Micros
    last: Micros


def can_be_parted(source: Source, passing: Passing, workers: int) -> bool:
    """Whether a file is read in parts: it is large, no part of it must wait for another, and processes can fork."""
    if workers < 2 or passing.is_sorted or sys.platform != "linux" or source.compression:
        return False
    if source.path == STANDARD_INPUT or not os.path.isfile(source.path):
        return False
    least = {"jsonl": LEAST_BYTES, "parquet": LEAST_PARQUET_BYTES}.get(source.kind)
    return least is not None and (source.size or 0) >= least


def inputs_of_parts(
    source: Source,
    columns: Mapping[str, str] | None,
    reports: Reports,
    progress: Progress | None,
    passing: Passing,
    workers: int,
) -> Iterator[list[Input]]:
    """The inputs of a file, in order; raises UnreadableFile as the readers do."""
    read = _Parts(source, columns, passing)
    fork = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    processes = []
    try:
        for place in range(workers):
            here, there = fork.Pipe(duplex=False)
            process = fork.Process(target=_work, args=(there, read, place, workers), daemon=True)
            process.start()
            there.close()
            ends.append(here)
            processes.append(process)
        yield from _in_order(ends, reports, progress, passing)
    finally:
        for end in ends:
            end.close()
        for process in processes:
            process.terminate()
            process.join()


def _in_order(
    ends: list[Connection], reports: Reports, progress: Progress | None, passing: Passing
) -> Iterator[list[Input]]:
    lines = place = 0
    while True:
        told = _received(ends[place % len(ends)])
        if told is None:
            return
        while isinstance(told, list):
            yield told
            told = _received(ends[place % len(ends)])
        assert isinstance(told, _Done)
        _heed(told, lines, reports, passing)
        if progress is not None:
            progress(told.size)
        lines += told.lines
        place += 1


def _heed(done: _Done, lines: int, reports: Reports, passing: Passing) -> None:
    """Pass on what a part's reader reported, its lines counted from the start of the file."""
    for reject in done.rejects:
        reports.on_reject(reject if reject.line is None else evolve(reject, line=reject.line + lines))
    for what, where in done.warnings:
        file, _, line = where.rpartition(":")
        if reports.on_warning is not None:
            reports.on_warning(what, f"{file}:{int(line) + lines}" if where != reports.file else where)
    for event, count in done.events.items():
        passing.events[event] = passing.events.get(event, 0) + count
    passing.users |= done.users
    passing.first, passing.last = min(passing.first, done.first), max(passing.last, done.last)


# ---------------------------------------------------------------------------------------------- in a worker
@frozen
class _Parts:
    """The parts of a file, and how one of them is read."""

    source: Source
    columns: Mapping[str, str] | None
    passing: Passing

    def sizes(self) -> list[tuple[int, int]]:
        """Where each part starts and ends."""
        if self.source.kind == "parquet":
            from trigdsl.records.parquet_rows import row_groups

            count = row_groups(self.source)
            size = (self.source.size or 0) // max(count, 1)
            return [(place * size, (place + 1) * size) for place in range(count)]
        bounds = _bounds(self.source)
        return list(pairwise(bounds))

    def read(self, place: int, start: int, end: int, reports: Reports, counted: Callable[[int], None]) -> Any:
        """The inputs of one part, in batches; `counted` is told how many lines it has."""
        if self.source.kind == "parquet":
            from trigdsl.records.parquet_rows import parquet_inputs

            return [parquet_inputs(self.source, self.columns, reports, None, self.passing, group=place)]
        lines = JsonLines(reports, self.columns, self.passing)
        found = blocks(_stretch(self.source, start, end), starts_file=place == 0)
        return lines.batches(_counting(found, counted))


def _work(end: Connection, parts: _Parts, place: int, workers: int) -> None:
    """Read every so-manieth part and hand over what is in it; then nothing more, or the error."""
    try:
        for number, (start, stop) in enumerate(parts.sizes()):
            if number % workers == place:
                _hand_over(end, parts, number, start, stop)
        end.send_bytes(b"e" + pickle.dumps(None))
    except UnreadableFile as error:
        end.send_bytes(b"x" + pickle.dumps(str(error)))
    except OSError as error:
        end.send_bytes(b"x" + pickle.dumps(f"cannot be read: {(error.strerror or str(error)).lower()}"))


def _hand_over(end: Connection, parts: _Parts, number: int, start: int, stop: int) -> None:
    passing = parts.passing
    passing.events, passing.users = {}, set()
    passing.first, passing.last = LAST_INSTANT, FIRST_INSTANT
    passing.tests.clear()
    rejects: list[Reject] = []
    warnings: list[tuple[str, str]] = []
    counts: list[int] = []
    reports = Reports(parts.source.path, rejects.append, lambda what, where: warnings.append((what, where)))
    made: list[bytes] = []
    batch: list[Input] = []
    for inputs in parts.read(number, start, stop, reports, counts.append):
        for given in inputs:
            batch.append(given)
            if len(batch) >= _BATCH:
                made.append(_packed(batch))
                batch = []
    made.append(_packed(batch))
    for message in made:
        end.send_bytes(message)
    done = _Done(
        stop - start,
        sum(counts),
        rejects,
        warnings,
        passing.events,
        passing.users,
        passing.first,
        passing.last,
    )
    end.send_bytes(b"e" + pickle.dumps(done))


def _packed(inputs: list[Input]) -> bytes:
    """Inputs as bytes: msgpack, which is quick, where it can hold them."""
    try:
        return b"m" + _ENCODE(inputs)
    except (OverflowError, UnicodeError, TypeError, RecursionError):
        return b"e" + pickle.dumps(inputs)


def _received(end: Connection) -> Any:
    """The next that a worker tells: inputs, what it did, or None when it is through."""
    try:
        message = end.recv_bytes()
    except EOFError:
        raise UnreadableFile("cannot be read on: a process that read it was ended") from None
    if message[:1] == b"m":
        return _DECODE(memoryview(message)[1:])
    told = pickle.loads(memoryview(message)[1:])
    if message[:1] == b"x":
        raise UnreadableFile(told)
    return told


def _bounds(source: Source) -> list[int]:
    """Where the parts of a file of lines begin, and where the last one ends."""
    size = os.path.getsize(source.path)
    found = [0]
    with open(source.path, "rb") as file:
        while (target := found[-1] + PART_BYTES) < size:
            file.seek(target)
            while (chunk := file.readline(CHUNK)) and not chunk.endswith(b"\n"):
                pass
            found.append(file.tell())
    return [*found, size] if found[-1] < size else found


def _stretch(source: Source, start: int, end: int) -> Iterator[bytes]:
    with open(source.path, "rb") as file:
        file.seek(start)
        left = end - start
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _counting(found: Iterable[bytes], counted: Callable[[int], None]) -> Iterator[bytes]:
    for block in found:
        counted(block.count(b"\n"))
        yield block
