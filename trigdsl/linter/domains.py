"""An expression → the values that it can have at all, whatever happens; a literal → its place among them."""

from __future__ import annotations

import math
from typing import TypeAlias

from trigdsl.linter.ranges import Range
from trigdsl.model.durations import SECONDS_OF_UNIT
from trigdsl.syntax.nodes import (
    Aggregate,
    Boolean,
    Call,
    Date,
    Duration,
    Expression,
    Negative,
    Number,
    Path,
    Text,
    TimeSince,
)

Point: TypeAlias = tuple[str, "float | str"]
"""A literal: the class of values that it is compared within, and its place there."""

WEEKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_LOCAL = {"hour": (0, 23), "minute": (0, 59), "day": (1, 31), "month": (1, 12)}


def point(expression: Expression) -> Point | None:
    """What a literal stands for; None for everything else."""
    match expression:
        case Number(value=value):
            return _number(value)
        case Negative(operand=Number(value=value)):
            return _number(-value)
        case Duration():
            return "duration", seconds(expression)
        case Date(value=date):
            return "date", date.toordinal()
        case Text(value=text):
            return "text", text
        case Boolean(value=truth):
            return "boolean", float(truth)
    return None


def _number(value: float) -> Point | None:
    """Whole numbers that a double does not hold are left alone, lest rounding decides."""
    return ("number", value) if math.isfinite(value) and abs(value) < 2**53 else None


def seconds(duration: Duration) -> int:
    """How long a duration is."""
    return sum(count * SECONDS_OF_UNIT[unit] for count, unit in duration.parts)


def domain(expression: Expression) -> tuple[str, Range] | None:
    """The class and the range of an expression that is known to be in one whenever it is there."""
    match expression:
        case Aggregate(function="count" | "distinct") | Call(name=_) if _counts(expression):
            return "number", Range(low=0, whole=True)
        case Path(parts=("local", part)) if part in _LOCAL:
            low, high = _LOCAL[part]
            return "number", Range(low=low, high=high, whole=True)
        case TimeSince():
            return "duration", Range(low=0)
        case Number() | Negative():
            found = point(expression)
            if found is not None and isinstance(found[1], int | float):
                return "number", Range(low=found[1], high=found[1])
    return None


def _counts(expression: Expression) -> bool:
    return isinstance(expression, Aggregate) or (isinstance(expression, Call) and expression.name.text == "length")


def words(expression: Expression) -> frozenset[str] | None:
    """The only texts that an expression can be; None where it may be any."""
    return WEEKDAYS if isinstance(expression, Path) and expression.parts == ("local", "weekday") else None
