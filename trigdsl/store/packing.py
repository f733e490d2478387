"""Values of the language → what MessagePack can hold, and back, without loss.

Texts, numbers, booleans, lists, records and missing are MessagePack's own, an instant is its timestamp.  What it
lacks goes by these extension types, whose data is MessagePack again:

| type | holds | data |
|---|---|---|
| 1 | a date | its text, `YYYY-MM-DD` |
| 2 | a duration | microseconds, a number or type 3 |
| 3 | a whole number beyond 64 bits | its decimal digits, as text |
| 4 | what a `where` that is decided later noted of an event | a list of values |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

DATE, DURATION, BIG, NOTES = 1, 2, 3, 4

_AS_THEY_ARE = frozenset((str, float, bool, type(None), datetime))
_LEAST, _MOST = -(2**63), 2**64
_MICROSECOND = timedelta(microseconds=1)

encode = msgspec.msgpack.Encoder().encode
"""Packed things → bytes."""


def _compiled() -> Callable[[object], bool] | None:
    """What tells values that can be held as they are; None where it was not compiled."""
    try:
        from trigdsl.native.plain import is_plain
    except ImportError:
        return None
    return is_plain


is_plain = _compiled()


def packed(value: Any) -> Any:
    """A value in things that MessagePack can hold."""
    if is_plain is not None and is_plain(value):
        return value
    kind = value.__class__
    if kind in _AS_THEY_ARE:
        return value
    if kind is int:
        return value if _LEAST <= value < _MOST else _extension(BIG, str(value))
    if kind is dict:
        return {key: held if held.__class__ in _AS_THEY_ARE else packed(held) for key, held in value.items()}
    if kind is list:
        return [packed(held) for held in value]
    if kind is tuple:
        return _extension(NOTES, [packed(held) for held in value])
    if kind is date:
        return _extension(DATE, value.isoformat())
    if kind is timedelta:
        return _extension(DURATION, packed(value // _MICROSECOND))
    raise TypeError(f"{kind.__name__} is no value of the language")


def _extension(code: int, data: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, encode(data))


def _unpacked(code: int, data: memoryview) -> Any:
    held = decode(data)
    match code:
        case 1:
            return date.fromisoformat(held)
        case 2:
            return timedelta(microseconds=held)
        case 3:
            return _whole(held)
        case 4:
            return tuple(held)
    raise ValueError(f"extension type {code} is not known")


def _whole(digits: str) -> int:
    """The number that decimal digits write: at most the 309 of the largest double, and a sum of many such."""
    return int(digits)


decode = msgspec.msgpack.Decoder(ext_hook=_unpacked).decode
"""Bytes → packed things, their values being those of the language again. Raises msgspec.DecodeError."""
