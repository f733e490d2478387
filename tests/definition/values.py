"""Values and time → equality, order, arithmetic, text (§4, §10); clocks, windows and schedules (§6.1, §6.2).

None is missing.  What an instant is on the wall is found by looking at what its clock shows.
"""

from __future__ import annotations

import calendar
import json
import math
import operator as op
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from trigdsl.syntax import nodes as n

KINDS = {str: "text", bool: "boolean", int: "number", float: "number", datetime: "instant", date: "date",
         timedelta: "duration", list: "list"}  # fmt: skip
SIZES = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
DATE = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def kind(value: Any) -> str:
    """The type of a value that is there, by the language's names."""
    return KINDS.get(type(value), "record")


def same(a: Any, b: Any) -> bool:
    """Equal by content; values of different type are just unequal."""
    if a is None or b is None or kind(a) != kind(b):
        return a is b
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


def attempt(make: Callable[..., Any], *given: Any) -> Any:
    """What is made of these, missing when nothing can be: no such date, too large, division by zero."""
    try:
        return make(*given)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None


def read_instant(value: Any) -> datetime | None:
    """An instant, or text that is one (RFC 3339)."""
    if kind(value) == "text" and INSTANT.fullmatch(value):
        return attempt(lambda: datetime.fromisoformat(value).astimezone(UTC))  # type: ignore[no-any-return]
    return value if kind(value) == "instant" else None


def read_date(value: Any, zone: tzinfo) -> date | None:
    """A date, an instant's date in the zone, or text that is one of the two."""
    if kind(value) == "text" and DATE.fullmatch(value):
        return attempt(date.fromisoformat, value)  # type: ignore[no-any-return]
    at = read_instant(value)
    return at.astimezone(zone).date() if at else value if kind(value) == "date" else None


def read(value: Any, wanted: str | None, zone: tzinfo) -> Any:
    """A value where a type is declared: text is read as a date or an instant where it shall be one."""
    if kind(value) != "text" or wanted not in ("date", "instant"):
        return value
    return read_date(value, zone) if wanted == "date" else read_instant(value)


