"""A source → its syntax tree and everything that is wrong with its form; never fails."""

from __future__ import annotations

import re

from attrs import frozen
from lark import Token, Tree
from lark.exceptions import UnexpectedToken

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.source import Source, Span
from trigdsl.syntax import messages
from trigdsl.syntax.build import ItemBuilder
from trigdsl.syntax.grammar import callbacks, parser
from trigdsl.syntax.items import cut
from trigdsl.syntax.mistake import Mistake
from trigdsl.syntax.nodes import File, Item
from trigdsl.syntax.slips import diagnose
from trigdsl.syntax.spans import span_of
from trigdsl.syntax.tokens import tokenize

MAX_DEPTH = 100
"""How deep a tree may nest, so that whoever walks it can do so by recursion."""

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


@frozen
class ParsedFile:
    """One file, read: `file` holds every item whose form is right; with an error it cannot run.

    Ids are consecutive from the `first_id` that was given; `next_id` is free.
    """

    file: File | None
    diagnostics: tuple[Diagnostic, ...]
    next_id: int


def parse_file(source: Source, first_id: int = 0) -> ParsedFile:
    """Reads a text of any kind; every mistake is a diagnostic, in source order."""
    return parse_tokens(source, tokenize(source.text), first_id)


def parse_tokens(source: Source, tokens: list[Token], first_id: int = 0) -> ParsedFile:
    """`parse_file` for who has the tokens of the text already."""
    builder = ItemBuilder(source, first_id)
    items = [item for chunk in cut(tokens) if (item := _item(chunk, builder)) is not None]
    file = builder.node(File, Span(source, 0, len(source.text)), items=tuple(items))
    _report_half_characters(builder)
    diagnostics = sorted(builder.diagnostics, key=lambda found: (found.span.start, found.span.end))
    return ParsedFile(file=file, diagnostics=tuple(diagnostics), next_id=builder.next_id)


def _item(chunk: list[Token], builder: ItemBuilder) -> Item | None:
    tree = _parse(chunk, builder)
    if tree is None:
        return None
    if _depth(tree) > MAX_DEPTH:
        builder.found(messages.too_deep(span_of(builder.source, chunk[0], chunk[-1]), MAX_DEPTH))
        return None
    return builder.item(tree)


def _parse(chunk: list[Token], builder: ItemBuilder) -> Tree[Token] | None:
    state = parser().parse_interactive(start="item")
    state.parser_state.parse_conf.callbacks = callbacks()
    try:
        for token in chunk:
            state.feed_token(token)
        tree: Tree[Token] = state.feed_eof(chunk[-1])  # type: ignore[no-untyped-call]
    except UnexpectedToken as error:
        place = next((i for i, token in enumerate(chunk) if token is error.token), len(chunk))
        mistake = _mistake(builder.source, chunk, place)
        builder.found(diagnose(mistake))
        return _parse(chunk[:place], builder) if mistake.follows_item() else None
    return tree


def _mistake(source: Source, chunk: list[Token], place: int) -> Mistake:
    """A parser that met the mistake has gone too far already, so another one reads up to it."""
    fresh = parser().parse_interactive(start="item")
    for token in chunk[:place]:
        fresh.feed_token(token)
    return Mistake(source, chunk, place, fresh)


def _depth(tree: Tree[Token]) -> int:
    deepest = 0
    waiting = [(tree, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += ((child, depth + 1) for child in part.children if isinstance(child, Tree))
    return deepest


def _report_half_characters(builder: ItemBuilder) -> None:
    reported = {found.span.start for found in builder.diagnostics if found.code == "bad-character"}
    for half in _HALF_CHARACTER.finditer(builder.source.text):
        if half.start() not in reported:
            builder.found(messages.lone_surrogate(Span(builder.source, half.start(), half.end())))
