"""A file → semantic tokens: what an editor colours by meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias
from weakref import WeakKeyDictionary

from lsprotocol import types as lsp

from trigdsl.lsp.pieces import Piece
from trigdsl.lsp.programs import Document
from trigdsl.lsp.text import Text
from trigdsl.syntax.roles import Role

_TYPES: dict[Role, str] = {
    Role.KEYWORD: "keyword",
    Role.EVENT: "event",
    Role.RULE: "function",
    Role.CHANNEL: "interface",
    Role.SEGMENT: "class",
    Role.CALENDAR: "class",
    Role.TAG: "decorator",
    Role.LABEL: "enumMember",
    Role.FUNCTION: "method",
    Role.TYPE: "type",
    Role.STATUS: "enumMember",
    Role.ROOT: "namespace",
    Role.VARIABLE: "variable",
    Role.PROPERTY: "property",
    Role.NUMBER: "number",
    Role.DATE: "number",
    Role.OPERATOR: "operator",
}
"""Texts and comments may span lines, and an editor's own grammar colours templates in them: they are left to it."""

LEGEND = lsp.SemanticTokensLegend(sorted(set(_TYPES.values())), [])
_NUMBER = {role: LEGEND.token_types.index(name) for role, name in _TYPES.items()}


_Token: TypeAlias = tuple[int, int, int, int]
"""Line, column and length of a token, and the number of its type."""

_of_piece: WeakKeyDictionary[Piece, dict[str, list[_Token]]] = WeakKeyDictionary()
"""The tokens of each piece that was asked for, counted from its start, by the encoding of positions."""


def semantic_tokens(document: Document, start: int = 0, end: int | None = None) -> lsp.SemanticTokens:
    """The tokens of the pieces that reach between two offsets, in the protocol's form.

    That is five numbers each: lines and columns below and behind the token before, length, type, no modifiers.
    """
    data: list[int] = []
    line = column = 0
    end = len(document.reading.text) if end is None else end
    for piece, offset in document.reading.placed():
        if offset > end or offset + len(piece.source.text) < start:
            continue
        at = document.text.position(offset)
        for below, right, length, kind in _tokens(piece, document.text.encoding):
            there = at.line + below
            behind = right + at.character if below == 0 else right
            data += (there - line, behind - column if there == line else behind, length, kind, 0)
            line, column = there, behind
    return lsp.SemanticTokens(data)


def _tokens(piece: Piece, encoding: str) -> list[_Token]:
    known = _of_piece.setdefault(piece, {})
    if encoding not in known:
        known[encoding] = list(_found(piece, Text(piece.source.text, encoding)))
    return known[encoding]


def _found(piece: Piece, text: Text) -> Iterator[_Token]:
    for word in piece.words:
        kind = _NUMBER.get(word.role)
        if kind is None:
            continue
        for first, last in _in_one_line(text.text, word.start, word.end):
            at = text.position(first)
            yield at.line, at.character, text.position(last).character - at.character, kind


def _in_one_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a word on each of its lines: a keyword of two words may have a line break in it."""
    if "\n" not in text[start:end] and "\r" not in text[start:end]:
        return [(start, end)]
    parts, at = [], start
    for part in text[start:end].split():
        at = text.index(part, at)
        parts.append((at, at + len(part)))
        at += len(part)
    return parts
