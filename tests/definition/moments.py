"""Zones, times of day and windows → instants, by looking at what the clock on the wall shows (§6.1, §6.2)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from trigdsl.syntax import nodes as n

from .values import read_date

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@cache
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that IANA name in the tzdata package, None when there is none."""
    data = resources.files("tzdata")
    if name not in data.joinpath("zones").read_text().split():
        return None
    with data.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def length(duration: n.Duration) -> timedelta:
    """How long a written duration is."""
    unit = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY, "w": 7 * DAY}
    return sum((number * unit[name] for number, name in duration.parts), timedelta())


def written(duration: n.Duration) -> str:
    """A duration in the formatter's form."""
    return "".join(f"{number}{unit}" for number, unit in duration.parts)


def transitions(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants in (start, end] from which on the clocks of the zone stand otherwise, hour by hour."""
    found = []
    while start < end:
        low, high = start, min(start + timedelta(hours=1), end)
        start = high
        before = low.astimezone(zone).utcoffset()
        if high.astimezone(zone).utcoffset() == before:
            continue
        while high - low > SECOND:
            middle = low + (high - low) // SECOND // 2 * SECOND
            low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
        found.append(high.replace(microsecond=0))
    return found


def moment(day: date, seconds: int, zone: ZoneInfo) -> datetime:
    """When the clock shows this time of this day: the first time it does, or the first instant after the gap."""
    wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    earlier = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return transitions(earlier - SECOND, at, zone)[0]


def first_at(base: datetime, seconds: int, zone: ZoneInfo) -> datetime:
    """The first T at or after an instant."""
    day = base.astimezone(zone).date() - DAY
    while moment(day, seconds, zone) < base:
        day += DAY
    return moment(day, seconds, zone)


def in_period(period: n.LimitPeriod, at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether something that happened at an instant lies in the period that is running now."""
    if period.kind == "duration":
        assert period.duration
        return now - length(period.duration) < at <= now
    then, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    monday, this_monday = (day - day.weekday() * DAY for day in (then, today))
    return {
        "ever": True,
        "day": then == today,
        "week": monday == this_monday,
        "month": (then.year, then.month) == (today.year, today.month),
    }[period.kind]


@frozen
class Days:
    """One condition on the local day: weekdays, or the dates of a calendar."""

    weekdays: tuple[str, ...] = ()
    dates: frozenset[date] = frozenset()
    negated: bool = False

    def hold(self, day: date) -> bool:
        """Whether the day is one of them."""
        listed = DAYS[day.weekday()] in self.weekdays if self.weekdays else day in self.dates
        return listed != self.negated


@frozen
class Window:
    """Hours (None: all) and conditions on days, in one zone."""

    ranges: tuple[tuple[int, int], ...] | None
    days: tuple[Days, ...]
    zone: ZoneInfo

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is inside."""
        wall = at.astimezone(self.zone)
        shown = timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        today = all(condition.hold(wall.date()) for condition in self.days)
        yesterday = all(condition.hold(wall.date() - DAY) for condition in self.days)
        if self.ranges is None:
            return today
        for start, end in self.ranges:
            opens, closes = start * SECOND, end * SECOND
            if opens < closes and opens <= shown < closes and today:
                return True
            if opens > closes and ((shown >= opens and today) or (shown < closes and yesterday)):
                return True
        return False

    def boundaries(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """All instants of [start, end) at which it may open, and some more."""
        times = {0, *(second for pair in self.ranges or () for second in pair)}
        day = start.astimezone(self.zone).date() - DAY
        while day <= end.astimezone(self.zone).date() + DAY:
            for seconds in times:
                wall = datetime.combine(day, time()) + seconds * SECOND
                yield from (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
            day += DAY
        yield from transitions(start, end, self.zone)


def next_opening(windows: list[Window], now: datetime) -> datetime | None:
    """The earliest instant from now on that is inside all windows, None when there never is one."""
    dates = {day for window in windows for condition in window.days for day in condition.dates}
    last = max([now, *(datetime.combine(day, time(), UTC) for day in dates)]) + 40 * DAY
    start = now
    while start < last:
        end = start + DAY
        found = {now} | {at for window in windows for at in window.boundaries(start, end)}
        inside = [at for at in found if start <= at < end and all(window.is_open(at) for window in windows)]
        if inside:
            return min(inside)
        start = end
    return None


def day_in_month(year: int, month: int, day: int) -> date:
    """That day, or the month's last when it is shorter."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def birthday(value: Any, zone: ZoneInfo) -> date | None:
    """The date by whose month and day a year is counted: also text MM-DD."""
    short = isinstance(value, str) and re.fullmatch(r"\d\d-\d\d", value)
    return read_date(f"2000-{value}" if short else value, zone)


def dates_of(schedule: n.Schedule, day: date, attributes: dict[str, Any], zone: ZoneInfo, calendars: Any) -> list[date]:
    """The first few dates of a schedule from a day on, in order."""
    week = [day + days * DAY for days in range(15)]
    years = range(day.year, day.year + 4)
    match schedule:
        case n.EveryDay():
            found = week
        case n.EveryWeekday():
            found = [one for one in week if DAYS[one.weekday()] in schedule.days]
        case n.EveryMonth():
            months = [divmod(day.year * 12 + day.month - 1 + later, 12) for later in range(4)]
            found = [day_in_month(year, month + 1, schedule.day) for year, month in months]
        case n.EveryYear():
            found = [day_in_month(year, schedule.month, schedule.day) for year in years]
        case n.EveryYearOf():
            born = birthday(attributes.get(schedule.attribute.text), zone)
            found = [day_in_month(year, born.month, born.day) for year in years] if born else []
        case n.EveryDateOf():
            found = sorted(calendars[schedule.calendar.text])
        case n.OnDate():
            found = [schedule.date]
    return [one for one in found if one >= day]
