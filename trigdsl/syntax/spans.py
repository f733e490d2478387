"""Tokens and trees of the parser → places in the source."""

from __future__ import annotations

from typing import Any, Protocol

from lark import Token

from trigdsl.source import Source, Span


class Branch(Protocol):
    """A tree of the parser: `data` is the name of the rule or alternative, `children` trees, tokens and None."""

    data: str
    children: list[Any]

    @property
    def meta(self) -> Any: ...


Part = Branch | Token
"""What a tree of the parser holds."""


def start_of(part: Part) -> int:
    """The offset of the first character."""
    return int(part.start_pos or 0) if isinstance(part, Token) else int(getattr(part.meta, "start_pos", 0))


def end_of(part: Part) -> int:
    """The offset after the last character."""
    return int(part.end_pos or 0) if isinstance(part, Token) else int(getattr(part.meta, "end_pos", 0))


def span_of(source: Source, part: Part, last: Part | None = None) -> Span:
    """Where `part` stands, or everything from it to `last`."""
    return Span(source, start_of(part), end_of(last if last is not None else part))
