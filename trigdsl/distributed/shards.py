"""Parts of files → what happened to the users of each shard, as blocks of bytes; the blocks of a shard → its decisions.

So a replay is split over processes on one machine (see `trigdsl.replayer.shard`); here the blocks travel as rows, which
any engine can bring together by the number of their shard.  It is for programs that the compiled kernel decides: what
happened is columns of numbers from the reader to the kernel, and nobody needs to sort it.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
from attrs import define, field, frozen

from trigdsl.distributed.deciding import Deciding, report_row
from trigdsl.distributed.kernel_columns import NOT_COMPILED, KernelBatch, kinds_of, users_of
from trigdsl.distributed.reports import Report
from trigdsl.distributed.rows import PROFILES, Reading, RowsReport
from trigdsl.distributed.rules import compiled
from trigdsl.engine.program import Program
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros
from trigdsl.records.packing import packed, unpacked
from trigdsl.records.parts import Part, PartReport
from trigdsl.records.profiles import read_profiles
from trigdsl.records.rejects import Reject
from trigdsl.records.routing import Block, bytes_of, shard_of, write_at
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.placing import Profile
from trigdsl.replayer.shard import Asked, Given, Shard
from trigdsl.replayer.split import temporary_files
from trigdsl.replayer.summary import Shown

REPORT_SHARD = -1
"""The shard of rows that are reports of parts."""

BLOCKS = pa.schema([pa.field("shard", pa.int32()), pa.field("part", pa.int64()), pa.field("data", pa.binary())])
"""The columns of rows of blocks: the shard, the first part that they are of, and `Blocks` as bytes."""

SPANS = pa.schema([pa.field("last", pa.int64())])
"""The column of what `gathered` yields: the time of the last input of a shard, null where it has none."""

_PROFILES_FIRST = -1
_FULL = 1 << 22
_Held: TypeAlias = tuple[int, int, bytes]


class Blocks(msgspec.Struct, array_like=True):
    """What one process found for a shard, each as bytes of `trigdsl.records.routing`; profiles as packed inputs."""

    inputs: list[bytes] = []
    rows: list[bytes] = []
    users: list[bytes] = []
    told: list[bytes] = []
    profiles: bytes = b""


_DECODE = msgspec.msgpack.Decoder(Blocks).decode


@frozen
class BlocksReport(RowsReport):
    """The report of a part; whether it has `inputs` that are no columns; and whether some of it `joins` ids."""

    inputs: bool = False
    joins: bool = False


def is_for_kernel(program: Program, *, invariants: bool) -> bool:
    """Whether the compiled kernel decides what a program does by properties alone, so that it may be split as here."""
    replay = Replay(program, (), on_violation=_nobody if invariants else None)
    return replay.is_compiled and replay.effects is not None


# ---------------------------------------------------------------------- reading
def blocks_of_parts(
    reading: Reading, parts: Mapping[int, Part], numbers: Sequence[int], shards: int
) -> Iterator[pa.RecordBatch]:
    """The rows of some parts that follow one another, by their numbers; for so many shards."""
    with ExitStack() as stack:
        (descriptor,) = temporary_files(1, stack)
        shard = Shard(_asked(reading), 0, [(number, parts[number]) for number in numbers], (), [descriptor] * shards)
        held = [Blocks() for _ in range(shards)]
        reports = []
        for number, found in zip(numbers, shard.read(), strict=False):
            reports.append(BlocksReport(number, found.report, {}, any(found.inputs), found.joins))
            for of_shard, inputs, rows in zip(held, found.inputs, found.rows, strict=True):
                of_shard.inputs += _taken(descriptor, inputs)
                of_shard.rows += _taken(descriptor, rows)
        if (told_blocks := shard.told()) is None:
            raise RuntimeError(NOT_COMPILED)
        for of_shard, users, told in zip(held, shard.users(), told_blocks, strict=True):
            of_shard.users += _taken(descriptor, [users])
            of_shard.told += _taken(descriptor, [told])
    made = BlockRows()
    for number, of_shard in enumerate(held):
        yield from made.add(number, numbers[0], of_shard)
    for report in reports:
        yield from made.add(REPORT_SHARD, report.number, report)
    yield made.taken()


def blocks_of_profiles(path: str, columns: Mapping[str, str], shards: int) -> Iterator[pa.RecordBatch]:
    """The rows of a file of profiles."""
    rejects: list[Reject] = []
    held: list[list[Input]] = [[] for _ in range(shards)]
    for number, (user, attributes) in enumerate(read_profiles(path, columns, rejects.append), 1):
        held[shard_of(user, shards)].append(Input(user, number, set=attributes))
    rows = BlockRows()
    for shard, inputs in enumerate(held):
        if inputs:
            yield from rows.add(shard, _PROFILES_FIRST, Blocks(profiles=packed(inputs)))
    report = PartReport(0, 0, rejects, [], {}, set(), LAST_INSTANT, FIRST_INSTANT)
    yield from rows.add(REPORT_SHARD, _PROFILES_FIRST, BlocksReport(PROFILES, report, {}))
    yield rows.taken()


def report_of(data: bytes) -> BlocksReport:
    """The report that a row of `REPORT_SHARD` holds."""
    told: BlocksReport = pickle.loads(data)
    return told


@define
class BlockRows:
    """Rows that are gathered, batch by batch."""

    _held: list[_Held] = field(factory=list)
    _bytes: int = 0

    def add(self, shard: int, part: int, held: Blocks | BlocksReport) -> Iterator[pa.RecordBatch]:
        """One row; the batch that is full with it, if one is."""
        data = msgspec.msgpack.encode(held) if isinstance(held, Blocks) else pickle.dumps(held)
        self._held.append((shard, part, data))
        self._bytes += len(data)
        if self._bytes >= _FULL:
            yield self.taken()

    def taken(self) -> pa.RecordBatch:
        """What was gathered since this was called last."""
        held, self._held, self._bytes = self._held, [], 0
        columns = zip(*held, strict=True) if held else ([] for _ in BLOCKS)
        return pa.RecordBatch.from_arrays(
            [pa.array(column, kind.type) for column, kind in zip(columns, BLOCKS, strict=True)], schema=BLOCKS
        )


def _taken(descriptor: int, blocks: Iterable[Block]) -> list[bytes]:
    return [bytes_of([descriptor], block) for block in blocks]


# ---------------------------------------------------------------------- deciding
def gathered(reading: Reading, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The time of the last input of each shard whose rows all are in the batches: one that came twice is none."""
    for rows in _by_shard(batches):
        with ExitStack() as stack:
            _, (_, last) = _gathered(_asked(reading), rows, stack)
            yield pa.RecordBatch.from_arrays([pa.array([last], pa.int64())], schema=SPANS)


