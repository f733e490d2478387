"""The pieces of a top-level item → a document."""

from __future__ import annotations

from collections.abc import Sequence

from trigdsl.formatter.documents import HARD, Break, Document, Nest, row, sequence
from trigdsl.formatter.phrases import phrase, split_at
from trigdsl.formatter.pieces import Piece
from trigdsl.formatter.rules import rule
from trigdsl.syntax.nodes import ChannelDecl, EventDecl, Invariant, Item, Rule, Test, UserDecl

_LINE = Break(None, keeps_blank=True)


def item(node: Item, pieces: Sequence[Piece]) -> Document:
    """An item at the left edge, without the comments before it."""
    match node:
        case Rule():
            return rule(node, pieces)
        case ChannelDecl():
            header, *policies = split_at(pieces, {policy.span.start for policy in node.policies})
            return sequence(phrase(header), *(Nest(sequence(HARD, phrase(part))) for part in policies))
        case Test():
            return _test(node, pieces)
        case Invariant():
            name, promise = split_at(pieces, {node.promise.span.start})
            return row("invariant", phrase(name), phrase(promise))
        case EventDecl() | UserDecl():
            return phrase(pieces, filled=True)
    return phrase(pieces)


def _test(node: Test, pieces: Sequence[Piece]) -> Document:
    user = [] if node.user is None else [node.user]
    header, *lines = split_at(pieces, {part.span.start for part in [*user, *node.lines]})
    first, *others = [_test_line(line) for line in lines]
    return sequence(phrase(header), Nest(sequence(HARD, first)), *(Nest(sequence(_LINE, line)) for line in others))


def _test_line(pieces: Sequence[Piece]) -> Document:
    """`MOMENT EVENT` is a row of a table."""
    if pieces[0].type in {"DATE", "PLUS"}:
        return row("moments", phrase(pieces[:2]), phrase(pieces[2:]))
    return phrase(pieces)
