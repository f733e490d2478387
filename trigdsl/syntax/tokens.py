"""A text → its tokens; never fails, since what is no token of the language is one here."""

from __future__ import annotations

import re

from lark import Token

from trigdsl.source import Source, Span
from trigdsl.syntax.grammar import parser

__all__ = ["Token", "comments", "tokenize"]

_COMMENT = re.compile(r"#[^\n]*")


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, without white space and comments."""
    reading = parser().parse_interactive(text, start="file")
    return list(reading.lexer_thread.lex(reading.parser_state))  # type: ignore[no-untyped-call]


def comments(source: Source) -> tuple[Span, ...]:
    """Where the comments of a text stand, from `#` to the end of their line, in order."""
    found: list[Span] = []
    start = 0
    for token in [*tokenize(source.text), None]:
        end = len(source.text) if token is None else int(token.start_pos or 0)
        found += (_trimmed(source, match) for match in _COMMENT.finditer(source.text, start, end))
        start = end if token is None else int(token.end_pos or 0)
    return tuple(found)


def _trimmed(source: Source, match: re.Match[str]) -> Span:
    return Span(source, match.start(), match.start() + len(match.group().rstrip()))
