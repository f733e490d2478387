"""The file of rejected records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trigdsl.records.rejects import MOST_SHOWN, Reject, RejectWriter, shown


def test_one_json_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    rejects = [Reject("a.csv", 7, "no `user`", 'u,"x\n'), Reject("-", None, "ü", "\\xff")]
    with RejectWriter(path) as write:
        for reject in rejects:
            write(reject)
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        {"file": "a.csv", "line": 7, "reason": "no `user`", "record": 'u,"x\n'},
        {"file": "-", "line": None, "reason": "ü", "record": "\\xff"},
    ]


def test_no_rejects_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    RejectWriter(str(path)).close()
    assert path.read_bytes() == b""


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="rejects"):
        RejectWriter(tmp_path / "missing" / "rejects.jsonl")


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_long_records_are_cut(over: int) -> None:
    text = "é" * (MOST_SHOWN + over)
    assert shown(text) == shown(text.encode()) == "é" * min(MOST_SHOWN, MOST_SHOWN + over)


def test_bytes_that_are_no_utf_8_are_shown() -> None:
    assert shown(b"a\xff\r\n") == shown(b"a\xff\r\n".decode("utf-8", "surrogateescape")) == "a\\xff"
