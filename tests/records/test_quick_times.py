"""The quick way of reading JSON Lines takes the same times as the long way, and reads them alike."""

import json
from itertools import chain

import pytest

from trigdsl.records.errors import BadRecord
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.rejects import Reject, Reports
from trigdsl.records.times import parse_time

TIMES = [
    "2024-03-02T00:00:00Z",
    "2024-03-02t00:00:00.5z",
    "2024-03-02 23:59:59.999999Z",
    "2024-03-02T00:00:00.1234567Z",
    "2024-03-02T00:00:00.9999999Z",
    "2024-03-02T09:00:00+09:00",
    "2024-03-02T09:00:00+0900",
    "2024-03-02T00:00:00-00:00",
    "2024-03-02T00:00:00",
    "2024-03-02T00:00:00.25",
    "2024-03-02T24:00:00Z",
    "2024-03-02T23:59:60Z",
    "2024-03-02T00:00Z",
    "2024-03-02",
    "2024-02-30T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-01:00",
    1_700_000_000,
    1_700_000_000.25,
    1_700_000_000_123,
    True,
]


@pytest.mark.parametrize("time", TIMES)
def test_quick_and_long_way_agree(time: object) -> None:
    rejects: list[Reject] = []
    line = json.dumps({"user": "u", "time": time, "event": "e"}).encode() + b"\n"
    other = b'{"user":"u","time":"2024-01-01T00:00:00Z","event":"e"}\n'
    reader = JsonLines(Reports("f", rejects.append, None))
    inputs = list(chain.from_iterable(reader.batches([other + line + other])))
    try:
        wanted = parse_time(time)[0]
    except BadRecord:
        assert [reject.line for reject in rejects] == [2]
        assert len(inputs) == 2
    else:
        assert not rejects
        assert [given.time for given in inputs][1] == wanted
