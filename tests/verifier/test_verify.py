"""The search: built-in promises, budgets, seeds, and the command."""

from __future__ import annotations

import json

import pytest

from trigdsl.cli import main
from trigdsl.engine import quotas, steps
from trigdsl.engine.machine import Machine
from trigdsl.loading import parse_checked
from trigdsl.verifier.promises import PROMISES
from trigdsl.verifier.search import Budget, Verdict, promises_of, verify

RULES = """
channel push:
  between 09:00-21:00 local
  cap 1 per 1d
calendar closed = [2026-11-23]
rule reminder: if cart then after 30m send push unless purchase
rule sale: if every fri at 22:00 then send push not on closed
"""


def searched(text: str, examples: int = 300, **options: object) -> Verdict:
    program, checked = parse_checked(text)
    return verify(program, checked, budget=Budget(examples), **options)  # type: ignore[arg-type]


def test_rules_without_fault_keep_every_promise() -> None:
    verdict = searched(RULES, 200)
    assert verdict.findings == ()
    assert verdict.kept == tuple(PROMISES)


def test_a_fault_in_the_engine_breaks_the_promise_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "next_opening", lambda windows, at, zone: at)
    [found] = searched(RULES, only=["windows"]).findings
    assert found.decision.channel == "push"


def test_a_fault_in_the_engine_breaks_the_promise_of_unless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "_ends", lambda *_: False)
    [found] = searched(RULES, only=["unless"]).findings
    assert found.because == "`purchase` had come before it"
    assert [line.event.text for line in found.test.lines[:-1]] == ["cart", "purchase"]  # type: ignore[union-attr]


def test_a_fault_in_the_engine_breaks_the_promise_of_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "is_full", lambda *_: False)
    [found] = searched(RULES, 1_000, only=["caps"]).findings
    assert found.because == "1 had gone out already, and the cap is `cap 1 per 1d`"


def test_a_delay_of_more_than_a_year_is_no_run_without_end() -> None:
    assert searched("rule r: if a then after 400d send push", 100).findings == ()


def test_the_same_seed_finds_the_same() -> None:
    text = "rule r: if a then send push\ninvariant rest: at most 1 sends per 1d"
    first, again = searched(text, 60), searched(text, 60)
    assert [one.text for one in first.findings] == [one.text for one in again.findings]
    assert (first.examples, first.kept) == (again.examples, again.kept)
    assert first.findings[0].text == (
        'test "rest is kept: at most 1 sends per 1d":\n'
        "  2026-11-20 10:00 a\n"
        "  +0s a\n"
        "  expect no r at 2026-11-20 10:00 on push"
    )


def test_just_inside_the_period_is_found_and_exactly_its_length_is_no_breach() -> None:
    text = "rule r: if a then send push\n  at most 1 per 23h59m59s\ninvariant rest: at most 1 sends per 1d"
    assert [one.promise for one in searched(text, 1_000, only=["rest"]).findings] == ["rest"]
    assert searched(text.replace("23h59m59s", "1d"), 200, only=["rest"]).findings == ()


def test_an_invariant_called_like_a_promise_stands_beside_it() -> None:
    program, _ = parse_checked("rule r: if a then send push\ninvariant caps: at most 9 sends per 1d")
    assert list(promises_of(program)) == ["invariant caps", *PROMISES]


def test_json_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    text = "rule r: if a then send push\ninvariant nights: no send between 00:00-24:00"
    assert main(["verify", "-e", text, "--json", "--budget", "50", "--promise", "nights"]) == 1
    told = json.loads(capsys.readouterr().out)
    [broken] = told["broken"]
    assert (broken["promise"], broken["says"]) == ("nights", "no send between 00:00-24:00")
    assert broken["decision"]["time"] == "2026-11-20T10:00:00Z"
    assert (told["kept"], told["seed"], told["diagnostics"]) == ([], 0, [])
    assert main(["verify", "-e", "rule r: if a then send push", "--budget", "50"]) == 0
    assert main(["verify", "-e", "rule r: if a then sendd push", "--json"]) == 1


@pytest.mark.parametrize("budget", ["0", "0s", "soon", "-1"])
def test_a_budget_that_is_none_is_refused(budget: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "-e", "if a then send push", f"--budget={budget}"]) == 2
    assert "--budget wants" in capsys.readouterr().err


def test_an_unknown_promise_is_refused_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "-e", "if a then send push", "--promise", "window"]) == 2
    assert "did you mean `windows`?" in capsys.readouterr().err


def test_seconds_are_a_budget_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "-e", "if a then send push", "--budget", "1s"]) == 0
    assert "0 promises broken" in capsys.readouterr().out
