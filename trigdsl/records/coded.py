"""What happened to users as columns of numbers, for the compiled kernel: taken by readers, packed for each shard.

Users and effects are numbered by who reads; `Coder.told` says what their numbers mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec
from attrs import define, field, frozen

from trigdsl.model.values import Micros
from trigdsl.native.names import Names
from trigdsl.native.sifting import Sifter
from trigdsl.native.zone_lines import ZoneLines
from trigdsl.records.effects import Columns, Effect
from trigdsl.records.routing import Arrivals

Doing: TypeAlias = tuple[str | None, tuple[int, ...], str | None]
"""The name of an event, the numbers of the rules that it triggers, and the name of its user's zone from then on."""

_DECODE = msgspec.msgpack.Decoder(list[Doing]).decode


@define(eq=False)
class Coder:
    """Takes what happened for some shards, in the order of arrival; `is_zone` knows names of time zones."""

    sifter: Sifter
    is_zone: Callable[[str], bool]
    arrivals: Arrivals = field(factory=Arrivals)
    doings: dict[Doing, int] = field(factory=dict, init=False)
    _lines: ZoneLines = field(factory=ZoneLines, init=False)
    _zones: array[int] = field(factory=lambda: array("i"), init=False)

    def number(self, doing: Doing) -> int:
        """The number of an effect."""
        return self.doings.setdefault(doing, len(self.doings))

    def take_rows(self, columns: Columns, effects: Sequence[Effect]) -> None:
        """Take events of lines, whose arrivals are within the part."""
        offsets, data, users, times, arrivals, did = columns
        numbers = array("i", [self.number((event, rules, None)) for event, rules in effects])
        numbered = (memoryview(users).cast("i"), memoryview(times).cast("q"), memoryview(arrivals).cast("q"))
        self.sifter.add_rows(
            memoryview(offsets).cast("i"), data, *numbered, memoryview(did).cast("i"), numbers, self.arrivals.start
        )

    def zones_set(self, block: bytes, until: Micros) -> int:
        """Take a block of lines all of which only set time zones, none after `until`: their number, 0 for others."""
        lines = self._lines
        found = lines.read(block)
        if found is None or not lines.count or lines.last > until or not self._knows_zones(found[3]):
            return 0
        first = self.arrivals.last + 1
        self.arrivals.last += lines.count
        self.sifter.add(block, *found, self._zones, first)
        return lines.count

    @property
    def span(self) -> tuple[Micros, Micros]:
        """The earliest and the latest time of the block that was taken last."""
        return self._lines.first, self._lines.last

    def _knows_zones(self, met: array[int]) -> bool:
        """Whether all that are met are zones; who uses another is to be told of it."""
        names = self._lines.zones
        while len(self._zones) < len(names):
            name = names[len(self._zones)]
            self._zones.append(self.number((None, (), name)) if self.is_zone(name) else -1)
        return -1 not in self._zones or all(self._zones[number] >= 0 for number in met)

    def told(self, shard: int) -> bytes:
        """What the numbers of a shard's users, and those of effects, mean."""
        offsets, names = self.sifter.names[shard].packed()
        doings = msgspec.msgpack.encode(list(self.doings))
        return b"".join([len(doings).to_bytes(8, "little"), len(offsets).to_bytes(8, "little"), doings, offsets, names])


@frozen(eq=False)
class Coded:
    """What several readers took for one shard: for each what it told, and its packed columns, in order."""

    told: Sequence[bytes]
    packed: Iterable[tuple[int, bytes]]

    def users(self, names: Names) -> list[array[int]]:
        """The users of each reader by number, as they are numbered among these names, which get to know them."""
        found = []
        for data in self.told:
            view, doings, offsets = _parts(data)
            begin = 16 + doings + offsets
            found.append(names.numbers(array("i", view[16 + doings : begin].tobytes()), view[begin:]))
        return found

    def doings(self) -> list[list[Doing]]:
        """The effects of each reader by number."""
        return [_DECODE(view[16 : 16 + length]) for view, length, _ in map(_parts, self.told)]

    def columns(self) -> Iterator[tuple[int, memoryview, memoryview, memoryview, memoryview]]:
        """The reader, users, times, arrivals and effects of all that was packed."""
        for reader, data in self.packed:
            view = memoryview(data)
            n = int.from_bytes(view[:8], "little")
            times, arrivals = view[8 : 8 + 8 * n].cast("q"), view[8 + 8 * n : 8 + 16 * n].cast("q")
            users, effects = view[8 + 16 * n : 8 + 20 * n].cast("i"), view[8 + 20 * n :].cast("i")
            yield reader, users, times, arrivals, effects


def _parts(data: bytes) -> tuple[memoryview, int, int]:
    """All of it, and how long are the effects and the places of the texts, which come after 16 bytes."""
    view = memoryview(data)
    return view, int.from_bytes(view[:8], "little"), int.from_bytes(view[8:16], "little")
