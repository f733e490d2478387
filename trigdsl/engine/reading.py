"""Text → dates and instants, where a rule wants one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Protocol

from trigdsl.model.values import Micros, micros


class Zone(Protocol):
    """What is asked of a time zone here: the calendar date of an instant."""

    def date(self, micros: Micros, /) -> date: ...


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")
_LEAP_YEAR = 2000


def read_date(text: str) -> date | None:
    """The date that `YYYY-MM-DD` names, or None."""
    if len(text) != 10 or not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(text: str) -> datetime | None:
    """The instant that RFC 3339 text names, in UTC, or None.

    Without an offset it is UTC, as a record's time is.  Digits finer than a microsecond are cut; a leap
    second, 24:00 and an instant outside the years 1 to 9999 are none.
    """
    if not _INSTANT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text.upper())
        return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def as_instant(value: object) -> datetime | None:
    """A value where an instant is wanted: an instant, or RFC 3339 text; else None."""
    if type(value) is datetime:
        return value
    return read_instant(value) if type(value) is str else None


def as_date(value: object, zone: Zone) -> date | None:
    """A value where a date is wanted: a date, an instant (its date in `zone`), or text that is either."""
    kind = type(value)
    if kind is date:
        return value  # type: ignore[return-value]
    if kind is str:
        if (day := read_date(value)) is not None:  # type: ignore[arg-type]
            return day
        value = read_instant(value)  # type: ignore[arg-type]
    return _date_of(value, zone) if type(value) is datetime else None


def as_month_day(value: object, zone: Zone) -> tuple[int, int] | None:
    """Month and day for `every year on`: what `as_date` reads, or text `MM-DD` (02-29 too); else None."""
    if type(value) is str and len(value) == 5:
        day = read_date(f"{_LEAP_YEAR}-{value}") if _MONTH_DAY.fullmatch(value) else None
    else:
        day = as_date(value, zone)
    return None if day is None else (day.month, day.day)


def _date_of(at: datetime, zone: Zone) -> date | None:
    try:
        return zone.date(micros(at))
    except (OverflowError, ValueError):  # an offset leads out of the years 1 to 9999
        return None
