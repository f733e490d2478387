"""What a value must be → the nearest values that are so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from trigdsl.model.decisions import json_value
from trigdsl.model.values import Value

SAMPLES: dict[str | None, Value] = {
    "text": "any",
    "number": 1,
    "boolean": True,
    "date": "2000-01-01",
    "instant": "2000-01-01T00:00:00Z",
    "list": ["any"],
    "record": {"any": 1},
}
"""A value of each type, for what only has to be there."""


def satisfying(operator: str, wanted: Value, held: Value, kind: str | None) -> Iterator[Value]:
    """Values, as JSON has them, for which `value operator wanted` most likely holds; `kind` is the declared type."""
    match operator:
        case "exists":
            yield SAMPLES.get(kind, "any")
        case "missing":
            yield None
        case "is":
            yield wanted
        case "==" | ">=" | "<=" | "starts with" | "ends with":
            yield json_value(wanted)
        case "contains":
            yield [*held, wanted] if isinstance(held, list) else json_value(wanted)
            yield [wanted]
        case "in" if isinstance(wanted, list):
            yield from (json_value(one) for one in wanted[:2])
        case "!=" | "not in" | "not contains" | "not starts with" | "not ends with":
            yield from _another(wanted)
        case ">":
            yield from _beside(wanted, 1)
        case "<":
            yield from _beside(wanted, -1)


def _beside(wanted: Value, way: int) -> Iterator[Value]:
    """The next value above (way 1) or below (way -1)."""
    if isinstance(wanted, bool):
        return
    if isinstance(wanted, int) or (isinstance(wanted, float) and wanted.is_integer()):
        yield int(wanted) + way
    elif isinstance(wanted, float):
        yield round(wanted + way * 0.01, 9)
    elif isinstance(wanted, datetime):
        yield json_value(wanted + way * timedelta(seconds=1))
    elif isinstance(wanted, date):
        yield json_value(wanted + way * timedelta(days=1))
    elif isinstance(wanted, str):
        yield wanted + "a" if way > 0 else ""


def _another(wanted: Value) -> Iterator[Value]:
    """A value of the same type that is another."""
    if isinstance(wanted, bool):
        yield not wanted
    elif isinstance(wanted, int | float):
        yield wanted + 1
    elif isinstance(wanted, datetime | date):
        yield json_value(wanted + timedelta(days=1))
    else:
        yield "another"
