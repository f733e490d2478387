"""Row groups of Parquet in which nothing can matter are counted; of them only users are read, and events if several."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from pyarrow import parquet

from trigdsl.loading import parse
from trigdsl.model.values import SECOND
from trigdsl.records import parquet_groups, parts
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.split import in_process

RULES = """
rule r: if cart and price > 200 then after 30s send push unless purchase
rule s: if view and price >= 400.5 then send sms
rule t: if low and price < 2 then send push
rule u: if low and weight <= 7 then send push
"""
START = 1_700_000_000
COLUMNS = ["user", "time", "event", "price", "weight", "page"]

Row = tuple[Any, ...]


class Silent:
    def read(self, count: int) -> None:
        pass

    def decision(self, count: int = 1) -> None:
        pass


def rows(event: str | None, count: int = 20, price: Any = 9000.0, weight: Any = 0, user: Any = None) -> list[Row]:
    """So many events, a second apart, from the start on."""
    return [
        (f"u{place % 7}" if user is None else user, START + place, event, price, weight, "p") for place in range(count)
    ]


def write(path: Path, groups: Sequence[Sequence[Row]], *, coded: bool = False, unit: str = "us") -> None:
    """Rows as a file with these row groups."""
    scale = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    text = pa.dictionary(pa.uint8(), pa.string()) if coded else pa.string()
    kinds = [text, pa.timestamp(unit, "UTC"), text, pa.float64(), pa.int64(), text]
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    with parquet.ParquetWriter(path, schema) as writer:
        for group in groups:
            user, time, *others = map(list, zip(*group, strict=True))
            columns = [user, [None if at is None else at * scale for at in time], *others]
            arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[list[str]]]:
    """The columns that are read of each row group, each time; large are all files."""
    found: dict[int, list[list[str]]] = {}
    iter_batches = parquet.ParquetFile.iter_batches

    def counted(self: Any, rows: int, row_groups: Any = None, columns: Any = None, **asked: Any) -> Any:
        for group in row_groups or range(self.metadata.num_row_groups):
            found.setdefault(group, []).append(list(columns or self.schema_arrow.names))
        return iter_batches(self, rows, row_groups=row_groups, columns=columns, **asked)

    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", counted)
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 1)
    return found


def replayed(path: Path, rules: str = RULES, workers: int = 2, **asked: Any) -> tuple[Any, ...]:
    """Everything that a replay leaves behind."""
    out, rejects = path.with_suffix(".out"), path.with_suffix(".rejects")
    job = Job(program=parse(rules), events=(str(path),), start=in_process, workers=workers, **asked)
    summary = run(evolve(job, out=str(out), rejects=str(rejects)), Silent())
    return out.read_bytes(), rejects.read_bytes(), summary.to_dict()


def read_whole(path: Path, monkeypatch: pytest.MonkeyPatch, rules: str = RULES, **asked: Any) -> tuple[Any, ...]:
    """The same where every row group is read."""
    with monkeypatch.context() as patch:
        patch.setattr(parquet_groups.IdleGroup, "pass_all", lambda _: False)
        return replayed(path, rules, **asked)


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_of_a_file_in_order_of_events_only_those_that_rules_name_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: dict[int, list[list[str]]], coded: bool, unit: str
) -> None:
    path = tmp_path / "events.parquet"
    others = [*rows("about"), *rows("apple"), *rows("ask")]
    write(
        path,
        [rows("about", 30), others, rows("cart"), rows("open"), rows("purchase"), rows("quit")],
        coded=coded,
        unit=unit,
    )
    whole = read_whole(path, monkeypatch)
    read.clear()
    assert replayed(path) == whole
    wanted = ["user", "time", "event", "price", "weight"]
    assert read == {
        0: [["user"]],
        1: [["user", "event"]],
        2: [wanted],
        3: [["user"]],
        4: [wanted],
        5: [["user"]],
    }
    summary = whole[2]
    # 20 carts that purchases end, since both come at the same moments.
    assert (summary["events"], summary["users"]) == (30 + 60 + 4 * 20, 7)
    assert whole[0].count(b'"status":"cancelled"') == 20


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("invariants", [False, True])
def test_every_way_of_reading_counts_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, compiled: bool, invariants: bool
) -> None:
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 1)
    path = tmp_path / "events.parquet"
    write(path, [rows("a", user="ü"), [*rows("about"), *rows("ask", user="only")], rows("cart", 3), rows("z", 1)])
    rules = RULES + "invariant few: at most 1 sends per 1d\n"
    asked = {"workers": workers, "compiled": compiled, "invariants": invariants}
    found = replayed(path, rules, **asked)
    assert found == read_whole(path, monkeypatch, rules, **asked)
    assert found[2]["users"] == 9
    assert found[2]["events"] == 20 + 40 + 3 + 1


@pytest.mark.parametrize(
    ("group", "is_idle"),
    [
        (rows("other"), True),
        # Names around one that a rule names may hold it, as far as the file tells.
        ([*rows("car"), *rows("cartoon")], False),
        ([*rows("carts"), *rows("cas")], True),
        ([*rows("ca"), *rows("car")], True),
        # Numbers at a bound, and beyond it.
        (rows("cart", price=200.0), True),
        ([*rows("cart", price=200.0), *rows("cart", 1, price=200.25)], False),
        (rows("cart", price=None), True),
        # Of numbers that are none the file tells nothing.
        (rows("cart", price=float("nan")), False),
        (rows("view", price=400.25), True),
        (rows("view", price=400.5), False),
        # Any of several bounds will do.
        (rows("low", price=2.0, weight=8), True),
        (rows("low", price=1.75, weight=8), False),
        (rows("low", price=2.0, weight=7), False),
        # What ends runs always matters, and what is unusual is read.
        (rows("purchase", price=None), False),
        ([*rows("other"), *rows("other", 1, user="")], False),
        ([*rows("other"), (None, START, "other", 1.0, 1, "p")], False),
        ([*rows("other"), *rows(None, 1)], False),
        ([*rows("other"), *rows("", 1)], False),
        ([*rows("other"), *rows("other", 1, price=float("inf"))], False),
        (rows("sent"), False),
        ([*rows("ignore"), *rows("ignored", 1)], False),
        ([*rows("other"), ("u", None, "other", 1.0, 1, "p")], False),
    ],
)
def test_a_row_group_is_idle_when_the_file_says_that_nothing_in_it_can_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: dict[int, list[list[str]]], group: list[Row], is_idle: bool
) -> None:
    path = tmp_path / "events.parquet"
    write(path, [group, rows("cart", 1)])
    for invariants, compiled in itertools.product((False, True), repeat=2):
        whole = read_whole(path, monkeypatch, invariants=invariants, compiled=compiled)
        read.clear()
        assert replayed(path, invariants=invariants, compiled=compiled) == whole
        assert ("time" not in read[0][0]) == is_idle
        assert "time" in read[1][-1]


@pytest.mark.parametrize(("until", "is_idle"), [(START + 19, True), (START + 18, False)])
def test_a_row_after_the_end_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: dict[int, list[list[str]]], until: int, is_idle: bool
) -> None:
    path = tmp_path / "events.parquet"
    write(path, [rows("other"), rows("cart", 1)])
    whole = read_whole(path, monkeypatch, until=until * SECOND)
    read.clear()
    assert replayed(path, until=until * SECOND) == whole
    assert ("time" not in read[0][0]) == is_idle
    assert whole[2]["events"] == (21 if is_idle else 20)


@pytest.mark.parametrize(
    "rules",
    [
        "rule r: if any then send push",
        "rule r: if 1st cart then send push\nrule s: if every day at 09:00 then send push",
    ],
)
def test_rules_that_any_event_may_concern_have_all_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: dict[int, list[list[str]]], rules: str
) -> None:
    path = tmp_path / "events.parquet"
    write(path, [rows("other"), rows("cart", 1)])
    whole = read_whole(path, monkeypatch, rules)
    read.clear()
    assert replayed(path, rules) == whole
    assert all("time" in columns for each in read.values() for columns in each)


def test_text_that_is_no_utf_8_has_its_row_group_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: dict[int, list[list[str]]]
) -> None:
    path = tmp_path / "events.parquet"
    users = pa.array([b"a", b"b\xff", b"c"], pa.binary()).view(pa.string())
    times = pa.array([START] * 3, pa.timestamp("s", "UTC"))
    names = ["user", "time", "event", "price", "weight"]
    columns = [users, times, pa.array(["other"] * 3), pa.array([1.0] * 3), pa.array([1] * 3)]
    parquet.write_table(pa.table(columns, names=names), path)
    whole = read_whole(path, monkeypatch)
    read.clear()
    assert replayed(path) == whole
    assert (whole[2]["events"], whole[1].count(b"\n")) == (2, 1)
    assert read[0][0] == ["user"]
    assert "time" in read[0][1]


def test_more_names_than_signed_bytes_count_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 1)
    path = tmp_path / "events.parquet"
    group = [row for place in range(200) for row in rows(f"n{place}", 1, user=f"u{place}")]
    write(path, [[*group, *rows("view", 1, user="last")]], coded=True)
    out, _, summary = replayed(path)
    assert out.count(b'"user":"last"') == out.count(b"\n") == 1
    assert (summary["events"], summary["users"]) == (201, 201)


@pytest.mark.parametrize("columns", [("cart.value",), ("cart.value", "cart.items")])
def test_who_compares_a_record_is_told(
    tmp_path: Path, read: dict[int, list[list[str]]], columns: tuple[str, ...]
) -> None:
    """A column inside of what is compared is no number that is missing."""
    program = parse("rule r: if a and event.cart > 100 then send push")
    table = {"user": ["u", "v"], "time": pa.array([START, START + 1], pa.timestamp("s", "UTC")), "event": ["a", "a"]}
    parquet.write_table(pa.table(table | {name: [1.5, None] for name in columns}), tmp_path / "events.parquet")
    job = Job(program=program, events=(str(tmp_path / "events.parquet"),), out=None)
    (warning,) = run(job, Silent()).data_warnings
    assert warning.count == 1
