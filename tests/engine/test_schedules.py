"""On which days calendar triggers fall, and the instants of triggers and steps."""

import calendar
from datetime import date

import pytest
from clock_helpers import day, known, shown, time, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.engine.calendars import DateCalendar
from trigdsl.engine.dates import date_of
from trigdsl.engine.schedules import (
    Daily,
    Monthly,
    OnCalendar,
    Once,
    Schedule,
    Weekly,
    Yearly,
    at_or_after,
    calendar_days_later,
    next_moment,
    yearly_next,
)
from trigdsl.engine.zones import UTC, Zone
from trigdsl.model.values import LAST_INSTANT

NEW_YORK = known("America/New_York")
SALE = OnCalendar(DateCalendar([day("2026-11-27"), day("2026-11-30")]))


# 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("schedule", "start", "expected"),
    [
        (Daily(), "2026-11-20", "2026-11-20"),
        (Weekly(frozenset({4})), "2026-11-20", "2026-11-20"),
        (Weekly(frozenset({4})), "2026-11-21", "2026-11-27"),
        (Weekly(frozenset({0, 3})), "2026-11-20", "2026-11-23"),
        (Weekly(frozenset()), "2026-11-20", None),
        (Monthly(15), "2026-11-15", "2026-11-15"),
        (Monthly(15), "2026-11-16", "2026-12-15"),
        (Monthly(15), "2026-12-16", "2027-01-15"),
        (Monthly(31), "2027-01-31", "2027-01-31"),
        (Monthly(31), "2027-02-01", "2027-02-28"),
        (Monthly(31), "2028-02-01", "2028-02-29"),
        (Monthly(31), "2027-04-30", "2027-04-30"),
        (Monthly(29), "2027-02-28", "2027-02-28"),
        (Monthly(29), "2027-03-01", "2027-03-29"),
        (Yearly(11, 20), "2026-11-20", "2026-11-20"),
        (Yearly(11, 20), "2026-11-21", "2027-11-20"),
        (Yearly(2, 29), "2027-01-01", "2027-02-28"),
        (Yearly(2, 29), "2027-03-01", "2028-02-29"),
        (Yearly(2, 29), "2028-02-28", "2028-02-29"),
        (Yearly(2, 29), "2028-02-29", "2028-02-29"),
        (Yearly(2, 29), "2099-03-01", "2100-02-28"),
        (Yearly(2, 28), "2028-02-29", "2029-02-28"),
        (SALE, "2026-11-20", "2026-11-27"),
        (SALE, "2026-11-28", "2026-11-30"),
        (SALE, "2026-12-01", None),
        (Once(day("2026-05-08")), "2026-05-07", "2026-05-08"),
        (Once(day("2026-05-08")), "2026-05-08", "2026-05-08"),
        (Once(day("2026-05-08")), "2026-05-09", None),
    ],
)
def test_the_next_day(schedule: Schedule, start: str, expected: str | None) -> None:
    assert schedule.next_day(day(start)) == (expected and day(expected))


DATES = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@given(DATES, st.integers(1, 31))
@settings(deadline=None)
def test_every_month_has_one_day(start: date, number: int) -> None:
    found = Monthly(number).next_day(day(start.isoformat()))
    assert found is not None
    skipped = [date_of(other) for other in range(day(start.isoformat()), found)]
    assert falls_on(date_of(found), number)
    assert not any(falls_on(other, number) for other in skipped)


def falls_on(date: date, number: int) -> bool:
    return date.day == min(number, calendar.monthrange(date.year, date.month)[1])


@given(DATES, st.dates(date(2000, 1, 1), date(2000, 12, 31)))
@settings(deadline=None)
def test_every_year_has_one_day(start: date, birthday: date) -> None:
    found = date_of(yearly_next(birthday.month, birthday.day, day(start.isoformat())))
    last = calendar.monthrange(found.year, birthday.month)[1]
    assert (found.month, found.day) == (birthday.month, min(birthday.day, last))
    assert start <= found
    assert (found - start).days <= 366


def moment(
    schedule: Schedule, at: str, after: str, last: str | None = None, zone: Zone = UTC
) -> tuple[str, str | None] | None:
    found = next_moment(schedule, time(at), zone, utc(after), None if last is None else day(last))
    return None if found is None else (date_of(found[0]).isoformat(), shown(found[1]))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-11-20 08:59:59.999999", ("2026-11-20", "2026-11-20 09:00:00")),
        ("2026-11-20 09:00:00", ("2026-11-21", "2026-11-21 09:00:00")),
        ("2026-11-20 09:00:00.000001", ("2026-11-21", "2026-11-21 09:00:00")),
    ],
)
def test_a_moment_is_strictly_after(after: str, expected: tuple[str, str]) -> None:
    assert moment(Daily(), "09:00", after) == expected


def test_a_moment_is_on_a_later_day_than_the_last() -> None:
    assert moment(Daily(), "09:00", "2026-11-20 08:00", last="2026-11-19") == ("2026-11-20", "2026-11-20 09:00:00")
    assert moment(Daily(), "09:00", "2026-11-20 08:00", last="2026-11-20") == ("2026-11-21", "2026-11-21 09:00:00")
    assert moment(Daily(), "09:00", "2026-11-20 08:00", last="2026-11-22") == ("2026-11-23", "2026-11-23 09:00:00")


def test_moving_west_gives_no_second_moment_on_a_date() -> None:
    # It fired at 09:00 in London; in New York it is 04:00 of that same date.
    assert moment(Daily(), "09:00", "2026-11-22 09:00", "2026-11-22", NEW_YORK) == ("2026-11-23", "2026-11-23 14:00:00")


