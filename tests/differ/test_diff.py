"""What a change of rules changes, matched and explained."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from trigdsl import explainer
from trigdsl.cli import main
from trigdsl.differ import Diff, diff
from trigdsl.records.native import input_of

RECORDS = [
    {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "cart", "properties": {"value": 15}},
    {"user": "u", "time": "2026-11-20T10:25:00Z", "event": "purchase"},
    {"user": "v", "time": "2026-11-20T10:00:00Z", "event": "cart", "properties": {"value": 25}},
    {"user": "v", "time": "2026-11-20T11:00:00Z", "event": "other"},
]
WAITING = "rule r: if cart then after 30m send push"
RICH = "rule r: if cart and value > 20 then send push"


def compared(old: str, new: str) -> Diff:
    return diff(explainer.parse(old), explainer.parse(new), [input_of(dict(record)) for record in RECORDS])


def kinds(found: Diff) -> list[tuple[str, str]]:
    return [(one.kind, one.decision.user) for one in found.all]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (RICH, RICH, []),
        (RICH, RICH.replace("20", "15"), []),
        (RICH, RICH.replace("20", "14"), [("added", "u")]),
        (RICH, RICH.replace("20", "25"), [("removed", "v")]),
        (WAITING, WAITING.replace("30m", "20m"), [("moved", "u"), ("moved", "v")]),
        (WAITING, WAITING + " unless purchase", [("outcome", "u")]),
        (f'{RICH} "a"', f'{RICH} "b"', [("text", "v")]),
        (f'{RICH} when true as a: "x"', f'{RICH} when true as b: "x"', [("variant", "v")]),
        (RICH, RICH.replace("push", "sms"), [("variant", "v")]),
        (RICH, RICH.replace("rule r", "rule s"), [("removed", "v"), ("added", "v")]),
        ("rule r: if (purchase or cart) then send push once", "rule r: if purchase then send push once",
         [("moved", "u"), ("removed", "v")]),
    ],
)  # fmt: skip
def test_what_differs(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(compared(old, new)) == expected


def test_each_example_has_the_reason_of_both_sides() -> None:
    [rule] = compared(RICH, RICH.replace("20", "14")).rules
    [one] = rule.examples
    assert one.why_old == "triggered, starts no run: `value` was 15, needs > 20"
    assert one.why_new == 'triggered by `cart` at 10:00'
    assert (rule.sent_old, rule.sent_new, rule.users, rule.counts) == (1, 2, 1, {"added": 1})


def test_as_many_examples_as_asked_for_and_all_are_counted() -> None:
    programs = explainer.parse("rule q: if other then send push"), explainer.parse("rule r: if cart then send push")
    inputs = [input_of(dict(record)) for record in RECORDS]
    found = diff(*programs, inputs, examples=1)
    assert [(rule.rule, rule.counts, len(rule.examples)) for rule in found.rules] == [
        ("q", {"removed": 1}, 1), ("r", {"added": 2}, 1),
    ]  # fmt: skip


# ------------------------------------------------------------------------ the command
@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules").mkdir()
    Path("rules/r.trig").write_text(RICH)
    Path("other.trig").write_text(RICH.replace("20", "14"))
    Path("events.jsonl").write_text("".join(json.dumps(record) + "\n" for record in RECORDS))


def git(*arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.mark.usefixtures("_files")
def test_the_status_tells_whether_they_differ(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "rules", "rules/r.trig", "events.jsonl"]) == 0
    assert capsys.readouterr().out == "the same 1 decisions\n"
    assert main(["diff", "rules", "other.trig", "events.jsonl", "--json"]) == 1
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["decisions"] == {"old": 1, "new": 2}
    assert found["rules"][0]["counts"] == {"added": 1}


@pytest.mark.usefixtures("_files")
def test_rules_that_cannot_run_are_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.trig").write_text("rule r: if")
    assert main(["diff", "rules", "bad.trig", "events.jsonl"]) == 2
    assert "bad.trig" in capsys.readouterr().err


@pytest.mark.usefixtures("_files")
def test_a_revision_of_git_against_the_working_tree(capsys: pytest.CaptureFixture[str]) -> None:
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "rules")
    Path("rules/r.trig").write_text(RICH.replace("20", "25"))
    assert main(["diff", "HEAD:rules/", "rules/", "events.jsonl"]) == 1
    assert "r: 1 removed; 1 user; sends 1 → 0" in capsys.readouterr().out
    assert main(["diff", "HEAD:rules/r.trig", "HEAD:rules", "events.jsonl", "--markdown"]) == 0
    assert main(["diff", "nowhere:rules", "rules", "events.jsonl"]) == 2
    assert "git says: " in capsys.readouterr().err
