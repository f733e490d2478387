"""Events as columns ⇄ bytes; split by shards, joined again, and gone through user by user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias
from zlib import crc32

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from trigdsl.model.values import LAST_INSTANT, Micros
from trigdsl.records.effects import Effect, EventRows

UserRow: TypeAlias = tuple[Micros, int, int]
"""The time of an event, its arrival, and its effect."""

_DECODE = msgspec.msgpack.Decoder(list[Effect]).decode


def split(found: EventRows, shards: int, arrivals: int) -> Iterator[EventRows]:
    """The events of each shard; `arrivals` is added to their arrival."""
    users, times, numbers, effects = found.rows.columns
    numbers = pc.add(numbers, pa.scalar(arrivals, "int64"))
    rows = pa.RecordBatch.from_arrays([users, times, numbers, effects], found.rows.schema.names)
    if shards == 1:
        yield EventRows(rows, found.effects)
        return
    names = users.dictionary.to_pylist()
    of_names = pa.array([crc32(name.encode("utf-8", "surrogatepass")) % shards for name in names], "int32")
    of_rows = of_names.take(users.indices)
    for shard in range(shards):
        yield EventRows(rows.filter(pc.equal(of_rows, pa.scalar(shard, "int32"))), found.effects)


def to_bytes(found: EventRows) -> bytes:
    """Events as bytes."""
    users, *others = found.rows.columns
    rows = pa.RecordBatch.from_arrays([users.cast(pa.string()), *others], found.rows.schema.names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_batch(rows)
    effects = msgspec.msgpack.encode(found.effects)
    data: bytes = sink.getvalue().to_pybytes()
    return len(effects).to_bytes(4, "little") + effects + data


def from_bytes(data: bytes) -> EventRows:
    """The events that bytes of `to_bytes` hold; their users are texts."""
    length = int.from_bytes(data[:4], "little")
    with pa.ipc.open_stream(pa.py_buffer(data).slice(4 + length)) as stream:
        return EventRows(stream.read_next_batch(), _DECODE(data[4 : 4 + length]))


def from_lines(found: EventRows) -> Iterator[EventRows]:
    """The events of lines, part by part; their users are texts."""
    for users, (offsets, data), times, arrivals, effects in found.rows.parts:
        names = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
        kinds = (pa.int32(), users), (pa.int64(), times), (pa.int64(), arrivals), (pa.int32(), effects)
        of_names, *numbers = [
            pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(column)]) for kind, column in kinds
        ]
        rows = pa.RecordBatch.from_arrays([names.take(of_names), *numbers], _ORDER)
        yield EventRows(rows, found.effects)


def joined(parts: Iterable[EventRows]) -> EventRows:
    """The events of several parts, each effect once; the rows are a table."""
    known: dict[Effect, int] = {}
    tables = []
    for part in parts:
        places = [known.setdefault(effect, len(known)) for effect in part.effects]
        users, times, arrivals, effects = part.rows.columns
        effects = pa.array(places, "int32").take(effects)
        tables.append(pa.RecordBatch.from_arrays([users, times, arrivals, effects], part.rows.schema.names))
    return EventRows(pa.Table.from_batches(tables), list(known))


def by_user(found: EventRows, deciding: Sequence[bool], others: Iterable[str]) -> Iterator[tuple[str, list[UserRow]]]:
    """The events of each user in order of time, then arrival.

    Of those users alone that are among `others`, or have an effect that is `deciding`.
    """
    users = found.rows.column("user").combine_chunks().dictionary_encode()
    decides = pa.array(deciding, pa.bool_()).take(found.rows.column("effect").combine_chunks())
    known = pc.index_in(pa.array(others, pa.string()), value_set=users.dictionary).drop_null()
    wanted = pa.concat_arrays([pc.unique(users.indices.filter(decides)), known])
    keeps = pc.is_in(users.indices, value_set=wanted)
    columns = [users.indices.filter(keeps), *(found.rows.column(name).filter(keeps) for name in _ORDER[1:])]
    kept = pa.table(columns, _ORDER)
    rows = kept.take(pc.sort_indices(kept, sort_keys=[(name, "ascending") for name in _ORDER[:3]]))
    for code, of_user in groupby(_listed(rows), key=itemgetter(0)):
        yield users.dictionary[code].as_py(), [row[1:] for row in of_user]


Texts: TypeAlias = tuple[memoryview, memoryview]
"""Where texts of UTF-8 begin and end, as int32, and their bytes."""


def texts_of(names: Any) -> Texts:
    """The texts of an array of strings, none of them null."""
    _, offsets, data = names.cast(pa.string()).buffers()
    at = memoryview(offsets).cast("i")[names.offset : names.offset + len(names) + 1] if offsets else _NO_OFFSETS
    return at, memoryview(data or b"").cast("B")


_NO_OFFSETS = memoryview(bytes(4)).cast("i")


def names_in(columns: Sequence[Any]) -> list[str]:
    """The texts in some columns, each once."""
    names: list[str] = pc.unique(pa.chunked_array(columns, pa.string())).to_pylist()
    return names


def first_time(found: EventRows) -> Micros:
    """The time of the first event of all; one after all of time where there is none."""
    first: Micros | None = pc.min(found.rows.column("time")).as_py()
    return LAST_INSTANT + 1 if first is None else first


_ORDER = ["user", "time", "arrival", "effect"]
_LISTED = 1 << 16


def _listed(rows: Any) -> Iterator[tuple[int, Micros, int, int]]:
    """The rows of a table, so many at a time made Python values."""
    for start in range(0, rows.num_rows, _LISTED):
        yield from zip(*(column.to_pylist() for column in rows.slice(start, _LISTED).columns), strict=True)
