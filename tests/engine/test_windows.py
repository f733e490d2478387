"""When windows are open and open next: hours, days, calendars, zones, and the days on which clocks change."""

import pytest
from clock_helpers import day, hours, known, shown, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.engine.calendars import DateCalendar
from trigdsl.engine.dates import date_of, day_in_month
from trigdsl.engine.windows import Hours, Window, next_opening
from trigdsl.engine.zones import UTC, Zone
from trigdsl.model.values import DAY, FIRST_INSTANT, HOUR, LAST_INSTANT

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
DAYTIME = Window(hours=hours("09:00-21:00"))
NIGHT = Window(hours=hours("22:00-06:00"))
NEW_YORK = known("America/New_York")


class LeapDays:
    """Every 29 February: a calendar without end, whose dates lie up to eight years apart."""

    last = None

    def has(self, day: int) -> bool:
        return date_of(day).strftime("%m-%d") == "02-29"

    def next(self, day: int) -> int | None:
        year = date_of(day).year
        days = (day_in_month(later, 2, 29) for later in range(year, year + 9))
        return next((found for found in days if found >= day and self.has(found)), None)


def opens(window: Window, at: str, zone: Zone = UTC) -> str | None:
    """When the window opens next. It is open at just the instants that are their own next opening."""
    start = utc(at)
    opening = window.next_opening(start, zone)
    assert window.is_open(start, zone) == (opening == start)
    if opening is not None:
        assert window.is_open(opening, zone)
        assert opening == start or not window.is_open(opening - 1, zone)
    return shown(opening)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20 08:59:59.999999", "2026-11-20 09:00:00"),
        ("2026-11-20 09:00:00", "2026-11-20 09:00:00"),
        ("2026-11-20 09:00:00.000001", "2026-11-20 09:00:00.000001"),
        ("2026-11-20 20:59:59.999999", "2026-11-20 20:59:59.999999"),
        ("2026-11-20 21:00:00", "2026-11-21 09:00:00"),
        ("2026-11-20 23:59:59.999999", "2026-11-21 09:00:00"),
        ("2026-11-21 00:00:00", "2026-11-21 09:00:00"),
    ],
)
def test_the_start_is_inside_and_the_end_is_not(at: str, expected: str) -> None:
    assert opens(DAYTIME, at) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20 21:59:59", "2026-11-20 22:00:00"),
        ("2026-11-20 22:00:00", "2026-11-20 22:00:00"),
        ("2026-11-21 00:00:00", "2026-11-21 00:00:00"),
        ("2026-11-21 05:59:59.999999", "2026-11-21 05:59:59.999999"),
        ("2026-11-21 06:00:00", "2026-11-21 22:00:00"),
    ],
)
def test_hours_across_midnight(at: str, expected: str) -> None:
    assert opens(NIGHT, at) == expected


def test_several_ranges_of_hours() -> None:
    window = Window(hours=hours("14:00-18:00", "09:00-12:00"))
    assert opens(window, "2026-11-20 08:00") == "2026-11-20 09:00:00"
    assert opens(window, "2026-11-20 12:00") == "2026-11-20 14:00:00"
    assert opens(window, "2026-11-20 13:59:59") == "2026-11-20 14:00:00"
    assert opens(window, "2026-11-20 18:00") == "2026-11-21 09:00:00"


def test_ranges_may_overlap_and_touch() -> None:
    window = Window(hours=hours("09:00-12:00", "11:00-13:00", "13:00-14:00", "22:00-01:00", "00:30-02:00"))
    assert opens(window, "2026-11-20 12:30") == "2026-11-20 12:30:00"
    assert opens(window, "2026-11-20 13:00") == "2026-11-20 13:00:00"
    assert opens(window, "2026-11-20 14:00") == "2026-11-20 22:00:00"
    assert opens(window, "2026-11-20 01:59") == "2026-11-20 01:59:00"
    assert opens(window, "2026-11-20 02:00") == "2026-11-20 09:00:00"


