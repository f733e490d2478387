"""Short ways to write instants, days and times of day, and a second clock to compare the engine's with."""

from __future__ import annotations

from datetime import UTC as UTC_TIMEZONE
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from trigdsl.engine.windows import Hours
from trigdsl.engine.zones import Zone, day_number, zone
from trigdsl.model.values import EPOCH, HOUR, MINUTE, SECOND, instant, micros


def utc(text: str) -> int:
    """`2026-11-01 05:50` or with seconds, as an instant in UTC."""
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC_TIMEZONE))


def shown(at: int | None) -> str | None:
    """An instant in UTC as people read it, so that a failing test does too."""
    return None if at is None else str(instant(at).replace(tzinfo=None))


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def time(text: str) -> int:
    """`09:00` or `09:00:30` as microseconds of the day."""
    parts = [*map(int, text.split(":")), 0]
    return parts[0] * HOUR + parts[1] * MINUTE + parts[2] * SECOND


def hours(*ranges: str) -> Hours:
    """`09:00-12:00`."""
    return Hours(tuple((time(start), time(end)) for start, end in (text.split("-") for text in ranges)))


def known(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


@cache
def library_zone(name: str) -> ZoneInfo:
    """The standard library's reading of the same zone file."""
    with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def wall_clock(name: str, at: int) -> datetime:
    """What a clock shows at an instant, by the standard library."""
    return instant(at).astimezone(library_zone(name)).replace(tzinfo=None)


def reading(wall: datetime) -> int:
    """A wall clock's reading as the engine counts it."""
    return (wall.replace(tzinfo=UTC_TIMEZONE) - EPOCH) // timedelta(microseconds=1)