ORDERS = {"==": same, "!=": lambda a, b: not same(a, b), "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}
PARTS = {"contains": op.contains, "starts with": str.startswith, "ends with": str.endswith}


def compare(sign: str, a: Any, b: Any, zone: tzinfo) -> bool | None:
    """a == b and the like; unknown when an operand is missing or the types do not fit."""
    kinds = {kind(a), kind(b)}
    if sign == "contains" and kind(a) == "list":
        return None if b is None else any(same(item, b) for item in a)
    if sign in PARTS:
        return PARTS[sign](a, b) if kinds == {"text"} else None
    if "date" in kinds and kinds <= {"date", "instant", "text"}:
        a, b = read_date(a, zone), read_date(b, zone)
    elif kinds == {"instant", "text"}:
        a, b = read_instant(a), read_instant(b)
    ordered = kind(a) in ("number", "text", "instant", "date", "duration") or sign in ("==", "!=")
    return ORDERS[sign](a, b) if None not in (a, b) and kind(a) == kind(b) and ordered else None


SIGNS = {"+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv}
FITTING = ("number + number", "instant + duration", "duration + instant", "duration + duration", "number - number",
           "instant - instant", "date - date", "duration - duration", "instant - duration", "number * number",
           "duration * number", "number * duration", "number / number", "duration / number",
           "duration / duration")  # fmt: skip


def arithmetic(sign: str, a: Any, b: Any) -> Any:
    """a + b and the like; missing when an operand is, when the types do not fit, or on division by zero."""
    return attempt(SIGNS[sign], a, b) if f"{kind(a)} {sign} {kind(b)}" in FITTING else None


def rounded(number: float) -> int:
    """The nearest whole number; halves go away from zero."""
    return int(math.copysign(math.floor(abs(number) + 0.5), number))


FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "text": {"lower": str.lower, "upper": str.upper, "trim": str.strip, "length": len},
    "list": {"length": len},
    "number": {"round": rounded, "abs": abs, "floor": math.floor, "ceil": math.ceil, "min": min, "max": max},
}


def function(name: str, arguments: list[Any], zone: tzinfo) -> Any:
    """A built-in function; missing when an argument is missing or does not fit."""
    days = [read_date(argument, zone) for argument in arguments]
    if name in ("date", "days_between"):
        return None if None in days else days[0] if name == "date" else (days[1] - days[0]).days  # type: ignore[operator]
    kinds = {kind(argument) for argument in arguments}
    meaning = FUNCTIONS.get(kinds.pop(), {}).get(name)
    return meaning(*arguments) if meaning and not kinds else None


def plain(value: Any) -> Any:
    """A value as JSON holds it: instants, dates and durations are text, whole numbers have no point."""
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [plain(held) for held in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return TEXTS[kind(value)](value) if kind(value) in TEXTS else value


def short(length: timedelta) -> str:
    """A duration from large to small: `1h30m`, `-2w`, `1.5s`, `0s`."""
    rest, text = abs(length), ""
    for unit, size in SIZES.items():
        count, rest = divmod(rest, timedelta(seconds=size))
        fraction = f".{rest.microseconds:06}".rstrip("0") if unit == "s" and rest else ""
        text += f"{count}{fraction}{unit}" if count or fraction else ""
    return ("-" if length < timedelta() else "") + (text or "0s")


TEXTS = {"instant": lambda at: f"{at.replace(tzinfo=None).isoformat()}Z", "date": date.isoformat, "duration": short}


def printed(value: Any) -> str:
    """A value as templates print it (§10)."""
    value = plain(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (bool, list, dict)) else str(value)


# ------------------------------------------------------------------------ time
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
Calendars = dict[str, frozenset[date]]


@cache
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that IANA name in the tzdata package, None when there is none."""
    data = resources.files("tzdata")
    if name not in data.joinpath("zones").read_text().split():
        return None
    with data.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def zone_or(name: Any, other: ZoneInfo) -> ZoneInfo:
    """The zone of a name that is one, else the other."""
    return (zone_named(name) if isinstance(name, str) else None) or other


def zone_of(zone: n.Zone | None, users: ZoneInfo) -> ZoneInfo:
    """`local` (or nothing) is the user's zone, `utc` and quoted names are themselves."""
    if zone is None or (zone.name == "local" and not zone.quoted):
        return users
    return zone_or(zone.name if zone.quoted else "UTC", users)


def length(duration: n.Duration) -> timedelta:
    """How long a written duration is."""
    return sum(number * SIZES[unit] for number, unit in duration.parts) * SECOND


def local(at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What the clock on the wall and the calendar show."""
    wall = at.astimezone(zone)
    clock = {"hour": wall.hour, "minute": wall.minute, "weekday": DAYS[wall.weekday()]}
    return clock | {"date": wall.date(), "day": wall.day, "month": wall.month}


def transitions(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The minutes of (start, end] from which on the clocks of the zone stand otherwise."""
    first = start.replace(second=0, microsecond=0)
    minutes = [first + number * MINUTE for number in range((end - first) // MINUTE + 1)]
    offsets = [minute.astimezone(zone).utcoffset() for minute in minutes]
    return [minutes[place] for place in range(1, len(minutes)) if offsets[place] != offsets[place - 1]]


def moment(day: date, seconds: int, zone: ZoneInfo) -> datetime:
    """When the clock shows this time of this day: the first time it does, or the first instant after the gap."""
    wall = datetime.combine(day, time()) + seconds * SECOND
    at, earlier = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = at.astimezone(zone).replace(tzinfo=None)
    return at if shown == wall else transitions(earlier - SECOND, at, zone)[0]


def first_at(base: datetime, seconds: int, zone: ZoneInfo) -> datetime:
    """The first T at or after an instant."""
    day = base.astimezone(zone).date()
    return next(at for days in range(-1, 3) if (at := moment(day + days * DAY, seconds, zone)) >= base)


def in_period(period: n.LimitPeriod | n.Period, at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether something that happened at an instant lies in the period that is running now."""
    if period.duration:
        return now - length(period.duration) < at <= now
    then, today = (one.astimezone(zone).date() for one in (at, now))
    begins = {"week": lambda day: day - day.weekday() * DAY, "month": lambda day: day.replace(day=1)}
    begin = begins.get(period.kind, lambda day: day)
    return period.kind == "ever" or begin(then) == begin(today)


@frozen
class Window:
    """Hours, in seconds of the day, and conditions on days, in one zone."""

    ranges: list[tuple[int, int]]
    days: tuple[n.DayCondition, ...]
    zone: ZoneInfo
    calendars: Calendars

    def has(self, day: date) -> bool:
        """Whether it opens on a day: all conditions hold."""
        weekdays = [DAYS[day.weekday()] in one.days for one in self.days if isinstance(one, n.OnDays)]
        listed = [one for one in self.days if isinstance(one, n.OnCalendar)]
        return all(weekdays) and all((day in self.calendars[one.calendar.text]) != one.negated for one in listed)

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is inside; one that crosses midnight belongs to the day on which it opens."""
        wall = at.astimezone(self.zone).replace(tzinfo=None)
        for day in (wall.date(), wall.date() - DAY):
            since = (wall - datetime.combine(day, time())) / SECOND
            lengths = [(start, (end - start) % 86_400 or 86_400) for start, end in self.ranges]
            if self.has(day) and any(start <= since < start + lasting for start, lasting in lengths):
                return True
        return False

    def openings(self, start: datetime, end: datetime) -> list[datetime]:
        """All instants of [start, end), a day, at which it may open, and some more."""
        first = datetime.combine(start.astimezone(self.zone), time(), self.zone)
        times = {0, *(start for start, _ in self.ranges)}
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
        case n.EveryDay() | n.EveryWeekday():
            names = getattr(schedule, "days", DAYS)
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
