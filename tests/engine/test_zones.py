"""Offsets, local dates and the instants of times of day, just before, at and after the clocks change."""

import pickle
from datetime import date, timedelta
from importlib.resources import files

import pytest
import tzdata
from clock_helpers import day, known, library_zone, reading, shown, time, utc, wall_clock
from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.engine.zones import TZDATA_VERSION, UTC, zone
from trigdsl.model.values import DAY, FIRST_INSTANT, HOUR, LAST_INSTANT, MINUTE, SECOND, instant

NAMES = [
    "UTC",
    "Asia/Seoul",
    "Asia/Kolkata",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Nuuk",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Gaza",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Antarctica/Troll",
]
SHIFTS = [
    # zone, the instant of the change, offset before and after in minutes
    ("America/New_York", "2027-03-14 07:00", -300, -240),
    ("America/New_York", "2026-11-01 06:00", -240, -300),
    ("Europe/London", "2027-03-28 01:00", 0, 60),
    ("Europe/London", "2026-10-25 01:00", 60, 0),
    ("Europe/Berlin", "2027-03-28 01:00", 60, 120),
    ("Europe/Berlin", "2026-10-25 01:00", 120, 60),
    ("Australia/Lord_Howe", "2026-10-03 15:30", 630, 660),
    ("Australia/Lord_Howe", "2027-04-03 15:00", 660, 630),
    ("Pacific/Apia", "2011-12-30 10:00", -600, 840),
    ("Africa/Casablanca", "2026-02-15 02:00", 60, 0),
    ("Africa/Casablanca", "2026-03-22 02:00", 0, 60),
    ("America/Sao_Paulo", "2018-11-04 03:00", -180, -120),
    ("America/Sao_Paulo", "2019-02-17 02:00", -120, -180),
    # In years that only the rule for every year covers, and beyond the table.
    ("America/New_York", "2060-03-14 07:00", -300, -240),
    ("America/New_York", "2100-11-07 06:00", -240, -300),
    ("America/New_York", "2101-03-13 07:00", -300, -240),
    ("America/New_York", "2400-03-12 07:00", -300, -240),
    ("Europe/London", "9999-10-31 01:00", 60, 0),
]


@pytest.mark.parametrize(("name", "change", "before", "after"), SHIFTS)
def test_the_offset_changes_at_that_instant(name: str, change: str, before: int, after: int) -> None:
    at, found = utc(change), known(name)
    assert found.offset(at - 1) == before * MINUTE
    assert found.offset(at) == after * MINUTE
    assert found.offset(at + 1) == after * MINUTE
    assert found.segment(at - 1)[1] == found.segment(at)[0] == at


@pytest.mark.parametrize("name", ["Asia/Kolkata", "Asia/Seoul", "UTC"])
def test_a_zone_without_changes(name: str) -> None:
    expected = {"Asia/Kolkata": 330, "Asia/Seoul": 540, "UTC": 0}[name] * MINUTE
    for text in ("1990-06-01", "2026-01-01", "2026-07-01", "9999-12-31"):
        assert known(name).offset(utc(text)) == expected


def test_before_a_zone_had_standard_time_it_is_local_mean_time() -> None:
    new_york = known("America/New_York")
    local_mean_time = -(4 * HOUR + 56 * MINUTE + 2 * SECOND)
    at = utc("1883-11-18 17:00")
    assert new_york.offset(at - 1) == new_york.offset(FIRST_INSTANT) == local_mean_time
    assert new_york.offset(at) == -5 * HOUR


INSTANTS = st.one_of(
    st.integers(utc("1900-01-01"), utc("2100-12-31")), st.integers(FIRST_INSTANT + 2 * DAY, LAST_INSTANT - 2 * DAY)
)


