"""Values → whether they are equal, how they compare, what functions make of them (§4, §10); None is missing."""

from __future__ import annotations

import json
import math
import operator as op
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from trigdsl.model.decisions import json_value
from trigdsl.model.printing import print_duration
from trigdsl.model.values import instant_text, micros

KINDS = {str: "text", bool: "boolean", int: "number", float: "number", datetime: "instant", date: "date",
         timedelta: "duration", list: "list"}  # fmt: skip


def kind(value: Any) -> str:
    """The type of a value that is there, by the language's names."""
    return KINDS.get(type(value), "record")


def same(a: Any, b: Any) -> bool:
    """Equal by content; values of different type are just unequal."""
    if a is None or b is None or kind(a) != kind(b):
        return a is b
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


def read_instant(value: Any) -> datetime | None:
    """An instant, or text that is one (RFC 3339)."""
    if isinstance(value, datetime):
        return value
    shape = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if re.fullmatch(shape, value) else None
    except (TypeError, ValueError, OverflowError):
        return None


def read_date(value: Any, zone: tzinfo) -> date | None:
    """A date, an instant's date in the zone, or text that is one of the two."""
    if kind(value) == "date":
        return value  # type: ignore[no-any-return]
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    at = read_instant(value)
    return at.astimezone(zone).date() if at else None


ORDERS = {"==": same, "!=": lambda a, b: not same(a, b), "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


def compare(sign: str, a: Any, b: Any, zone: tzinfo) -> bool | None:
    """One of == != < <= > >=, unknown when an operand is missing or the types do not fit."""
    kinds = {kind(a), kind(b)}
    if "date" in kinds and kinds <= {"date", "instant", "text"}:
        a, b = read_date(a, zone), read_date(b, zone)
    elif kinds == {"instant", "text"}:
        a, b = read_instant(a), read_instant(b)
    ordered = kind(a) in ("number", "text", "instant", "date", "duration") or sign in ("==", "!=")
    return ORDERS[sign](a, b) if None not in (a, b) and kind(a) == kind(b) and ordered else None


FITTING = {
    "+": {("number", "number"), ("instant", "duration"), ("duration", "instant"), ("duration", "duration")},
    "-": {*((one, one) for one in ("number", "instant", "date", "duration")), ("instant", "duration")},
    "*": {("number", "number"), ("duration", "number"), ("number", "duration")},
    "/": {("number", "number"), ("duration", "number"), ("duration", "duration")},
}


def arithmetic(sign: str, a: Any, b: Any) -> Any:
    """a + b and the like; missing when an operand is, when the types do not fit, or on division by zero."""
    try:
        signs = {"+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv}
        return signs[sign](a, b) if (kind(a), kind(b)) in FITTING[sign] else None
    except (ZeroDivisionError, OverflowError):
        return None


FUNCTIONS: dict[str, tuple[set[str], Any]] = {
    "lower": ({"text"}, str.lower),
    "upper": ({"text"}, str.upper),
    "trim": ({"text"}, str.strip),
    "length": ({"text", "list"}, len),
    "round": ({"number"}, lambda number: int(math.copysign(math.floor(abs(number) + 0.5), number))),
    "abs": ({"number"}, abs),
    "floor": ({"number"}, math.floor),
    "ceil": ({"number"}, math.ceil),
    "min": ({"number"}, min),
    "max": ({"number"}, max),
}


def function(name: str, arguments: list[Any], zone: tzinfo) -> Any:
    """A built-in function; missing when an argument is missing or does not fit."""
    if name in ("date", "days_between"):
        days = [read_date(argument, zone) for argument in arguments]
        return None if None in days else days[0] if name == "date" else (days[1] - days[0]).days  # type: ignore[operator]
    kinds, meaning = FUNCTIONS[name]
    return meaning(*arguments) if all(kind(argument) in kinds for argument in arguments) else None


def printed(value: Any) -> str:
    """A value as templates print it (§10)."""
    if isinstance(value, datetime):
        return instant_text(micros(value))
    if isinstance(value, timedelta):
        return print_duration(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(json_value(value), ensure_ascii=False) if isinstance(value, (bool, list, dict)) else str(value)
