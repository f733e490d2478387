"""Rows of a table, and record rows → blocks of shards, as `shards` makes them of files.

Rows come from an engine that has let go of those that cannot matter.  What the others do stays columns of numbers
where the columns of the table allow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from trigdsl.distributed.kernel_columns import NOT_COMPILED
from trigdsl.distributed.rows import PROFILE, Reading, arrived
from trigdsl.distributed.rules import compiled
from trigdsl.distributed.shards import BlockRows, Blocks
from trigdsl.distributed.tables import GroupRows, TableLayout, inputs_of_rows, named, unexpected
from trigdsl.engine.zones import is_zone
from trigdsl.model.inputs import Input
from trigdsl.records.coded import Coder
from trigdsl.records.packing import Arrived, packed, unpacked
from trigdsl.records.parquet_coded import CodedRows
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import Reports
from trigdsl.records.routing import inputs_block
from trigdsl.replayer.driver import Replay

_NUMBERS = 8
"""Bytes of a count, a time, and an arrival, in coded rows."""


def blocks_of_table(
    reading: Reading, layout: TableLayout, shards: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The blocks of rows of a table, all of them usual, with their order of arrival in column `arrival`."""
    # Whose users are split over shards is for the coder alone.
    from trigdsl.native.sifting import Sifter

    passing = Passing()
    replay = Replay(compiled(reading.program), (), until=reading.until, passing=passing)
    if not replay.is_compiled:
        raise RuntimeError(NOT_COMPILED)
    passing.effects, passing.coder = replay.effects, Coder(Sifter(shards), is_zone)
    coder, reports = passing.coder, Reports("table", unexpected)
    inputs = _Inputs(shards)
    arrivals: list[pa.Array] = []
    for batch in batches:
        table = GroupRows(named(layout, pa.Table.from_batches([batch])))
        own = batch.column("arrival")
        rows = CodedRows(table, layout.columns, passing)
        if not rows.suits():
            inputs.add(inputs_of_rows(table, layout, own, reports))
            continue
        coder.arrivals.start = sum(map(len, arrivals))
        arrivals.append(own)
        for _, made in rows.batches(reports):
            inputs.add(arrived(given, own[given.arrival - 1].as_py()) for given in made)  # type: ignore[attr-defined]
    known = pa.concat_arrays(arrivals) if arrivals else pa.array([], pa.int64())
    made_rows = BlockRows()
    for shard in range(shards):
        taken = coder.sifter.packed(shard)
        held = Blocks(
            inputs.of(shard), [] if taken is None else [_with_arrivals(taken, known)], [], [coder.told(shard)]
        )
        if taken is not None or held.inputs:
            yield from made_rows.add(shard, 0, held)
    yield made_rows.taken()


def blocks_of_rows(shards: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The blocks of record rows that are packed: of records and of profiles."""
    inputs = _Inputs(shards)
    profiles: list[list[Input]] = [[] for _ in range(shards)]
    for batch in batches:
        columns = (batch.column(name).to_pylist() for name in ("kind", "arrival", "packed"))
        for kind, arrival, data in zip(*columns, strict=True):
            (given,) = unpacked(data)
            if kind == PROFILE:
                profiles[_shard_of(given, shards)].append(Input(given.user, arrival, set=given.set))
            else:
                inputs.add([arrived(given, arrival)])
    made = BlockRows()
    for shard in range(shards):
        of_shard = profiles[shard]
        held = Blocks(inputs.of(shard), profiles=packed(of_shard) if of_shard else b"")
        if held.inputs or held.profiles:
            yield from made.add(shard, 0, held)
    yield made.taken()


@define
class _Inputs:
    """Inputs by shard."""

    _shards: int
    _held: list[list[Arrived]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._held = [[] for _ in range(self._shards)]

    def add(self, inputs: Iterable[Arrived]) -> None:
        for given in inputs:
            self._held[_shard_of(given, self._shards)].append(given)

    def of(self, shard: int) -> list[bytes]:
        """The block of a shard, if there is one."""
        held = self._held[shard]
        return [inputs_block(held, [given.arrival for given in held])] if held else []


def _shard_of(given: Input, shards: int) -> int:
    return crc32(given.user.encode("utf-8", "surrogatepass")) % shards


def _with_arrivals(taken: bytes, known: pa.Array) -> bytes:
    """Coded rows whose arrival is the number of their row, from 1 → with the arrival of that row."""
    count = int.from_bytes(taken[:_NUMBERS], "little")
    start = _NUMBERS * (1 + count)
    numbers = pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(taken).slice(start)])
    found = known.take(pc.subtract(numbers, pa.scalar(1, pa.int64())))
    data = memoryview(found.buffers()[1])[_NUMBERS * found.offset : _NUMBERS * (found.offset + count)]
    return b"".join([taken[:start], data, taken[start + _NUMBERS * count :]])
