"""Policies on hours and days (`between`, `on`, `not on`) → is it open now, and when next?

A window is looked at by what the wall clock shows: at times of day that a clock change skips it is not open, and
at times that come twice it is open twice.  Wherever the clock runs evenly the open times are plain
arithmetic on its reading; `Window.next_opening` goes from one such stretch to the next.

Every search ends.  The days of one window are looked for until `DAY_SEARCH` days after the last date of its
calendars: longer than any pattern of weekdays and holidays takes to show.  Several windows, whose zones may
differ, are looked for through the `JOINT_SEARCH_YEARS` years after the present one and after the last date of their
calendars.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from attrs import field, frozen

from trigdsl.engine.calendars import Calendar
from trigdsl.engine.dates import date_of, month_start, next_weekday
from trigdsl.engine.zones import LARGEST_SHIFT, Zone
from trigdsl.model.values import DAY, LAST_INSTANT, Micros

DAY_SEARCH = 20 * 366
JOINT_SEARCH_YEARS = 8


@frozen(cache_hash=True)
class Hours:
    """Times of day, joined: each range is (start, end) in microseconds of the day.

    The start is inside, the end (at most 24 hours) is not; a start after its end crosses midnight.  Raises
    ValueError for a range that is none, or none at all.
    """

    ranges: tuple[tuple[Micros, Micros], ...] = field()

    @ranges.validator
    def _check(self, _: object, ranges: tuple[tuple[Micros, Micros], ...]) -> None:
        if not ranges:
            raise ValueError("hours without a range")
        for start, end in ranges:
            if not (0 <= start < DAY and 0 <= end <= DAY and start != end):
                raise ValueError(f"no range of times of day: {start} to {end}")


_ALL_DAY = Hours(((0, DAY),))


@frozen(cache_hash=True, kw_only=True)
class Window:
    """Hours and days at which a step may be done.

    `hours` None is all day, `zone` None the user's zone, `weekdays` None any day (0 is Monday).  A day must
    be in all calendars `on` and in none of `not_on`.  Hours that cross midnight belong to the day they begin on.
    """

    hours: Hours | None = None
    zone: Zone | None = None
    weekdays: frozenset[int] | None = None
    on: tuple[Calendar, ...] = ()
    not_on: tuple[Calendar, ...] = ()

    _spans: tuple[tuple[Micros, Micros], ...] = field(init=False, eq=False, repr=False)
    _every_day: bool = field(init=False, eq=False, repr=False)

    @_spans.default
    def _spans_of_hours(self) -> tuple[tuple[Micros, Micros], ...]:
        ranges = (self.hours or _ALL_DAY).ranges
        return tuple(sorted((start, end if start < end else end + DAY) for start, end in ranges))

    @_every_day.default
    def _has_no_days(self) -> bool:
        return self.weekdays is None and not self.on and not self.not_on

    @property
    def spans(self) -> tuple[tuple[Micros, Micros], ...]:
        """When it opens on an open day, as (opens, closes) in microseconds from that day's 00:00, in order."""
        return self._spans

    @property
    def daily(self) -> tuple[Micros, Micros, Zone | None] | None:
        """When it opens and closes, and its zone, if it does so once on each day and closes on the same; else None."""
        if not self._every_day or len(self._spans) != 1 or self._spans[0][1] > DAY:
            return None
        return (*self._spans[0], self.zone)

    def is_open(self, at: Micros, user_zone: Zone) -> bool:
        """Whether an instant is inside."""
        return self._shows_open(at + (self.zone or user_zone).offset(at))

    def next_opening(self, at: Micros, user_zone: Zone) -> Micros | None:
        """The earliest instant from `at` on that is inside; None when the window never opens again."""
        zone = self.zone or user_zone
        if at <= LAST_INSTANT and self._shows_open(at + zone.offset(at)):
            return at
        while at <= LAST_INSTANT:
            _, end, offset = zone.segment(at)
            opening = self._next_reading(at + offset)
            if opening is not None and opening - offset < end:
                opening -= offset
                return opening if opening <= LAST_INSTANT else None
            if end - at <= LARGEST_SHIFT:
                # The clock may be put back to a time that has passed, so nothing is settled yet.
                at = end
            elif opening is None:
                return None
            else:
                at = max(end, opening - LARGEST_SHIFT)
        return None

    def _shows_open(self, local: Micros) -> bool:
        day, time = divmod(local, DAY)
        for opens, closes in self._spans:
            if opens <= time < closes:
                if self._every_day or self._allows(day):
                    return True
            elif time < closes - DAY and (self._every_day or self._allows(day - 1)):
                return True
        return False

    def _next_reading(self, local: Micros) -> Micros | None:
        """The earliest reading of the wall clock from this one on that is inside, if it ran evenly for ever."""
        if self._shows_open(local):
            return local
        day, time = divmod(local, DAY)
        if self._every_day or self._allows(day):
            for opens, _ in self._spans:
                if time < opens:
                    return day * DAY + opens
        following = self._next_day(day + 1)
        return None if following is None else following * DAY + self._spans[0][0]

    def _allows(self, day: int) -> bool:
        return (
            (self.weekdays is None or (day + 3) % 7 in self.weekdays)
            and all(calendar.has(day) for calendar in self.on)
            and not any(calendar.has(day) for calendar in self.not_on)
        )

    def _next_day(self, day: int) -> int | None:
        """The first day from this one on that is allowed."""
        if self._every_day:
            return day
        until = _last_date(self, default=day) + DAY_SEARCH
        while day <= until:
            following = self._next_on_day(day)
            if following == day and not any(calendar.has(day) for calendar in self.not_on):
                return day
            if following is None:
                return None
            day = max(day + 1, following)
        return None

    def _next_on_day(self, day: int) -> int | None:
        """`day` if its weekday and the calendars `on` allow it, else a later day, none before which they allow."""
        latest = day
        for calendar in self.on:
            following = calendar.next(day)
            if following is None:
                return None
            latest = max(latest, following)
        following = day if self.weekdays is None else next_weekday(self.weekdays, day)
        return None if following is None else max(latest, following)


