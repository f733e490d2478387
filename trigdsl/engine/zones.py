"""The name of a time zone → its civil time: offsets, local dates, and the instants of times of day.

Zones come from the `tzdata` package, never from the machine, so that every process reckons alike.  The changes
of a zone's offset until 2100 are a table; those of later years are worked out when asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import cache
from typing import TypeAlias

import tzdata  # type: ignore[import-untyped]

from trigdsl.engine.dates import date_of, day_number, weekday
from trigdsl.engine.tzif import Rule, ZoneData, read
from trigdsl.model.values import DAY, SECOND, Micros

__all__ = ["TZDATA_VERSION", "UTC", "Segment", "Zone", "date_of", "day_number", "weekday", "zone"]

TZDATA_VERSION: str = tzdata.__version__
"""The version of the zones, as the package numbers it: `2026.1` is the second of 2026."""

Segment: TypeAlias = tuple[Micros, Micros, Micros]
"""A stretch of time with one offset: start, end (exclusive), offset from UTC."""

_BEGINNING: Micros = -(2**62)
_END: Micros = 2**62
_TABLE_UNTIL_YEAR = 2100
_MEAN_YEAR: Micros = 31_556_952 * SECOND

LARGEST_SHIFT: Micros = 2 * DAY
"""More than any clock is ever put forward or back, and than any two offsets differ."""


class Zone:
    """A time zone. There is one for each name; get it with `zone`.

    A wall clock's reading is an int too: the microseconds since 1970-01-01T00:00 that UTC would show with it.
    """

    __slots__ = ("_hit", "_rule", "_segments", "_starts", "name")

    def __init__(self, name: str, data: ZoneData) -> None:
        self.name = name
        self._rule = data.rule
        self._segments = _segments(_BEGINNING, data.first_offset, _all_changes(data), end_known=data.rule is not None)
        self._starts = [start for start, _, _ in self._segments]
        # The segment of the last look-up: most instants asked for lie in it.
        self._hit = self._segments[-1]

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return zone, (self.name,)

    def offset(self, at: Micros) -> Micros:
        """How far the wall clock is ahead of UTC at an instant, in microseconds."""
        start, end, offset = self._hit
        return offset if start <= at < end else self._find(at)[2]

    def local(self, at: Micros) -> Micros:
        """What the wall clock shows at an instant."""
        start, end, offset = self._hit
        return at + (offset if start <= at < end else self._find(at)[2])

    def day(self, at: Micros) -> int:
        """The local date at an instant, as a day number."""
        return self.local(at) // DAY

    def date(self, at: Micros) -> date:
        """The local date at an instant."""
        return date_of(self.local(at) // DAY)

    def micros_of_day(self, at: Micros) -> Micros:
        """The time of day that the wall clock shows, as microseconds since it showed 00:00."""
        return self.local(at) % DAY

    def second_of_day(self, at: Micros) -> int:
        """The time of day that the wall clock shows, in whole seconds."""
        return self.local(at) % DAY // SECOND

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The stretches of one offset in order, from the beginning of time to the end of the table."""
        return tuple(self._segments)

    def segment(self, at: Micros) -> Segment:
        """The stretch of time around an instant in which the offset stays the same."""
        hit = self._hit
        return hit if hit[0] <= at < hit[1] else self._find(at)

    def instant(self, day: int, micros_of_day: Micros) -> Micros:
        """The first instant at which the wall clock shows a time of a day.

        A time that the clock skips is the first instant after the gap.  `micros_of_day` may be 24 hours: the
        start of the next day.
        """
        local = day * DAY + micros_of_day
        start, end, offset = self._hit
        if start + LARGEST_SHIFT <= local - offset < end:
            return local - offset
        # The clock shows an earlier time than `local` here, so the first segment that reaches it is the right one.
        start, end, offset = self.segment(local - LARGEST_SHIFT)
        while local - offset >= end:
            start, end, offset = self.segment(end)
        return max(start, local - offset)

    def start_of_day(self, day: int) -> Micros:
        """The first instant of a local date; of a date that was left out, the first instant after it."""
        return self.instant(day, 0)

    def _find(self, at: Micros) -> Segment:
        if at < self._segments[-1][1] or self._rule is None:
            self._hit = self._segments[bisect_right(self._starts, at) - 1]
        else:
            self._hit = _segment_by_rule(self._rule, at)
        return self._hit


def _all_changes(data: ZoneData) -> list[tuple[Micros, Micros]]:
    changes = list(data.changes)
    if data.rule is not None:
        last = changes[-1][0] if changes else _BEGINNING
        years = range(_year(last) if changes else 1, _TABLE_UNTIL_YEAR + 2)
        changes += [change for year in years for change in data.rule.changes(year) if change[0] > last]
    return changes


def _segments(start: Micros, offset: Micros, changes: list[tuple[Micros, Micros]], end_known: bool) -> list[Segment]:
    """Stretches of one offset; with `end_known` the last one ends at the last change, else never."""
    segments = []
    for at, following in changes:
        if following != offset:
            segments.append((start, at, offset))
            start, offset = at, following
    return segments if end_known else [*segments, (start, _END, offset)]


def _segment_by_rule(rule: Rule, at: Micros) -> Segment:
    year = _year(at)
    (start, offset), *changes = [change for near in range(year - 2, year + 3) for change in rule.changes(near)]
    segments = _segments(start, offset, changes, end_known=True)
    return next(segment for segment in segments if at < segment[1])


def _year(at: Micros) -> int:
    """The year of an instant, at most some days off."""
    return 1970 + at // _MEAN_YEAR


def _held(*path: str) -> bytes:
    """A file of the package of zones, by who imported it: the library for such files costs some milliseconds."""
    data: bytes = tzdata.__spec__.loader.get_data("/".join((tzdata.__path__[0], *path)))
    return data


@cache
def _names() -> frozenset[str]:
    return frozenset(_held("zones").decode("ascii").split())


ZONES: dict[str, Zone] = {}
"""The zones that were asked for, by name."""


def zone(name: str) -> Zone | None:
    """The zone of an IANA name such as `Asia/Seoul`, in that spelling; None when there is none."""
    found = ZONES.get(name)
    if found is None and name in _names():
        found = ZONES.setdefault(name, Zone(name, read(_held("zoneinfo", *name.split("/")))))
    return found


def is_zone(name: str) -> bool:
    """Whether there is a zone of that name."""
    return zone(name) is not None


def _utc() -> Zone:
    found = zone("UTC")
    assert found is not None
    return found


UTC: Zone = _utc()
