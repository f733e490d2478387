"""Calendar triggers and the moments of steps: on which days, and at which instants.

A time of day that the clock skips is the first instant after the gap; one that comes twice is its first coming.
"""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from trigdsl.engine.calendars import Calendar
from trigdsl.engine.dates import date_of, day_in_month, next_weekday
from trigdsl.engine.zones import Zone
from trigdsl.model.values import LAST_INSTANT, Micros


class Schedule(Protocol):
    """The days, as day numbers, on which a calendar trigger falls."""

    def next_day(self, day: int) -> int | None:
        """The first day from `day` on that it falls on; None when there is none."""


@frozen
class Daily:
    """`every day`."""

    def next_day(self, day: int) -> int | None:
        return day


@frozen
class Weekly:
    """`every mon, thu`; 0 is Monday."""

    weekdays: frozenset[int]

    def next_day(self, day: int) -> int | None:
        return next_weekday(self.weekdays, day)


@frozen
class Monthly:
    """`every month on 31`: the last day of a month that is shorter."""

    day: int

    def next_day(self, day: int) -> int | None:
        today = date_of(day)
        falls = day_in_month(today.year, today.month, self.day)
        if falls >= day:
            return falls
        years, month = divmod(today.month, 12)
        return day_in_month(today.year + years, month + 1, self.day)


@frozen
class Yearly:
    """`every year on 02-29`: the 28th in other years."""

    month: int
    day: int

    def next_day(self, day: int) -> int | None:
        return yearly_next(self.month, self.day, day)


@frozen
class OnCalendar:
    """`every sale_days`."""

    calendar: Calendar

    def next_day(self, day: int) -> int | None:
        return self.calendar.next(day)


@frozen
class Once:
    """`on 2026-05-08`, as a day number."""

    day: int

    def next_day(self, day: int) -> int | None:
        return self.day if day <= self.day else None


def yearly_next(month: int, day: int, from_day: int) -> int:
    """The first day from `from_day` on that is the anniversary of a month and day."""
    year = date_of(from_day).year
    falls = day_in_month(year, month, day)
    return falls if falls >= from_day else day_in_month(year + 1, month, day)


def next_moment(
    schedule: Schedule, at_micros_of_day: Micros, zone: Zone, after: Micros, not_before_day: int | None
) -> tuple[int, Micros] | None:
    """The day and instant of the first moment strictly after `after`; None when there is none.

    Only days later than `not_before_day`, the last one that the trigger fired on, count.
    """
    earliest: int | None = zone.day(after)
    if not_before_day is not None:
        earliest = max(zone.day(after), not_before_day + 1)
    while earliest is not None and (day := schedule.next_day(earliest)) is not None:
        at = zone.instant(day, at_micros_of_day)
        if at > LAST_INSTANT:
            return None
        if at > after:
            return day, at
        earliest = day + 1
    return None


def at_or_after(zone: Zone, base: Micros, micros_of_day: Micros) -> Micros:
    """`at T`: the first instant from `base` on at which it is T."""
    # Yesterday's T too: the clock may have skipped it together with midnight, which makes it now.
    day = zone.day(base) - 1
    while (at := zone.instant(day, micros_of_day)) < base:
        day += 1
    return at


def calendar_days_later(zone: Zone, base: Micros, days: int, micros_of_day: Micros) -> Micros:
    """`after N calendar days at T`: T on the Nth date after the local date of `base`; never before `base`."""
    return max(base, zone.instant(zone.day(base) + days, micros_of_day))
