"""Faults planted in rules: each is found, and the test that is printed fails because of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trigdsl.cli import main
from trigdsl.loading import load_checked, parse_checked
from trigdsl.tester.run import run_test
from trigdsl.verifier.search import Budget, verify

PLANTED = sorted((Path(__file__).parent / "planted").glob("*.trig"))
EXAMPLES = 2_000


def broken_by(path: Path) -> str:
    """The promise that the first line of a file says is broken."""
    found = re.match(r"# breaks (\w+): ", path.read_text("utf-8"))
    assert found is not None, path
    return found[1]


def test_there_are_twenty() -> None:
    assert len(PLANTED) == 20


@pytest.mark.parametrize("path", PLANTED, ids=lambda path: path.stem)
def test_the_fault_is_found_and_the_printed_test_fails_by_it(path: Path) -> None:
    program, checked = load_checked(path)
    promise = broken_by(path)
    verdict = verify(program, checked, budget=Budget(EXAMPLES), only=[promise])
    [finding] = verdict.findings
    assert finding.promise == promise
    with_test, checked_with_test = parse_checked(f"{path.read_text('utf-8')}\n{finding.text}\n")
    [test] = checked_with_test.tests
    result = run_test(test, with_test)
    assert not result.passed
    assert [outcome.met for outcome in result.outcomes] == [False]
    assert promise == "ends" or [one.invariant for one in result.violations][:1] == [promise]
    assert len(test.lines) <= 6, finding.text


@pytest.mark.parametrize("name", ["second_step_without_unless", "cap_on_one_channel"])
def test_the_printed_test_passes_once_the_fault_is_mended(name: str) -> None:
    path = next(one for one in PLANTED if one.stem == name)
    text = path.read_text("utf-8")
    mended = text.replace('"Really?"', '"Really?" unless purchase').replace("cap push 1", "cap all 1")
    assert mended != text
    program, checked = load_checked(path)
    [finding] = verify(program, checked, budget=Budget(EXAMPLES), only=[broken_by(path)]).findings
    well, checked_well = parse_checked(f"{mended}\n{finding.text}\n")
    assert run_test(checked_well.tests[0], well).passed
    assert verify(well, checked_well, budget=Budget(300)).findings == ()


def test_the_command_prints_a_test_that_the_other_command_confirms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.trig"
    text = next(one for one in PLANTED if one.stem == "urgent_at_night").read_text("utf-8")
    path.write_text(text, "utf-8")
    assert main(["verify", str(path), "--promise", "calm_nights"]) == 1
    shown = capsys.readouterr().out
    block = shown[shown.index('test "') :].partition("\n\n")[0]
    path.write_text(f"{text}\n{block}\n", "utf-8")
    assert main(["test", str(path)]) == 1
    assert "0 passed, 1 failed" in capsys.readouterr().out
