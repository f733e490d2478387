"""A file → its symbols as an editor lists them: declarations with their fields, rules with their steps."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types as lsp

from trigdsl.lsp.programs import Document
from trigdsl.source import Span
from trigdsl.syntax import nodes as n
from trigdsl.syntax.printer import print_tree


def outline(document: Document) -> list[lsp.DocumentSymbol]:
    """The top-level items, in the order of the text."""
    unnamed = 0
    found: list[lsp.DocumentSymbol] = []
    for piece, start in document.reading.placed():
        for item in piece.items:
            if isinstance(item, n.Rule) and item.name is None:
                unnamed += 1
            found.append(_symbol(item, document, start, unnamed))
    return found


def _symbol(item: n.Item, document: Document, start: int, unnamed: int) -> lsp.DocumentSymbol:
    name, detail, kind = _told(item, unnamed)
    label = getattr(item, "name", None)
    selected = label.span if isinstance(label, n.Name) else item.span
    children = [_child(part, document, start) for part in _parts(item)]
    return lsp.DocumentSymbol(
        name=name or "(nameless)",
        detail=detail,
        kind=kind,
        range=_range(item.span, document, start),
        selection_range=_range(selected, document, start),
        children=children or None,
    )


def _told(item: n.Item, unnamed: int) -> tuple[str, str | None, lsp.SymbolKind]:
    """The name of an item, what else is said of it, and its kind."""
    kind = lsp.SymbolKind
    match item:
        case n.Rule():
            return item.name.text if item.name else f"rule_{unnamed}", item.title, kind.Function
        case n.EventDecl():
            return item.name.text, item.wire.value if item.wire else None, kind.Event
        case n.UserDecl():
            return "user", None, kind.Struct
        case n.ChannelDecl():
            return item.name.text, "channel", kind.Interface
        case n.CapDecl():
            return print_tree(item), None, kind.Constant
        case n.CalendarDecl() | n.HolidayDecl():
            return item.name.text, "calendar", kind.Array
        case n.SegmentDecl():
            return item.name.text, "segment", kind.Class
        case n.ListDecl():
            return item.name.text, "list", kind.Class
        case n.Timezone():
            return "timezone", item.name, kind.Constant
        case n.Test():
            return item.title, "test", kind.Method
        case n.Invariant():
            return item.name.text, "invariant", kind.Property


def _parts(item: n.Item) -> Iterator[n.FieldDecl | n.Step]:
    if isinstance(item, n.EventDecl | n.UserDecl):
        yield from item.fields or ()
    elif isinstance(item, n.Rule):
        yield from item.steps


def _child(part: n.FieldDecl | n.Step, document: Document, start: int) -> lsp.DocumentSymbol:
    where = _range(part.span, document, start)
    if isinstance(part, n.FieldDecl):
        return lsp.DocumentSymbol(".".join(part.path), lsp.SymbolKind.Field, where, where, detail=part.type)
    text = " ".join(part.span.text.split())
    return lsp.DocumentSymbol(text if len(text) <= 60 else f"{text[:59]}…", lsp.SymbolKind.Operator, where, where)


def _range(span: Span, document: Document, start: int) -> lsp.Range:
    return document.text.range(start + span.start, start + span.end)
