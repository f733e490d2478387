from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.engine.dates import (
    FIRST_DAY,
    LAST_DAY,
    date_of,
    day_in_month,
    day_number,
    days_in_month,
    month_start,
    next_weekday,
    weekday,
)


def test_days_are_counted_from_1970() -> None:
    assert day_number(date(1969, 12, 31)) == -1
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(1970, 2, 1)) == 31


@given(st.dates())
@settings(deadline=None)
def test_a_date_and_its_number_are_one(day: date) -> None:
    number = day_number(day)
    assert date_of(number) == day
    assert number == (day - date(1970, 1, 1)) // timedelta(days=1)
    assert weekday(number) == day.weekday()
    assert month_start(day.year, day.month) == number - day.day + 1


def test_there_is_no_date_before_the_first_or_after_the_last() -> None:
    assert date_of(FIRST_DAY - 1) == date_of(FIRST_DAY) == date.min
    assert date_of(LAST_DAY + 1) == date_of(LAST_DAY) == date.max


def test_a_month_after_the_last_date_still_has_a_number() -> None:
    assert month_start(10_000, 1) == LAST_DAY + 1


@pytest.mark.parametrize(("year", "days"), [(2027, 28), (2028, 29), (1900, 28), (2000, 29), (2100, 28)])
def test_february(year: int, days: int) -> None:
    assert days_in_month(year, 2) == days


@pytest.mark.parametrize(("day", "falls"), [(28, 28), (29, 28), (31, 28), (1, 1)])
def test_a_day_that_a_month_lacks_is_its_last(day: int, falls: int) -> None:
    assert day_in_month(2027, 2, day) == day_number(date(2027, 2, falls))


def test_next_weekday() -> None:
    friday = day_number(date(2026, 11, 20))
    assert next_weekday({4}, friday) == friday
    assert next_weekday({3}, friday) == friday + 6
    assert next_weekday({0, 5}, friday) == friday + 1
    assert next_weekday(set(), friday) is None
