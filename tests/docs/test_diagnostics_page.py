"""The pages of diagnostics and lints: an entry for every code, an example that provokes just it, and a mended one."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest
from attrs import frozen
from test_docs import DOCUMENTS, FENCE, ROOT, blocks, blocks_of

import trigdsl
from trigdsl.diagnostics.codes import CODES
from trigdsl.linter.lint import lint
from trigdsl.loading import parse_checked

PAGES = (ROOT / "docs" / "diagnostics.md", ROOT / "docs" / "lints.md")
IN_PYTHON = {"too-deep"}
"""Codes whose example would be too long to read; a session shows it, which `test_docs` runs."""


class Regions(ModuleType):
    """Stands in for the optional package of holidays: it knows one country."""

    def list_supported_countries(self) -> dict[str, list[str]]:
        return {"KR": []}


@frozen
class Entry:
    code: str
    prose: str
    wrong: list[str]
    right: list[str]


def entries() -> list[Entry]:
    found = []
    text = "\n## \n".join(page.read_text("utf-8") for page in PAGES)
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        code, _, rest = part.partition("\n")
        rest = rest.partition("\n## ")[0]
        shown = [block for block in blocks_of(rest) if block.language == "trig"]
        wrong = [block.text for block in shown if block.is_wrong]
        right = [block.text for block in shown if not block.is_wrong]
        found.append(Entry(code, FENCE.sub("", rest).strip(), wrong, right))
    return found


def findings(text: str, *, linted: bool) -> list[tuple[str, str]]:
    """Codes and severities; the examples of errors are too short for lints."""
    try:
        program, checked = parse_checked(text)
        diagnostics = lint(checked, program.diagnostics) if linted else program.diagnostics
    except trigdsl.TrigError as error:
        diagnostics = error.diagnostics
    return [(found.code, str(found.severity)) for found in diagnostics]


ENTRIES = entries()
SHOWN = [entry for entry in ENTRIES if entry.code not in IN_PYTHON]


def test_every_code_has_one_entry() -> None:
    assert sorted(entry.code for entry in ENTRIES) == sorted(CODES)
    assert [entry.code for entry in ENTRIES if len(entry.prose) < 20] == []


@pytest.mark.parametrize("entry", SHOWN, ids=lambda entry: entry.code)
def test_the_example_brings_up_just_this_code_and_the_mended_one_nothing(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", Regions("holidays"))
    if entry.code == "missing-extra":
        monkeypatch.setitem(sys.modules, "holidays", None)
    opening = entry.prose.partition(" ")[0]
    severity = {"*Warning.*": "warning", "*Note.*": "note"}.get(opening, "error")
    [wrong], [right] = entry.wrong, entry.right
    linted = f"### {entry.code}\n" in PAGES[1].read_text("utf-8")
    assert set(findings(wrong, linted=linted)) == {(entry.code, severity)}
    assert findings(right, linted=linted) == []


def test_rules_that_are_wrong_stand_on_these_pages_alone() -> None:
    assert [path for path in DOCUMENTS if path not in PAGES and any(block.is_wrong for block in blocks(path))] == []
