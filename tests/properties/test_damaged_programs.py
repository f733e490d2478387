"""Programs with characters lost, doubled or swapped are read without failing, and so is any other text."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.diagnostics.codes import CODES
from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import walk

_REFERENCE = Path(__file__).resolve().parents[2] / "grammar" / "README.md"
PROGRAMS = re.findall(r"```trig\n(.*?)```", _REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
_WORDS = st.sampled_from(sorted({word for program in PROGRAMS for word in re.findall(r"\w+|\S", program)}))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A good program after one to four accidents."""
    text = draw(st.sampled_from(PROGRAMS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(1, 12)))
        piece = text[start:end]
        put = draw(st.sampled_from(["", piece * 2, piece[::-1], "\n", '"', "`", "(", "}", "if ", "\x00", "\ud800"]))
        text = text[:start] + put + text[end:]
    return text


def _read(text: str) -> None:
    parsed = parse_file(Source("<test>", text), 3)
    assert parsed.file is not None
    assert sorted(node.id for node in walk(parsed.file))[-1] < parsed.next_id
    for found in parsed.diagnostics:
        assert found.code in CODES
        assert 0 <= found.span.start < found.span.end <= len(text)


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_damaged_programs_are_read(text: str) -> None:
    _read(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(_WORDS, max_size=25).map(" ".join))
def test_shuffled_words_are_read(text: str) -> None:
    _read(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    _read(text)
