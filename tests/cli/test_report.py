"""`trig report`, and `trig replay --report`: calls, and what becomes of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trigdsl.cli import main

EVENTS = [
    {"user": "a", "time": "2026-01-01T10:00:00Z", "event": "cart"},
    {"user": "b", "time": "2026-01-01T11:00:00Z", "event": "cart"},
    {"user": "b", "time": "2026-01-01T11:10:00Z", "event": "purchase"},
]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").write_text("rule reminder: if cart then after 30m send push unless purchase")
    Path("events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS))


def replay(*options: str) -> int:
    return main(["replay", "rules.trig", "events.jsonl", "--out", "decisions.jsonl", *options])


def test_a_page_is_made_of_saved_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay() == 0
    capsys.readouterr()
    assert main(["report", "decisions.jsonl"]) == 0
    assert capsys.readouterr().out == "2 decisions in `report.html`\n"
    assert "Report of decisions" in Path("report.html").read_text()


def test_a_replay_with_a_report_decides_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay() == 0
    plain, summary = Path("decisions.jsonl").read_text(), capsys.readouterr().out
    assert replay("--report", "r.html") == 0
    assert Path("decisions.jsonl").read_text() == plain
    assert capsys.readouterr().out == summary


def test_decisions_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert replay() == 0
    with open("decisions.jsonl", "rb") as file:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": file})())
        assert main(["report", "-"]) == 0
    assert "2 decisions" in capsys.readouterr().out


def test_events_from_standard_input_are_reported_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("events.jsonl", "rb") as file:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": file})())
        assert main(["replay", "rules.trig", "-", "--report", "r.html"]) == 0
    assert "cancelled" in Path("r.html").read_text()


def test_lines_that_hold_no_decision_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("decisions.jsonl").write_text('{"user": "a"}\n')
    assert main(["report", "decisions.jsonl"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "0 decisions in `report.html`\n"
    assert shown.err == (
        "left out 1 line that holds no decision, the first: "
        "decisions.jsonl:1: no decision: object missing required field `rule`\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report"], "Missing argument"),
        (["report", "none.jsonl"], "`none.jsonl` is not there"),
        (["report", "rules.trig"], "has a suffix that is not read"),
        (["report", "decisions.jsonl", "--out", "-"], "--out wants the name of a file"),
        (["report", "decisions.jsonl", "--out", "decisions.jsonl"], "is read or written already"),
        (["report", "decisions.jsonl", "--timezone", "Berlin"], "no time zone `Berlin`"),
        (["report", "decisions.jsonl", "--rules", "none.trig"], "no file or folder `none.trig`"),
        (["report", "decisions.jsonl", "--summary", "none.json"], "`none.json` cannot be read"),
        (["report", "decisions.jsonl", "--summary", "events.jsonl"], "is not what trig replay --json printed"),
        (["report", "decisions.jsonl", "--rows", "-1"], "--rows"),
        (["replay", "rules.trig", "events.jsonl", "--report", "-"], "--report wants the name of a file"),
        (["replay", "rules.trig", "events.jsonl", "--report", "events.jsonl"], "is read or written already"),
        (["replay", "rules.trig", "events.jsonl", "--out", "x", "--report", "x"], "is read or written already"),
    ],
)
def test_wrong_calls(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay() == 0
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_rules_that_cannot_run_end_it() -> None:
    assert replay() == 0
    Path("rules.trig").write_text("rule r: if")
    assert main(["report", "decisions.jsonl", "--rules", "rules.trig"]) == 1
    assert not Path("report.html").exists()


def test_a_strict_replay_that_fails_writes_no_report() -> None:
    with open("events.jsonl", "a") as file:
        file.write("nonsense\n")
    assert replay("--strict", "--report", "r.html") == 1
    assert not Path("r.html").exists()


def test_a_folder_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay("--report", "none/r.html") == 2
    assert "none/r.html" in capsys.readouterr().err
