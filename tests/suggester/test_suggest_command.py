"""`trig test --suggest`: what is printed, what is written, and which options go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from trigdsl.cli import main

RULES = """\
rule reminder: if cart and value > 200 then after 30m send push unless purchase within 2h

test "a purchase in time":
  2026-11-20 10:00 cart { value: 250 }
  +20m             purchase
  expect reminder cancelled "unless purchase"
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.trig"
    path.write_text(RULES)
    return path


def test_tests_are_printed_and_the_rest_is_told_beside_them(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(rules), "--suggest"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# Exercises ")
    assert 'test "reminder: ' in out
    assert err.startswith("the program's tests exercise ")
    assert rules.read_text() == RULES


def test_what_is_printed_passes_beside_the_rules(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["test", str(rules), "--suggest"])
    out, _ = capsys.readouterr()
    (rules.parent / "more.trig").write_text(out)
    assert main(["test", str(rules.parent)]) == 0
    assert main(["fmt", "--check", str(rules.parent / "more.trig")]) == 0


def test_nothing_is_left_to_suggest_then(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["test", str(rules), "--suggest-to", str(rules.parent / "more.trig")])
    capsys.readouterr()
    assert main(["test", str(rules.parent), "--suggest"]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_keeps_what_it_holds(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(rules), "--suggest-to", str(rules)]) == 0
    assert capsys.readouterr().out == ""
    assert rules.read_text().startswith(RULES + "\n# Exercises ")
    assert main(["fmt", "--check", str(rules)]) == 0
    assert main(["test", str(rules)]) == 0


def test_a_last_line_without_its_end_is_ended(rules: Path) -> None:
    rules.write_text(RULES.rstrip("\n"))
    main(["test", str(rules), "--suggest-to", str(rules)])
    assert rules.read_text().startswith(RULES + "\n# Exercises ")


def test_a_text_is_as_good_as_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", "if signup then send push", "--suggest"]) == 0
    assert "expect rule_1 at 2026-11-20 10:00 on push" in capsys.readouterr().out


def test_the_same_seed_and_budget_print_the_same(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        main(["test", str(rules), "--suggest", "--seed", "7", "--budget", "300"])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != ""


def test_rules_with_a_mistake_are_at_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", "if signup then sned push", "--suggest"]) == 1
    out, err = capsys.readouterr()
    assert (out, "error" in err) == ("", True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--suggest", "--json"], "--suggest runs no tests"),
        (["--suggest-to", "x.trig", "--filter", "a"], "--suggest runs no tests"),
        (["--budget", "3"], "--budget and --seed are for --suggest"),
        (["--suggest", "--budget", "0"], "--budget"),
    ],
)
def test_options_that_do_not_go_together(
    rules: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", str(rules), *options]) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_cannot_be_written(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(rules), "--suggest-to", str(rules.parent / "none" / "x.trig")]) == 2
    assert "cannot write" in capsys.readouterr().err
