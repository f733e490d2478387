"""A node → the nodes in it, without knowing its class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from attrs import fields

from trigdsl.syntax.nodes import Node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`, in the order of its fields, which is mostly that of the source."""
    for name in _field_names(type(node)):  # type: ignore[arg-type]
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Node))


def walk(node: Node) -> Iterator[Node]:
    """`node` and every node below it, parents before children."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        for name in reversed(_field_names(type(current))):  # type: ignore[arg-type]
            value = getattr(current, name)
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, tuple):
                waiting += [part for part in reversed(value) if isinstance(part, Node)]


def depth(node: Node) -> int:
    """How many nodes stand in each other at the deepest place, `node` among them."""
    deepest = 0
    level = [node]
    while level:
        deepest += 1
        level = [child for parent in level for child in children(parent)]
    return deepest


@cache
def _field_names(kind: type[Node]) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in fields(kind) if attribute.name not in {"span", "id"})
