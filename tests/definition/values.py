"""Values → equality, order, arithmetic, functions, and their text (§4, §10); None is missing."""

from __future__ import annotations

import json
import math
import operator as op
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

KINDS = {str: "text", bool: "boolean", int: "number", float: "number", datetime: "instant", date: "date",
         timedelta: "duration", list: "list"}  # fmt: skip
SIZES = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
DATE = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


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


def attempt(make: Callable[..., Any], *given: Any) -> Any:
    """What is made of these, missing when nothing can be: no such date, too large, division by zero."""
    try:
        return make(*given)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None


def read_instant(value: Any) -> datetime | None:
    """An instant, or text that is one (RFC 3339)."""
    if kind(value) == "text" and INSTANT.fullmatch(value):
        return attempt(lambda: datetime.fromisoformat(value).astimezone(UTC))  # type: ignore[no-any-return]
    return value if kind(value) == "instant" else None


def read_date(value: Any, zone: tzinfo) -> date | None:
    """A date, an instant's date in the zone, or text that is one of the two."""
    if kind(value) == "text" and DATE.fullmatch(value):
        return attempt(date.fromisoformat, value)  # type: ignore[no-any-return]
    at = read_instant(value)
    return at.astimezone(zone).date() if at else value if kind(value) == "date" else None


ORDERS = {"==": same, "!=": lambda a, b: not same(a, b), "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}
PARTS = {"contains": op.contains, "starts with": str.startswith, "ends with": str.endswith}


def compare(sign: str, a: Any, b: Any, zone: tzinfo) -> bool | None:
    """a == b and the like; unknown when an operand is missing or the types do not fit."""
    kinds = {kind(a), kind(b)}
    if sign == "contains" and kind(a) == "list":
        return None if b is None else any(same(item, b) for item in a)
    if sign in PARTS:
        return PARTS[sign](a, b) if kinds == {"text"} else None
    if "date" in kinds and kinds <= {"date", "instant", "text"}:
        a, b = read_date(a, zone), read_date(b, zone)
    elif kinds == {"instant", "text"}:
        a, b = read_instant(a), read_instant(b)
    ordered = kind(a) in ("number", "text", "instant", "date", "duration") or sign in ("==", "!=")
    return ORDERS[sign](a, b) if None not in (a, b) and kind(a) == kind(b) and ordered else None


SIGNS = {"+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv}
FITTING = {
    "+": {("number", "number"), ("instant", "duration"), ("duration", "instant"), ("duration", "duration")},
    "-": {*((one, one) for one in ("number", "instant", "date", "duration")), ("instant", "duration")},
    "*": {("number", "number"), ("duration", "number"), ("number", "duration")},
    "/": {("number", "number"), ("duration", "number"), ("duration", "duration")},
}


def arithmetic(sign: str, a: Any, b: Any) -> Any:
    """a + b and the like; missing when an operand is, when the types do not fit, or on division by zero."""
    return attempt(SIGNS[sign], a, b) if (kind(a), kind(b)) in FITTING[sign] else None


def rounded(number: float) -> int:
    """The nearest whole number; halves go away from zero."""
    return int(math.copysign(math.floor(abs(number) + 0.5), number))


FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "text": {"lower": str.lower, "upper": str.upper, "trim": str.strip, "length": len},
    "list": {"length": len},
    "number": {"round": rounded, "abs": abs, "floor": math.floor, "ceil": math.ceil, "min": min, "max": max},
}


def function(name: str, arguments: list[Any], zone: tzinfo) -> Any:
    """A built-in function; missing when an argument is missing or does not fit."""
    days = [read_date(argument, zone) for argument in arguments]
    if name in ("date", "days_between"):
        return None if None in days else days[0] if name == "date" else (days[1] - days[0]).days  # type: ignore[operator]
    kinds = {kind(argument) for argument in arguments}
    meaning = FUNCTIONS.get(kinds.pop(), {}).get(name)
    return meaning(*arguments) if meaning and not kinds else None


def plain(value: Any) -> Any:
    """A value as JSON holds it: instants, dates and durations are text, whole numbers have no point."""
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [plain(held) for held in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return TEXTS[kind(value)](value) if kind(value) in TEXTS else value


def short(length: timedelta) -> str:
    """A duration from large to small: `1h30m`, `-2w`, `1.5s`, `0s`."""
    rest, text = abs(length), ""
    for unit, size in SIZES.items():
        count, rest = divmod(rest, timedelta(seconds=size))
        fraction = f".{rest.microseconds:06}".rstrip("0") if unit == "s" and rest else ""
        text += f"{count}{fraction}{unit}" if count or fraction else ""
    return ("-" if length < timedelta() else "") + (text or "0s")


TEXTS: dict[str, Callable[[Any], str]] = {
    "instant": lambda at: f"{at.replace(tzinfo=None).isoformat()}Z",
    "date": date.isoformat,
    "duration": short,
}


def printed(value: Any) -> str:
    """A value as templates print it (§10)."""
    value = plain(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (bool, list, dict)) else str(value)
