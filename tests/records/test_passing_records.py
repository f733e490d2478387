"""Lines that nothing heeds are counted where they are read: their bounds, offsets and order."""

from __future__ import annotations

import pytest

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, SECOND, Micros, Value
from trigdsl.records import scanned_lines
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.passing import Bound, Passing, Test
from trigdsl.records.rejects import Reports


@pytest.fixture(autouse=True, params=["compiled", "not compiled"])
def _compiled_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines pass in the same way with the compiled scanner and without it."""
    if request.param == "not compiled":
        monkeypatch.setattr(scanned_lines, "native", None)
    elif scanned_lines.native is None:
        pytest.skip("nothing was compiled")


def _read(times: list[str], passing: Passing) -> list[Input]:
    lines = "".join(f'{{"user":"u{n}","time":"{time}","event":"view"}}\n' for n, time in enumerate(times))
    reports = Reports("events.jsonl", lambda reject: None, lambda what, where: None)
    return [given for batch in JsonLines(reports, None, passing).batches([lines.encode()]) for given in batch]


class _NoViews:
    """The judge to whom events named `view` never matter, and those named `dear` only with a price above 10."""

    context = None

    def __init__(self) -> None:
        self.met_odd = False
        # One object, by which it is known.
        self.always: Test = lambda _, __: True

    def test(self, event: str) -> Test | None:
        return {"view": None, "dear": self._is_dear}.get(event, self.always)

    def bounds(self, event: str) -> tuple[Bound, ...] | None:
        return ((("price",), ">", 10),) if event == "dear" else None

    def _is_dear(self, properties: dict[str, Value], _: object) -> bool:
        price = properties.get("price")
        self.met_odd = self.met_odd or isinstance(price, str)
        return isinstance(price, int) and price > 10


def _passing(until: Micros = LAST_INSTANT, *, is_sorted: bool = False) -> tuple[Passing, list[Input]]:
    late: list[Input] = []
    passing = Passing(_NoViews(), until, is_sorted, late.append)
    passing.meet("view")
    return passing, late


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


def test_in_a_sorted_stream_what_is_read_the_long_way_moves_on_and_may_be_late_too() -> None:
    passing, late = _passing(is_sorted=True)
    handed = _read(
        ["1970-01-01T00:00:03", "1970-01-01T00:00:02Z", "1970-01-01T00:00:02", "1970-01-01T00:00:03"], passing
    )
    assert [given.user for given in handed] == ["u0", "u3"]
    assert [given.user for given in late] == ["u1", "u2"]
    assert sum(passing.events.values()) == 0


def test_in_a_sorted_stream_a_record_after_the_end_makes_none_late() -> None:
    passing, late = _passing(2 * SECOND, is_sorted=True)
    times = ["1970-01-01T00:00:01Z", "1970-01-01T00:00:03Z", "1970-01-01T00:00:04", "1970-01-01T00:00:02Z"]
    assert [given.user for given in _read(times, passing)] == ["u1", "u2"]
    assert late == []
    assert (passing.events, passing.last) == ({"view": 2}, 2 * SECOND)


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


def _lines(lines: list[str], passing: Passing) -> tuple[list[Input], list[str]]:
    rejected: list[str] = []
    reports = Reports("events.jsonl", lambda reject: rejected.append(reject.reason), lambda what, where: None)
    block = "".join(line + "\n" for line in lines).encode()
    return [given for batch in JsonLines(reports, None, passing).batches([block]) for given in batch], rejected


def _dear(user: str, price: str) -> str:
    return f'{{"user":"{user}","time":"1970-01-01T00:00:01Z","event":"dear","properties":{{"price":{price}}}}}'


def test_events_pass_by_their_properties() -> None:
    passing, _ = _passing()
    handed, rejected = _lines([_dear("u0", "10"), _dear("u1", "11"), _dear("u2", "null")], passing)
    assert [(given.user, given.properties) for given in handed] == [("u1", {"price": 11})]
    assert (passing.events, rejected) == ({"view": 0, "dear": 2}, [])
    assert passing.users == {"u0", "u1", "u2"}


def test_an_odd_value_is_handed_on() -> None:
    """With it may be others of a block, which are not counted then."""
    passing, _ = _passing()
    handed, _ = _lines([_dear("u0", "10"), _dear("u1", '"eleven"')], passing)
    assert handed[-1].user == "u1"
    assert len(handed) + sum(passing.events.values()) == 2


def test_an_unusual_record_among_plain_ones_is_found() -> None:
    passing, _ = _passing()
    lines = [
        _dear("u0", "10"),
        '{"user":"u1","time":"1970-01-01T00:00:01Z","event":"sent"}',
        '{"user":"","time":"1970-01-01T00:00:01Z","event":"view"}',
        '{"user":7,"time":"1970-01-01T00:00:01Z","event":"view"}',
        '{"user":"u4","time":"1970-01-01T00:00:01Z","event":"view","set":{"a":1}}',
        '{"user":"u5","time":"1970-01-01T00:00:01Z","event":"view","properties":[]}',
        '{"user":"u6","time":"1970-01-01T00:00:01Z","event":"dear","properties":null}',
    ]
    for line in lines[1:]:
        handed, rejected = _lines([lines[0], line, lines[0]], _passing()[0])
        alone, alone_rejected = _lines([line], _passing()[0])
        assert rejected == alone_rejected
        assert [given for given in handed if given.user not in ("u0",)] == alone
    assert passing.events == {"view": 0}
