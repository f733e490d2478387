"""Inputs of some parts → a file of blocks, each with the inputs of one shard of the users in a row.

A user is always of the same shard, in every process: it goes by a checksum of the name.  Whoever decides for a shard
reads its blocks of all files in the order of the parts, and so gets its inputs as they arrived.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec
from attrs import define, field, frozen

from trigdsl.model.inputs import Input
from trigdsl.records.effects import Columns, Effect, EventRows
from trigdsl.records.packing import Arrived, packed, unpacked

if TYPE_CHECKING:
    from trigdsl.records.coded import Coded, Coder

_BATCH = 4_096
_PART_BITS = 40
"""An arrival is the number of the part and that of the input in it, in one integer."""


def shard_of(user: str, shards: int) -> int:
    """The shard that a user belongs to, of so many."""
    return crc32(user.encode("utf-8", "surrogatepass")) % shards


@frozen
class Block:
    """Where some inputs of a shard lie: in which file, from where on, and how many bytes."""

    file: int
    start: int
    length: int


@frozen
class LineBlock(Block):
    """The same of events of lines, which are told by what they do."""


@define
class Arrivals:
    """The number of what arrives: `start` is before the first of the present part, `last` that of the latest."""

    start: int = 0
    last: int = 0


@define
class Router:
    """Writes inputs to the file of number `file` (its descriptor is `descriptor`), by shards.

    `joins` once an input had an alias: then users cannot be split, and nothing more is written.  What readers gave
    to a `coder` is written after each part.
    """

    file: int
    descriptor: int
    shards: int
    joins: bool = False
    coder: Coder | None = None
    _end: int = 0
    _part: int = 0
    _blocks: list[list[Block]] = field(factory=list)
    _rows: list[list[Block]] = field(factory=list)

    def route(self, batches: Iterable[Iterable[Input]], part: int) -> list[list[Block]]:
        """Write the inputs of one part; where those of each shard went.

        An input that has an arrival keeps it, within the part.
        """
        shards = self.shards
        self._blocks = [[] for _ in range(shards)]
        self._rows = [[] for _ in range(shards)]
        self._part = part
        arrivals = Arrivals() if self.coder is None else self.coder.arrivals
        arrivals.start = arrivals.last = part << _PART_BITS
        held: list[list[Input]] = [[] for _ in range(shards)]
        places = [array("q") for _ in range(shards)]
        for inputs in batches:
            if self.joins:
                continue  # what else is in the part is still to be reported
            for given in inputs:
                if given.alias is not None:
                    self.joins = True
                    continue
                if given.__class__ is Arrived:
                    arrivals.last = arrivals.start | given.arrival
                else:
                    arrivals.last += 1
                shard = crc32(given.user.encode("utf-8", "surrogatepass")) % shards
                of_shard = held[shard]
                of_shard.append(given)
                places[shard].append(arrivals.last)
                if len(of_shard) >= _BATCH:
                    self._write(shard, of_shard, places[shard])
                    of_shard.clear()
                    del places[shard][:]
        for shard, of_shard in enumerate(held):
            if of_shard:
                self._write(shard, of_shard, places[shard])
        for shard, coded in enumerate(self.packed_rows()):
            if coded is not None:
                self._rows[shard].append(self._append(coded))
        return self._blocks

    def packed_rows(self) -> list[bytes | None]:
        """What the coder took for each shard since this was asked for last."""
        coder = self.coder
        return [] if coder is None else [coder.sifter.packed(shard) for shard in range(self.shards)]

    def route_rows(self, found: EventRows) -> None:
        """Write events of the part that is being routed, by what they do."""
        from trigdsl.records.event_rows import split, to_bytes

        for shard, rows in enumerate(split(found, self.shards, self._part << _PART_BITS)):
            if rows.rows.num_rows:
                self._rows[shard].append(self._append(to_bytes(rows)))

    def route_line_rows(self, columns: Columns, effects: list[Effect]) -> None:
        """The same of events of lines."""
        if self.coder is not None:
            self.coder.take_rows(columns, effects)
            return
        from trigdsl.records.line_rows import split, to_bytes

        for shard, of_shard in enumerate(split(columns, self.shards, self._part << _PART_BITS)):
            if of_shard[2]:
                block = self._append(to_bytes(of_shard, effects))
                self._rows[shard].append(LineBlock(block.file, block.start, block.length))

    def rows(self) -> list[list[Block]]:
        """Where the events of the last part went that were told by what they do."""
        return self._rows

    def route_users(self, users: Iterable[str]) -> list[Block]:
        """Write the names of users; where those of each shard went."""
        held: list[list[str]] = [[] for _ in range(self.shards)]
        for user in users:
            held[shard_of(user, self.shards)].append(user)
        return [self._append(msgspec.msgpack.encode(names)) for names in held]

    def route_told(self) -> list[Block] | None:
        """Write what the coder's numbers mean, for each shard; None without a coder."""
        coder = self.coder
        return None if coder is None else [self._append(coder.told(shard)) for shard in range(self.shards)]

    def _write(self, shard: int, inputs: list[Input], places: array[int]) -> None:
        self._blocks[shard].append(self._append(inputs_block(inputs, places)))

    def _append(self, data: bytes) -> Block:
        block = Block(self.file, self._end, len(data))
        write_at(self.descriptor, data, self._end)
        self._end += len(data)
        return block


