import pickle
import sys

import pytest
from clock_helpers import day

from trigdsl.engine.calendars import DateCalendar, HolidayCalendar, MissingExtra, UnknownRegion


def test_the_dates_of_a_calendar() -> None:
    sale = DateCalendar([day("2026-11-30"), day("2026-11-27"), day("2026-11-27")])
    assert sale.days == (day("2026-11-27"), day("2026-11-30"))
    assert [text for text in ("2026-11-26", "2026-11-27", "2026-11-28", "2026-11-30") if sale.has(day(text))] == [
        "2026-11-27",
        "2026-11-30",
    ]
    assert sale.last == day("2026-11-30")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2020-01-01", "2026-11-27"),
        ("2026-11-27", "2026-11-27"),
        ("2026-11-28", "2026-11-30"),
        ("2026-11-30", "2026-11-30"),
        ("2026-12-01", None),
    ],
)
def test_the_next_date_of_a_calendar(start: str, expected: str | None) -> None:
    sale = DateCalendar([day("2026-11-27"), day("2026-11-30")])
    assert sale.next(day(start)) == (expected and day(expected))


def test_a_calendar_without_dates() -> None:
    assert DateCalendar(()).next(0) is None
    assert DateCalendar(()).last is None
    assert not DateCalendar(()).has(0)


def test_calendars_of_the_same_dates_are_equal() -> None:
    assert DateCalendar([2, 1]) == DateCalendar([1, 2])
    assert hash(DateCalendar([2, 1])) == hash(DateCalendar([1, 2]))


def test_holidays_of_a_country_and_of_a_part_of_it() -> None:
    pytest.importorskip("holidays")
    korea, california = HolidayCalendar("KR"), HolidayCalendar("US-CA")
    assert korea.has(day("2026-12-25"))
    assert not korea.has(day("2026-12-24"))
    assert korea.next(day("2026-12-25")) == day("2026-12-25")
    assert korea.next(day("2026-12-26")) == day("2027-01-01")
    cesar_chavez_day = day("2026-03-31")
    assert california.has(cesar_chavez_day)
    assert not HolidayCalendar("US").has(cesar_chavez_day)
    assert korea.last is None


def test_holidays_end_where_nobody_knows_them() -> None:
    pytest.importorskip("holidays")
    assert HolidayCalendar("KR").next(day("9000-01-01")) is None
    assert HolidayCalendar("KR").next(day("9999-12-31")) is None


def test_holiday_calendars_can_be_sent_to_another_process() -> None:
    pytest.importorskip("holidays")
    korea = HolidayCalendar("KR")
    assert korea.has(day("2026-12-25"))
    copy = pickle.loads(pickle.dumps(korea))
    assert copy == korea
    assert copy.has(day("2026-12-25"))


@pytest.mark.parametrize(
    ("region", "match"), [("kr", "`KR`"), ("US-XA", "`US-"), ("KR-", "`KR`"), ("", None), ("Atlantis", None)]
)
def test_a_region_that_nobody_knows(region: str, match: str | None) -> None:
    pytest.importorskip("holidays")
    with pytest.raises(UnknownRegion) as raised:
        HolidayCalendar(region)
    assert isinstance(raised.value, ValueError)
    assert str(raised.value).startswith(f"no holidays are known for the region `{region}`")
    assert ("did you mean" in str(raised.value)) == (match is not None)
    assert match is None or match in str(raised.value)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingExtra, match=r"pip install 'trigdsl\[holidays\]'"):
        HolidayCalendar("KR")
