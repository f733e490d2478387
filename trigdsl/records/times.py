"""The `time` of a record → microseconds since 1970: RFC 3339 text, numbers, datetimes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, Context, Decimal
from typing import TypeAlias

from trigdsl.model.values import EPOCH, FIRST_INSTANT, HOUR, LAST_INSTANT, MINUTE, SECOND, Micros, micros
from trigdsl.records.errors import BadRecord
from trigdsl.records.wording import kind_of, quoted

MILLISECONDS_ABOVE = 10**11
"""A number above this (either sign) is milliseconds since 1970, else seconds."""

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")

_CUTTING = Context(prec=60, rounding=ROUND_DOWN)
_SURELY_THERE = 10**13
"""Whole numbers from 0 up to here, seconds or milliseconds, are within the years 1 to 9999."""

_from_iso = datetime.fromisoformat

Time: TypeAlias = tuple[Micros, bool]


def parse_time(value: object) -> Time:
    """Microseconds since 1970, and whether the value had no offset and so was taken as UTC.

    Text is RFC 3339 (`T`, `t` or a space between date and time; digits finer than a microsecond are cut; the colon
    of the offset may be left out).
    A number is Unix seconds, or milliseconds when it is above 10^11 in size; what counts is its shortest
    decimal form.  Aware datetimes are instants, naive ones UTC.  Raises BadRecord with the reason.
    """
    if value.__class__ is str:
        # The usual form, in UTC, costs half of what the pattern costs.  `fromisoformat` takes more than RFC 3339
        # does; with the separators and the length held, what is left is the midnight 24:00, which later versions
        # of Python take, and whatever stands behind a NUL.
        text: str = value
        shape = text[4:20:3]
        if (shape == "--T::." and text[-1] == "Z" and 22 <= len(text) <= 27) or (shape == "--T::Z" and len(text) == 20):
            try:
                since = _from_iso(text) - EPOCH
            except ValueError:
                return _read_text(text)
            if (seconds := since.seconds) and "\0" not in text:
                return (since.days * 86_400 + seconds) * SECOND + since.microseconds, False
        return _read_text(text)
    if value.__class__ is int:
        whole: int = value
        is_seconds = -MILLISECONDS_ABOVE <= whole <= MILLISECONDS_ABOVE
        return _in_range(whole * (SECOND if is_seconds else SECOND // 1000), value), False
    return _read_other(value)


def _read_text(text: str) -> Time:
    parts = _RFC3339.fullmatch(text)
    if parts is None:
        raise BadRecord(_why_not(text))
    year, month, day, hour, minute, second = map(int, parts.group(1, 2, 3, 4, 5, 6))
    if second == 60:
        raise BadRecord(f"`time` {quoted(text)} is a leap second, which no clock here can show")
    try:
        whole = micros(datetime(year, month, day, hour, minute, tzinfo=UTC))
    except ValueError:
        raise BadRecord(f"`time` {quoted(text)} is no moment of the calendar") from None
    rest = _seconds(text, second, parts[7]) - _offset(text, parts)
    naive = parts[8] is None and parts[9] is None
    return _in_range(whole + rest, text), naive


def _seconds(text: str, second: int, fraction: str | None) -> Micros:
    if second > 60:
        raise BadRecord(f"`time` {quoted(text)} is no moment of the calendar")
    return second * SECOND + (int(fraction[:6].ljust(6, "0")) if fraction else 0)


def _offset(text: str, parts: re.Match[str]) -> Micros:
    if parts[9] is None:
        return 0
    hours, minutes = int(parts[10]), int(parts[11])
    if hours > 23 or minutes > 59:
        raise BadRecord(f"`time` {quoted(text)} has an offset beyond 23:59")
    return (hours * HOUR + minutes * MINUTE) * (-1 if parts[9] == "-" else 1)


def _why_not(text: str) -> str:
    wanted = "wanted is RFC 3339 such as `2024-03-02T10:00:00Z`"
    if _DATE.fullmatch(text):
        return f"`time` {quoted(text)} is a date without a time of day, {wanted}"
    if _DIGITS.fullmatch(text):
        return f"`time` {quoted(text)} is a number written as text: leave out its quotes, or write RFC 3339"
    return f"`time` {quoted(text)} is not in the form wanted: {wanted}" if text else f"`time` is empty, {wanted}"


def _read_other(value: object) -> Time:
    if value.__class__ is int and 0 <= value <= _SURELY_THERE:
        number: int = value
        is_milliseconds = number > MILLISECONDS_ABOVE
        return number * (SECOND // 1000 if is_milliseconds else SECOND), False
    if isinstance(value, bool):
        raise BadRecord("`time` is a boolean, text or a number is wanted")
    if isinstance(value, (int, float, Decimal)):
        return _read_number(value), False
    if isinstance(value, datetime):
        naive = value.utcoffset() is None
        aware = value.replace(tzinfo=UTC) if naive else value
        return _in_range(micros(aware), value), naive
    if isinstance(value, date):
        raise BadRecord(f"`time` {quoted(value)} is a date without a time of day")
    if isinstance(value, str):
        return _read_text(str(value))
    raise BadRecord(f"`time` is {kind_of(value)}, text or a number is wanted")


def _read_number(value: int | float | Decimal) -> Micros:
    # `repr` is the shortest decimal that reads back as this double: what was written, where it was written
    # with at most 15 digits.  Multiplying the double itself would drift by a microsecond.
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise BadRecord(f"`time` is {str(number).lower()}, a finite number is wanted")
    if not -LAST_INSTANT <= number <= LAST_INSTANT:
        raise _out_of_range(value)
    milliseconds = not -MILLISECONDS_ABOVE <= number <= MILLISECONDS_ABOVE
    return _in_range(int(_CUTTING.multiply(number, SECOND // 1000 if milliseconds else SECOND)), value)


def _in_range(at: Micros, value: object) -> Micros:
    if FIRST_INSTANT <= at <= LAST_INSTANT:
        return at
    raise _out_of_range(value)


def _out_of_range(value: object) -> BadRecord:
    return BadRecord(f"`time` {quoted(value)} is out of the years 1 to 9999")
