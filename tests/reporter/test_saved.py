"""Files of decisions → decisions; lines that hold none are told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from trigdsl.model.decisions import Decision
from trigdsl.records.errors import BadRecord, UnreadableFile
from trigdsl.reporter.saved import decision_of, read_decisions

LINE: dict[str, Any] = {
    "user": "u", "rule": "r", "step": 1, "action": "send", "channel": "push", "status": "sent",
    "time": "2026-11-20T01:30:00.000001Z", "triggered": "2026-11-20T01:00:00Z", "due": "2026-11-20T01:30:00Z",
    "key": "k",
}  # fmt: skip


def line(**changed: Any) -> bytes:
    return json.dumps({key: held for key, held in (LINE | changed).items() if held != "gone"}).encode()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"variant": "1", "text": "Hello", "fields": {"a": [1, None]}, "event_id": "e", "title": "T"},
        {"action": "set", "channel": "gone", "target": "p", "value": None},
        {"action": "emit", "channel": "gone", "target": "e", "value": {"n": 1.5}},
        {"status": "capped", "reason": "push 1 per day"},
        {"status": "pending", "reason": "due"},
    ],
)
def test_what_is_written_is_read(changed: dict[str, Any]) -> None:
    given = line(**changed)
    assert decision_of(given).to_dict() == json.loads(given)


def test_a_value_of_nothing_is_a_value() -> None:
    assert decision_of(line(action="set", value=None)).has_value
    assert not decision_of(line()).has_value


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"{", "no decision: "),
        (b"[]", "no decision: expected `object`"),
        (b'"\xff"', "no decision: "),
        (line(user="gone"), "no decision: object missing required field `user`"),
        (line(step=0), "no decision: expected `int` >= 1 - at `$.step`"),
        (line(step="1"), "no decision: expected `int`, got `str` - at `$.step`"),
        (line(status="done"), "no decision: invalid enum value 'done' - at `$.status`"),
        (line(time="soon"), "no decision: `time`: "),
        (line(due="2026-13-01T00:00:00Z"), "no decision: `due`: "),
        (line(text="x" * (1 << 20)), "the line is longer than 1 MiB"),
        (b"[" * 100_000, "no decision: "),
    ],
)
def test_a_line_that_holds_none_says_why(given: bytes, reason: str) -> None:
    with pytest.raises(BadRecord) as error:
        decision_of(given)
    assert str(error.value).startswith(reason)


def read(*paths: Path) -> tuple[list[Decision], list[tuple[str, int, str]]]:
    told: list[tuple[str, int, str]] = []
    made = list(read_decisions([str(path) for path in paths], lambda *why: told.append(why)))
    return made, told


def test_bad_lines_leave_the_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(line(user="a") + b"\n\nnonsense\n" + line(user="b"))
    made, told = read(path)
    assert [one.user for one in made] == ["a", "b"]
    [(file, number, reason)] = told
    assert (file, number) == (str(path), 3)
    assert reason.startswith("no decision: ")


def test_compressed_files_and_those_that_are_cut_off(tmp_path: Path) -> None:
    whole, cut = tmp_path / "d.jsonl.gz", tmp_path / "e.jsonl.gz"
    packed = gzip.compress(
        b"".join(line(user=f"u{number}", key=f"{number * 7919:x}") + b"\n" for number in range(5000))
    )
    whole.write_bytes(packed)
    cut.write_bytes(packed[:-20])
    assert len(read(whole)[0]) == 5000
    made, [(_, _, reason)] = read(cut)
    assert 0 < len(made) < 5000
    assert "cut off" in reason


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("user,time\n")
    with pytest.raises(UnreadableFile, match="holds no decisions"):
        read(path)
