"""Expressions of a template → how the template writes them, for messages, and which path they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trigdsl.engine.templates.operators import BINARY, COMPARISONS

Key = str | int

_LONGEST = 100


def static_path(node: Any) -> tuple[str, tuple[Key, ...]] | None:
    """The name and the keys of `cart.items[0].name`; None for any other expression and for computed keys."""
    keys: list[Key] = []
    while True:
        match type(node).__name__:
            case "Name":
                return node.name, tuple(reversed(keys))
            case "Getattr":
                keys.append(node.attr)
            case "Getitem" if type(node.arg).__name__ == "Const" and type(node.arg.value) in (str, int):
                keys.append(node.arg.value)
            case _:
                return None
        node = node.node


def describe(node: Any) -> str:
    """An expression as the template writes it, in one spelling: `user['first name']`, `total / n`; a long one cut."""
    text = _described(node)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _described(node: Any) -> str:
    kind = type(node).__name__
    match kind:
        case "Name":
            return str(node.name)
        case "Getattr":
            return f"{_described(node.node)}.{node.attr}"
        case "Getitem":
            return f"{_described(node.node)}[{_described(node.arg)}]"
        case "Slice":
            return ":".join("" if part is None else _described(part) for part in (node.start, node.stop))
        case "List" | "Tuple":
            return f"[{', '.join(map(_described, node.items))}]"
        case "Const":
            return _literal(node.value)
        case "Filter" | "Test":
            sign = "|" if kind == "Filter" else "is"
            return f"{_described(node.node)} {sign} {node.name}"
        case "Call":
            return f"{_described(node.node)}({', '.join(map(_described, node.args))})"
        case "Compare":
            signs = [f" {COMPARISONS[operand.op][0]} {_described(operand.expr)}" for operand in node.ops]
            return _described(node.expr) + "".join(signs)
    if kind in BINARY:
        return f"{_described(node.left)} {BINARY[kind][0]} {_described(node.right)}"
    return "expression"


def _literal(value: object) -> str:
    if value is None or type(value) is bool:
        return str(value).lower()
    return repr(value)


def walk(node: Any) -> Iterator[Any]:
    """A node and all nodes under it."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(node.iter_child_nodes())


def bound_names(tree: Any) -> frozenset[str]:
    """Every name that some part of a template binds: by `set`, `for`, `with`, or as a macro or its parameter."""
    names: set[str] = set()
    for node in walk(tree):
        match type(node).__name__:
            case "Name" if node.ctx != "load":
                names.add(node.name)
            case "Macro":
                names |= {node.name, "caller"}
            case "For":
                names.add("loop")
    return frozenset(names)
