"""The values that rules reckon with, and which Python object stands for which.

| in the language | in Python |
|---|---|
| text | `str` |
| number | `int` or `float` (never `bool`) |
| boolean | `bool` |
| instant | aware `datetime` in UTC |
| date | `datetime.date` |
| duration | `datetime.timedelta` |
| list, record | `list`, `dict` with text keys |
| missing, unknown | `None` |

Inside the engine an instant that is only compared and ordered (event time, timers) is an `int`: microseconds
since 1970-01-01T00:00:00Z.  `instant` and `micros` convert.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | datetime | date | timedelta | list[Value] | dict[str, Value] | None"
"""Any value of the language; None is missing."""

Micros: TypeAlias = int
"""An instant as microseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_INSTANT: Micros = -62_135_596_800 * SECOND
"""0001-01-01T00:00:00Z, the earliest instant there is."""
LAST_INSTANT: Micros = 253_402_300_800 * SECOND - 1
"""9999-12-31T23:59:59.999999Z, the latest."""


def micros(instant: datetime) -> Micros:
    """An aware datetime as microseconds since the epoch, exactly."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def instant(micros: Micros) -> datetime:
    """The aware UTC datetime of a number of microseconds since the epoch.

    Raises OverflowError outside the years 1 to 9999.
    """
    return EPOCH + timedelta(microseconds=micros)


def instant_text(micros: Micros) -> str:
    """An instant as decisions write it: `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`."""
    minute, rest = divmod(micros, MINUTE)
    second, fraction = divmod(rest, SECOND)
    text = _minute_text(minute)
    return f"{text}{second:02d}.{fraction:06d}Z" if fraction else f"{text}{second:02d}Z"


@lru_cache(maxsize=1 << 16)
def _minute_text(minute: int) -> str:
    """The minutes since 1970 as text, up to the colon before the seconds; a stream's decisions share them."""
    return (EPOCH + timedelta(minutes=minute)).isoformat()[:17]
