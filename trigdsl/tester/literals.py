"""Values written in a test → the values that the engine reckons with."""

from __future__ import annotations

from datetime import timedelta

from trigdsl.model.durations import SECONDS_OF_UNIT
from trigdsl.model.values import Value
from trigdsl.syntax.nodes import (
    Boolean,
    Date,
    Duration,
    ListLiteral,
    Negative,
    Node,
    Nothing,
    Number,
    RecordLiteral,
    Text,
)


def literal_value(node: Node) -> Value:
    """The value of a literal or a record of such; None for `nothing`."""
    match node:
        case Text(value=value) | Number(value=value) | Boolean(value=value) | Date(value=value):
            return value
        case Negative(operand=Number(value=number)):
            return -number
        case Duration():
            return duration_value(node)
        case ListLiteral(items=items):
            return [literal_value(item) for item in items]
        case RecordLiteral():
            return record_value(node)
        case Nothing():
            return None
    raise TypeError(f"`{node.span.text}` is no literal")


def duration_value(node: Duration) -> timedelta:
    """The length of a duration."""
    return timedelta(seconds=sum(count * SECONDS_OF_UNIT[unit] for count, unit in node.parts))


def record_value(node: RecordLiteral | None) -> dict[str, Value]:
    """A record as nested dicts: `{ cart.id: 1, cart.value: 2 }` holds one `cart`; an empty one for None."""
    record: dict[str, Value] = {}
    for entry in node.entries if node is not None else ():
        branch = record
        for name in entry.key[:-1]:
            inner = branch.setdefault(name, {})
            branch = inner if isinstance(inner, dict) else {}
        _put(branch, entry.key[-1], literal_value(entry.value))
    return record


def _put(branch: dict[str, Value], name: str, value: Value) -> None:
    held = branch.get(name)
    if isinstance(held, dict) and isinstance(value, dict):
        for inner, part in value.items():
            _put(held, inner, part)
    else:
        branch[name] = value
