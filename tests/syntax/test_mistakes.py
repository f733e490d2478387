"""Programs with a mistake and what is said about it: every case of `tests/cases/syntax`."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import items, read

from trigdsl.diagnostics.codes import CODES
from trigdsl.syntax import messages
from trigdsl.syntax.grammar import parser
from trigdsl.syntax.habit_table import HABITS

_CASES = Path(__file__).resolve().parents[1] / "cases" / "syntax"


def _cases() -> list[tuple[str, str, list[str]]]:
    found = []
    for file in sorted(_CASES.glob("*.case")):
        for case in file.read_text(encoding="utf-8").removeprefix("=== ").split("\n=== "):
            heading, _, findings = case.partition("\n---\n")
            title, _, program = heading.partition("\n")
            found.append((title, program, findings.strip("\n").split("\n")))
    return found


@pytest.mark.parametrize(("title", "program", "findings"), _cases(), ids=[case[0] for case in _cases()])
def test_what_is_said_about_a_mistake(title: str, program: str, findings: list[str]) -> None:
    said = [
        " | ".join([found.code, found.span.text.replace("\n", "\\n"), found.message, found.help or ""]).rstrip()
        for found in read(program).diagnostics
    ]
    assert said == findings


@pytest.mark.parametrize("program", [case[1] for case in _cases() if "without an end" not in case[0]])
def test_a_mistake_leaves_the_items_around_it_alone(program: str) -> None:
    before, behind = "rule before: if e then send push", "rule behind: if e then send sms"
    parsed = read(f"{before}\n\n{program}\n\n{behind}\n")
    assert parsed.file is not None
    (first,), (last,) = items(before), items(behind)
    assert parsed.file.items[0] == first
    assert parsed.file.items[-1] == last
    assert len(parsed.diagnostics) >= 1


@pytest.mark.parametrize("program", [case[1] for case in _cases()])
def test_findings_are_worded_for_people(program: str) -> None:
    terminals = {terminal.name for terminal in parser().terminals if "_" in terminal.name or len(terminal.name) > 4}
    for found in read(program).diagnostics:
        assert found.code in CODES
        assert found.span.text or not program
        assert not found.message.endswith(".")
        assert found.message[0] == "`" or not found.message[0].isupper()
        words = f"{found.message} {found.help or ''}".replace(found.span.text, "").split()
        assert not terminals & set(words) - {"EVENT", "NAME", "RULE", "CONDITION"}


def test_slips_name_the_mend() -> None:
    """What people write by habit gets a help that says what to write, wherever it can be told."""
    slips = (_CASES / "slips.case").read_text(encoding="utf-8")
    findings = [line for line in slips.split("\n") if line.count(" | ") >= 2]
    assert len(findings) >= 100
    assert [line for line in findings if line.count(" | ") < 3] == []


def test_every_habit_of_the_table_is_worded_for_people() -> None:
    for line in HABITS:
        for text in (line.message, line.help):
            assert text.format(word="w", next="n", before="b")
            assert not text.endswith(".")


def test_every_wording_is_met_by_a_case() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in _CASES.glob("*.case"))
    said = {line.split(" | ")[0] for line in text.split("\n") if " | " in line}
    source = Path(messages.__file__).read_text(encoding="utf-8")
    codes = {code for code in CODES if f'_error("{code}"' in source}
    assert codes - {"bad-character", "too-deep"} <= said
