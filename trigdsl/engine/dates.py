"""Day numbers in, dates and day numbers out: the proleptic Gregorian calendar as arithmetic.

A day number counts days since 1970-01-01, so that a wall clock's microseconds are
`day * DAY + microseconds of the day`.
"""

from __future__ import annotations

import calendar
from collections.abc import Set
from datetime import date

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
DAYS_IN_CYCLE = 146_097
"""Days in 400 years, after which dates and weekdays repeat."""


def day_number(day: date) -> int:
    """Days from 1970-01-01 to a date."""
    return day.toordinal() - EPOCH_ORDINAL


FIRST_DAY = day_number(date.min)
LAST_DAY = day_number(date.max)


def date_of(day: int) -> date:
    """The date of a day number; of one before the year 1 or after 9999 the nearest date that there is."""
    return date.fromordinal(min(max(day, FIRST_DAY), LAST_DAY) + EPOCH_ORDINAL)


def weekday(day: int) -> int:
    """The weekday of a day number: 0 is Monday."""
    return (day + 3) % 7


def next_weekday(weekdays: Set[int], day: int) -> int | None:
    """The first day from `day` on that falls on one of these weekdays; None when there are none."""
    for later in range(day, day + 7):
        if (later + 3) % 7 in weekdays:
            return later
    return None


def month_start(year: int, month: int) -> int:
    """The day number of a month's first day, in any year."""
    cycles, year_of_cycle = divmod(year - 2000, 400)
    return day_number(date(2000 + year_of_cycle, month, 1)) + cycles * DAYS_IN_CYCLE


def day_in_month(year: int, month: int, day: int) -> int:
    """The day number of a day of a month, the month's last day when it is shorter."""
    return month_start(year, month) + min(day, days_in_month(year, month)) - 1


def days_in_month(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