@given(st.sampled_from(NAMES), st.lists(INSTANTS, min_size=1, max_size=30))
@settings(deadline=None)
def test_offsets_are_those_of_the_standard_library(name: str, instants: list[int]) -> None:
    found = known(name)
    for at in instants:
        offset = instant(at).astimezone(library_zone(name)).utcoffset()
        assert offset is not None
        assert found.offset(at) == offset // timedelta(microseconds=1)
        assert found.local(at) == reading(wall_clock(name, at))
        assert found.date(at) == wall_clock(name, at).date()


def test_local_date_and_time() -> None:
    seoul = known("Asia/Seoul")
    midnight = utc("2026-11-20 15:00")
    assert seoul.date(midnight - 1) == date(2026, 11, 20)
    assert seoul.date(midnight) == date(2026, 11, 21)
    assert seoul.day(midnight) == day("2026-11-21")
    assert seoul.micros_of_day(midnight - 1) == DAY - 1
    assert seoul.micros_of_day(midnight) == 0
    assert seoul.second_of_day(midnight - 1) == 86_399
    assert seoul.second_of_day(midnight + SECOND) == 1


def test_before_1970_days_and_times_of_day_go_on_evenly() -> None:
    at = utc("1969-12-31 23:00")
    assert UTC.day(at) == -1
    assert UTC.second_of_day(at) == 23 * 3600


def test_the_date_at_the_ends_of_time() -> None:
    assert known("Asia/Seoul").date(LAST_INSTANT) == date.max
    assert known("America/New_York").date(FIRST_INSTANT) == date.min


@pytest.mark.parametrize(
    ("name", "local_day", "local_time", "expected"),
    [
        ("Asia/Seoul", "2026-11-20", "09:00", "2026-11-20 00:00:00"),
        ("Asia/Kolkata", "2026-11-20", "09:00", "2026-11-20 03:30:00"),
        ("America/New_York", "2027-03-14", "01:59:59", "2027-03-14 06:59:59"),
        ("America/New_York", "2027-03-14", "02:00", "2027-03-14 07:00:00"),
        ("America/New_York", "2027-03-14", "02:30", "2027-03-14 07:00:00"),
        ("America/New_York", "2027-03-14", "03:00", "2027-03-14 07:00:00"),
        ("America/New_York", "2027-03-14", "03:00:01", "2027-03-14 07:00:01"),
        ("America/New_York", "2026-11-01", "00:59:59", "2026-11-01 04:59:59"),
        ("America/New_York", "2026-11-01", "01:00", "2026-11-01 05:00:00"),
        ("America/New_York", "2026-11-01", "01:59:59", "2026-11-01 05:59:59"),
        ("America/New_York", "2026-11-01", "02:00", "2026-11-01 07:00:00"),
        ("Europe/London", "2027-03-28", "01:30", "2027-03-28 01:00:00"),
        ("Europe/London", "2026-10-25", "01:00", "2026-10-25 00:00:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:00", "2026-10-03 15:30:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:29", "2026-10-03 15:30:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03 15:30:00"),
        ("Australia/Lord_Howe", "2027-04-04", "01:30", "2027-04-03 14:30:00"),
        ("Australia/Lord_Howe", "2027-04-04", "02:00", "2027-04-03 15:30:00"),
        ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15 01:30:00"),
        ("Africa/Casablanca", "2026-02-15", "03:00", "2026-02-15 03:00:00"),
        ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22 02:00:00"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04 03:00:00"),
        ("America/Sao_Paulo", "2018-11-04", "01:00", "2018-11-04 03:00:00"),
        ("America/Sao_Paulo", "2019-02-16", "23:30", "2019-02-17 01:30:00"),
        ("America/Sao_Paulo", "2019-02-17", "00:00", "2019-02-17 03:00:00"),
        ("Pacific/Apia", "2011-12-29", "23:59", "2011-12-30 09:59:00"),
        ("Pacific/Apia", "2011-12-30", "00:00", "2011-12-30 10:00:00"),
        ("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30 10:00:00"),
        ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30 10:00:00"),
        ("Pacific/Apia", "2011-12-31", "12:00", "2011-12-30 22:00:00"),
        ("America/New_York", "2027-03-13", "24:00", "2027-03-14 05:00:00"),
        ("America/Sao_Paulo", "2018-11-03", "24:00", "2018-11-04 03:00:00"),
        ("America/New_York", "2500-07-04", "09:00", "2500-07-04 13:00:00"),
    ],
)
def test_the_instant_of_a_time_of_day(name: str, local_day: str, local_time: str, expected: str) -> None:
    assert shown(known(name).instant(day(local_day), time(local_time))) == expected


