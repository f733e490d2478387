"""Runs of pieces with brackets and operators → documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from attrs import evolve, frozen

from trigdsl.formatter.documents import Break, Document, Group, Nest, Space, fill, sequence, word
from trigdsl.formatter.pieces import Piece

_BRACKETS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}


@frozen
class _Bracket:
    opening: Piece
    inner: tuple[_Element, ...]
    closing: Piece

    @property
    def tight(self) -> bool:
        return self.opening.tight

    @property
    def type(self) -> str:
        return "BRACKET"


_Element: TypeAlias = Piece | _Bracket


def phrase(pieces: Sequence[Piece], *, filled: bool = False) -> Document:
    """One line if it fits; else broken before its loosest `and` or `or`, and inside of brackets.

    `filled` puts as many entries of a record to a line as fit, instead of one.
    """
    return _phrase(_elements(list(pieces)), filled)


def split_at(pieces: Sequence[Piece], offsets: Collection[int]) -> list[list[Piece]]:
    """The pieces, cut before each of these offsets; the first part may be empty."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.offset in offsets:
            parts.append([])
        parts[-1].append(piece)
    return parts


def outside(pieces: Sequence[Piece], types: Collection[str], start: int = 0) -> list[int]:
    """The offsets from `start` on of the pieces of these types that stand in no brackets."""
    found, depth = [], 0
    for piece in pieces:
        depth += (piece.type in _BRACKETS) - (piece.type in _BRACKETS.values())
        if not depth and piece.type in types and piece.offset >= start:
            found.append(piece.offset)
    return found


def _elements(pieces: list[Piece]) -> list[_Element]:
    levels: list[list[_Element]] = [[]]
    opened: list[Piece] = []
    for piece in pieces:
        if piece.type in _BRACKETS:
            opened.append(piece)
            levels.append([])
        elif opened and piece.type == _BRACKETS[opened[-1].type]:
            inner = levels.pop()
            levels[-1].append(_Bracket(opened.pop(), tuple(inner), piece))
        else:
            levels[-1].append(piece)
    return levels[0]


def _phrase(elements: Sequence[_Element], filled: bool = False) -> Document:
    types = {element.type for element in elements}
    operator = next((each for each in ("OR", "AND") if each in types), None)
    if operator is None:
        return _run(elements, filled)
    first, *others = _split(elements, operator)
    parts = [_operand(first), *(Nest(sequence(Break(), _operand(part))) for part in others)]
    return Group(sequence(*parts))


def _operand(elements: Sequence[_Element]) -> Document:
    """A part between two operators, the operator in front of it included."""
    operator, *rest = elements
    if isinstance(operator, Piece) and operator.type in {"OR", "AND"} and rest:
        return sequence(word(operator), Space(), _phrase(rest))
    return _phrase(elements)


def _split(elements: Sequence[_Element], before: str) -> list[list[_Element]]:
    parts: list[list[_Element]] = [[]]
    for element in elements:
        if element.type == before and parts[-1]:
            parts.append([])
        parts[-1].append(element)
    return parts


def _run(elements: Sequence[_Element], filled: bool = False) -> Document:
    documents: list[Document] = []
    for element in elements:
        if documents and not element.tight:
            documents.append(Space())
        documents.append(word(element) if isinstance(element, Piece) else _bracket(element, filled))
    return sequence(*documents)


def _bracket(bracket: _Bracket, filled: bool) -> Document:
    entries = _entries(bracket.inner)
    if not entries or (bracket.opening.type == "LPAR" and len(entries) == 1):
        return sequence(word(bracket.opening), *entries, word(bracket.closing))
    edge = Break(" " if bracket.opening.type == "LBRACE" else "")
    if filled or bracket.opening.type == "LSQB":
        inside: Document = fill(entries)
    else:
        inside = sequence(*[each for entry in entries for each in (Break(), entry)][1:])
    last, closing = _closing(bracket.closing)
    return Group(sequence(word(bracket.opening), Nest(sequence(edge, inside, *last)), edge, word(closing)))


def _closing(closing: Piece) -> tuple[list[Document], Piece]:
    """The comments before a closing bracket, which stand among the entries, and the bracket without them."""
    if not closing.before:
        return [], closing
    comments = Piece("COMMENTS", "", closing.offset, before=closing.before)
    return [Break(), word(comments)], evolve(closing, before=[])


def _entries(elements: Sequence[_Element]) -> list[Document]:
    """What stands between commas, each with the comma behind it."""
    entries: list[list[_Element]] = [[]]
    for element in elements:
        entries[-1].append(element)
        if element.type == "COMMA":
            entries.append([])
    return [_entry(entry) for entry in entries if entry]


def _entry(elements: Sequence[_Element]) -> Document:
    last = elements[-1]
    if isinstance(last, Piece) and last.type == "COMMA":
        return sequence(_phrase(elements[:-1]), word(last))
    return _phrase(elements)
