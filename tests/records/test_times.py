"""The `time` of a record: RFC 3339, numbers, datetimes, and what is none of these."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT
from trigdsl.records.errors import BadRecord
from trigdsl.records.times import parse_time

# 2024-03-02 is day 19,784 after 1970-01-01: 54 years of 365 days, 13 leap days, January, February, one day.
MIDNIGHT = 19_784 * 86_400 * 1_000_000


@pytest.mark.parametrize(
    ("text", "after_midnight"),
    [
        ("2024-03-02T00:00:00Z", 0),
        ("2024-03-02T00:00:00.123Z", 123_000),
        ("2024-03-02T00:00:01Z", 1_000_000),
        ("2024-03-02T23:59:59.999999Z", 86_399_999_999),
        ("2024-03-02t00:00:02z", 2_000_000),
        ("2024-03-02 00:00:02Z", 2_000_000),
        ("2024-03-02T00:00:02.5z", 2_500_000),
        ("2024-03-02T09:00:00+09:00", 0),
        ("2024-03-01T19:00:00.25-05:00", 250_000),
        ("2024-03-02T23:59:00+23:59", 0),
        ("2024-03-01T00:01:00-23:59", 0),
        ("2024-03-02T00:00:01-00:00", 1_000_000),
    ],
)
def test_text_with_an_offset(text: str, after_midnight: int) -> None:
    assert parse_time(text) == (MIDNIGHT + after_midnight, False)


@pytest.mark.parametrize(
    ("fraction", "microseconds"),
    [
        ("1", 100_000),
        ("123456", 123_456),
        ("1234567", 123_456),
        ("1234569", 123_456),
        ("999999999999999999", 999_999),
        ("0000009", 0),
        ("0" * 5 + "1", 1),
    ],
)
@pytest.mark.parametrize("offset", ["Z", "+00:00", ""])
def test_digits_finer_than_a_microsecond_are_cut(fraction: str, microseconds: int, offset: str) -> None:
    assert parse_time(f"2024-03-02T00:00:01.{fraction}{offset}")[0] == MIDNIGHT + 1_000_000 + microseconds


def test_the_fraction_before_1970_is_of_its_second() -> None:
    assert parse_time("1969-12-31T23:59:59.9999999Z") == (-1, False)


@pytest.mark.parametrize("text", ["2024-03-02T00:00:07", "2024-03-02 00:00:07.000"])
def test_without_an_offset_it_is_utc_with_a_warning(text: str) -> None:
    assert parse_time(text) == (MIDNIGHT + 7_000_000, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("yesterday", "RFC 3339"),
        ("2024-03-02", "a date without a time of day"),
        ("1700000000", "a number written as text"),
        ("2024-03-02T00:00:60Z", "leap second"),
        ("2016-12-31T23:59:60Z", "leap second"),
        ("2024-03-02T00:00:61Z", "no moment"),
        ("2024-03-02T00:60:00Z", "no moment"),
        ("2024-03-02T24:00:00Z", "no moment"),
        ("2024-02-30T00:00:00Z", "no moment"),
        ("2023-02-29T10:00:00Z", "no moment"),
        ("2024-13-01T10:00:00Z", "no moment"),
        ("0000-01-01T10:00:00Z", "no moment"),
        ("2024-03-02T00:00:00+24:00", "beyond 23:59"),
        ("2024-03-02T00:00:00+09:60", "beyond 23:59"),
        ("0001-01-01T00:00:00+00:01", "out of the years"),
        ("9999-12-31T23:59:59.999999-00:01", "out of the years"),
    ],
)
def test_text_that_is_no_instant(text: str, reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "20240302T000000Z",
        "2024-W09-6T00:00:00.123Z",
        "2024-062T00:00:00Z",
        "2024-03-02T00:00Z",
        "2024-03-02T00Z",
        "2024-03-02T00:00:00,123Z",
        "2024-03-02T00:00:00.Z",
        "2024-03-02T10:00:01.Z",
        "2024-03-02T00:00:00+09",
        "2024-03-02_00:00:00Z",
        " 2024-03-02T00:00:00Z",
        "2024-03-02T00:00:00Z ",
        "2024-03-02T00:00:00Z\n",
        "٢٠٢٤-03-02T00:00:00Z",
        "2024-03-02T10:20:30.123Z\x004Z",
        "2024-03-02T10:20:30.123_Z",
    ],
)
def test_what_iso_8601_or_python_allows_beyond_rfc_3339(text: str) -> None:
    with pytest.raises(BadRecord, match="form wanted"):
        parse_time(text)


def test_the_range_of_years() -> None:
    assert parse_time("0001-01-01T00:00:00Z") == (FIRST_INSTANT, False)
    assert parse_time("9999-12-31T23:59:59.999999Z") == (LAST_INSTANT, False)


@pytest.mark.parametrize(
    ("number", "micros"),
    [
        (0, 0),
        (1_700_000_000, 1_700_000_000_000_000),
        (1_700_000_000.5, 1_700_000_000_500_000),
        (1_700_000_000.123456, 1_700_000_000_123_456),
        (1_700_000_000_123, 1_700_000_000_123_000),
        (1_700_000_000_123.456, 1_700_000_000_123_456),
        (-0.5, -500_000),
        (-1.0000019, -1_000_001),
        (Decimal("1700000000.1234569999999999999999999999999"), 1_700_000_000_123_456),
        (10**11, 10**17),
        (10**11 + 1, (10**11 + 1) * 1_000),
        (100_000_000_000.5, 100_000_000_000_500),
        (-(10**11) - 1, -(10**11 + 1) * 1_000),
        (-62_135_596_800, FIRST_INSTANT),
        (253_402_300_799_999, LAST_INSTANT - 999),
    ],
)
def test_numbers_are_seconds_or_milliseconds(number: float, micros: int) -> None:
    assert parse_time(number) == (micros, False)


def test_seconds_with_six_digits_never_drift() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        micros = chance.randrange(10**9, 2 * 10**15)
        seconds = float(f"{micros // 10**6}.{micros % 10**6:06}")
        assert parse_time(seconds) == (micros, False)


@pytest.mark.parametrize("number", [-62_135_596_801, 253_402_300_800_000, 10**400, -(10**400), 1e300])
def test_numbers_out_of_the_years(number: float) -> None:
    with pytest.raises(BadRecord, match="out of the years"):
        parse_time(number)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("-Infinity")])
def test_numbers_that_are_none(number: object) -> None:
    with pytest.raises(BadRecord, match="finite"):
        parse_time(number)


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "boolean"), (False, "boolean"), ([], "a list"), ({}, "a record"), (date(2024, 3, 2), "a date without")],
)
def test_other_values(value: object, words: str) -> None:
    with pytest.raises(BadRecord, match=words):
        parse_time(value)


def test_datetimes() -> None:
    moment = datetime(2024, 3, 2, 9, 0, 0, 5)
    assert parse_time(moment.replace(tzinfo=timezone(timedelta(hours=9)))) == (MIDNIGHT + 5, False)
    assert parse_time(moment.replace(tzinfo=UTC)) == (MIDNIGHT + 9 * 3_600_000_000 + 5, False)
    assert parse_time(moment) == (MIDNIGHT + 9 * 3_600_000_000 + 5, True)


def test_the_second_occurrence_of_an_hour() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = parse_time(datetime(2024, 10, 27, 2, 30, tzinfo=zone))[0]
    second = parse_time(datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zone))[0]
    assert second - first == 3_600_000_000


def test_a_datetime_out_of_the_years() -> None:
    with pytest.raises(BadRecord, match="out of the years"):
        parse_time(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))


def test_the_usual_form_is_read_as_every_other() -> None:
    """Damaged texts in UTC: what is taken must be what the same text with `+00:00` means."""
    chance = random.Random(11)
    seeds = ["2024-03-02T10:20:30.123Z", "2024-03-02T10:20:30Z", "1969-12-31T23:59:59.999999Z"]
    taken = 0
    for _ in range(20_000):
        text = list(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2))):
            text[chance.randrange(len(text) - 1)] = chance.choice("0123456789-:.T +W,_")
        utc = _result("".join(text))
        assert utc == _result("".join(text[:-1]) + "+00:00")
        taken += utc is not None
    assert taken > 1_000


def _result(text: str) -> tuple[int, bool] | None:
    try:
        return parse_time(text)
    except BadRecord:
        return None


def test_the_colon_of_an_offset_may_be_left_out() -> None:
    assert parse_time("2024-03-02T09:00:00+0900") == parse_time("2024-03-02T00:00:00Z")
    assert parse_time("2024-03-01T19:00:00-0500") == parse_time("2024-03-02T00:00:00Z")
