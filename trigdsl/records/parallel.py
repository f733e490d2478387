"""A large file → its inputs in their order, its parts being read by several processes at once.

Worker w of n reads the parts w, w + n, …; what it makes of one is handed over whole, and taken in the order of the
file, so that nobody can tell how many there were.  Workers are forks: what `passing` knows goes with them, and what
they count comes back.
"""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from trigdsl.model.inputs import Input
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import Progress, Source
from trigdsl.records.packing import packed, unpacked
from trigdsl.records.parts import Heeding, Part, PartReading, parts_of
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import Reports

_BATCH = 4_096


def inputs_of_parts(
    source: Source,
    columns: Mapping[str, str] | None,
    reports: Reports,
    progress: Progress | None,
    passing: Passing,
    workers: int,
) -> Iterator[list[Input]]:
    """The inputs of a file, in order; raises UnreadableFile as the readers do."""
    fork = multiprocessing.get_context("fork")
    parts = parts_of(source)
    ends: list[Connection] = []
    processes = []
    try:
        for place in range(workers):
            here, there = fork.Pipe(duplex=False)
            process = fork.Process(
                target=_work, args=(there, parts[place::workers], columns, passing, [*ends, here]), daemon=True
            )
            process.start()
            there.close()
            ends.append(here)
            processes.append(process)
        yield from _in_order(parts, ends, reports, progress, passing)
    finally:
        for end in ends:
            end.close()
        for process in processes:
            process.terminate()
            process.join()


def _in_order(
    parts: Sequence[Part], ends: list[Connection], reports: Reports, progress: Progress | None, passing: Passing
) -> Iterator[list[Input]]:
    heeding = Heeding(passing)
    for place, part in enumerate(parts):
        end = ends[place % len(ends)]
        while isinstance(told := _received(end), list):
            yield told
        heeding.heed(part, told, reports)
        if progress is not None:
            progress(told.size)


# ---------------------------------------------------------------------------------------------- in a worker
def _work(
    end: Connection,
    parts: Sequence[Part],
    columns: Mapping[str, str] | None,
    passing: Passing,
    others: Sequence[Connection],
) -> None:
    """Read parts and hand over what is in them, the report of each after its inputs."""
    for other in others:
        other.close()
    for part in parts:
        passing.users = set()
        reading = PartReading(part, columns, passing)
        made: list[bytes] = []
        batch: list[Input] = []
        for inputs in reading.batches():
            for given in inputs:
                batch.append(given)
                if len(batch) >= _BATCH:
                    made.append(packed(batch))
                    batch = []
        made.append(packed(batch))
        for message in made:
            end.send_bytes(message)
        end.send_bytes(b"r" + pickle.dumps(reading.report(passing.all_users())))


def _received(end: Connection) -> Any:
    """The next that a worker tells: inputs, or the report of a part."""
    try:
        message = end.recv_bytes()
    except EOFError:
        raise UnreadableFile("cannot be read on: a process that read it was ended") from None
    return pickle.loads(memoryview(message)[1:]) if message[:1] == b"r" else unpacked(message)
