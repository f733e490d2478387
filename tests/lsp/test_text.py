"""Positions of an editor: lines and columns in units of its encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from trigdsl.lsp.text import Text


def test_columns_count_utf_16_units() -> None:
    text = Text("a😀é\nb")
    assert [text.position(offset).character for offset in range(4)] == [0, 1, 3, 4]
    assert [text.offset(lsp.Position(0, column)) for column in (0, 1, 3, 4)] == [0, 1, 2, 3]
    assert text.position(4) == lsp.Position(1, 0)


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 7), ("utf-16", 4), ("utf-32", 3)])
def test_each_encoding_counts_its_units(encoding: str, column: int) -> None:
    text = Text("a😀éz", encoding)
    assert text.position(3).character == column
    assert text.offset(lsp.Position(0, column)) == 3


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_end_as_the_protocol_says(line_break: str) -> None:
    text = Text(f"one{line_break}two")
    assert text.position(3 + len(line_break)) == lsp.Position(1, 0)
    assert text.offset(lsp.Position(1, 3)) == len(text.text)


def test_other_separators_end_no_line() -> None:
    text = Text("a\x0cb\x85c\u2028d")
    assert text.position(len(text.text)) == lsp.Position(0, 7)


def test_a_position_outside_is_the_nearest_inside() -> None:
    text = Text("ab\ncd")
    assert text.offset(lsp.Position(0, 99)) == 2
    assert text.offset(lsp.Position(9, 0)) == 5


def test_a_position_at_the_end_of_a_windows_line_is_before_its_break() -> None:
    assert Text("ab\r\ncd").offset(lsp.Position(0, 9)) == 2


@given(st.text(alphabet="a😀é\n\r\x0c\u2028", max_size=30), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_every_offset_comes_back(text: str, encoding: str) -> None:
    held = Text(text, encoding)
    for offset in range(len(text) + 1):
        between = 0 < offset < len(text) and text[offset - 1 : offset + 1] == "\r\n"
        if not between:
            assert held.offset(held.position(offset)) == offset


def test_changes_replace_a_range_or_everything() -> None:
    text = Text("one\ntwo\nthree")
    where = lsp.Range(lsp.Position(0, 2), lsp.Position(1, 1))
    assert text.changed(lsp.TextDocumentContentChangePartial(where, "X")).text == "onXwo\nthree"
    assert text.changed(lsp.TextDocumentContentChangeWholeDocument("new")).text == "new"
