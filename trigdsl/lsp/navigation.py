"""A place in a program → where its name is declared, and everywhere that it is used."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen
from lsprotocol import types as lsp

from trigdsl.completer.symbols import Kind, Symbol
from trigdsl.lsp.programs import Document, Program


@frozen
class Found:
    """A symbol with its place in a file."""

    symbol: Symbol
    document: Document
    start: int
    end: int

    @property
    def location(self) -> lsp.Location:
        return lsp.Location(self.document.uri, self.document.text.range(self.start, self.end))


def symbols(program: Program) -> Iterator[Found]:
    """All symbols of a program, file by file."""
    for document in program.documents:
        for piece, start in document.reading.placed():
            for symbol in piece.symbols:
                yield Found(symbol, document, start + symbol.span.start, start + symbol.span.end)


def symbol_at(document: Document, offset: int) -> Found | None:
    """The name at an offset or just before it: the shortest, should one stand inside another."""
    at = document.reading.at(offset)
    if at is None:
        return None
    piece, inside = at
    start = offset - inside
    near = [one for one in piece.symbols if one.span.start <= inside <= one.span.end]
    if not near:
        return None
    symbol = min(near, key=lambda one: (one.span.end - one.span.start, inside == one.span.end))
    return Found(symbol, document, start + symbol.span.start, start + symbol.span.end)


def same(one: Symbol, other: Symbol) -> bool:
    """Whether two symbols are one thing; properties are, when an event may have both."""
    if one.key != other.key:
        return False
    if one.kind is not Kind.FIELD:
        return True
    return bool(set(one.owners) & set(other.owners)) or (not one.owners and not other.owners)


def references(program: Program, symbol: Symbol) -> list[Found]:
    """Every place of a name, declarations included."""
    return [found for found in symbols(program) if same(found.symbol, symbol)]


def definitions(program: Program, symbol: Symbol) -> list[lsp.Location]:
    """Where a name is declared."""
    return [found.location for found in references(program, symbol) if found.symbol.declares]


def highlights(program: Program, document: Document, symbol: Symbol) -> list[lsp.DocumentHighlight]:
    """The places of a name in one file."""
    return [
        lsp.DocumentHighlight(
            found.location.range,
            lsp.DocumentHighlightKind.Write if found.symbol.declares else lsp.DocumentHighlightKind.Read,
        )
        for found in references(program, symbol)
        if found.document is document
    ]