def next_opening(windows: Sequence[Window], at: Micros, user_zone: Zone) -> Micros | None:
    """The earliest instant from `at` on that is inside all windows; None when there is none.

    Without windows it is `at`.
    """
    if len(windows) == 1:
        return windows[0].next_opening(at, user_zone)
    if all(window.is_open(at, user_zone) for window in windows):
        return at
    year = date_of(at // DAY).year
    if not _ever_meet(tuple(windows), user_zone, year):
        return None
    return _meeting(windows, at, _joint_search_end(windows, year), user_zone)


@lru_cache(maxsize=4096)
def _ever_meet(windows: tuple[Window, ...], user_zone: Zone, year: int) -> bool:
    """Whether a search from any instant of a year can end well: windows that never meet are found out once."""
    start = month_start(year, 1) * DAY
    return _meeting(windows, start, _joint_search_end(windows, year), user_zone) is not None


def _joint_search_end(windows: Iterable[Window], year: int) -> Micros:
    day = month_start(year + 1, 1)
    last = max(_last_date(window, default=day) for window in windows)
    return month_start(date_of(last).year + JOINT_SEARCH_YEARS, 1) * DAY


def _meeting(windows: Iterable[Window], at: Micros, until: Micros, user_zone: Zone) -> Micros | None:
    while at <= until:
        latest = at
        for window in windows:
            opening = window.next_opening(latest, user_zone)
            if opening is None:
                return None
            latest = opening
        if latest == at:
            return at
        at = latest
    return None


def _last_date(window: Window, default: int) -> int:
    """The last date of the window's calendars, at least `default`."""
    return max([default, *(calendar.last or default for calendar in (*window.on, *window.not_on))])