def decide_shards(
    asked: Deciding, columns: Mapping[str, str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The decisions of all shards whose rows all are in the batches, as `decide` yields them; at the end a report."""
    report = Report()
    program = compiled(asked.program)
    wanted = Asked(
        program=program,
        columns=columns,
        until=asked.until,
        drain=asked.drain,
        invariants=False,
        shown=asked.shown,
        writes=asked.lines or asked.columns,
    )
    kinds = kinds_of(program)
    for rows in _by_shard(batches):
        with ExitStack() as stack:
            shard, _ = _gathered(wanted, rows, stack)
            found = Report()
            made = shard.decide(asked.last)
            users = users_of(next(made, b""))  # type: ignore[arg-type]
            number = 0
            for batch in made:
                held = KernelBatch(batch, users, number)  # type: ignore[arg-type]
                held.count(kinds, found)
                number += held.rows
                if wanted.writes:
                    yield held.columns(kinds, lines=asked.lines, columns=asked.columns)
            result = shard.result()
            found.stats, found.observations, found.reached = result.stats, result.observations, result.reached
            report.add(found)
    yield report_row(report)


def _by_shard(batches: Iterable[pa.RecordBatch]) -> Iterator[list[_Held]]:
    """The rows of each shard in the order of their parts; those of profiles come first."""
    held: dict[int, list[_Held]] = {}
    for batch in batches:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            held.setdefault(row[0], []).append(row)
    for shard in sorted(held):
        yield sorted(held.pop(shard))


def _gathered(
    asked: Asked, rows: Sequence[_Held], stack: ExitStack
) -> tuple[Shard, tuple[Micros | None, Micros | None]]:
    """A shard that has gathered its rows, and the times of its first and its last input."""
    (descriptor,) = temporary_files(1, stack)
    given = Given([], [], [], [])
    profiles: list[Profile] = []
    end = 0
    for place, (_, _, data) in enumerate(rows):
        held = _DECODE(data)
        if held.profiles:
            profiles += [(one.time, one.user, one.set or {}) for one in unpacked(held.profiles)]
        into = (given.inputs, held.inputs), (given.rows, held.rows), (given.users, held.users), (given.told, held.told)
        for blocks, pieces in into:
            for piece in pieces:
                # What was told of the numbers in coded rows is known by the file that both are of.
                blocks.append(Block(place, end, len(piece)))
                write_at(descriptor, piece, end)
                end += len(piece)
    shard = Shard(asked, 0, (), profiles, [descriptor] * max(len(rows), 1))
    return shard, shard.gather(given)


def _asked(reading: Reading) -> Asked:
    return Asked(
        program=compiled(reading.program),
        columns=reading.columns,
        until=reading.until,
        drain=False,
        invariants=False,
        shown=Shown(),
        writes=False,
    )


def _nobody(_: Any) -> None:
    """Wants to hear of no broken invariant."""
