"""`trig schema infer`: every format of records in, declarations out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from trigdsl.cli import main

RECORDS = [
    {"user": "ann", "time": "2026-11-20T10:00:00Z", "event": "purchase", "properties": {"total": 20, "gift": True}},
    {"user": "bob", "time": "2026-11-20T10:00:00Z", "event": "purchase", "properties": {"total": "20"}},
    {"user": "bob", "time": "2026-11-20T10:00:00Z", "event": "purchase", "properties": {"total": 2.5}},
    {"user": "bob", "time": "2026-11-20T10:00:00Z", "set": {"name": "Bob"}},
    {"user": "eve", "event": "purchase"},
]
DECLARED = """\
user {         # 1 profile update
  name: text,
}

event purchase {  # 3 records
  total: number,  # also 1 text
  gift: boolean,  # in 33%
}
"""
TOLD = """\
read 4 records
rejected 1, the first: events.jsonl:5: no `time`
conflict: `total` of `purchase` is a number 2 times (such as 20) and text once (such as "20"); declared as a number
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "infer", "events.jsonl"]) == 0
    shown = capsys.readouterr()
    assert shown.out == DECLARED
    assert shown.err == TOLD


def test_a_file_of_declarations_that_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "infer", "events.jsonl", "--out", "events.trig"]) == 0
    assert capsys.readouterr().out == ""
    assert Path("events.trig").read_text("utf-8") == DECLARED
    assert main(["check", "events.trig"]) == 0


def test_csv_compressed(capsys: pytest.CaptureFixture[str]) -> None:
    with gzip.open("events.csv.gz", "wt") as file:
        file.write(
            "customer,time,event,total,item\na,2026-11-20T10:00:00Z,visit,3,x\nb,2026-11-20T10:00:00Z,visit,4,\n"
        )
    assert main(["schema", "infer", "events.csv.gz", "--map", "user=customer"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("event visit {")
    assert "  total: number,  # whole\n" in out
    assert "  item: text,     # in 50%\n" in out


def test_parquet(capsys: pytest.CaptureFixture[str]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table(
        {
            "user": ["a", "b"],
            "time": ["2026-11-20T10:00:00Z"] * 2,
            "event": ["visit"] * 2,
            "properties": [{"n": 1, "s": "x"}, {"n": 2, "s": None}],
        }
    )
    parquet.write_table(table, "events.parquet")
    assert main(["schema", "infer", "events.parquet"]) == 0
    assert capsys.readouterr().out == "event visit {  # 2 records\n  n: number,   # whole\n  s: text,     # in 50%\n}\n"


def test_segment_calls(capsys: pytest.CaptureFixture[str]) -> None:
    calls = [
        {"type": "track", "userId": "a", "timestamp": "2026-11-20T10:00:00Z", "event": "Order Completed"},
        {"type": "identify", "userId": "a", "timestamp": "2026-11-20T10:00:00Z", "traits": {"plan": "pro"}},
    ]
    Path("calls.jsonl").write_text("\n".join(map(json.dumps, calls)))
    assert main(["schema", "infer", "calls.jsonl"]) == 0
    out = capsys.readouterr().out
    assert 'event order_completed = "Order Completed" {}' in out
    assert "  plan: text,\n" in out


@pytest.mark.parametrize(
    "arguments",
    [[], ["not_there.jsonl"], ["events.jsonl", "--out", "./events.jsonl"], ["events.jsonl", "--map", "usr=a"]],
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "infer", *arguments]) == 2
    assert "Error: " in capsys.readouterr().err
