"""`trig explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trigdsl.cli import main

RULES = "rule reminder: if cart then after 30m send push unless purchase\nrule hello: if visit then send email"
EVENTS = [
    {"user": "a", "time": "2026-01-01T10:00:00Z", "event": "cart"},
    {"user": "a", "time": "2026-01-01T10:10:00Z", "event": "purchase"},
    {"user": "b", "time": "2026-01-01T11:00:00Z", "event": "visit"},
]
CANCELLED = "`purchase` at 10:10 cancelled it, 20m before the send"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").write_text(RULES)
    Path("events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS))


def test_the_story_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rules.trig", "events.jsonl", "--user", "a", "--rule", "reminder"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "user a",
        "",
        "2026-01-01 UTC",
        "  10:00     cart",
        "  10:00       reminder: triggered, a run starts",
        "  10:00       reminder: step 1 is due at 10:30",
        "  10:10     purchase",
        f"  10:10       reminder: step 1, push: cancelled (unless purchase): {CANCELLED}",
        "",
        "why not",
        f"  reminder (cancelled, 2026-01-01 10:10): {CANCELLED}",
        "            needed: without `purchase`, or with it after the send",
        "            tried:  without `purchase` at 10:10: push goes at 10:30",
    ]


def test_the_same_facts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rules.trig", "events.jsonl", "--user", "a", "--json"]) == 0
    story = json.loads(capsys.readouterr().out)
    assert story["user"] == "a"
    [told] = story["decisions"]
    assert told["decision"]["reason"] == "unless purchase"
    assert [(fact["kind"], fact["text"]) for fact in told["facts"]] == [
        ("input", "purchase"), ("clause", "unless purchase"), ("input", "cart"), ("clause", "cart"),
    ]  # fmt: skip
    assert [(one["rule"], one["stage"]) for one in story["silent"]] == [
        ("reminder", "cancelled"), ("hello", "never triggered"),
    ]  # fmt: skip


def test_as_it_stood_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rules.trig", "events.jsonl", "--user", "a", "--at", "2026-01-01T10:09:59"]) == 0
    assert "pending (due): it is due at 2026-01-01 10:30, and the clock stopped before" in capsys.readouterr().out


def test_a_user_of_whom_nothing_matters(capsys: pytest.CaptureFixture[str]) -> None:
    Path("events.jsonl").write_text('{"user": "c", "time": "2026-01-01T10:00:00Z", "event": "logout"}')
    assert main(["explain", "rules.trig", "events.jsonl", "--user", "c"]) == 0
    assert "nothing that came of this user matters here" in capsys.readouterr().out


def test_a_user_who_is_known_by_a_profile_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("profiles.csv").write_text("user,tier\nprofiled,gold\n")
    call = ["explain", "rules.trig", "events.jsonl", "--user", "profiled", "--profiles", "profiles.csv"]
    assert main(call) == 0
    assert capsys.readouterr().out.startswith("user profiled\n")


def test_at_the_very_moment_of_the_first_record(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["explain", "rules.trig", "events.jsonl", "--user", "a", "--at"]
    assert main([*call, "2026-01-01T10:00:00Z"]) == 0
    assert "step 1 is due at 10:30" in capsys.readouterr().out
    assert main([*call, "2026-01-01T09:59:59Z"]) == 2
    assert "the first record of user `a` is at 2026-01-01T10:00:00Z, after --at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rules.trig", "events.jsonl"), "--user"),
        (("rules.trig", "events.jsonl", "--user", "a", "--rule", "remindr"), "reminder"),
        (("rules.trig", "--user", "a"), "no events"),
        (("rules.trig", "absent.jsonl", "--user", "a"), "absent.jsonl"),
        (("rules.trig", "events.jsonl", "--user", "a", "--rule", "remindr"), "did you mean `reminder`?"),
        (("rules.trig", "events.jsonl", "--user", "nobody"), "no record is of user `nobody`"),
        (("rules.trig", "events.jsonl", "--user", "a", "--user", "b"), "a story is of one user"),
        (("rules.trig", "events.jsonl", "--user", "a", "--at", "soon"), "soon"),
        (("rules.trig", "events.jsonl", "--user", "a", "--at", "2026-01-01", "--drain"), "exclude"),
    ],
)
def test_calls_at_fault(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments]) == 2
    assert said in capsys.readouterr().err
