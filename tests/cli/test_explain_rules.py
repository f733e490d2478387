"""`trig explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trigdsl.cli import main

RULES = """\
list l
rule hello "Hello": if signup then after 1h send push "Hi" unless purchase
if visit then add to l
channel push: cap 1 per day
"""
HELLO = [
    'The rule `hello`, "Hello":',
    "Whenever `signup` happens:",
    '  1. 1 hour later: send a message on `push`, "Hi".',
    "     Cancelled, with all that follows, if `purchase` happens before it is done.",
    "While a run is unfinished, a new trigger starts none.",
]
UNNAMED = ["The rule `rule_1`:", "Whenever `visit` happens:", "  1. At once: add the user to `l`."]
AROUND = ["Messages on `push`: at most 1 message for one user per calendar day.", "`l` is a list of users."]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").write_text(RULES)


def test_rules_are_read_back_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rules.trig", "--rules"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *HELLO,
        "",
        *UNNAMED,
        "",
        "Around the rules:",
        *(f"  {line}" for line in AROUND),
    ]


def test_text_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--rules", "-e", "if visit then set user.seen = true"]) == 0
    assert capsys.readouterr().out.splitlines() == [*UNNAMED[:2], "  1. At once: set `user.seen` to true."]


def test_json_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rules.trig", "--rules", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "rules": [
            {"rule": "hello", "title": "Hello", "file": "rules.trig", "line": 2, "text": "\n".join(HELLO)},
            {"rule": "rule_1", "title": None, "file": "rules.trig", "line": 3, "text": "\n".join(UNNAMED)},
        ],
        "around": AROUND,
    }


def test_a_program_without_rules_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--rules", "-e", "user { a: text }"]) == 0
    assert capsys.readouterr().out == "no rules\n"


def test_rules_that_cannot_run_are_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--rules", "-e", "if signup then sedn push"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "`sedn` makes no sense here" in shown.err


def test_warnings_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    text = "rule a: if purchase then send push\nrule b: if purchse then send push"
    assert main(["explain", "--rules", "-e", text]) == 0
    shown = capsys.readouterr()
    assert "warning" in shown.err
    assert "warning" not in shown.out


def test_texts_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--rules", "-e", 'rule `a\x1b[31m`: if e then send push "\\u202e"']) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize(
    "arguments",
    [[], ["rules.trig"], ["--rules"], ["rules.trig", "-e", RULES, "--rules"], ["gone.trig", "--rules"], ["--nonsense"]],
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments]) == 2
    assert "Error: " in capsys.readouterr().err
