"""What every builder shares: ids, places, names, and the list of what was found wrong."""

from __future__ import annotations

import re
from typing import TypeVar

from attrs import define, field
from lark import Token, Tree

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.source import Source, Span
from trigdsl.syntax.nodes import Name, Node
from trigdsl.syntax.spans import Branch, Part, span_of

NodeT = TypeVar("NodeT", bound=Node)

_SEGMENT = re.compile(r"`[^`\n]+`|[^.`]+")
PLAIN_NAME = re.compile(r"[^\W\d]\w*")


def unquoted(text: str) -> str:
    """A name without its backticks."""
    return text[1:-1] if text.startswith("`") else str(text)


def split_path(text: str) -> tuple[str, ...]:
    """The names of a path: ``event.`cart value` `` is `("event", "cart value")`."""
    return tuple(unquoted(segment) for segment in _SEGMENT.findall(str(text)))


@define
class Base:
    """Gives nodes their ids from `next_id` on, and collects `diagnostics`.

    A mistake never stops the building: it is noted, and something harmless stands in its place.
    """

    source: Source
    next_id: int = 0
    diagnostics: list[Diagnostic] = field(factory=list)

    def found(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)

    def span(self, part: Part, last: Part | None = None) -> Span:
        return span_of(self.source, part, last)

    def node(self, kind: type[NodeT], place: Span | Part, /, **fields: object) -> NodeT:
        span = place if isinstance(place, Span) else self.span(place)
        made = kind(span=span, id=self.next_id, **fields)
        self.next_id += 1
        return made

    def name(self, part: Part) -> Name:
        """A name from its tree or token; a path is refused."""
        token = token_of(part)
        return self.node(Name, token, text=self.word(token))

    def word(self, token: Token) -> str:
        return unquoted(token)

    def key(self, token: Token) -> tuple[str, ...]:
        """The names of a field's key, which may be a path (a text is handled by `Literals`)."""
        return split_path(token)


def token_of(part: Part) -> Token:
    """The one token of a `name` or another rule with a single token."""
    while not isinstance(part, Token):
        part = part.children[0]
    return part


def trees(part: Branch, *kinds: str) -> list[Branch]:
    """The children that are trees of one of these kinds."""
    return [child for child in part.children if isinstance(child, Tree) and child.data in kinds]


def tree(part: Branch, *kinds: str) -> Branch | None:
    """The first child that is a tree of one of these kinds."""
    return next(iter(trees(part, *kinds)), None)


def tokens(part: Branch, *kinds: str) -> list[Token]:
    """The children that are tokens of one of these kinds."""
    return [child for child in part.children if isinstance(child, Token) and child.type in kinds]
