"""A comparison's literal → the values around it that a comparison must tell apart, and which of them pass."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import TypeAlias

from attrs import evolve

from trigdsl.checker.paths import resolve
from trigdsl.model.values import Value
from trigdsl.suggester.scenes import Absent, Around, Wanted
from trigdsl.syntax import nodes
from trigdsl.tester.literals import literal_value

Known: TypeAlias = "Value | Around"
"""What an expression is known to be: a literal, or an instant or date counted from the moment."""

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TICK = {"duration": dt.timedelta(seconds=1), "date": dt.timedelta(days=1)}


def mirrored(operator: str) -> str:
    """The operator of the same comparison with its sides exchanged."""
    return _MIRRORED.get(operator, operator)


def known_value(node: nodes.Node) -> Known:
    """What an expression is whatever happens; None when that depends, or is missing."""
    match node:
        case nodes.Path(parts=parts):
            root, rest = resolve(parts)
            if root == "now" and not rest:
                return Around(0)
            return Around(0, is_date=True) if (root, rest) == ("local", ("date",)) else None
        case nodes.Arithmetic(operator=operator, left=left, right=right):
            return combined(operator, known_value(left), known_value(right))
        case nodes.RecordLiteral() | nodes.ListLiteral() if any(
            isinstance(part, nodes.Path) for part in (node.items if isinstance(node, nodes.ListLiteral) else ())
        ):
            return None
    try:
        return literal_value(node)
    except TypeError:
        return None


def combined(operator: str, left: Known, right: Known) -> Known:
    """The sum, difference, product or quotient of two known values; None when there is none."""
    if left is None or right is None:
        return None
    if isinstance(left, Around):
        if isinstance(right, Around) and operator == "-":
            return dt.timedelta(seconds=left.seconds - right.seconds)
        if isinstance(right, dt.timedelta) and operator in "+-":
            shift = int(right.total_seconds())
            return evolve(left, seconds=left.seconds + (shift if operator == "+" else -shift))
        return None
    try:
        match operator:
            case "+":
                return left + right  # type: ignore[operator]
            case "-":
                return left - right  # type: ignore[operator]
            case "*":
                return left * right  # type: ignore[operator]
        return _plain(left / right)  # type: ignore[operator]
    except (TypeError, ZeroDivisionError, OverflowError):
        return None


def _plain(quotient: Value) -> Value:
    return int(quotient) if isinstance(quotient, float) and quotient.is_integer() else quotient


def around(operator: str, literal: Known, is_list: bool = False) -> list[Wanted]:
    """Values on both sides of the literal, for the left side of `… OPERATOR literal`; the first ones pass."""
    if operator in ("contains", "starts with", "ends with"):
        return _around_part(operator, literal, is_list)
    found = [*_neighbours(literal)]
    return sorted(found, key=lambda value: passes(operator, value, literal) is not True)


def _around_part(operator: str, literal: Known, is_list: bool) -> list[Wanted]:
    if is_list or not isinstance(literal, str):
        return [[literal], ["other"]]  # type: ignore[list-item]
    held = {"contains": f"a {literal} b", "starts with": f"{literal} b", "ends with": f"a {literal}"}[operator]
    return [literal, held, "other"]


def _neighbours(value: Known) -> Iterator[Wanted]:
    match value:
        case bool():
            yield from (value, not value)
        case int() | float():
            yield from (value, round(value + 1, 6), round(value - 1, 6))
        case str():
            yield from (value, "other" if value != "other" else "another")
        case dt.timedelta():
            yield from (value, value + _TICK["duration"], value - _TICK["duration"])
        case dt.datetime():
            yield value
        case dt.date():
            yield from (value, value + _TICK["date"], value - _TICK["date"])
        case Around(seconds=seconds, is_date=is_date):
            tick = 86_400 if is_date else 1
            yield from (value, Around(seconds + tick, is_date), Around(seconds - tick, is_date))
        case list() | dict():
            yield value


def passes(operator: str, value: Wanted, literal: Known) -> bool | None:
    """Whether a value passes a comparison; None when it cannot be compared."""
    if isinstance(value, Absent):
        return None
    if isinstance(value, Around) and isinstance(literal, Around):
        return passes(operator, value.seconds, literal.seconds)
    try:
        match operator:
            case "==":
                return value == literal
            case "!=":
                return value != literal
            case "<":
                return bool(value < literal)  # type: ignore[operator]
            case "<=":
                return bool(value <= literal)  # type: ignore[operator]
            case ">":
                return bool(value > literal)  # type: ignore[operator]
            case ">=":
                return bool(value >= literal)  # type: ignore[operator]
            case "contains":
                return literal in value  # type: ignore[operator]
            case "starts with":
                return value.startswith(literal)  # type: ignore[union-attr,arg-type]
        return value.endswith(literal)  # type: ignore[union-attr,arg-type]
    except (TypeError, AttributeError):
        return None


_UNFOLDED = (
    (r"\(\?[a-zA-Z]+\)|\(\?:|\\[bBAzZ]|[$^]", ""),
    (r"\\d", "1"),
    (r"\\w", "a"),
    (r"\\s", " "),
    (r"\[\^[^\]]*\]", "~"),
    (r"\[(.)[^\]]*\]", r"\1"),
    (r"\(([^()|]*)(?:\|[^()]*)?\)", r"\1"),
    (r"(?<!\\)\.", "a"),
    (r"\\(.)", r"\1"),
)


def matching(pattern: str) -> str | None:
    """A text in which a regular expression is found; None when it is too intricate for that."""
    text = pattern.partition("|")[0] if "(" not in pattern else pattern
    for form, plain in _UNFOLDED:
        text = re.sub(form, plain, text)
    text = re.sub(r"(.)\{(\d+)[^}]*\}", lambda found: found[1] * int(found[2]), text)
    text = re.sub(r"[*+?]", "", text)
    try:
        return text if re.search(pattern, text) else None
    except re.error:
        return None
