"""Lines that only set a time zone, and those that look like them."""

from __future__ import annotations

import pytest

from trigdsl.native.zone_lines import ZoneLines
from trigdsl.records.errors import BadRecord
from trigdsl.records.times import parse_time

LINE = '{"user":"u1","time":"%s","set":{"timezone":"Asia/Seoul"}}'
TIME = "2026-11-20T10:00:00Z"


def read(text: str) -> list[tuple[str, int, str]] | None:
    """(user, time, zone) of the lines, None where the block is left alone."""
    block, lines = text.encode(), ZoneLines()
    found = lines.read(block)
    if found is None:
        return None
    starts, lengths, times, zones = found
    assert lines.count == len(times)
    if times:
        assert (lines.first, lines.last) == (min(times), max(times))
    users = [block[start : start + length].decode() for start, length in zip(starts, lengths, strict=True)]
    return [(user, time, lines.zones[zone]) for user, time, zone in zip(users, times, zones, strict=True)]


@pytest.mark.parametrize(
    "time",
    [
        TIME,
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.9Z",
        "2028-02-29T00:00:00.000001Z",
        "2000-02-29T23:59:59.12Z",
        "2026-04-30T12:34:56.123Z",
    ],
)
def test_times_are_those_that_the_long_way_reads(time: str) -> None:
    assert read(LINE % time) == [("u1", parse_time(time)[0], "Asia/Seoul")]


@pytest.mark.parametrize(
    "time",
    [
        "0000-01-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+01:00",
        "2026-01-01 00:00:00Z",
        "2026-1-01T00:00:00Z",
        "20260101T000000Z",
        "",
    ],
)
def test_other_times_are_left_to_the_long_way(time: str) -> None:
    assert read(LINE % time) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"user":"","time":"%s","set":{"timezone":"UTC"}}',
        '{"user":"ü","time":"%s","set":{"timezone":"UTC"}}',
        '{"user":"\\u0041","time":"%s","set":{"timezone":"UTC"}}',
        '{"user":1,"time":"%s","set":{"timezone":"UTC"}}',
        '{"user":"u","time":"%s","set":{"timezone":null}}',
        '{"user":"u","time":"%s","set":{"timezone":""}}',
        '{"user":"u","time":"%s","set":{"timezone":"UTC","tier":"gold"}}',
        '{"user":"u","time":"%s","set":{"timezone":"UTC"},"event":"a"}',
        '{"user":"u","time":"%s","set":{"tier":"gold"}}',
        '{"user":"u","time":"%s","set":{"timezone":"UTC"}} ',
        '{"user":"u","time":"%s","set":{"timezone":"UTC"}',
        ' {"user":"u","time":"%s","set":{"timezone":"UTC"}}',
        '{"time":"%s","user":"u","set":{"timezone":"UTC"}}',
        '{"user":"u","time":"%s","event":"a"}',
    ],
)
def test_other_lines_are_left_to_the_long_way(line: str) -> None:
    told = line % TIME
    assert read(told) is None
    assert read(f"{LINE % TIME}\n{told}\n") is None
    assert read(f"{LINE % TIME}\n\n") is None


def test_a_block_may_be_written_with_spaces_and_end_without_a_line_feed() -> None:
    spaced = '{"user": "u 2", "time": "2026-11-20T10:00:00Z", "set": {"timezone": "UTC"}}'
    at = parse_time(TIME)[0]
    assert read(f"{LINE % TIME}\n{spaced}\n{LINE % TIME}") == [
        ("u1", at, "Asia/Seoul"),
        ("u 2", at, "UTC"),
        ("u1", at, "Asia/Seoul"),
    ]
    assert read("") == []


def test_a_cut_line_is_never_read_beyond_its_end() -> None:
    whole = LINE % TIME
    assert [read(whole[:length]) for length in range(1, len(whole))] == [None] * (len(whole) - 1)


def test_what_is_no_time_for_the_long_way_is_none_here() -> None:
    with pytest.raises(BadRecord):
        parse_time("2026-02-29T00:00:00Z")
