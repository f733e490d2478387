"""An instant and a zone → the day, week, weekday and hour that a wall clock there shows, as numbers."""

from __future__ import annotations

from trigdsl.engine.dates import date_of
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, HOUR, Micros

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# Day 0, 1970-01-01, was a Thursday: weeks from Monday are counted from three days before it.
_SINCE_MONDAY = 3


def day_of(at: Micros, zone: Zone) -> int:
    """The local date, as days since 1970-01-01."""
    return zone.day(at)


def week_of(day: int) -> int:
    """The week from Monday to Sunday that holds a day, as a number."""
    return (day + _SINCE_MONDAY) // 7


def first_day(week: int) -> int:
    """The Monday of a week."""
    return week * 7 - _SINCE_MONDAY


def weekday_and_hour(at: Micros, zone: Zone) -> tuple[int, int]:
    """The local weekday, 0 for Monday, and the hour of the day, 0 to 23."""
    local = zone.local(at)
    return (local // DAY + _SINCE_MONDAY) % 7, local % DAY // HOUR


def day_text(day: int) -> str:
    """A day as `YYYY-MM-DD`."""
    return date_of(day).isoformat()
