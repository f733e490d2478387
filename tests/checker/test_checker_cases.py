"""Runs tests/cases/checker/*.trig: programs with the expected findings written beside the lines.

A line `### title` starts a case, `### file: b.trig` its next file.  A comment at the end of a line,

    # error[unknown-rule] ^remindr^ there is no rule `remindr` | did you mean `reminder`?

is a finding of the checker that starts in that line: severity, code, the underlined text between carets, the
message, and after a bar the help (left out: not compared).  Nothing else may be found in the case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from trigdsl.checker import messages
from trigdsl.checker.check import check
from trigdsl.diagnostics.codes import CODES
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file

FOLDER = Path(__file__).parent.parent / "cases" / "checker"
EXPECTED = re.compile(
    r"# (error|warning)\[([\w-]+)\] \^([^^]*)\^ ([^|\n]*?)(?: \| (.*?))?(?=\s+# (?:error|warning)\[|\s*$)"
)


def read_cases() -> Iterator[tuple[str, str, str]]:
    for path in sorted(FOLDER.glob("*.trig")):
        for part in re.split(r"^### (?!file:)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            yield path.stem, title.strip(), text


def sources_of(text: str) -> list[Source]:
    parts = re.split(r"^### file: (\S+)\n", text, flags=re.MULTILINE)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return [Source("a.trig", parts[0]), *(Source(name, part) for name, part in named)]


def expectations(source: Source) -> Iterator[tuple[str, ...]]:
    for number, line in enumerate(source.text.splitlines(), 1):
        for found in EXPECTED.finditer(line):
            severity, code, words, message, help = found.groups()
            yield (f"{source.name}:{number}", severity, code, words, message, help or "")


def told(diagnostic: Diagnostic, wanted: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """A finding as `expectations` writes it; its help only where one is expected."""
    place = f"{diagnostic.span.source.name}:{diagnostic.span.position[0]}"
    text = " ".join(diagnostic.span.text.split())
    found = (place, str(diagnostic.severity), diagnostic.code, text, diagnostic.message)
    without_help = (*found, "")
    return without_help if without_help in wanted else (*found, diagnostic.help or "")


CASES = list(read_cases())

WITHOUT_CASES = {"unknown-system-event", "unknown-region", "missing-extra"}
"""Codes that no text comes to (the parser lets none through), or only with or without an optional package."""


@pytest.mark.parametrize(("name", "title", "text"), CASES, ids=[f"{name}: {title}" for name, title, _ in CASES])
def test_findings(name: str, title: str, text: str) -> None:
    files, first_id = [], 0
    for source in sources_of(text):
        parsed = parse_file(source, first_id)
        assert not parsed.diagnostics, [str(found) for found in parsed.diagnostics]
        files.append((parsed.file, source))
        first_id = parsed.next_id
    program, diagnostics = check(files)
    wanted = Counter(one for _, source in files for one in expectations(source))
    found = Counter(told(diagnostic, wanted) for diagnostic in diagnostics)
    assert not list((wanted - found).elements()), f"expected and not found; found too much: {list(found - wanted)}"
    assert not list((found - wanted).elements()), "found and not expected"
    assert (program is None) == any(severity == "error" for _, severity, *_ in wanted)


def test_every_code_is_registered_and_has_a_case() -> None:
    page = Path(messages.__file__).read_text(encoding="utf-8")
    spoken = set(re.findall(r'(?:_error|_warning|report)\(\s*"([\w-]+)"', page))
    used = {found[2] for *_, text in CASES for source in sources_of(text) for found in expectations(source)}
    assert spoken <= CODES.keys()
    assert used == spoken - WITHOUT_CASES
