"""Operators as generated code calls them: the meaning of `engine.values`, and a data warning for odd operands.

Each takes the context and the number of the place in the rules, by which a warning is counted.  They answer
None for unknown or missing, and never raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigdsl.engine import values
from trigdsl.engine.context import Context
from trigdsl.engine.values import NUMBERS
from trigdsl.model.values import Value


def _noted(c: Context, place: int, answer: bool | None, a: Value, b: Value) -> bool | None:
    """The answer; that there is none although both operands are there is a data warning."""
    if answer is None and a is not None and b is not None:
        c.odd(c, place, a, b)
    return answer


def equal(c: Context, place: int, a: Value, b: Value) -> bool | None:
    return _noted(c, place, values.equal(a, b, c.zone), a, b)


def unequal(c: Context, place: int, a: Value, b: Value) -> bool | None:
    answer = equal(c, place, a, b)
    return None if answer is None else not answer


def less(c: Context, place: int, a: Value, b: Value) -> bool | None:
    return _noted(c, place, values.less(a, b, c.zone), a, b)


def less_equal(c: Context, place: int, a: Value, b: Value) -> bool | None:
    return _noted(c, place, values.less_equal(a, b, c.zone), a, b)


def greater(c: Context, place: int, a: Value, b: Value) -> bool | None:
    return _noted(c, place, values.less(b, a, c.zone), a, b)


def greater_equal(c: Context, place: int, a: Value, b: Value) -> bool | None:
    return _noted(c, place, values.less_equal(b, a, c.zone), a, b)


def is_in(c: Context, place: int, a: Value, container: Value) -> bool | None:
    return _noted(c, place, values.is_in(a, container, c.zone), container, a)


def text_test(c: Context, place: int, test: Callable[[Value, Any], bool | None], a: Value, b: Any) -> bool | None:
    """contains, starts with, ends with, matches."""
    answer = test(a, b)
    if answer is None and a is not None and b is not None:
        c.odd(c, place, a, b if isinstance(b, str) else None)
    return answer


def arithmetic(c: Context, place: int, operation: Callable[[Value, Value], Value], a: Value, b: Value) -> Value:
    result = operation(a, b)
    if result is None and a is not None and b is not None and not (a.__class__ in NUMBERS and b.__class__ in NUMBERS):
        c.odd(c, place, a, b)
    return result


def plus(c: Context, place: int, a: Value, b: Value) -> Value:
    if a.__class__ is float and b.__class__ is float and (result := a + b) - result == 0.0:
        return result
    return arithmetic(c, place, values.add, a, b)


def minus(c: Context, place: int, a: Value, b: Value) -> Value:
    if a.__class__ is float and b.__class__ is float and (result := a - b) - result == 0.0:
        return result
    return arithmetic(c, place, values.subtract, a, b)


def times(c: Context, place: int, a: Value, b: Value) -> Value:
    if a.__class__ is float and b.__class__ is float and (result := a * b) - result == 0.0:
        return result
    return arithmetic(c, place, values.multiply, a, b)


def over(c: Context, place: int, a: Value, b: Value) -> Value:
    return arithmetic(c, place, values.divide, a, b)


def negate(c: Context, place: int, a: Value) -> Value:
    result = values.negate(a)
    if result is None and a is not None:
        c.odd(c, place, a, None)
    return result


def truth(c: Context, place: int, a: Value) -> bool | None:
    """A value in a condition's place: itself when it is boolean, else unknown."""
    if a.__class__ is bool:
        return a
    if a is not None:
        c.odd(c, place, a, None)
    return None


def read_date(c: Context, place: int, a: Value) -> Value:
    """What a field declared `date` holds: text is read as a date."""
    result = values.as_date(a, c.zone)
    if result is None and a is not None:
        c.odd(c, place, a, None)
    return result


def read_instant(c: Context, place: int, a: Value) -> Value:
    """What a field declared `instant` holds: text is read as an instant."""
    result = values.as_instant(a)
    if result is None and a is not None:
        c.odd(c, place, a, None)
    return result


def call(c: Context, place: int, function: Callable[..., Value], *arguments: Value) -> Value:
    """A built-in function: called with the user's zone and the arguments."""
    result = function(c.zone, *arguments)
    if result is None and all(argument is not None for argument in arguments):
        c.odd(c, place, arguments[0] if arguments else None, None)
    return result


def call_host(c: Context, place: int, name: str, *arguments: Value) -> Value:
    """A function of the host: missing when an argument is, and when it fails (a data warning)."""
    if any(argument is None for argument in arguments):
        return None
    try:
        result: Value = c.functions[name](*arguments)
    except Exception as error:
        c.odd(c, place, f"{name}: {error}", None)
        return None
    return result


def present(entries: dict[str, Value]) -> dict[str, Value]:
    """A record without its missing entries."""
    return {key: value for key, value in entries.items() if value is not None}
