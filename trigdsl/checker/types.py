"""Two types and an operator → the type that comes of them, or a clash.

An unknown type (None) fits everything: what is not declared is never refused.  A type that is one of several, such as
`number|text` of `n default "none"`, fits where each of them does.
"""

from __future__ import annotations

from collections.abc import Collection
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


def alternatives(kind: Type) -> tuple[Type, ...]:
    """The types that a value of this type may have."""
    return (None,) if kind is None else tuple(kind.split("|"))


def is_one_of(kind: Type, wanted: Collection[str]) -> bool:
    """Whether a value of this type certainly has one of the wanted ones, or may have any."""
    return all(one is None or one in wanted for one in alternatives(kind))


def can_equal(left: Type, right: Type) -> bool:
    """Whether `==` and `!=` can compare values of the two types."""
    return all(_alike(one, other) for one in alternatives(left) for other in alternatives(right))


def _alike(left: Type, right: Type) -> bool:
    return left is None or right is None or left == right or frozenset({left, right}) in _ALIKE


def can_order(left: Type, right: Type) -> bool:
    """Whether `<` and its like can compare values of the two types."""
    return is_one_of(left, ORDERED) and is_one_of(right, ORDERED) and can_equal(left, right)


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a value of type `given` can stand where `wanted` is declared."""
    if wanted is None or wanted == "any":
        return True
    return all(one in (None, wanted) or one in _READ_AS.get(wanted, frozenset()) for one in alternatives(given))


def arithmetic(operator: str, left: Type, right: Type) -> tuple[bool, Type]:
    """Whether the operator has a meaning for the two types, and the type of the result where it is sure."""
    found = [_results(operator, one, other) for one in alternatives(left) for other in alternatives(right)]
    sure = {next(iter(results)) if len(results) == 1 else None for results in found}
    return all(found), None if None in sure else "|".join(sorted(map(str, sure)))


def _results(operator: str, left: Type, right: Type) -> set[str]:
    return {
        result
        for (sign, one, other), result in _ARITHMETIC.items()
        if sign == operator and left in (None, one) and right in (None, other)
    }


def either(one: Type, other: Type) -> Type:
    """The type of a value that is one or the other."""
    if one is None or other is None:
        return None
    return "|".join(sorted({*one.split("|"), *other.split("|")}))
