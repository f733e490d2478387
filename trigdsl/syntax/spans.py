"""Tokens and trees of the parser → places in the source."""

from __future__ import annotations

from typing import Any

from lark import Token, Tree

from trigdsl.source import Source, Span

Part = Tree[Any] | Token
"""What a tree of the parser holds: trees and tokens."""


def start_of(part: Part) -> int:
    """The offset of the first character."""
    return int(part.start_pos or 0) if isinstance(part, Token) else int(getattr(part.meta, "start_pos", 0))


def end_of(part: Part) -> int:
    """The offset after the last character."""
    return int(part.end_pos or 0) if isinstance(part, Token) else int(getattr(part.meta, "end_pos", 0))


def span_of(source: Source, part: Part, last: Part | None = None) -> Span:
    """Where `part` stands, or everything from it to `last`."""
    return Span(source, start_of(part), end_of(last if last is not None else part))