def test_midnight_as_an_end_and_as_a_start() -> None:
    assert opens(Window(hours=hours("20:00-24:00")), "2026-11-20 23:59:59") == "2026-11-20 23:59:59"
    assert opens(Window(hours=hours("20:00-24:00")), "2026-11-21 00:00") == "2026-11-21 20:00:00"
    assert opens(Window(hours=hours("20:00-00:00")), "2026-11-21 00:00") == "2026-11-21 20:00:00"
    assert opens(Window(hours=hours("00:00-06:00")), "2026-11-20 06:00") == "2026-11-21 00:00:00"
    assert opens(Window(hours=hours("00:00-24:00")), "2026-11-20 00:00") == "2026-11-20 00:00:00"


@pytest.mark.parametrize("ranges", [(), ((0, 0),), ((-1, HOUR),), ((DAY, HOUR),), ((0, DAY + 1),)])
def test_hours_that_are_none(ranges: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError):
        Hours(ranges)


def test_the_zone_of_the_window_or_the_user_s() -> None:
    seoul = known("Asia/Seoul")
    assert opens(DAYTIME, "2026-11-20 12:00", seoul) == "2026-11-21 00:00:00"
    assert opens(Window(hours=hours("09:00-21:00"), zone=seoul), "2026-11-20 12:00", NEW_YORK) == "2026-11-21 00:00:00"


# 2026-11-20 is a Friday.
def test_weekdays_without_hours_are_whole_local_days() -> None:
    weekdays = Window(weekdays=frozenset(range(5)))
    assert opens(weekdays, "2026-11-20 23:59:59.999999") == "2026-11-20 23:59:59.999999"
    assert opens(weekdays, "2026-11-21 00:00") == "2026-11-23 00:00:00"
    # It is Saturday in Seoul from Friday 15:00 UTC on.
    assert opens(weekdays, "2026-11-20 15:00", known("Asia/Seoul")) == "2026-11-22 15:00:00"


def test_weekdays_with_hours() -> None:
    window = Window(hours=hours("09:00-18:00"), weekdays=frozenset({MON, THU}))
    assert opens(window, "2026-11-19 17:59:59") == "2026-11-19 17:59:59"
    assert opens(window, "2026-11-19 18:00") == "2026-11-23 09:00:00"
    assert opens(window, "2026-11-20 10:00") == "2026-11-23 09:00:00"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20 05:59", "2026-11-20 22:00:00"),
        ("2026-11-20 22:00", "2026-11-20 22:00:00"),
        ("2026-11-21 05:59", "2026-11-21 05:59:00"),
        ("2026-11-21 06:00", "2026-11-27 22:00:00"),
        ("2026-11-21 22:00", "2026-11-27 22:00:00"),
    ],
)
def test_hours_across_midnight_belong_to_the_day_they_begin_on(at: str, expected: str) -> None:
    assert opens(Window(hours=hours("22:00-06:00"), weekdays=frozenset({FRI})), at) == expected


def test_on_a_calendar_until_its_last_date() -> None:
    sale = DateCalendar([day("2026-11-27"), day("2026-11-30")])
    assert opens(Window(on=(sale,)), "2026-11-20 12:00") == "2026-11-27 00:00:00"
    assert opens(Window(on=(sale,)), "2026-11-28 00:00") == "2026-11-30 00:00:00"
    assert opens(Window(on=(sale,)), "2026-11-30 23:59:59") == "2026-11-30 23:59:59"
    assert opens(Window(on=(sale,)), "2026-12-01 00:00") is None
    night = Window(hours=hours("22:00-06:00"), on=(sale,))
    assert opens(night, "2026-12-01 05:59") == "2026-12-01 05:59:00"
    assert opens(night, "2026-12-01 06:00") is None


def test_not_on_a_calendar() -> None:
    closed = DateCalendar([day("2026-11-20"), day("2026-11-23"), day("2026-11-24")])
    assert opens(Window(hours=hours("09:00-18:00"), not_on=(closed,)), "2026-11-20 10:00") == "2026-11-21 09:00:00"
    window = Window(hours=hours("09:00-18:00"), weekdays=frozenset(range(5)), not_on=(closed,))
    assert opens(window, "2026-11-20 10:00") == "2026-11-25 09:00:00"


