"""`trig check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trigdsl.cli import main

GOOD = "rule hello: if signup then send push"
BAD = "rule hello: if signup then sedn push"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_rules_without_fault(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(GOOD)
    assert main(["check", "rules.trig"]) == 0
    assert capsys.readouterr().out == "no errors\n"


def test_a_fault_is_shown_with_its_place_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["check", "rules.trig"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("rules.trig:1:28: error: ")
    assert f"    1 | {BAD}\n" in out
    assert out.endswith("\n1 error\n")
    assert "\x1b" not in out


def test_a_folder_is_one_program(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules").mkdir()
    Path("rules/a.trig").write_text("rule one: if signup then send push")
    Path("rules/b.trig").write_text("rule one: if visit then send push")
    assert main(["check", "rules"]) == 1
    out = capsys.readouterr().out
    assert "`one`" in out
    assert "a.trig" in out
    assert "b.trig" in out


def test_text_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", "if signup then sedn push"]) == 1
    assert capsys.readouterr().out.startswith("-e:1:16: error: ")


def test_json_holds_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", BAD, "--json"]) == 1
    [finding] = json.loads(capsys.readouterr().out)
    assert (finding["file"], finding["line"], finding["column"]) == ("-e", 1, 28)
    assert finding["severity"] == "error"
    assert main(["check", "-e", GOOD, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_the_exit_status_does_not_depend_on_the_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", BAD, "--format", form]) == 1
    assert "sedn" in capsys.readouterr().out
    assert main(["check", "-e", GOOD, "--format", form]) == 0
    assert "sedn" not in capsys.readouterr().out


def test_a_sarif_log_names_the_code_and_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", BAD, "--format", "sarif"]) == 1
    [result] = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["ruleId"] == "syntax-error"
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 28


def test_annotations_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", f"{BAD}\nrule r: if a then after 30 send push", "--format", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error"]
    assert main(["check", "-e", GOOD, "--format", "github"]) == 0
    assert capsys.readouterr().out == ""


def test_several_faults_come_in_the_order_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    text = "event a { x: text }\nrule r: if a and event.y == 1 then send push\nrule r: if a then send push"
    main(["check", "-e", text, "--json"])
    findings = json.loads(capsys.readouterr().out)
    places = [(finding["line"], finding["column"]) for finding in findings]
    assert len(places) >= 2
    assert places == sorted(places)


def test_a_warning_alone_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    text = "rule a: if purchase then send push\nrule b: if purchse then send push"
    assert main(["check", "-e", text]) == 0
    out = capsys.readouterr().out
    assert "warning" in out
    assert "`purchse`" in out


def test_the_code_is_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", "if cart and cart.value > 200 then send push", "--show-code"]) == 0
    code = capsys.readouterr().out
    compile(code, "<shown>", "exec")
    assert "200" in code


def test_of_broken_rules_there_is_no_code_but_the_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", BAD, "--show-code"]) == 1
    assert "error" in capsys.readouterr().out


def test_bounds_are_told_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    text = "rule cart: if cart and count(visit) in last 7d > 1 then after 30m send push while pending stack"
    assert main(["check", "-e", text, "--bounds"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Rule cart\n")
    assert "runs  100: unfinished run  the triggering event, a position and a timer  for 30m\n" in out
    assert "asks: visit in the last 7d before the latest\n" in out
    assert out.endswith("\nAt most 100 unfinished runs for one user.\n")


def test_bounds_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    text = "rule cart: if cart and count(visit) in last 7d > 1 then after 30m send push"
    assert main(["check", "-e", text, "--bounds", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["most_runs"] == 1
    [rule] = found["rules"]
    assert (rule["rule"], rule["slots"]) == ("cart", [0])
    assert rule["kept"] == [
        {
            "what": "runs",
            "label": "unfinished run",
            "holds": "the triggering event, a position and a timer",
            "most": 1,
            "number": None,
            "seconds": 1800,
        }
    ]
    assert {"history", "profile", "lists", "ids"} == {one["what"] for one in found["program"]}


def test_of_broken_rules_there_are_no_bounds_but_the_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", BAD, "--bounds"]) == 1
    assert "error" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["rules.trig", "-e", GOOD],
        ["not_there.trig"],
        ["-e", GOOD, "--json", "--show-code"],
        ["-e", GOOD, "--format", "sarif", "--show-code"],
        ["-e", GOOD, "--json", "--format", "github"],
        ["-e", GOOD, "--format", "xml"],
        ["-e", GOOD, "--bounds", "--show-code"],
        ["-e", GOOD, "--bounds", "--format", "sarif"],
        ["one", "two"],
        ["--nonsense"],
    ],
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Error: " in shown.err


def test_a_file_that_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_bytes(b"if signup then send push \xff\xfe")
    assert main(["check", "rules.trig"]) in (1, 2)
    assert "rules.trig" in "".join(capsys.readouterr())


UNLESS = "rule r: if cart then send push unless purchase\n"


def test_a_lint_leaves_the_status_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", UNLESS]) == 0
    out = capsys.readouterr().out
    assert out.startswith("-e:1:32: warning: this step is done at once, so nothing can come in time")
    assert f"[unless-never]\n    1 | {UNLESS}      | {' ' * 31}{'^' * 15}\n" in out
    assert out.endswith("\n\n1 warning\n")


def test_a_fix_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--json", "-e", UNLESS])
    [found] = json.loads(capsys.readouterr().out)
    [edit] = found["fix"]["edits"]
    assert (edit["column"], edit["end_column"], edit["text"], edit["replacement"]) == (31, 47, " unless purchase", "")


def test_fix_mends_the_files_and_shows_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules").mkdir()
    Path("rules/a.trig").write_bytes(b"\xef\xbb\xbf" + UNLESS.replace("\n", "\r\n").encode())
    Path("rules/b.trig").write_text("list vip\n")
    assert main(["check", "rules", "--fix"]) == 0
    told = capsys.readouterr()
    assert told.err == "mended 1 finding\n"
    assert "[unused-list]" in told.out
    assert "[unless-never]" not in told.out
    assert Path("rules/a.trig").read_bytes() == b"\xef\xbb\xbfrule r: if cart then send push\r\n"
    assert Path("rules/b.trig").read_text() == "list vip\n"
    assert sorted(path.name for path in Path("rules").iterdir()) == ["a.trig", "b.trig"]


def test_fix_leaves_files_with_line_ends_of_several_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    mixed = UNLESS.encode() + b"# one\r\n# two\n"
    Path("rules.trig").write_bytes(mixed)
    assert main(["check", "rules.trig", "--fix"]) != 0
    assert "nothing is written" in capsys.readouterr().err
    assert Path("rules.trig").read_bytes() == mixed


def test_fix_of_a_broken_file_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(BAD)
    assert main(["check", "rules.trig", "--fix"]) == 1
    assert capsys.readouterr().err == "mended 0 findings\n"
    assert Path("rules.trig").read_text() == BAD


def test_diff_shows_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(UNLESS)
    assert main(["check", "rules.trig", "--diff"]) == 0
    removed, added = capsys.readouterr().out.splitlines()[-2:]
    assert (removed, added) == ("-" + UNLESS.strip(), "+rule r: if cart then send push")
    assert Path("rules.trig").read_text() == UNLESS


@pytest.mark.parametrize("options", [["--fix", "--diff"], ["--json", "--diff"], ["--fix", "--show-code"]])
def test_options_that_exclude_each_other(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(UNLESS)
    assert main(["check", "rules.trig", *options]) == 2
    assert "--fix" in capsys.readouterr().err
    assert Path("rules.trig").read_text() == UNLESS


def test_fix_wants_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", UNLESS, "--fix"]) == 2
    assert "--diff shows" in capsys.readouterr().err


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "unless-never"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("unless-never\n\n*Warning.* A step with neither delay nor window")
    assert "Instead of\n\n    rule r: if cart then send push unless purchase\n\nwrite\n\n    rule r:" in out


def test_an_unknown_code_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "unles-never"]) == 2
    assert "did you mean `unless-never`?" in capsys.readouterr().err
