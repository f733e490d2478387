"""A text read in pieces, change by change, is read as it would be from nothing."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.lsp.pieces import Reading, read
from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import walk

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = [
    *(file.read_text(encoding="utf-8") for file in sorted((ROOT / "examples").rglob("*.trig"))),
    *re.findall(r"```trig\n(.*?)```", (ROOT / "grammar" / "README.md").read_text(encoding="utf-8"), re.DOTALL),
]
ACCIDENTS = [
    "",
    '"',
    '"""',
    "`",
    "#",
    "\n",
    "{",
    "(",
    "}",
    ":",
    "if ",
    "rule x:",
    "event ",
    "cap 1 per",
    "\ud800",
    "list",
]


def findings(reading: Reading) -> list[tuple[object, ...]]:
    found = [
        (start + one.span.start, start + one.span.end, one.code, one.message, one.help)
        for piece, start in reading.placed()
        for one in piece.diagnostics
    ]
    return sorted(found, key=str)


def assert_read_as_from_nothing(reading: Reading, text: str) -> None:
    whole = parse_file(Source("x.trig", text))
    assert "".join(piece.source.text for piece in reading.pieces) == text
    assert whole.file is not None
    assert reading.items == whole.file.items
    wanted = [(one.span.start, one.span.end, one.code, one.message, one.help) for one in whole.diagnostics]
    assert findings(reading) == sorted(wanted, key=str)
    ids = [node.id for item in reading.items for node in walk(item)]
    assert len(ids) == len(set(ids))
    assert all(one < reading.next_id for one in ids)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(PROGRAMS), st.data())
def test_changes_lead_where_reading_anew_does(text: str, data: st.DataObject) -> None:
    reading = read("x.trig", text)
    assert_read_as_from_nothing(reading, text)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 0, 1, 5, 60])))
        text = text[:start] + data.draw(st.sampled_from(ACCIDENTS)) + text[end:]
        reading = read("x.trig", text, reading)
        assert_read_as_from_nothing(reading, text)


def test_only_what_is_near_the_change_is_read_again() -> None:
    text = "".join(f"rule r{number}: if e{number} then send push\n" for number in range(50))
    before = read("x.trig", text)
    after = read("x.trig", text.replace("if e25 ", "if e25 and x "), before)
    old = {id(piece) for piece in before.pieces}
    new = [number for number, piece in enumerate(after.pieces) if id(piece) not in old]
    assert new == [25]
    assert after.starts[26] == before.starts[26] + len("and x ")


def test_a_text_that_becomes_empty_and_full_again() -> None:
    reading = read("x.trig", "if a then send b")
    for text in ("", "# only a comment", "if a then send b", ""):
        reading = read("x.trig", text, reading)
        assert_read_as_from_nothing(reading, text)
