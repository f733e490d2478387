"""A name and its new one → the edits of all files, after which the program does what it did before."""

from __future__ import annotations

import json

from lsprotocol import types as lsp

from trigdsl.checker.names import RESERVED_CHANNELS, RESERVED_EVENTS
from trigdsl.completer.symbols import Kind, Symbol
from trigdsl.lsp.navigation import Found, references, symbols
from trigdsl.lsp.programs import Document, Program
from trigdsl.syntax import nodes as n
from trigdsl.syntax.printer import print_tree

_OF_THE_DATA = {
    Kind.ATTRIBUTE: "an attribute has the name that records give it: rename it there",
    Kind.FIELD: "a property has the name that records give it: rename it there",
    Kind.FUNCTION: "a function has the name that the host registers it by",
}
_RESERVED = {Kind.CHANNEL: RESERVED_CHANNELS, Kind.EVENT: RESERVED_EVENTS}


class CannotRenameError(Exception):
    """Why a name cannot be changed, for the user."""


def renamable(found: Found | None) -> Found:
    """The name, if it can be changed; raises CannotRenameError with the reason if not."""
    if found is None:
        raise CannotRenameError("there is no name here")
    if reason := _OF_THE_DATA.get(found.symbol.kind):
        raise CannotRenameError(reason)
    return found


def rename(program: Program, found: Found, new: str) -> lsp.WorkspaceEdit:
    """The edits that give a name a new one, in texts of expectations too.

    An event goes on to be read from the same records: one that had no name of its own on the wire gets it declared.
    Raises CannotRenameError for a name that cannot be had.
    """
    symbol = renamable(found).symbol
    new = new.strip().strip("`")
    _check(program, symbol, new)
    edits: dict[str, list[lsp.TextEdit]] = {}
    for one in references(program, symbol):
        written = new if one.symbol.quoted else print_tree(n.Name(text=new))
        edits.setdefault(one.document.uri, []).append(lsp.TextEdit(one.location.range, written))
    if symbol.kind is Kind.EVENT:
        document, edit = _keep_wire_name(program, found, symbol.name, new) or (None, None)
        if document is not None and edit is not None:
            edits.setdefault(document.uri, []).append(edit)
    return lsp.WorkspaceEdit(changes=edits)


def _check(program: Program, symbol: Symbol, new: str) -> None:
    if not new or "`" in new or "\n" in new:
        raise CannotRenameError("a name is one or more characters on one line, none of them a backtick")
    if new in _RESERVED.get(symbol.kind, ()):
        raise CannotRenameError(f"no {symbol.kind} can be called `{new}`")
    wanted = Symbol(symbol.kind, _qualified(symbol, new), symbol.span)
    if wanted.name != symbol.name and any(one.symbol.key == wanted.key for one in symbols(program)):
        raise CannotRenameError(f"there is a {symbol.kind} `{new}` already")


def _qualified(symbol: Symbol, new: str) -> str:
    """The full name: a variant's begins with its rule."""
    return f"{symbol.name.rpartition('/')[0]}/{new}" if symbol.kind is Kind.VARIANT else new


def _keep_wire_name(program: Program, found: Found, old: str, new: str) -> tuple[Document, lsp.TextEdit] | None:
    """The edit that says which records the renamed event is read from; None where its declaration says so."""
    wire = f" = {json.dumps(old, ensure_ascii=False)}"
    for document in program.documents:
        for piece, start in document.reading.placed():
            for item in piece.items:
                if isinstance(item, n.EventDecl) and item.name.text == old:
                    end = start + item.name.span.end
                    return None if item.wire else (document, lsp.TextEdit(document.text.range(end, end), wire))
    name = print_tree(n.Name(text=new))
    return found.document, lsp.TextEdit(found.document.text.range(0, 0), f"event {name}{wire}\n")
