"""Sets of dates, as day numbers: those that a program lists, and the public holidays of a region."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterable
from types import ModuleType
from typing import Protocol

from attrs import field, frozen

from trigdsl.engine.dates import date_of, day_number

HOLIDAY_SEARCH_YEARS = 20
"""A region without a holiday in so many years has none any more."""


class MissingExtra(ImportError):  # noqa: N818
    """An optional package is not installed; the message says how to install it."""


class UnknownRegion(ValueError):  # noqa: N818
    """No holidays are known for a region. `matches` are regions with similar names."""

    def __init__(self, region: str, matches: tuple[str, ...]) -> None:
        hint = f", did you mean {' or '.join(f'`{match}`' for match in matches)}?" if matches else ""
        super().__init__(f"no holidays are known for the region `{region}`{hint}")
        self.region = region
        self.matches = matches


class Calendar(Protocol):
    """A set of dates, as day numbers."""

    @property
    def last(self) -> int | None:
        """The last date; None when there is no last one, or no date at all."""

    def has(self, day: int) -> bool: ...

    def next(self, day: int) -> int | None:
        """The first date of the calendar that is not before `day`; None when there is none."""


def _sorted_days(days: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(days)))


@frozen(cache_hash=True)
class DateCalendar:
    """The dates that a program lists: `calendar sale_days = [2026-11-27, 2026-11-30]`."""

    days: tuple[int, ...] = field(converter=_sorted_days)
    _set: frozenset[int] = field(init=False, eq=False, repr=False)

    @_set.default
    def _days_as_set(self) -> frozenset[int]:
        return frozenset(self.days)

    @property
    def last(self) -> int | None:
        return self.days[-1] if self.days else None

    def has(self, day: int) -> bool:
        return day in self._set

    def next(self, day: int) -> int | None:
        place = bisect_left(self.days, day)
        return self.days[place] if place < len(self.days) else None


@frozen
class HolidayCalendar:
    """The public holidays of a country (`KR`) or a part of one (`US-CA`), as the `holidays` package has them.

    Raises MissingExtra when that package is not installed, UnknownRegion when it does not know the region.
    """

    region: str
    _years: dict[int, tuple[int, ...]] = field(factory=dict, init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        regions = _regions(_holidays())
        if self.region not in regions:
            matches = difflib.get_close_matches(self.region.upper(), regions, n=3)
            raise UnknownRegion(self.region, tuple(matches))

    @property
    def last(self) -> None:
        return None

    def has(self, day: int) -> bool:
        return day in self._year(date_of(day).year)

    def next(self, day: int) -> int | None:
        year = date_of(day).year
        for later in range(year, year + HOLIDAY_SEARCH_YEARS + 1):
            days = self._year(later)
            if days and days[-1] >= day:
                return days[bisect_left(days, day)]
        return None

    def _year(self, year: int) -> tuple[int, ...]:
        """The holidays of a year, worked out when it is first asked for."""
        days = self._years.get(year)
        if days is None:
            country, _, part = self.region.partition("-")
            found = _holidays().country_holidays(country, subdiv=part or None, years=year)
            days = self._years[year] = tuple(sorted(day_number(day) for day in found if day.year == year))
        return days


def _holidays() -> ModuleType:
    try:
        import holidays
    except ImportError as error:
        raise MissingExtra(
            "holiday calendars need the `holidays` package: install it with `pip install 'trigdsl[holidays]'`"
        ) from error
    return holidays


def _regions(holidays: ModuleType) -> set[str]:
    parts = holidays.list_supported_countries()
    return {*parts, *(f"{country}-{part}" for country in parts for part in parts[country])}
