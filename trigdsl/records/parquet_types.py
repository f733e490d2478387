"""The type of a Parquet column → how its cells become what JSON would hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from trigdsl.model.values import instant_text, micros

Read: TypeAlias = Callable[[Any], object]


def coarse(kind: pa.DataType) -> pa.DataType:
    """The type that a column is cast to first: nothing finer than a microsecond, no dictionaries, no half floats."""
    if types.is_float16(kind):
        return pa.float32()
    if types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if types.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    if types.is_time64(kind) and kind.unit == "ns":
        return pa.time64("us")
    if types.is_struct(kind):
        return pa.struct([kind.field(index).with_type(coarse(kind.field(index).type)) for index in _fields(kind)])
    if types.is_list(kind) or types.is_large_list(kind):
        make = pa.list_ if types.is_list(kind) else pa.large_list
        return make(kind.value_field.with_type(coarse(kind.value_type)))
    if types.is_dictionary(kind):
        return coarse(kind.value_type)
    return kind


def is_naive(kind: pa.DataType) -> bool:
    """Whether it is a timestamp without a zone."""
    return types.is_timestamp(kind) and kind.tz is None


def is_floating(kind: pa.DataType) -> bool:
    """Whether it holds floating-point numbers, which may be infinite."""
    return bool(types.is_floating(kind))


def timestamp_unit(kind: pa.DataType) -> float | None:
    """The microseconds of one tick of a timestamp; None for other types."""
    return _MICROSECONDS[kind.unit] if types.is_timestamp(kind) else None


def is_plain(column: pa.Array) -> bool:
    """Whether every cell, once `reader_of` has read it, is surely a value of the language."""
    if types.is_floating(column.type):
        return pc.all(pc.is_finite(column), min_count=0).as_py() is not False
    return any(is_kind(column.type) for is_kind in _PLAIN)


def reader_of(kind: pa.DataType) -> Read | None:
    """What turns a cell that is not null into a value; None where it is one already."""
    if isinstance(kind, pa.BaseExtensionType):
        return _uuid
    for is_kind, read in _SIMPLE:
        if is_kind(kind):
            return read
    if types.is_struct(kind):
        return _struct({kind.field(index).name: reader_of(kind.field(index).type) for index in _fields(kind)})
    if types.is_map(kind):
        return _map(reader_of(kind.key_type), reader_of(kind.item_type))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _list(reader_of(kind.value_type))
    return None


def _struct(reads: dict[str, Read | None]) -> Read | None:
    if not any(reads.values()):
        return None
    return lambda cell: {name: _read(reads.get(name), held) for name, held in cell.items()}


def _map(key: Read | None, item: Read | None) -> Read:
    return lambda cell: {_read(key, name): _read(item, held) for name, held in cell}


def _list(read: Read | None) -> Read | None:
    return None if read is None else lambda cell: [_read(read, held) for held in cell]


def _read(read: Read | None, held: object) -> object:
    return held if read is None or held is None else read(held)


def _fields(kind: pa.DataType) -> range:
    return range(kind.num_fields)


def _instant(cell: object) -> object:
    if not isinstance(cell, datetime):
        return cell
    return instant_text(micros(cell if cell.tzinfo else cell.replace(tzinfo=UTC)))


def _iso(cell: object) -> object:
    return cell.isoformat() if isinstance(cell, (date, time)) else cell


def _decimal(cell: object) -> object:
    return float(cell) if isinstance(cell, Decimal) else cell


def _uuid(cell: object) -> object:
    return str(cell) if isinstance(cell, UUID) else cell


def _bytes(cell: object) -> object:
    # Old writers do not mark text as such.
    try:
        return cell.decode() if isinstance(cell, bytes) else cell
    except UnicodeDecodeError:
        return cell


_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}

_PLAIN = (
    types.is_string,
    types.is_large_string,
    types.is_boolean,
    types.is_integer,
    types.is_timestamp,
    types.is_date,
    types.is_time,
    types.is_null,
)

_SIMPLE: tuple[tuple[Callable[[pa.DataType], bool], Read], ...] = (
    (types.is_timestamp, _instant),
    (types.is_date, _iso),
    (types.is_time, _iso),
    (types.is_decimal, _decimal),
    (types.is_binary, _bytes),
    (types.is_large_binary, _bytes),
    (types.is_fixed_size_binary, _bytes),
)
