"""Any Python value → a value of the language, sharing nothing with it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from trigdsl.model.values import Value, instant, micros
from trigdsl.records.errors import BadRecord
from trigdsl.records.wording import kind_of

DEEPEST = 100
"""How many lists and records may stand in one another; the engine walks values by recursion."""

LARGEST = int(sys.float_info.max)
"""The largest integer that is within the range of a double."""


_SAFE = frozenset({bool, type(None)})
_EXACT = 2**53


class _Unfit(Exception):  # noqa: N818
    """A part that is no value, with the path to it, which grows on the way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str] = []


def plain_record(record: Mapping[object, object], where: str) -> dict[str, Value]:
    """A deep copy of a record in values of the language; `where` names it in reasons (`properties`).

    NaN and pandas' NaT are missing.  Naive datetimes are UTC.  Raises BadRecord for what is no value: a key
    that is no text, a foreign type, a number that is infinite or beyond a double, nesting deeper than
    `DEEPEST`.
    """
    try:
        return _record(record, 1)
    except _Unfit as unfit:
        path = ".".join([where, *unfit.path[:5]])
        raise BadRecord(f"`{path}` {unfit}") from None


def plain_value(value: object) -> Value:
    """One value as `plain_record` makes it; raises BadRecord likewise."""
    try:
        return _value(value, 1)
    except _Unfit as unfit:
        raise BadRecord(str(unfit)) from None


def is_text(text: str) -> bool:
    """Whether a file can hold the text: half of a surrogate pair is no character."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _record(record: Mapping[object, object], depth: int) -> dict[str, Value]:
    if depth > DEEPEST:
        raise _Unfit(f"nests deeper than {DEEPEST} levels")
    made: dict[str, Value] = {}
    key: Any = None
    value: Any
    try:
        for key, value in record.items():
            kind = value.__class__
            # What nearly all records hold is taken without a further call.
            if (
                kind in _SAFE
                or (kind is str and value.isascii())
                or (kind is float and value - value == 0.0)
                or (kind is int and -_EXACT <= value <= _EXACT)
            ) and (key.__class__ is str and key.isascii()):
                made[key] = value
            else:
                made[_key(key)] = _value(value, depth)
    except _Unfit as unfit:
        unfit.path.insert(0, str(key))
        raise
    return made


def _list(values: Iterable[object], depth: int) -> list[Value]:
    if depth > DEEPEST:
        raise _Unfit(f"nests deeper than {DEEPEST} levels")
    made: list[Value] = []
    try:
        for value in values:
            made.append(_value(value, depth))  # noqa: PERF401 - the count so far names the place
    except _Unfit as unfit:
        unfit.path.insert(0, str(len(made)))
        raise
    return made


def _value(value: object, depth: int) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, Mapping):
        return _record(value, depth + 1)
    if isinstance(value, (list, tuple)):
        return _list(value, depth + 1)
    return _other(value)


def _key(key: object) -> str:
    if key.__class__ is str and key.isascii():
        return key
    if not isinstance(key, str):
        raise _Unfit(f"is a key that is {kind_of(key)}, text is wanted")
    return _text(key)


def _text(text: str) -> str:
    if not is_text(text):
        raise _Unfit("holds half of a surrogate pair, which is no character")
    return text if text.__class__ is str else str(text)


def _number(value: int | float) -> Value:
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise _Unfit("is beyond the range of a double")
        return value if value.__class__ is int else int(value)
    if math.isinf(value):
        raise _Unfit("is infinite, a finite number is wanted")
    return None if math.isnan(value) else float(value)


def _other(value: object) -> Value:
    if isinstance(value, datetime):
        # pandas' NaT is a datetime that is not itself
        return None if value != value else _instant(value)  # noqa: PLR0124
    if isinstance(value, (date, timedelta)):
        return value
    if isinstance(value, Decimal):
        return None if value.is_nan() else _number(float(value))
    if isinstance(value, Integral):
        return _number(int(value))
    if isinstance(value, Real):
        return _number(float(value))
    raise _Unfit(f"is {kind_of(value)}, which is no value of the language")


def _instant(value: datetime) -> Value:
    aware = value.replace(tzinfo=UTC) if value.utcoffset() is None else value
    try:
        return instant(micros(aware))
    except OverflowError:
        raise _Unfit("is out of the years 1 to 9999") from None