def test_several_days_hold_together() -> None:
    sale = DateCalendar([day(f"2026-11-{number}") for number in range(20, 31)])
    stock_taking = DateCalendar([day("2026-11-23"), day("2026-11-24")])
    window = Window(weekdays=frozenset({MON, TUE, WED}), on=(sale,), not_on=(stock_taking,))
    assert opens(window, "2026-11-20 10:00") == "2026-11-25 00:00:00"
    both = Window(on=(sale, DateCalendar([day("2026-11-01"), day("2026-11-29")])))
    assert opens(both, "2026-11-01 00:00") == "2026-11-29 00:00:00"


@pytest.mark.parametrize(
    "window",
    [
        Window(weekdays=frozenset()),
        Window(on=(DateCalendar(()),)),
        Window(on=(DateCalendar([day("2026-11-21")]),), weekdays=frozenset({SUN})),
        Window(on=(DateCalendar([day("2026-11-21")]), DateCalendar([day("2026-11-22")]))),
        Window(on=(DateCalendar([day("2026-11-21")]),), not_on=(DateCalendar([day("2026-11-21")]),)),
        Window(on=(LeapDays(),), not_on=(LeapDays(),)),
        Window(on=(LeapDays(),), weekdays=frozenset()),
    ],
)
def test_days_that_never_come(window: Window) -> None:
    assert opens(window, "2026-11-20 10:00") is None


def test_days_that_come_late() -> None:
    assert opens(Window(on=(LeapDays(),)), "2096-03-01 00:00") == "2104-02-29 00:00:00"
    # 29 February 2032 is a Sunday, those of 2028 and 2036 are not.
    assert opens(Window(on=(LeapDays(),), weekdays=frozenset({SUN})), "2026-01-01 00:00") == "2032-02-29 00:00:00"
    far = DateCalendar([day("9990-06-01")])
    assert opens(Window(hours=hours("09:00-10:00"), on=(far,)), "2026-01-01 00:00", NEW_YORK) == "9990-06-01 13:00:00"


def test_a_calendar_that_is_closed_for_longer_than_days_are_looked_for() -> None:
    closed = DateCalendar(range(day("2026-01-01"), day("2066-01-01")))
    assert opens(Window(not_on=(closed,)), "2026-01-01 00:00") == "2066-01-01 00:00:00"


def test_nothing_opens_after_the_last_instant() -> None:
    assert DAYTIME.next_opening(LAST_INSTANT, UTC) is None
    assert NIGHT.next_opening(LAST_INSTANT, UTC) == LAST_INSTANT
    assert Window(weekdays=frozenset({SAT})).next_opening(LAST_INSTANT - 8 * DAY, NEW_YORK) is not None
    assert Window(weekdays=frozenset({SAT})).next_opening(LAST_INSTANT, NEW_YORK) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # 01:00-01:45 comes twice: from 05:00 to 05:45 and from 06:00 to 06:45 UTC.
        ("2026-11-01 04:59:59", "2026-11-01 05:00:00"),
        ("2026-11-01 05:10", "2026-11-01 05:10:00"),
        ("2026-11-01 05:45", "2026-11-01 06:00:00"),
        ("2026-11-01 05:59:59.999999", "2026-11-01 06:00:00"),
        ("2026-11-01 06:10", "2026-11-01 06:10:00"),
        ("2026-11-01 06:45", "2026-11-02 06:00:00"),
    ],
)
def test_hours_that_come_twice(at: str, expected: str) -> None:
    assert opens(Window(hours=hours("01:00-01:45")), at, NEW_YORK) == expected


