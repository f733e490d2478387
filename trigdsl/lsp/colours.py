"""A file → semantic tokens: what an editor colours by meaning."""

from __future__ import annotations

from lsprotocol import types as lsp

from trigdsl.lsp.programs import Document
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


def semantic_tokens(document: Document, start: int = 0, end: int | None = None) -> lsp.SemanticTokens:
    """The tokens between two offsets, in the protocol's form: five numbers each, relative to the one before."""
    data: list[int] = []
    line = column = 0
    end = len(document.reading.text) if end is None else end
    text = document.text
    for piece, offset in document.reading.placed():
        if offset >= end or offset + len(piece.source.text) <= start:
            continue
        for word in piece.words:
            kind = _NUMBER.get(word.role)
            if kind is None or offset + word.end <= start or offset + word.start >= end:
                continue
            for first, last in _in_one_line(text.text, offset + word.start, offset + word.end):
                at, behind = text.position(first), text.position(last)
                data += (
                    at.line - line,
                    at.character - column if at.line == line else at.character,
                    behind.character - at.character,
                    kind,
                    0,
                )
                line, column = at.line, at.character
    return lsp.SemanticTokens(data)


def _in_one_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a word on each of its lines: a keyword of two words may have a line break in it."""
    if "\n" not in text[start:end]:
        return [(start, end)]
    parts, at = [], start
    for part in text[start:end].split():
        at = text.index(part, at)
        parts.append((at, at + len(part)))
        at += len(part)
    return parts