def write_at(descriptor: int, data: bytes, place: int) -> None:
    """Write all of some bytes at a place of a file; raises OSError."""
    left = memoryview(data)
    while left:
        count = os.pwrite(descriptor, left, place)
        place += count
        left = left[count:]


def inputs_block(inputs: Sequence[Input], places: Iterable[int]) -> bytes:
    """What `routed` reads: some inputs, and what they arrived by."""
    data = array("q", places).tobytes()
    return len(data).to_bytes(4, "little") + data + packed(list(inputs))


def routed(descriptors: Sequence[int], blocks: Iterable[Block]) -> Iterator[Arrived]:
    """The inputs of blocks, in their order."""
    for block in blocks:
        data = bytes_of(descriptors, block)
        length = int.from_bytes(data[:4], "little")
        places = array("q", data[4 : 4 + length])
        inputs = unpacked(data[4 + length :])
        for given, arrival in zip(inputs, places, strict=True):
            given.arrival = arrival
        yield from inputs


def routed_rows(descriptors: Sequence[int], blocks: Iterable[Block]) -> EventRows | None:
    """The events that blocks hold by what they do; None when there are none."""
    of_lines: list[bytes] = []
    others: list[bytes] = []
    for block in blocks:
        (of_lines if isinstance(block, LineBlock) else others).append(bytes_of(descriptors, block))
    lines = None
    if of_lines:
        from trigdsl.records import line_rows

        lines = line_rows.from_bytes(of_lines)
    if not others:
        return lines
    from trigdsl.records.event_rows import from_bytes, from_lines, joined

    found = [from_bytes(data) for data in others]
    return joined([*found, *(from_lines(lines) if lines is not None else ())])


def routed_coded(descriptors: Sequence[int], told: Sequence[Block], rows: Sequence[Block]) -> Coded:
    """What blocks of `route_told`, one of each file, and of a coder's rows hold; those are read as they are wanted."""
    from trigdsl.records.coded import Coded

    place = {block.file: number for number, block in enumerate(told)}
    return Coded(
        [bytes_of(descriptors, block) for block in told],
        ((place[block.file], bytes_of(descriptors, block)) for block in rows),
    )


def routed_users(descriptors: Sequence[int], blocks: Iterable[Block]) -> set[str]:
    """The names that blocks of `route_users` hold."""
    return {name for block in blocks for name in msgspec.msgpack.decode(bytes_of(descriptors, block), type=list[str])}


def bytes_of(descriptors: Sequence[int], block: Block) -> bytes:
    """What a block holds; raises OSError where the file ends before."""
    data = os.pread(descriptors[block.file], block.length, block.start)
    while len(data) < block.length:
        more = os.pread(descriptors[block.file], block.length - len(data), block.start + len(data))
        if not more:
            raise OSError("a temporary file ends early")
        data += more
    return data
