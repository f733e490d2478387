"""`trig test`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from trigdsl.cli import main

GOOD = """rule reminder: if cart then after 30m send push unless purchase
test "it comes":
  2026-11-20 10:00 cart
  expect reminder at 2026-11-20 10:30
test "a purchase ends it":
  2026-11-20 10:00 cart
  +20m purchase
  expect reminder cancelled "unless purchase"
"""
BAD = GOOD.replace("10:30", "10:29")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_passed_run_is_a_line_for_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(GOOD)
    assert main(["test", "rules.trig"]) == 0
    assert capsys.readouterr() == ("rules.trig  2 passed\n", "")


def test_a_folder_is_one_program_with_a_line_for_each_file_with_tests(capsys: pytest.CaptureFixture[str]) -> None:
    rule, _, tests = GOOD.partition("\n")
    Path("rules").mkdir()
    Path("rules/rule.trig").write_text(rule)
    Path("rules/a.trig").write_text(tests)
    Path("rules/more_tests.trig").write_text('test "t": 2026-11-20 10:00 cart expect no sends')
    assert main(["test", "rules"]) == 1
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "rules/a.trig           2 passed",
        "rules/more_tests.trig  0 passed, 1 failed",
        "all                    2 passed, 1 failed",
    ]


def test_verbose_names_every_test(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["test", "rules.trig", "-v"]) == 1
    assert capsys.readouterr().out.endswith(
        "\nrules.trig  1 passed, 1 failed\n  failed  it comes\n  passed  a purchase ends it\n"
    )


def test_a_failure_shows_what_was_expected_and_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["test", "rules.trig"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "rules.trig:2: failed: it comes",
        "    4 |   expect reminder at 2026-11-20 10:29",
        "      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "      = expected: `reminder` to be sent at 2026-11-20 10:29",
        "      = happened: one decision of `reminder`, not like this",
        "      = nearest:  11-20 10:30 reminder sent on push (the time is 2026-11-20 10:30, not 2026-11-20 10:29)",
        "  what happened, in the time of UTC:",
        "    11-20 10:00  cart",
        "    11-20 10:30  reminder sent on push",
        "",
        "rules.trig  1 passed, 1 failed",
    ]


def test_a_broken_invariant_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(GOOD + "invariant calm: no send push between 10:00-11:00\n")
    assert main(["test", "rules.trig"]) == 1
    assert capsys.readouterr().out.splitlines()[:4] == [
        "rules.trig:2: failed: it comes",
        "  the invariant `calm` is broken",
        "      = expected: no send push between 10:00-11:00",
        "      = happened: 11-20 10:30 reminder sent on push (it was 10:30 in UTC)",
    ]


def test_text_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", BAD]) == 1
    assert capsys.readouterr().out.startswith("-e:2: failed: it comes\n")


def test_a_filter_chooses_by_title_or_rule(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD + 'rule other: if e then send sms\ntest "e": 2026-11-20 10:00 e expect other\n')
    assert main(["test", "rules.trig", "--filter", "purchase"]) == 0
    assert main(["test", "rules.trig", "--filter", "reminder"]) == 1
    assert main(["test", "rules.trig", "--filter", "oth*", "--filter", "ends it", "-v"]) == 0
    assert capsys.readouterr().out.endswith("rules.trig  2 passed\n  passed  a purchase ends it\n  passed  e\n")


def test_a_filter_that_fits_nothing_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(GOOD)
    assert main(["test", "rules.trig", "--filter", "nonsense", "--filter", "none"]) == 2
    assert "no test has `nonsense` or `none` in its title or rules" in capsys.readouterr().err


def test_fail_fast_stops_at_the_first_failure(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["test", "rules.trig", "--fail-fast"]) == 1
    assert capsys.readouterr().out.endswith(
        "\nrules.trig  0 passed, 1 failed\nstopped at the first failure: 1 not run\n"
    )
    Path("rules.trig").write_text(GOOD)
    assert main(["test", "rules.trig", "--fail-fast"]) == 0
    assert capsys.readouterr().out == "rules.trig  2 passed\n"


def test_json_holds_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["test", "rules.trig", "--json", "--fail-fast"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["passed"], found["failed"], found["not_run"]) == (0, 1, 1)
    [test] = found["tests"]
    assert (test["title"], test["file"], test["line"], test["passed"]) == ("it comes", "rules.trig", 2, False)
    assert (test["zone"], test["violations"]) == ("UTC", [])
    [expectation] = test["expectations"]
    assert (expectation["line"], expectation["text"]) == (4, "expect reminder at 2026-11-20 10:29")
    assert (expectation["met"], expectation["actual"]) == (False, "one decision of `reminder`, not like this")
    assert expectation["nearest"].startswith("11-20 10:30 reminder")
    assert [(line["time"], line["local"], line["happened"]) for line in test["timeline"]] == [
        ("2026-11-20T10:00:00Z", "11-20 10:00", "cart"),
        ("2026-11-20T10:30:00Z", "11-20 10:30", "reminder sent on push"),
    ]
    assert [decision["status"] for decision in test["decisions"]] == ["sent"]


def test_json_of_what_passes_gives_no_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", GOOD, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["passed"], found["failed"], found["not_run"]) == (2, 0, 0)
    assert [one["expectations"][0]["actual"] for one in found["tests"]] == [None, None]


def test_json_holds_what_is_wrong_with_the_rules_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", GOOD + "cap push 0 per ever", "--json"]) == 1
    shown = capsys.readouterr()
    assert [found["code"] for found in json.loads(shown.out)["diagnostics"]] == ["cap-of-zero"]
    assert shown.err == ""
    assert main(["test", "-e", GOOD.replace("expect reminder at", "expect remindr at"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in found["diagnostics"]] == ["unknown-rule"]
    assert found["tests"] == []


def test_junit_is_written_beside_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["test", "rules.trig", "--junit", "out.xml"]) == 1
    assert capsys.readouterr().out.startswith("rules.trig:2: failed")
    root = ET.fromstring(Path("out.xml").read_bytes())
    assert (root.get("tests"), root.get("failures")) == ("2", "1")


def test_junit_tells_of_rules_at_fault_too() -> None:
    assert main(["test", "-e", "rule r: if e then sedn push", "--junit", "out.xml"]) == 1
    assert ET.fromstring(Path("out.xml").read_bytes()).get("errors") == "1"


def test_junit_that_cannot_be_written_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", GOOD, "--junit", "none/out.xml"]) == 2
    assert "none/out.xml" in capsys.readouterr().err


def test_rules_without_tests_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text("rule r: if e then send push")
    assert main(["test", "rules.trig"]) == 0
    assert capsys.readouterr() == ("no tests in rules.trig\n", "")
    assert main(["test", "rules.trig", "--filter", "x"]) == 0
    assert main(["test", "-e", "if e then send push", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["tests"] == []


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("  2026-11-20 10:00 e\n  expect q", "unknown-rule"),
        ("  +20m e\n  expect r", "nothing-to-count-from"),
        ("  2026-11-20 10:00 e\n  expect r on psuh", "unknown-channel"),
        ("  2026-11-20 10:00 e\n  expect r sennt", "unknown-status"),
        ("  2026-02-30 10:00 e\n  expect r", "impossible-date"),
    ],
)
def test_mistakes_in_tests_are_faults_of_the_rules(lines: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(f'rule r: if e then send push\ntest "t":\n{lines}\n')
    assert main(["test", "rules.trig"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(("rules.trig:3:", "rules.trig:4:"))
    assert f"[{code}]" in shown.err


def test_warnings_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", GOOD + "cap push 0 per ever"]) == 1
    shown = capsys.readouterr()
    assert "[cap-of-zero]" in shown.err
    assert "reminder capped on push: push 0 per ever" in shown.out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["rules.trig", "-e", GOOD],
        ["not_there.trig"],
        ["one", "two"],
        ["-e", GOOD, "--watch"],
        ["rules.trig", "--watch", "--json"],
        ["--nonsense"],
    ],
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(GOOD)
    assert main(["test", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Error: " in shown.err


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-e", BAD]) == 1
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setattr("trigdsl.cli.program.in_color", lambda _: True)
    assert main(["test", "-e", BAD]) == 1
    plain = capsys.readouterr().out
    assert "\x1b[1;31m" in plain
    assert "1 passed" in plain


def test_titles_and_texts_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rules = r'rule r: if e then send push "\u001b[2J" test "\u001b[31m": 2026-11-20 10:00 e expect no sends'
    assert main(["test", "-e", rules, "-v"]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_watch_runs_again_when_a_file_changes_and_ends_with_ctrl_c() -> None:
    Path("rules").mkdir()
    Path("rules/rules.trig").write_text(GOOD)
    command = [sys.executable, "-m", "trigdsl", "test", "rules", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "rules/rules.trig  2 passed\n"
        assert process.stdout.readline() == "watching 1 file for changes, Ctrl-C ends\n"
        # Another length, so that even a clock of whole seconds shows the change.
        # In one go: a look at the file between its emptying and its writing would be a change too.
        Path("changed").write_text(BAD + "# changed\n")
        Path("changed").replace("rules/rules.trig")
        assert process.stdout.readline() == "\n"
        assert process.stdout.readline() == "changed: rules/rules.trig\n"
        assert process.stdout.readline() == "rules/rules.trig:2: failed: it comes\n"
        while "watching" not in process.stdout.readline():
            pass
        Path("rules/more.trig").write_text("rule")
        assert process.stdout.readline() == "\n"
        assert process.stdout.readline() == "changed: rules/more.trig\n"
        assert process.stdout.readline().startswith("rules/more.trig:1:")
        while "watching 2 files" not in process.stdout.readline():
            pass
        os.kill(process.pid, signal.SIGINT)
        assert "Traceback" not in process.stdout.read()
    assert process.returncode == 130


def test_watch_looks_at_the_rules_and_at_the_templates_they_name(tmp_path: Path) -> None:
    from trigdsl.cli.covering import Wanted
    from trigdsl.cli.test import Run
    from trigdsl.cli.watching import look

    Path("rules.trig").write_text('rule r: if e then send push template "mails/a.j2"')
    Path("mails").mkdir()
    Path("mails/a.j2").write_text("one")
    Path("mails/b.j2").write_text("one")
    run = Run("rules.trig", None, (), False, False, False, None, Wanted(False, None, None, None))
    assert run() == 0
    stamps = look(Path("rules.trig"), run.templates)
    assert set(stamps) == {Path("rules.trig"), Path("mails/a.j2")}
    Path("mails/a.j2").write_text("three")
    assert look(Path("rules.trig"), run.templates) != stamps
    Path("mails/a.j2").unlink()
    assert set(look(Path("rules.trig"), run.templates)) == {Path("rules.trig")}
