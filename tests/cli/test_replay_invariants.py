"""`trig replay --invariants`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trigdsl.cli import main
from trigdsl.cli.summary_text import MOST_LINES
from trigdsl.replayer.summary import MOST_VIOLATIONS

RULES = """
rule remind: if cart then after 30m send push unless purchase
rule hello: if (visit or cart) then after 1d send email
invariant calm_nights: no send push between 21:00-09:00
invariant few: at most 5 sends per day
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").write_text(RULES)


def write(*events: tuple[str, str, str]) -> None:
    lines = [json.dumps({"user": user, "time": f"2026-01-01T{time}Z", "event": event}) for user, time, event in events]
    Path("events.jsonl").write_text("\n".join(lines) + "\n")


def replay(*arguments: str) -> int:
    return main(["replay", "rules.trig", "events.jsonl", "--drain", *arguments])


def test_invariants_that_hold_are_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    write(("a", "10:00:00", "cart"))
    assert replay("--invariants") == 0
    assert capsys.readouterr().out.endswith(
        "\nInvariants\n"
        "  calm_nights  held  no send push between 21:00-09:00\n"
        "  few          held  at most 5 sends per day\n"
    )


def test_a_broken_one_is_listed_and_ends_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    write(("a", "20:29:59", "cart"), ("b", "20:30:00", "cart"))
    assert replay("--invariants") == 1
    assert capsys.readouterr().out.endswith(
        "\nInvariants\n"
        "  calm_nights  broken once  no send push between 21:00-09:00\n"
        "  few          held         at most 5 sends per day\n"
        "  calm_nights: 2026-01-01 21:00:00 UTC, user b, remind on push: it was 21:00 in UTC\n"
    )


def test_they_are_not_checked_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    write(("b", "20:30:00", "cart"))
    assert replay() == 0
    assert "Invariants" not in capsys.readouterr().out
    assert replay("--json") == 0
    assert json.loads(capsys.readouterr().out)["invariants"] is None


def test_json_holds_the_violations(capsys: pytest.CaptureFixture[str]) -> None:
    write(("b", "20:30:00", "cart"))
    assert replay("--invariants", "--json") == 1
    calm, few = json.loads(capsys.readouterr().out)["invariants"]
    assert (calm["invariant"], calm["broken"]) == ("calm_nights", 1)
    [violation] = calm["violations"]
    assert (violation["user"], violation["time"]) == ("b", "2026-01-01T21:00:00Z")
    assert violation["because"] == "it was 21:00 in UTC"
    assert violation["decision"]["rule"] == "remind"
    assert few == {"invariant": "few", "promise": "at most 5 sends per day", "broken": 0, "violations": []}


def test_all_are_counted_and_the_first_ones_shown(capsys: pytest.CaptureFixture[str]) -> None:
    many = MOST_VIOLATIONS + 1
    write(*((f"u{number:03}", "22:00:00", "cart") for number in range(many)))
    assert replay("--invariants", "--json") == 1
    calm: dict[str, Any] = json.loads(capsys.readouterr().out)["invariants"][0]
    assert (calm["broken"], len(calm["violations"])) == (many, MOST_VIOLATIONS)
    assert replay("--invariants") == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  calm_nights:")]
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == f"  calm_nights: and {many - MOST_LINES} more"


def test_what_is_shown_does_not_limit_what_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    write(("a", "10:00:00", "visit"), ("b", "20:30:00", "cart"))
    assert replay("--invariants", "--user", "a", "--rule", "hello", "--only", "sent") == 1
    assert "user b" in capsys.readouterr().out


def test_decisions_are_written_all_the_same() -> None:
    write(("b", "20:30:00", "cart"))
    assert replay("--invariants", "--out", "out.jsonl") == 1
    rules = [json.loads(line)["rule"] for line in Path("out.jsonl").read_text().splitlines()]
    assert rules == ["remind", "hello"]


def test_rules_without_invariants_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text("rule r: if cart then send push")
    write(("b", "20:30:00", "cart"))
    assert replay("--invariants") == 0
    assert capsys.readouterr().out.endswith("\nInvariants\n  the program has none\n")
