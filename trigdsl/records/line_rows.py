"""Events of lines that are told by what they do, as columns of numbers ⇄ bytes; split by shards, joined, by user.

They are what `event_rows` is for Parquet, without Arrow, which who reads lines need not have.  Who goes through events
of either kind asks here.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import msgspec
from attrs import frozen

from trigdsl.model.values import Micros
from trigdsl.records.effects import Columns, Effect, EventRows

Texts: TypeAlias = tuple[memoryview, memoryview]
"""Where texts of UTF-8 begin and end, as int32, and their bytes."""

UserColumns: TypeAlias = tuple[memoryview, Texts, memoryview, memoryview, memoryview]
"""The numbers of users among some names, these, times, arrivals, and effects."""

UserRow: TypeAlias = tuple[Micros, int, int]
"""The time of an event, its arrival, and its effect."""


class _Packed(msgspec.Struct, array_like=True):
    """Some rows as the scanner makes them: see `split_rows` in `trigdsl/native/line_columns.pyx`."""

    offsets: bytes
    data: bytes
    users: bytes
    times: bytes
    arrivals: bytes
    effects: bytes
    meanings: list[Effect]


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Packed).decode


@frozen
class LineParts:
    """The `rows` of `EventRows` that came from lines: columns of numbers, a part after the other."""

    parts: list[UserColumns]


def first_time(found: EventRows) -> Micros:
    """The time of the first event of all."""
    if isinstance(found.rows, LineParts):
        return min(min(times) for _, _, times, _, _ in found.rows.parts)
    from trigdsl.records import event_rows

    return event_rows.first_time(found)


def by_user(found: EventRows, deciding: Sequence[bool], others: Iterable[str]) -> Iterator[tuple[str, list[UserRow]]]:
    """The events of each user in order of time, then arrival.

    Of those users alone that are among `others`, or have an effect that is `deciding`.
    """
    if isinstance(found.rows, LineParts):
        return _by_user(found.rows, deciding, set(others))
    from trigdsl.records import event_rows

    return event_rows.by_user(found, deciding, others)


def _by_user(rows: LineParts, deciding: Sequence[bool], others: set[str]) -> Iterator[tuple[str, list[UserRow]]]:
    found: dict[str, list[UserRow]] = {}
    for users, texts, times, arrivals, effects in rows.parts:
        of_users = [found.setdefault(name, []) for name in _names(texts)]
        for user, time, arrival, effect in zip(users, times, arrivals, effects, strict=True):
            of_users[user].append((time, arrival, effect))
    for name, of_user in found.items():
        if name in others or any(deciding[effect] for _, _, effect in of_user):
            of_user.sort()
            yield name, of_user


def split(columns: Columns, shards: int, arrivals: int) -> list[Columns]:
    """The rows of each shard; `arrivals` is added to their arrival."""
    from trigdsl.native.line_columns import split_rows

    return split_rows(*columns, shards, arrivals)


def to_bytes(columns: Columns, effects: list[Effect]) -> bytes:
    """Rows, and what their effects mean, as bytes."""
    return _ENCODE(_Packed(*columns, effects))


def from_bytes(blocks: Iterable[bytes]) -> EventRows:
    """The rows that several bytes of `to_bytes` hold, each effect once."""
    known: dict[Effect, int] = {}
    parts: list[UserColumns] = []
    for block in blocks:
        packed = _DECODE(block)
        places = [known.setdefault(effect, len(known)) for effect in packed.meanings]
        effects = memoryview(packed.effects).cast("i")
        if places != list(range(len(places))):
            effects = memoryview(array("i", map(places.__getitem__, effects)))
        texts = memoryview(packed.offsets).cast("i"), memoryview(packed.data)
        users, times, arrivals = packed.users, packed.times, packed.arrivals
        parts.append(
            (_numbers(users, "i"), texts, _numbers(times, "q"), _numbers(arrivals, "q"), effects),
        )
    return EventRows(LineParts(parts), list(known))


def _numbers(data: bytes, kind: str) -> memoryview:
    return memoryview(data).cast("B").cast(kind)  # type: ignore[call-overload, no-any-return]


def _names(texts: Texts) -> list[str]:
    offsets, data = texts
    return [str(data[start:end], "utf-8", "surrogatepass") for start, end in pairwise(offsets)]
