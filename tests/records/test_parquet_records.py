"""Parquet: types of columns, times, nested columns, row numbers."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.reading import NO_OFFSET, Reject, UnreadableFile, read_inputs

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SECONDS = pa.timestamp("s", "UTC")


def read_table(
    tmp_path: Path, columns: dict[str, Any], mapped: dict[str, str] | None = None
) -> tuple[list[Input], list[Reject], list[tuple[str, str]]]:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(columns), path)
    rejects: list[Reject] = []
    warnings: list[tuple[str, str]] = []
    inputs = read_inputs(
        [str(path)], columns=mapped, on_reject=rejects.append, on_warning=lambda *said: warnings.append(said)
    )
    return list(inputs), rejects, warnings


def with_column(tmp_path: Path, column: Any, name: str = "p") -> tuple[list[Input], list[Reject]]:
    """Rows of user `u`, one second apart, with one more column."""
    rows = len(column)
    columns = {"user": ["u"] * rows, "time": pa.array(range(rows)).cast(SECONDS), "event": ["e"] * rows, name: column}
    return read_table(tmp_path, columns)[:2]


def test_events_properties_and_attributes(tmp_path: Path) -> None:
    inputs, rejects, warnings = read_table(
        tmp_path,
        {
            "user": pa.array([7, None, 9]),
            "time": pa.array([1, 2, 3]).cast(SECONDS),
            "event": pa.array(["cart", "cart", None]).dictionary_encode(),
            "cart.value": [250.5, 1.0, None],
            "id": ["x", "y", ""],
            "set.tier": ["gold", None, "silver"],
            "tags": [["a"], [], None],
        },
    )
    assert inputs == [
        Input("7", 1_000_000, "cart", {"cart": {"value": 250.5}, "tags": ["a"]}, {"tier": "gold"}, id="x"),
        Input("9", 3_000_000, set={"tier": "silver"}),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "no `user`")]
    assert '"cart.value":1.0' in rejects[0].record
    assert warnings == []


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Seoul"])
def test_timestamps_of_every_unit(tmp_path: Path, unit: str, zone: str | None) -> None:
    times = pa.array([1_700_000_000, 0, -1, 4_000_000_000]).cast(pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone))
    inputs, rejects, warnings = read_table(tmp_path, {"user": ["u"] * 4, "time": times, "event": ["e"] * 4})
    assert [input_.time for input_ in inputs] == [1_700_000_000_000_000, 0, -1_000_000, 4_000_000_000_000_000]
    assert rejects == []
    assert warnings == ([] if zone else [(NO_OFFSET, str(tmp_path / "a.parquet"))])


def test_nanoseconds_are_cut(tmp_path: Path) -> None:
    times = pa.array([1_999, -1]).cast(pa.timestamp("ns", "UTC"))
    inputs, _, _ = read_table(tmp_path, {"user": ["u", "u"], "time": times, "event": ["e", "e"]})
    assert [input_.time for input_ in inputs] == [1, -1]


def test_times_as_text_and_numbers(tmp_path: Path) -> None:
    columns = {"user": ["u", "u"], "event": ["e", "e"]}
    texts, _, warnings = read_table(tmp_path, {**columns, "time": ["1970-01-01T00:00:01Z", "1970-01-01T00:00:02"]})
    assert [input_.time for input_ in texts] == [1_000_000, 2_000_000]
    assert [where.rpartition(":")[2] for _, where in warnings] == ["2"]
    numbers, _, _ = read_table(tmp_path, {**columns, "time": [1.5, 1_700_000_000_123.0]})
    assert [input_.time for input_ in numbers] == [1_500_000, 1_700_000_000_123_000]


def test_times_that_cannot_be_used(tmp_path: Path) -> None:
    late = pa.array([300_000_000_000, None, 1]).cast(SECONDS)
    inputs, rejects, _ = read_table(tmp_path, {"user": ["u"] * 3, "time": late, "event": ["e"] * 3})
    assert [input_.time for input_ in inputs] == [1_000_000]
    assert [(reject.line, reject.reason.partition(" is ")[2]) for reject in rejects] == [
        (1, "out of the years 1 to 9999"),
        (2, ""),
    ]
    assert rejects[1].reason == "no `time`"
    _, rejects, _ = read_table(tmp_path, {"user": ["u"], "time": [date(2024, 3, 2)], "event": ["e"]})
    assert "a date without a time of day" in rejects[0].reason


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (pa.array([1, None]), [1, None]),
        (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
        (pa.array([True, False]), [True, False]),
        (pa.array(["a", None, ""]), ["a", None, ""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array(["a"], pa.large_string()), ["a"]),
        (pa.array([1.5, float("nan"), None]), [1.5, None, None]),
        (pa.array([1.5], pa.float32()), [1.5]),
        (pa.array([Decimal("1.25")]), [1.25]),
        (pa.array([date(2024, 3, 2)]), ["2024-03-02"]),
        (pa.array([1_700_000_000_123_456_789]).cast(pa.timestamp("ns")), ["2023-11-14T22:13:20.123456Z"]),
        (
            pa.array([datetime(2024, 3, 2, 9, tzinfo=timezone(timedelta(hours=9)))], pa.timestamp("ms", "Asia/Seoul")),
            ["2024-03-02T00:00:00Z"],
        ),
        (pa.array([3_600], pa.int32()).cast(pa.time32("s")), ["01:00:00"]),
        (pa.array([b"bytes"]), ["bytes"]),
        (pa.array([[1, None], None]), [[1, None], None]),
        (pa.array([[{"a": Decimal("0.5"), "b": [date(2024, 3, 2)]}]]), [[{"a": 0.5, "b": ["2024-03-02"]}]]),
        (pa.array([{"a": {"b": 1.5, "c": None}}]), [{"a": {"b": 1.5, "c": None}}]),
        (pa.array([{"at": datetime(2024, 3, 2, tzinfo=UTC)}]), [{"at": "2024-03-02T00:00:00Z"}]),
        (pa.array([[("a", 1.5)]], pa.map_(pa.string(), pa.float64())), [{"a": 1.5}]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_types_of_columns(tmp_path: Path, column: Any, values: list[object]) -> None:
    inputs, rejects = with_column(tmp_path, column)
    assert rejects == []
    assert [(input_.properties or {}).get("p") for input_ in inputs] == values


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([1.0, float("inf"), 2.0]), "`properties.p` is infinite"),
        (pa.array([[1.0], [float("-inf")], None]), "`properties.p.0` is infinite"),
        (pa.array([b"a", b"\xff", b"b"]), "`properties.p` is a Python `bytes`"),
        (pa.array([1, 300_000_000_000, 2]).cast(pa.timestamp("s")), "`properties.p` is a Python `Unrepresentable`"),
        (pa.array([[(1, 2)], [(1, 2)], None], pa.map_(pa.int64(), pa.int64())), "`properties.p.1` is a key"),
    ],
)
def test_a_cell_that_is_no_value_costs_its_row(tmp_path: Path, column: Any, words: str) -> None:
    inputs, rejects = with_column(tmp_path, column)
    assert 2 in [reject.line for reject in rejects]
    assert all(words in reject.reason for reject in rejects)
    assert inputs[-1].time == 2_000_000


def test_whole_records_in_struct_columns(tmp_path: Path) -> None:
    properties = pa.array([{"a": 1, "b": {"c": "x"}}, None])
    inputs, _ = with_column(tmp_path, properties, "properties")
    assert [input_.properties for input_ in inputs] == [{"a": 1, "b": {"c": "x"}}, None]
    inputs, _ = with_column(tmp_path, pa.array([{"tier": "gold"}, None]), "set")
    assert [input_.set for input_ in inputs] == [{"tier": "gold"}, None]


def test_lists_of_names(tmp_path: Path) -> None:
    inputs, _ = with_column(tmp_path, pa.array([["vip", "b"], None]), "add")
    assert [input_.add for input_ in inputs] == [["vip", "b"], None]
    inputs, _ = with_column(tmp_path, pa.array(["vip;b"]), "remove")
    assert inputs[0].remove == ["vip", "b"]


def test_rows_are_numbered_through_all_batches(tmp_path: Path) -> None:
    users = [None if n % 15_000 == 14_999 else f"u{n}" for n in range(40_000)]
    times = pa.array(range(40_000)).cast(SECONDS)
    inputs, rejects, _ = read_table(tmp_path, {"user": users, "time": times, "event": ["e"] * 40_000})
    assert [reject.line for reject in rejects] == [15_000, 30_000]
    assert len(inputs) == 39_998


def test_columns_of_other_names(tmp_path: Path) -> None:
    columns = {"customer": ["c"], "ts": pa.array([1]).cast(SECONDS), "action": ["e"]}
    mapped = {"user": "customer", "time": "ts", "event": "action"}
    assert read_table(tmp_path, columns, mapped)[0] == [Input("c", 1_000_000, "e")]
    with pytest.raises(UnreadableFile, match=r"has no column `user`.*--map user=customer`"):
        read_table(tmp_path, columns)


def test_what_is_no_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"user,time,event\n")
    with pytest.raises(UnreadableFile, match=r"a\.parquet` is no Parquet file"):
        list(read_inputs([str(path)], on_reject=pytest.fail))


def test_compressed_and_with_progress(tmp_path: Path) -> None:
    plain = tmp_path / "a.parquet"
    table = pa.table({"user": ["u"] * 50_000, "time": pa.array(range(50_000)).cast(SECONDS), "event": ["e"] * 50_000})
    parquet.write_table(table, plain)
    packed = tmp_path / "b.parquet.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for path in (plain, packed):
        told: list[int] = []
        assert len(list(read_inputs([str(path)], on_reject=pytest.fail, progress=told.append))) == 50_000
        assert sum(told) == path.stat().st_size