@pytest.mark.parametrize(
    ("name", "local_day", "expected"),
    [
        ("Asia/Seoul", "2026-11-20", "2026-11-19 15:00:00"),
        ("America/New_York", "2026-11-01", "2026-11-01 04:00:00"),
        ("America/New_York", "2026-11-02", "2026-11-02 05:00:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00:00"),
        ("America/Sao_Paulo", "2019-02-17", "2019-02-17 03:00:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00:00"),
        # At 00:01 the clocks went back to 23:01: the date began, stopped and began again.
        ("America/St_Johns", "2010-11-07", "2010-11-07 02:30:00"),
    ],
)
def test_the_start_of_a_local_date(name: str, local_day: str, expected: str) -> None:
    assert shown(known(name).start_of_day(day(local_day))) == expected


def first_minute_that_shows(name: str, wanted: int) -> int:
    """By walking minute by minute: shows `wanted`, or comes after a gap that it lies in."""
    minutes = range(wanted - 27 * HOUR, wanted + 27 * HOUR, MINUTE)
    shows = [reading(wall_clock(name, at)) for at in minutes]
    for at, before, now in zip(minutes[1:], shows, shows[1:], strict=False):
        if now == wanted or before < wanted < now:
            return at
    raise AssertionError("no minute shows it")


@given(
    st.sampled_from([(name, change) for name, change, *_ in SHIFTS if change < "2400"]),
    st.integers(-26 * 60, 26 * 60),
)
@settings(deadline=None)
def test_instants_are_those_that_a_walk_finds(shift: tuple[str, str], minutes: int) -> None:
    name, change = shift
    found = known(name)
    local_day, local_time = divmod(found.local(utc(change)) + minutes * MINUTE, DAY)
    assert shown(found.instant(local_day, local_time)) == shown(
        first_minute_that_shows(name, local_day * DAY + local_time)
    )


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    berlin = known("Europe/Berlin")
    instants = [utc(text) for text in ("2026-07-01", "2026-12-01", "2300-07-01", "1800-01-01", "2026-07-01 00:00:01")]
    forwards = [berlin.offset(at) for at in instants]
    assert [berlin.offset(at) for at in reversed(instants)] == forwards[::-1]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "local",
        "utc",
        "asia/seoul",
        "Asia/Seoul ",
        "Asia/Soul",
        "America",
        "America/",
        "America/Argentina",
        "/etc/localtime",
        "../../etc/passwd",
        "Europe/../Asia/Seoul",
        "__init__.py",
        "zone.tab",
        "Ásia/Seoul",
        "서울",
        "\0",
        "UTC\n",
        "+09:00",
        "a" * 10_000,
    ],
)
def test_a_name_that_is_no_zone(name: str) -> None:
    assert zone(name) is None


def test_a_zone_is_one_object_for_its_name() -> None:
    assert zone("Asia/Seoul") is zone("Asia/Seoul")
    assert zone("UTC") is UTC
    assert pickle.loads(pickle.dumps(known("Asia/Seoul"))) is zone("Asia/Seoul")
    assert known("Asia/Seoul").name == "Asia/Seoul"
    assert repr(UTC) == "Zone('UTC')"


def test_every_zone_of_the_package_can_be_read() -> None:
    names = files("tzdata").joinpath("zones").read_text().split()
    assert len(names) > 400
    at = utc("2026-07-01")
    for name in names:
        assert known(name).local(at) == reading(wall_clock(name, at)), name


def test_the_version_of_the_zones_is_told() -> None:
    assert tzdata.__version__ == TZDATA_VERSION
