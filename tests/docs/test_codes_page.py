"""The table of all codes: what each stands for, how grave it is, its page, and the file with its case.

`python tests/docs/test_codes_page.py` writes it anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trigdsl.diagnostics.codes import CODES
from trigdsl.diagnostics.pages import page

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "codes.md"
HEAD = """# All codes

Every code that `trig check` may print, with its page and the file that holds a case of it, which says exactly what is
underlined. The pages hold an example of each, which the tests run too.

| code | | means | case |
|---|---|---|---|
"""
_FOLDER = ROOT / "tests" / "cases"
CASES = sorted([*_FOLDER.glob("checker/*.trig"), *_FOLDER.glob("linter/*.trig"), _FOLDER / "syntax" / "mistakes.case"])
ELSEWHERE = {
    **dict.fromkeys(("allow-unknown", "allow-without-reason", "allow-idle"), "tests/linter/test_allowing.py"),
    "missing-extra": "tests/checker/test_holiday_regions.py",
    "unknown-region": "tests/checker/test_holiday_regions.py",
    "template": "tests/test_loading.py",
}
"""Codes whose cases need Python."""


def severity(code: str) -> str:
    opening = re.match(r"[\w-]+\n\n\*(Warning|Note)\.\*", page(code))
    return opening[1].lower() if opening else "error"


def case_of(code: str) -> str:
    """The first file of cases that names the code."""
    named = (path for path in CASES if re.search(rf"\[{code}\]", path.read_text("utf-8")))
    found = next(named, None)
    if found is None:
        return ELSEWHERE.get(code, "docs/diagnostics.md")
    return found.relative_to(ROOT).as_posix()


def table() -> str:
    rows = []
    for code, means in CODES.items():
        source = "lints.md" if f"### {code}\n" in (ROOT / "docs" / "lints.md").read_text("utf-8") else "diagnostics.md"
        case = case_of(code)
        rows.append(f"| [{code}]({source}#{code}) | {severity(code)} | {means} | [{Path(case).name}](../{case}) |\n")
    return HEAD + "".join(rows)


def test_the_table_is_complete() -> None:
    assert PAGE.read_text("utf-8") == table()


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_page_and_a_case(code: str) -> None:
    lines = page(code).splitlines()
    assert lines[0] == code
    assert len(lines) > 3
    assert code in (ROOT / case_of(code)).read_text("utf-8")


if __name__ == "__main__":
    PAGE.write_text(table(), encoding="utf-8")