def test_a_clock_put_back_to_yesterday_evening() -> None:
    # In Sao Paulo the 16th, a Saturday, ended twice: its 23:00-24:00 came again at 02:00 UTC.
    sao_paulo = known("America/Sao_Paulo")
    saturday = Window(hours=hours("23:00-23:30"), weekdays=frozenset({SAT}))
    assert opens(saturday, "2019-02-17 01:30", sao_paulo) == "2019-02-17 02:00:00"
    assert opens(saturday, "2019-02-17 02:30", sao_paulo) == "2019-02-24 02:00:00"
    last = Window(hours=hours("23:00-23:30"), on=(DateCalendar([day("2019-02-16")]),))
    assert opens(last, "2019-02-17 01:30", sao_paulo) == "2019-02-17 02:00:00"
    assert opens(last, "2019-02-17 02:30", sao_paulo) is None


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        # 02:00-03:00 is left out on 14 March 2027, at 07:00 UTC.
        ("02:10-02:50", "2027-03-14 05:00", "2027-03-15 06:10:00"),
        ("02:00-03:00", "2027-03-14 05:00", "2027-03-15 06:00:00"),
        ("02:30-04:00", "2027-03-14 05:00", "2027-03-14 07:00:00"),
        ("02:00-03:01", "2027-03-14 06:59:59", "2027-03-14 07:00:00"),
        ("01:00-02:30", "2027-03-14 06:59:59", "2027-03-14 06:59:59"),
        ("01:00-02:30", "2027-03-14 07:00", "2027-03-15 05:00:00"),
        ("03:00-04:00", "2027-03-14 06:59:59", "2027-03-14 07:00:00"),
        ("22:00-02:30", "2027-03-14 07:00", "2027-03-15 02:00:00"),
    ],
)
def test_hours_that_are_left_out(window: str, at: str, expected: str) -> None:
    assert opens(Window(hours=hours(window)), at, NEW_YORK) == expected


def test_hours_left_out_on_the_only_day() -> None:
    window = Window(hours=hours("02:10-02:50"), on=(DateCalendar([day("2027-03-14")]),))
    assert opens(window, "2027-01-01 00:00", NEW_YORK) is None


def test_half_an_hour_is_left_out_or_comes_twice() -> None:
    lord_howe = known("Australia/Lord_Howe")
    assert opens(Window(hours=hours("02:10-02:20")), "2026-10-03 15:00", lord_howe) == "2026-10-04 15:10:00"
    assert opens(Window(hours=hours("02:10-02:40")), "2026-10-03 15:00", lord_howe) == "2026-10-03 15:30:00"
    assert opens(Window(hours=hours("01:40-01:50")), "2027-04-03 14:50", lord_howe) == "2027-04-03 15:10:00"


def test_a_day_that_begins_after_midnight() -> None:
    # 00:00-01:00 of Sunday 4 November 2018 is left out.
    sao_paulo = known("America/Sao_Paulo")
    assert opens(Window(weekdays=frozenset({SUN})), "2018-11-04 02:59:59", sao_paulo) == "2018-11-04 03:00:00"
    assert opens(Window(hours=hours("00:00-00:30")), "2018-11-04 02:59:59", sao_paulo) == "2018-11-05 02:00:00"


def test_a_date_that_is_left_out() -> None:
    # Friday 30 December 2011 never came in Apia: after Thursday came Saturday, at 10:00 UTC on the 30th.
    apia = known("Pacific/Apia")
    assert opens(Window(weekdays=frozenset({FRI})), "2011-12-30 09:59:59", apia) == "2012-01-05 10:00:00"
    assert opens(Window(weekdays=frozenset({SAT})), "2011-12-30 09:59:59", apia) == "2011-12-30 10:00:00"
    assert opens(DAYTIME, "2011-12-30 09:59:59", apia) == "2011-12-30 19:00:00"
    assert opens(Window(on=(DateCalendar([day("2011-12-30")]),)), "2011-12-30 09:59:59", apia) is None


def test_without_windows_it_is_always_open() -> None:
    assert next_opening((), utc("2026-11-20 10:00"), UTC) == utc("2026-11-20 10:00")


def test_windows_are_open_together() -> None:
    windows = [DAYTIME, Window(hours=hours("06:00-10:00", "20:00-23:00")), Window(weekdays=frozenset({MON}))]
    for at, expected in [
        ("2026-11-20 09:30", "2026-11-23 09:00:00"),
        ("2026-11-23 09:00", "2026-11-23 09:00:00"),
        ("2026-11-23 10:00", "2026-11-23 20:00:00"),
        ("2026-11-23 21:00", "2026-11-30 09:00:00"),
    ]:
        assert shown(next_opening(windows, utc(at), UTC)) == expected


