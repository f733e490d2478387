"""Conditions → those that are always true or never, and what is said twice in them."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.domains import point
from trigdsl.linter.facts import Facts
from trigdsl.linter.logic import can_be_false, can_be_true
from trigdsl.linter.report import removal_of_next, warning
from trigdsl.syntax.nodes import (
    And,
    CalendarDecl,
    Compare,
    EventGroup,
    Expression,
    ListLiteral,
    Node,
    Not,
    Or,
)


def lint_conditions(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of conditions alone, wherever they stand."""
    for condition in facts.conditions():
        yield from _constant(condition)
    for node in facts.nodes:
        match node:
            case Compare(left=left, right=right) if left == right and point(left) is None:
                message = f"both sides of `{node.operator}` are `{_short(left)}`"
                yield warning("self-comparison", node.span, message, "compare with something else, or leave it out")
            case And(operands=parts) | Or(operands=parts) | EventGroup(events=parts):
                word = "and" if isinstance(node, And) else "or"
                for first, again, before in _repeated(parts):
                    message = f"`{_short(again)}` stands twice between `{word}`"
                    fix = removal_of_next("remove the second", before, again)
                    there = Label(first.span, "the first")
                    yield warning("duplicate-operand", again.span, message, "remove one of the two", there, fix=fix)
            case ListLiteral(items=parts) | CalendarDecl(dates=parts):
                for first, again, before in _repeated(parts):
                    message = f"`{_short(again)}` stands twice in this list"
                    fix = removal_of_next("remove the second", before, again)
                    there = Label(first.span, "the first")
                    yield warning("duplicate-entry", again.span, message, "remove one of the two", there, fix=fix)


def _constant(condition: Expression) -> Iterator[Diagnostic]:
    """The smallest parts of a condition that are always true or never."""
    if _same_sides(condition):
        return
    if not can_be_true(condition):
        part = _impossible_part(condition)
        if not _same_sides(part):
            help = "correct it: nothing can be like that"
            yield warning("never-true", part.span, "this condition can never be true", help)
    elif not can_be_false(condition):
        message = "this condition is never false: it holds wherever its values are known"
        yield warning("always-true", condition.span, message, "correct it, or leave it out")
    elif isinstance(condition, And | Or):
        for operand in condition.operands:
            yield from _constant(operand)
    elif isinstance(condition, Not):
        yield from _constant(condition.operand)


def _impossible_part(condition: Expression) -> Expression:
    if isinstance(condition, And):
        for operand in condition.operands:
            if not can_be_true(operand):
                return _impossible_part(operand)
    return condition


def _same_sides(condition: Expression) -> bool:
    return isinstance(condition, Compare) and condition.left == condition.right and point(condition.left) is None


def _repeated(parts: tuple[Node, ...]) -> Iterator[tuple[Node, Node, Node]]:
    """The first of two equal parts, the second, and the part before the second."""
    seen: dict[Node, Node] = {}
    for place, part in enumerate(parts):
        first = seen.setdefault(part, part)
        if first is not part:
            yield first, part, parts[place - 1]


def _short(node: Node) -> str:
    text = " ".join(node.span.text.split())
    return text if len(text) <= 40 else text[:39] + "…"
