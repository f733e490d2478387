"""Lines that nothing heeds are counted where they are read: their bounds, offsets and order."""

from __future__ import annotations

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, SECOND, Micros
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import Reports


def _read(times: list[str], passing: Passing) -> list[Input]:
    lines = "".join(f'{{"user":"u{n}","time":"{time}","event":"view"}}\n' for n, time in enumerate(times))
    reports = Reports("events.jsonl", lambda reject: None, lambda what, where: None)
    return [given for batch in JsonLines(reports, None, passing).batches([lines.encode()]) for given in batch]


def _passing(until: Micros = LAST_INSTANT, *, is_sorted: bool = False) -> tuple[Passing, list[Input]]:
    late: list[Input] = []
    return Passing(lambda _: False, until, is_sorted, late.append, {"view": 0}), late


def test_a_record_exactly_at_the_end_passes_and_one_after_it_is_handed_on() -> None:
    passing, _ = _passing(2 * SECOND)
    times = ["1970-01-01T00:00:01.999999Z", "1970-01-01T00:00:02Z", "1970-01-01T00:00:02.000001Z"]
    assert [given.user for given in _read(times, passing)] == ["u2"]
    assert passing.events == {"view": 2}
    assert (passing.first, passing.last) == (2 * SECOND - 1, 2 * SECOND)


def test_in_a_sorted_stream_an_equal_time_passes_and_an_earlier_one_is_late() -> None:
    passing, late = _passing(is_sorted=True)
    times = ["1970-01-01T00:00:02Z", "1970-01-01T00:00:02Z", "1970-01-01T00:00:01.999999Z"]
    assert _read(times, passing) == []
    assert [given.user for given in late] == ["u2"]
    assert passing.events == {"view": 2}


def test_unsorted_records_pass_and_their_bounds_are_known() -> None:
    passing, late = _passing()
    assert _read(["1970-01-01T00:00:02Z", "1970-01-01T00:00:01Z", "1970-01-01T00:00:03Z"], passing) == []
    assert late == []
    assert passing.events == {"view": 3}
    assert (passing.first, passing.last) == (SECOND, 3 * SECOND)


def test_a_time_without_an_offset_is_read_as_utc_and_handed_on() -> None:
    passing, _ = _passing()
    handed = _read(["1970-01-01T00:00:01Z", "1970-01-01T00:00:02"], passing)
    assert [(given.user, given.time) for given in handed] == [("u1", 2 * SECOND)]


def test_an_offset_is_heeded() -> None:
    passing, _ = _passing(is_sorted=True)
    assert _read(["1970-01-01T02:00:01+02:00", "1970-01-01T00:00:02Z"], passing) == []
    assert (passing.first, passing.last) == (SECOND, 2 * SECOND)


def test_an_offset_does_not_bring_in_what_is_before_the_year_1() -> None:
    passing, _ = _passing()
    assert _read(["0001-01-01T01:00:00+01:00", "0001-01-01T00:59:59+01:00"], passing) == []
    assert passing.events == {"view": 1}
    assert passing.first == FIRST_INSTANT
