"""Profiles: users and attributes, without a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from trigdsl.records.profiles import read_profiles
from trigdsl.records.reading import Reject, UnreadableFile


def profiles(path: Path, contents: str, **columns: str) -> tuple[list[tuple[str, dict[str, object]]], list[Reject]]:
    path.write_text(contents)
    rejects: list[Reject] = []
    return list(read_profiles(str(path), columns or None, rejects.append)), rejects


def test_json_lines(tmp_path: Path) -> None:
    found, rejects = profiles(
        tmp_path / "p.jsonl",
        '{"user": "u1", "set": {"tier": "gold", "gone": null}, "time": "whatever"}\n'
        '{"user": 2, "tier": "silver", "address": {"city": "Rome"}, "gone": null}\n\n'
        '{"user": "u3"}\n'
        '{"tier": "gold"}\n'
        "bad\n"
        '{"user": "u4", "set": []}\n'
        '{"user": "", "tier": 1}\n',
    )
    assert found == [("u1", {"tier": "gold"}), ("2", {"tier": "silver", "address": {"city": "Rome"}}), ("u3", {})]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (5, "no `user`"),
        (6, "bad JSON: invalid character at column 1"),
        (7, "`set` is a list, a record is wanted"),
        (8, "`user` is empty text"),
    ]
    assert rejects[1].record == "bad"


def test_csv(tmp_path: Path) -> None:
    found, rejects = profiles(
        tmp_path / "p.csv",
        "user,tier,set.age,address.city,time,event\nu1,gold,30,Rome,09:00,x\nu2,,007,,,\n,gold,,,,\nu3,x\n",
    )
    assert found == [
        ("u1", {"tier": "gold", "age": 30, "address": {"city": "Rome"}, "time": "09:00", "event": "x"}),
        ("u2", {"age": "007"}),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(4, "no `user`"), (5, "2 cells, the header has 6")]


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "p.parquet"
    columns = {"user": ["u1", None, "u3"], "timezone": ["Asia/Seoul", None, None], "set.age": [30, 1, None]}
    parquet.write_table(pa.table(columns), path)
    rejects: list[Reject] = []
    assert list(read_profiles(str(path), None, rejects.append)) == [
        ("u1", {"timezone": "Asia/Seoul", "age": 30}),
        ("u3", {}),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "no `user`")]


def test_mapped_columns(tmp_path: Path) -> None:
    columns = {"user": "customer", "time": "ts"}
    assert profiles(tmp_path / "p.csv", "customer,user\nc,x\n", **columns)[0] == [("c", {"user": "x"})]
    json_lines = '{"customer": 5, "tier": "gold"}\n{"user": 6, "tier": "gold"}\n'
    assert profiles(tmp_path / "p.jsonl", json_lines, **columns)[0] == [
        ("5", {"tier": "gold"}),
        ("6", {"tier": "gold"}),
    ]


def test_a_table_without_users(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"p\.csv` has no column `user`.*--map user=customer_id"):
        profiles(tmp_path / "p.csv", "customer_id,tier\nc,gold\n")