def test_one_window_is_itself() -> None:
    assert shown(next_opening([DAYTIME], utc("2026-11-20 21:00"), UTC)) == "2026-11-21 09:00:00"
    assert next_opening([Window(weekdays=frozenset())], utc("2026-11-20 21:00"), UTC) is None


def test_windows_that_never_meet() -> None:
    first, second = Window(hours=hours("09:00-10:00")), Window(hours=hours("11:00-12:00"))
    assert next_opening([first, second], utc("2026-11-20 09:30"), NEW_YORK) is None
    # 09:00-10:00 in Seoul is 00:00-01:00 UTC.
    assert next_opening([first, Window(hours=hours("09:00-10:00"), zone=known("Asia/Seoul"))], 0, UTC) is None


def test_windows_that_meet_only_while_clocks_differ() -> None:
    # New York is five hours behind London, but four between its own change and London's.
    london = Window(hours=hours("13:00-14:00"), zone=known("Europe/London"))
    new_york = Window(hours=hours("09:00-10:00"), zone=NEW_YORK)
    for at, expected in [
        ("2026-06-01 00:00", "2026-10-25 13:00:00"),
        ("2026-10-31 14:00", "2027-03-14 13:00:00"),
        ("2027-03-27 13:59:59", "2027-03-27 13:59:59"),
        ("2027-03-27 14:00", "2027-10-31 13:00:00"),
    ]:
        assert shown(next_opening([london, new_york], utc(at), UTC)) == expected


def test_windows_that_meet_on_the_date_of_a_calendar() -> None:
    far = Window(on=(DateCalendar([day("2060-05-05")]),))
    assert shown(next_opening([DAYTIME, far], utc("2026-11-20 10:00"), UTC)) == "2060-05-05 09:00:00"
    assert next_opening([DAYTIME, far], utc("2060-05-05 21:00"), UTC) is None
    leap = Window(on=(LeapDays(),))
    assert shown(next_opening([DAYTIME, leap], utc("2096-03-01 00:00"), UTC)) == "2104-02-29 09:00:00"


def test_windows_near_the_end_of_time() -> None:
    assert next_opening([DAYTIME, NIGHT], LAST_INSTANT - 3 * DAY, UTC) is None
    assert next_opening([DAYTIME, Window(weekdays=frozenset({MON}))], LAST_INSTANT, UTC) is None


ANY_INSTANT = st.integers(FIRST_INSTANT, LAST_INSTANT)
ZONES = st.sampled_from([UTC, NEW_YORK, known("Pacific/Kiritimati"), known("Africa/Casablanca")])
HOURS = st.tuples(st.integers(0, DAY - 1), st.integers(0, DAY)).filter(lambda pair: pair[0] != pair[1])
ANY_WINDOW = st.builds(
    Window,
    hours=st.none() | st.lists(HOURS, min_size=1, max_size=2).map(lambda ranges: Hours(tuple(ranges))),
    zone=st.none() | ZONES,
    weekdays=st.none() | st.frozensets(st.integers(0, 6)),
)


@given(ANY_WINDOW, ANY_INSTANT, ZONES)
@settings(deadline=None)
def test_an_opening_is_inside_and_not_before(window: Window, at: int, zone: Zone) -> None:
    opening = window.next_opening(at, zone)
    assert (opening == at) == window.is_open(at, zone)
    if opening is not None:
        assert at <= opening <= LAST_INSTANT
        assert window.is_open(opening, zone)
        assert opening == at or not window.is_open(opening - 1, zone)


@given(st.lists(ANY_WINDOW, min_size=2, max_size=2), ANY_INSTANT, ZONES)
@settings(deadline=None)
def test_a_joint_opening_is_inside_all_windows(windows: list[Window], at: int, zone: Zone) -> None:
    opening = next_opening(windows, at, zone)
    assert (opening == at) == all(window.is_open(at, zone) for window in windows)
    assert opening == next_opening(windows[::-1], at, zone)
    if opening is not None:
        assert at <= opening <= LAST_INSTANT
        assert all(window.is_open(opening, zone) for window in windows)
        assert opening == at or not all(window.is_open(opening - 1, zone) for window in windows)
