"""Rules for every year, in each way that POSIX has of writing them, and files that are none."""

import pytest
from clock_helpers import shown, utc

from trigdsl.engine import tzif
from trigdsl.model.values import HOUR, MINUTE, SECOND


def rule(footer: str) -> tzif.Rule:
    found = tzif._rule(footer)
    assert found is not None
    return found


def test_the_second_sunday_of_march_and_the_first_of_november() -> None:
    changes = rule("EST5EDT,M3.2.0,M11.1.0").changes(2026)
    assert changes == [(utc("2026-03-08 07:00"), -4 * HOUR), (utc("2026-11-01 06:00"), -5 * HOUR)]


def test_the_last_sunday_with_a_time_of_its_own() -> None:
    changes = rule("CET-1CEST,M3.5.0,M10.5.0/3").changes(2027)
    assert changes == [(utc("2027-03-28 01:00"), 2 * HOUR), (utc("2027-10-31 01:00"), HOUR)]


def test_in_the_south_daylight_saving_time_ends_first() -> None:
    changes = rule("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0").changes(2027)
    assert changes == [(utc("2027-04-03 15:00"), 10 * HOUR + 30 * MINUTE), (utc("2027-10-02 15:30"), 11 * HOUR)]


def test_daylight_saving_time_may_be_behind() -> None:
    changes = rule("IST-1GMT0,M10.5.0,M3.5.0/1").changes(2027)
    assert changes == [(utc("2027-03-28 01:00"), HOUR), (utc("2027-10-31 01:00"), 0)]


def test_times_before_and_after_the_day() -> None:
    assert shown(rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0").changes(2027)[0][0]) == "2027-03-28 01:00:00"
    # The fourth Thursday of March 2027 is the 25th; 50 hours after its start it is Saturday 02:00.
    assert shown(rule("EET-2EEST,M3.4.4/50,M10.4.4/50").changes(2027)[0][0]) == "2027-03-27 00:00:00"


def test_days_counted_from_the_new_year() -> None:
    without_leap_day = rule("AAA0BBB,J60/0,J365/0")
    assert [shown(at) for at, _ in without_leap_day.changes(2027)] == ["2027-03-01 00:00:00", "2027-12-30 23:00:00"]
    assert [shown(at) for at, _ in without_leap_day.changes(2028)] == ["2028-03-01 00:00:00", "2028-12-30 23:00:00"]
    with_leap_day = rule("AAA0BBB,59/0,364/0")
    assert [shown(at) for at, _ in with_leap_day.changes(2027)] == ["2027-03-01 00:00:00", "2027-12-30 23:00:00"]
    assert [shown(at) for at, _ in with_leap_day.changes(2028)] == ["2028-02-29 00:00:00", "2028-12-29 23:00:00"]


def test_offsets_to_the_second() -> None:
    assert rule("AAA-1:02:03BBB-2,J1,J2").standard == HOUR + 2 * MINUTE + 3 * SECOND


@pytest.mark.parametrize("footer", ["", "KST-9", "<+0330>-3:30"])
def test_without_daylight_saving_time_there_is_no_rule(footer: str) -> None:
    assert tzif._rule(footer) is None


def test_a_footer_that_is_none() -> None:
    with pytest.raises(ValueError, match="not a POSIX time zone: `EST5EDT,sometimes`"):
        tzif._rule("EST5EDT,sometimes")


@pytest.mark.parametrize("data", [b"", b"# tz", b"TZif" + b"\0" * 40])
def test_a_file_that_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a TZif file"):
        tzif.read(data)
