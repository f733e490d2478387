"""Values → the value of an operator: what `==`, `<`, `in`, `+` and the like mean at run time.

Called by the code that rules compile to.  Nothing here raises: an operand that is missing (None) or of a type
that the operator does not fit gives None, which is *unknown* in a condition and *missing* elsewhere.
`True` is no number, and a `datetime` is no `date`: types are compared exactly.

Numbers are IEEE doubles that are kept as `int` while they are whole and at most 2**53; a result that is not
finite is missing.  Where two values are compared and one is a date or an instant, text is read as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import re2

from trigdsl.engine.reading import Zone, as_date, as_instant, as_month_day
from trigdsl.model.values import Value

__all__ = [
    "NUMBERS",
    "add",
    "as_date",
    "as_instant",
    "as_month_day",
    "compile_pattern",
    "contains",
    "divide",
    "ends_with",
    "equal",
    "is_in",
    "is_number",
    "key_of",
    "less",
    "less_equal",
    "matches",
    "multiply",
    "negate",
    "number",
    "same",
    "starts_with",
    "subtract",
    "truth",
    "type_name",
]

NUMBERS = frozenset({int, float})
_ORDERED = frozenset({str, datetime, date, timedelta})
_AS_DATES = ({str, date}, {date, datetime})
_AS_INSTANTS = {str, datetime}
_TYPE_NAMES = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    datetime: "instant",
    date: "date",
    timedelta: "duration",
    list: "list",
    dict: "record",
    type(None): "missing",
}

LARGEST_WHOLE = 2**53
"""Up to here every whole number is a double."""


def type_name(value: object) -> str:
    """The language's name of a value's type, `missing` for None."""
    return _TYPE_NAMES.get(type(value), "unknown")


def is_number(value: object) -> bool:
    return type(value) in NUMBERS


def truth(value: object) -> bool | None:
    """A condition's value: booleans as they are, everything else unknown."""
    return value if value is True or value is False else None


# Comparison


def equal(a: Value, b: Value, zone: Zone) -> bool | None:
    """`a == b`: lists and records by content, the rest by value; unknown for different types."""
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        return _double(a) == _double(b)
    if kind is other:
        return None if a is None else a == b if kind is not list and kind is not dict else same(a, b)
    pair = _aligned(a, b, zone)
    return None if pair is None else bool(pair[0] == pair[1])


def less(a: Value, b: Value, zone: Zone) -> bool | None:
    """`a < b` of numbers, text (by code point), instants, dates and durations; else unknown."""
    pair = _ordered(a, b, zone)
    return None if pair is None else bool(pair[0] < pair[1])


def less_equal(a: Value, b: Value, zone: Zone) -> bool | None:
    """`a <= b`, as `less`."""
    pair = _ordered(a, b, zone)
    return None if pair is None else bool(pair[0] <= pair[1])


def _ordered(a: Value, b: Value, zone: Zone) -> tuple[Any, Any] | None:
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        return _double(a), _double(b)
    return (a, b) if kind is other and kind in _ORDERED else _aligned(a, b, zone)


def _double(value: Any) -> float:
    """A number as the double it stands for: whole numbers beyond 2**53 are kept exact only to be printed."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _aligned(a: Value, b: Value, zone: Zone) -> tuple[Any, Any] | None:
    """Two values of different types as two dates or two instants, where one of them is one."""
    kinds = {type(a), type(b)}
    if kinds in _AS_DATES:
        pair: tuple[Any, Any] = as_date(a, zone), as_date(b, zone)
    elif kinds == _AS_INSTANTS:
        pair = as_instant(a), as_instant(b)
    else:
        return None
    return None if pair[0] is None or pair[1] is None else pair


def contains(a: Value, b: Value) -> bool | None:
    """`a contains b`: text in text, or an element that is the same as `b` in a list."""
    if type(a) is str and type(b) is str:
        return b in a
    return is_in(b, a)


def starts_with(a: Value, b: Value) -> bool | None:
    return a.startswith(b) if type(a) is str and type(b) is str else None


def ends_with(a: Value, b: Value) -> bool | None:
    return a.endswith(b) if type(a) is str and type(b) is str else None


def is_in(x: Value, container: Value, zone: Zone | None = None) -> bool | None:
    """`x in container`, a list: some element equals `x`; one of another type does not.

    With a `zone`, text, dates and instants are compared with one another as `==` does.
    """
    if x is None or type(container) is not list:
        return None
    if type(x) is str:
        found = x in container
    else:
        found = any(same(x, element) for element in container)
    if found or zone is None:
        return found
    return any(type(element) is not type(x) and equal(x, element, zone) is True for element in container)


def compile_pattern(pattern: str) -> Any:
    """An RE2 pattern for `matches`; raises ValueError with the reason when it is none."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else error
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


