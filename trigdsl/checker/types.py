"""Two types and an operator → the type that comes of them, or a clash.

An unknown type (None) fits everything: what is not declared is never refused.
"""

from __future__ import annotations

from typing import Final

from trigdsl.checker.fields import Type

ORDERED: Final = frozenset({"number", "text", "instant", "date", "duration"})
"""Types that `<`, `<=`, `>` and `>=` compare."""

_ALIKE: Final = frozenset({frozenset({"text", "date"}), frozenset({"text", "instant"}), frozenset({"date", "instant"})})
"""Types that a comparison brings together: text is read as a date or instant, an instant as its date."""

_READ_AS: Final[dict[str, frozenset[str]]] = {
    "date": frozenset({"text", "instant"}),
    "instant": frozenset({"text"}),
}
"""Where a date or an instant is wanted, values of these types are read as one."""

_ARITHMETIC: Final = {
    ("+", "number", "number"): "number",
    ("-", "number", "number"): "number",
    ("*", "number", "number"): "number",
    ("/", "number", "number"): "number",
    ("-", "instant", "instant"): "duration",
    ("-", "date", "date"): "duration",
    ("+", "instant", "duration"): "instant",
    ("+", "duration", "instant"): "instant",
    ("-", "instant", "duration"): "instant",
    ("+", "duration", "duration"): "duration",
    ("-", "duration", "duration"): "duration",
    ("*", "duration", "number"): "duration",
    ("*", "number", "duration"): "duration",
    ("/", "duration", "number"): "duration",
    ("/", "duration", "duration"): "number",
}


def can_equal(left: Type, right: Type) -> bool:
    """Whether `==` and `!=` can compare values of the two types."""
    return left is None or right is None or left == right or frozenset({left, right}) in _ALIKE


def can_order(left: Type, right: Type) -> bool:
    """Whether `<` and its like can compare values of the two types."""
    return all(one is None or one in ORDERED for one in (left, right)) and can_equal(left, right)


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a value of type `given` can stand where `wanted` is declared."""
    if wanted in (None, "any") or given is None or wanted == given:
        return True
    return wanted is not None and given in _READ_AS.get(wanted, frozenset())


def arithmetic(operator: str, left: Type, right: Type) -> tuple[bool, Type]:
    """Whether the operator has a meaning for the two types, and the type of the result where it is sure."""
    fitting = {
        result
        for (sign, one, other), result in _ARITHMETIC.items()
        if sign == operator and left in (None, one) and right in (None, other)
    }
    return bool(fitting), fitting.pop() if len(fitting) == 1 else None


def either(one: Type, other: Type) -> Type:
    """The type of a value that is one or the other."""
    return one if one == other else None
