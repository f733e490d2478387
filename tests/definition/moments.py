"""Zones, times of day and windows → instants, by looking at what the clock on the wall shows (§6.1, §6.2)."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from trigdsl.syntax import nodes as n

from .values import SIZES, read_date

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
Calendars = dict[str, frozenset[date]]


@cache
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that IANA name in the tzdata package, None when there is none."""
    data = resources.files("tzdata")
    if name not in data.joinpath("zones").read_text().split():
        return None
    with data.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def zone_of(zone: n.Zone | None, users: ZoneInfo) -> ZoneInfo:
    """`local` (or nothing) is the user's zone, `utc` and quoted names are themselves."""
    if zone is None or (zone.name == "local" and not zone.quoted):
        return users
    return zone_named(zone.name if zone.quoted else "UTC") or users


def length(duration: n.Duration) -> timedelta:
    """How long a written duration is."""
    return sum(number * SIZES[unit] for number, unit in duration.parts) * SECOND


def transitions(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants in (start, end] from which on the clocks of the zone stand otherwise, hour by hour."""
    found = []
    while start < end:
        low, high = start, min(start + timedelta(hours=1), end)
        start, before, after = high, *(at.astimezone(zone).utcoffset() for at in (low, high))
        while high - low > SECOND and before != after:
            middle = low + (high - low) // SECOND // 2 * SECOND
            low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
        found += [high.replace(microsecond=0)] if before != after else []
    return found


def moment(day: date, seconds: int, zone: ZoneInfo) -> datetime:
    """When the clock shows this time of this day: the first time it does, or the first instant after the gap."""
    wall = datetime.combine(day, time()) + seconds * SECOND
    at, earlier = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = at.astimezone(zone).replace(tzinfo=None)
    return at if shown == wall else transitions(earlier - SECOND, at, zone)[0]


def first_at(base: datetime, seconds: int, zone: ZoneInfo) -> datetime:
    """The first T at or after an instant."""
    day = base.astimezone(zone).date() - DAY
    while moment(day, seconds, zone) < base:
        day += DAY
    return moment(day, seconds, zone)


def in_period(period: n.LimitPeriod, at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether something that happened at an instant lies in the period that is running now."""
    if period.duration:
        return now - length(period.duration) < at <= now
    then, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    monday, this_monday = (day - day.weekday() * DAY for day in (then, today))
    same_month = (then.year, then.month) == (today.year, today.month)
    return {"ever": True, "day": then == today, "week": monday == this_monday, "month": same_month}[period.kind]


@frozen
class Window:
    """Hours (None: all) and conditions on days, in one zone."""

    ranges: tuple[n.TimeRange, ...] | None
    days: tuple[n.DayCondition, ...]
    zone: ZoneInfo
    calendars: Calendars

    def has(self, day: date) -> bool:
        """Whether it opens on a day: all conditions hold."""
        weekdays = [DAYS[day.weekday()] in one.days for one in self.days if isinstance(one, n.OnDays)]
        listed = [one for one in self.days if isinstance(one, n.OnCalendar)]
        return all(weekdays) and all((day in self.calendars[one.calendar.text]) != one.negated for one in listed)

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is inside."""
        wall = at.astimezone(self.zone)
        shown = wall.replace(tzinfo=None) - datetime.combine(wall.date(), time())
        today, yesterday = self.has(wall.date()), self.has(wall.date() - DAY)
        for one in self.ranges or ():
            opens, closes = one.start.seconds * SECOND, one.end.seconds * SECOND
            if opens < closes and opens <= shown < closes and today:
                return True
            if opens > closes and ((shown >= opens and today) or (shown < closes and yesterday)):
                return True
        return self.ranges is None and today

    def openings(self, start: datetime, end: datetime) -> list[datetime]:
        """All instants of [start, end), a day, at which it may open, and some more."""
        first = datetime.combine(start.astimezone(self.zone), time(), self.zone)
        times = {0, *(one.start.seconds for one in self.ranges or ())}
        walls = [first + days * DAY + seconds * SECOND for days in range(-1, 3) for seconds in times]
        found = [wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)]
        return found + transitions(start, end, self.zone)


def next_opening(windows: list[Window], now: datetime) -> datetime | None:
    """The earliest instant from now on that is inside all windows, None when there never is one."""
    dates = {day for window in windows for listed in window.calendars.values() for day in listed}
    last = max([now, *(datetime.combine(day, time(), UTC) for day in dates)]) + 40 * DAY
    for start in [now + days * DAY for days in range((last - now).days)]:
        for at in sorted({start, *(at for window in windows for at in window.openings(start, start + DAY))}):
            if start <= at < start + DAY and all(window.is_open(at) for window in windows):
                return at
    return None


def day_in_month(year: int, month: int, day: int) -> date:
    """That day, or the month's last when it is shorter."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def birthday(value: Any, zone: ZoneInfo) -> date | None:
    """The date by whose month and day a year is counted: also text MM-DD."""
    short = isinstance(value, str) and re.fullmatch(r"\d\d-\d\d", value)
    return read_date(f"2000-{value}" if short else value, zone)


def dates_of(schedule: n.Schedule, day: date, profile: dict[str, Any], zone: ZoneInfo, listed: Calendars) -> list[date]:
    """The first few dates of a schedule from a day on, and perhaps some before."""
    years = range(day.year, day.year + 4)
    match schedule:
        case n.EveryDay():
            return [day + days * DAY for days in range(3)]
        case n.EveryWeekday(names):
            return [one for days in range(9) if DAYS[(one := day + days * DAY).weekday()] in names]
        case n.EveryMonth(number):
            return [day_in_month(year, month, number) for year in years for month in range(1, 13)]
        case n.EveryYear(month, number):
            return [day_in_month(year, month, number) for year in years]
        case n.EveryYearOf(attribute):
            born = birthday(profile.get(attribute.text), zone)
            return [day_in_month(year, born.month, born.day) for year in years] if born else []
        case n.EveryDateOf(name):
            return list(listed[name.text])
    return [schedule.date]