def matches(text: Value, pattern: Any) -> bool | None:
    """Whether a compiled pattern is found anywhere in a text."""
    if type(text) is not str:
        return None
    try:
        # In bytes, since where it was found need not be told in characters.
        return pattern.search(text.encode()) is not None
    except UnicodeError:  # half a surrogate pair, which UTF-8 cannot hold
        return None


# Sameness


def same(a: Value, b: Value) -> bool:
    """Strict sameness: equal by value and of one type, missing the same as missing; never unknown."""
    pending: list[tuple[Value, Value]] = [(a, b)]
    while pending:
        a, b = pending.pop()
        if type(a) is list and type(b) is list:
            if len(a) != len(b):
                return False
            pending.extend(zip(a, b, strict=True))
        elif type(a) is dict and type(b) is dict:
            if a.keys() != b.keys():
                return False
            pending.extend((a[key], b[key]) for key in a)
        elif not _same_scalar(a, b):
            return False
    return True


def _same_scalar(a: Any, b: Any) -> bool:
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return _double(a) == _double(b) or (_is_nan(a) and _is_nan(b))
    return type(a) is type(b) and a == b


def _is_nan(value: int | float) -> bool:
    return type(value) is float and math.isnan(value)


def key_of(value: Value) -> str:
    """A text that two values share exactly when they are the `same`; the first character tells the type."""
    if type(value) is str:
        return '"' + value
    out: list[str] = []
    pending: list[Any] = [value]
    while pending:
        part = pending.pop()
        if type(part) is tuple:
            out.append(part[0])
        elif type(part) is list:
            out.append(f"[{len(part)}")
            pending.extend(reversed(part))
        elif type(part) is dict:
            out.append(f"{{{len(part)}")
            for key in sorted(part, reverse=True):
                pending += (part[key], (f'"{len(key)}:{key}',))
        else:
            out.append(_scalar_key(part))
    return " ".join(out)


def _scalar_key(value: Value) -> str:
    match value:
        case str():
            return f'"{len(value)}:{value}'
        case None | bool():
            return f"={value}"
        case int() | float():
            double = _double(value)
            return f"#{int(double):x}" if double.is_integer() else f"#{double!r}"
        case timedelta():
            return f"~{value // timedelta(microseconds=1)}"
        case _:
            return f"@{value}"


# Arithmetic


def number(value: int | float) -> int | float | None:
    """A number as rules hold it: whole up to 2**53 as int, beyond as double; None when it is not finite."""
    if type(value) is int and -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
        return value
    try:
        double = float(value)
    except OverflowError:
        return None
    return double if math.isfinite(double) else None


def add(a: Any, b: Any) -> Value:
    """Number + number, duration + duration, instant + duration either way round."""
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        return _of_doubles(a, b, float.__add__, int.__add__)
    if (kind, other) in _SUMS:
        return _bounded(lambda: a + b)
    return None


def subtract(a: Any, b: Any) -> Value:
    """Number - number, duration - duration, instant - instant, date - date, instant - duration."""
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        return _of_doubles(a, b, float.__sub__, int.__sub__)
    if (kind, other) in _DIFFERENCES:
        return _bounded(lambda: a - b)
    return None


def multiply(a: Any, b: Any) -> Value:
    """Number × number, duration × number either way round (to the nearest microsecond)."""
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        return _of_doubles(a, b, float.__mul__, int.__mul__)
    if (kind is timedelta and other in NUMBERS) or (kind in NUMBERS and other is timedelta):
        return _bounded(lambda: a * b)
    return None


def divide(a: Any, b: Any) -> Value:
    """Number ÷ number, duration ÷ number, duration ÷ duration (a number); by zero missing."""
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        return _bounded(lambda: number(float(a) / float(b)))
    if kind is timedelta and (other in NUMBERS or other is timedelta):
        return _bounded(lambda: a / b)
    return None


def negate(a: Any) -> Value:
    """-a of a number or a duration."""
    if type(a) in NUMBERS:
        return number(-a)
    return _bounded(lambda: -a) if type(a) is timedelta else None


_SUMS = frozenset({(timedelta, timedelta), (datetime, timedelta), (timedelta, datetime)})
_DIFFERENCES = frozenset({(timedelta, timedelta), (datetime, timedelta), (datetime, datetime), (date, date)})


def _of_doubles(a: Any, b: Any, of_doubles: Any, of_whole: Any) -> int | float | None:
    """The operation on doubles; on ints while both are exact doubles, which gives the same value."""
    if type(a) is int and type(b) is int and -LARGEST_WHOLE <= a <= LARGEST_WHOLE and abs(b) <= LARGEST_WHOLE:
        return number(of_whole(a, b))
    try:
        return number(of_doubles(float(a), float(b)))
    except OverflowError:
        return None


def _bounded(operation: Callable[[], Value]) -> Value:
    """What an operation gives; None where it has no result or one outside what can be held."""
    try:
        return operation()
    except (ArithmeticError, ValueError):
        return None
