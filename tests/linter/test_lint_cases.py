"""Runs tests/cases/linter/*.trig: programs with the expected findings written beside the lines.

A line `### title` starts a case.  A comment `# warning[unless-never] ^unless y^` at the end of a line is a finding
that starts in that line: severity, code, and the underlined text between carets.  Nothing else may be found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from trigdsl.linter.lint import lint
from trigdsl.loading import parse_checked

FOLDER = Path(__file__).parent.parent / "cases" / "linter"
EXPECTED = re.compile(r"# (warning|note)\[([\w-]+)\] \^([^^]*)\^")


def read_cases() -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.glob("*.trig")):
        for part in re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            yield f"{path.stem}: {title.strip()}", text


CASES = dict(read_cases())


@pytest.mark.parametrize("title", CASES)
def test_findings(title: str) -> None:
    text = CASES[title]
    program, checked = parse_checked(text)
    wanted = Counter(
        (number, *found.groups())
        for number, line in enumerate(text.splitlines(), 1)
        for found in EXPECTED.finditer(line)
    )
    found = Counter(
        (one.span.position[0], str(one.severity), one.code, " ".join(one.span.text.split()))
        for one in lint(checked, program.diagnostics)
    )
    assert not list((wanted - found).elements()), f"expected and not found; found too much: {list(found - wanted)}"
    assert not list((found - wanted).elements()), "found and not expected"
