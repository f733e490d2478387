"""Numbers that decide alike are asked about once, whatever stands in the condition and whatever type the column has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from pyarrow import parquet

import trigdsl
from trigdsl.records import parts
from trigdsl.records.parquet_coded import _samples
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.split import in_process

CONDITIONS = {
    "n > 400": (-400.0, 400.0),
    "n >= 1.5 and n != 3": (-3.0, -1.5, 1.5, 3.0),
    "n in [1, 2.5]": (-2.5, -1.0, 1.0, 2.5),
    "not (n < -2)": (-2.0, 2.0),
    "n default 5 > 4": (-5.0, -4.0, 4.0, 5.0),
    "n exists": (),
    'n != "x"': (),
    "n * 2 > 5": None,
    "n > 9007199254740992": None,
    "n > m": None,
}
NUMBERS = [-400, -3, -2, -1, 0, 1, 2, 3, 4, 5, 100, 127, None]
KINDS = {
    pa.float64(): [*NUMBERS, 1.5, 2.5, 400.0, 400.00000000000006, 399.99999999999994, -0.0, float("nan"), float("inf")],
    pa.float32(): [*NUMBERS, 1.5, 2.5, 400.0, float("inf")],
    pa.int64(): [*NUMBERS, 399, 400, 401, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)],
    pa.int16(): [*NUMBERS, 399, 400, 401, 32767, -32768],
    pa.uint64(): [0, 1, 2, 3, 400, 401, 2**64 - 1, None],
    pa.bool_(): [True, False, None],
    pa.string(): ["1", "500", "x", "", None],
}


class Silent:
    def read(self, count: int) -> None: ...

    def decision(self, count: int = 1) -> None: ...


@pytest.mark.parametrize(("condition", "turns"), CONDITIONS.items())
def test_the_numbers_at_which_a_condition_may_turn(condition: str, turns: tuple[float, ...] | None) -> None:
    plan = trigdsl.parse(f"rule r: if a and {condition} then send push").plan("a")
    assert plan is not None
    assert plan.turns == turns


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_each_number_decides_as_it_does_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 0)
    rules = "\n".join(f"rule r{number}: if a and {one} then send push" for number, one in enumerate(CONDITIONS))
    programs = [rules, *(f"rule r: if a and {one} then send push" for one in CONDITIONS)]
    values = KINDS[kind]
    users = [f"u{number}" for number in range(len(values))]
    path, out = tmp_path / "events.parquet", tmp_path / "out.jsonl"
    times = pa.array([1_700_000_000 + number for number in range(len(values))], pa.timestamp("s", "UTC"))
    columns = {"user": users, "time": times, "event": ["a"] * len(values), "n": pa.array(values, kind)}
    parquet.write_table(pa.table({**columns, "m": pa.array([1.0] * len(values))}), path, row_group_size=9)
    sent = 0
    for text in programs:
        job = Job(program=trigdsl.parse(text), events=(str(path),), out=str(out), workers=2, start=in_process)
        found = []
        for compiled in (True, False):
            told = run(evolve(job, compiled=compiled), Silent()).to_dict()
            found.append((out.read_bytes(), told))
        assert found[0] == found[1], text
        sent += found[0][0].count(b"\n")
    assert sent


def test_samples_are_one_for_each_turn_and_each_stretch() -> None:
    assert _samples((1.5, 3.0), pa.int64()) == [1, 2, 2, 3, 4, None]
    found = _samples((1.5, 3.0), pa.float64())
    assert found is not None
    below, at, between, at_last, above, missing = found
    assert (at, at_last, missing) == (1.5, 3.0, None)
    assert below is not None
    assert between is not None
    assert above is not None
    assert below < 1.5 < between < 3.0 < above
    assert _samples((), pa.float64()) == [0.0, None]
    assert _samples((1.5,), pa.uint64()) is None
    assert _samples((1.5,), pa.string()) is None