def test_the_date_is_that_of_the_zone() -> None:
    seoul = known("Asia/Seoul")
    assert moment(Once(day("2026-11-21")), "08:00", "2026-11-20 22:00", None, seoul) == (
        "2026-11-21",
        "2026-11-20 23:00:00",
    )
    assert moment(Once(day("2026-11-21")), "08:00", "2026-11-20 23:00", None, seoul) is None


def test_a_moment_that_the_clock_skips_or_shows_twice() -> None:
    for after, expected in [
        ("2027-03-14 06:59:59", "2027-03-14 07:00:00"),
        ("2027-03-14 07:00:00", "2027-03-15 06:30:00"),
    ]:
        assert moment(Daily(), "02:30", after, None, NEW_YORK) == (expected[:10], expected)
    for after, expected in [
        ("2026-11-01 05:29:59", "2026-11-01 05:30:00"),
        ("2026-11-01 05:30:00", "2026-11-02 06:30:00"),
        ("2026-11-01 06:10:00", "2026-11-02 06:30:00"),
    ]:
        assert moment(Daily(), "01:30", after, None, NEW_YORK) == (expected[:10], expected)


def test_a_moment_skipped_together_with_midnight_still_counts_for_its_date() -> None:
    # In Nuuk 23:00-24:00 of Saturday 27 March 2027 is left out, at 01:00 UTC on Sunday.
    nuuk = known("America/Nuuk")
    assert moment(Daily(), "23:30", "2027-03-27 12:00", None, nuuk) == ("2027-03-27", "2027-03-28 01:00:00")
    assert moment(Daily(), "23:30", "2027-03-28 01:00", "2027-03-27", nuuk) == ("2027-03-28", "2027-03-29 00:30:00")


def test_midnight_on_a_date_that_begins_twice() -> None:
    # In St John's 7 November 2010 began at 02:30 UTC; a minute later the clock went back to 23:01 of the 6th.
    st_johns = known("America/St_Johns")
    assert moment(Daily(), "00:00", "2010-11-07 02:29", None, st_johns) == ("2010-11-07", "2010-11-07 02:30:00")
    assert moment(Daily(), "00:00", "2010-11-07 03:00", None, st_johns) == ("2010-11-08", "2010-11-08 03:30:00")


def test_there_are_no_moments_after_the_last() -> None:
    assert moment(SALE, "10:00", "2026-11-30 09:59") == ("2026-11-30", "2026-11-30 10:00:00")
    assert moment(SALE, "10:00", "2026-11-30 10:00") is None
    assert moment(SALE, "10:00", "2026-11-30 09:00", last="2026-11-30") is None
    assert moment(Weekly(frozenset()), "10:00", "2026-11-30 09:00") is None
    for schedule in (Daily(), Monthly(31), Yearly(12, 31)):
        assert next_moment(schedule, time("09:00"), UTC, LAST_INSTANT, None) is None


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("2026-11-20 08:59:59.999999", "2026-11-20 09:00:00"),
        ("2026-11-20 09:00:00", "2026-11-20 09:00:00"),
        ("2026-11-20 09:00:00.000001", "2026-11-21 09:00:00"),
    ],
)
def test_at_a_time_is_the_first_from_then_on(base: str, expected: str) -> None:
    assert shown(at_or_after(UTC, utc(base), time("09:00"))) == expected


@pytest.mark.parametrize(
    ("base", "at", "expected"),
    [
        ("2027-03-14 05:00", "02:30", "2027-03-14 07:00:00"),
        ("2027-03-14 07:00", "02:30", "2027-03-14 07:00:00"),
        ("2027-03-14 07:00:01", "02:30", "2027-03-15 06:30:00"),
        ("2026-11-01 05:10", "01:30", "2026-11-01 05:30:00"),
        ("2026-11-01 05:50", "01:30", "2026-11-02 06:30:00"),
        ("2026-11-01 06:10", "01:30", "2026-11-02 06:30:00"),
        ("2026-11-01 06:45", "01:30", "2026-11-02 06:30:00"),
    ],
)
def test_at_a_time_that_the_clock_skips_or_shows_twice(base: str, at: str, expected: str) -> None:
    assert shown(at_or_after(NEW_YORK, utc(base), time(at))) == expected


def test_at_a_time_that_was_skipped_together_with_midnight() -> None:
    assert shown(at_or_after(known("America/Nuuk"), utc("2027-03-28 01:00"), time("23:30"))) == "2027-03-28 01:00:00"
    assert shown(at_or_after(known("America/Nuuk"), utc("2027-03-28 01:01"), time("23:30"))) == "2027-03-29 00:30:00"
    assert shown(at_or_after(known("Pacific/Apia"), utc("2011-12-30 09:00"), time("09:00"))) == "2011-12-30 10:00:00"


@pytest.mark.parametrize(
    ("base", "days", "at", "expected"),
    [
        ("2027-03-13 20:00", 1, "09:00", "2027-03-14 13:00:00"),
        ("2027-03-13 04:59", 1, "09:00", "2027-03-13 14:00:00"),
        ("2027-03-13 20:00", 2, "00:00", "2027-03-15 04:00:00"),
        ("2027-03-13 05:00", 1, "02:30", "2027-03-14 07:00:00"),
        ("2026-10-31 12:00", 1, "01:30", "2026-11-01 05:30:00"),
        ("2026-10-31 12:00", 2, "23:59", "2026-11-03 04:59:00"),
        ("2026-11-20 12:00", 365, "12:00", "2027-11-20 17:00:00"),
    ],
)
def test_calendar_days_later(base: str, days: int, at: str, expected: str) -> None:
    assert shown(calendar_days_later(NEW_YORK, utc(base), days, time(at))) == expected


def test_a_day_later_is_never_before() -> None:
    base = utc("2010-11-07 03:00")
    assert calendar_days_later(known("America/St_Johns"), base, 1, time("00:00")) == base
