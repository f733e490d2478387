"""Names, texts, durations, times and days → words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from trigdsl.syntax.build.base import PLAIN_NAME
from trigdsl.syntax.nodes import Duration, Name, TimeOfDay, TimeRange, Zone
from trigdsl.syntax.printing import words as printed

_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def name(node: Name | str) -> str:
    """A name in backticks, which no name can hold."""
    return printed.quoted(node if isinstance(node, str) else node.text)


def path(parts: Sequence[str]) -> str:
    """The names of a path, in one pair of backticks if they are plain."""
    if all(PLAIN_NAME.fullmatch(part) for part in parts):
        return printed.quoted(".".join(parts))
    return ".".join(printed.quoted(part) for part in parts)


def function(node: Name) -> str:
    """The name of a function, as it is before its parentheses if it is plain."""
    return node.text if PLAIN_NAME.fullmatch(node.text) else name(node)


def attribute(node: Name) -> str:
    return path(("user", node.text))


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def counted(count: float, unit: str) -> str:
    """1 day, 2 days"""
    return f"{count} {unit}{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    return printed.percent(share)


def duration(node: Duration) -> str:
    """1 hour 30 minutes"""
    return " ".join(counted(count, _UNITS[unit]) for count, unit in node.parts)


def zone(node: Zone | None) -> str:
    """Where a time of day is meant: the user's time zone unless another is named."""
    if node is None or (node.name == "local" and not node.quoted):
        return "in the user's time zone"
    return f"in the time zone {text(node.name)}" if node.quoted else "in UTC"


def time(node: TimeOfDay) -> str:
    return printed.time(node)


def time_range(node: TimeRange) -> str:
    return f"between {time(node.start)} and {time(node.end)}"


def days(names: Sequence[str]) -> str:
    """Monday, Tuesday or Friday"""
    return either([_DAYS[each] for each in names])


def date(value: dt.date) -> str:
    return value.isoformat()


def either(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def sentence(words: str) -> str:
    """With a capital in front and a full stop behind it."""
    return f"{words[:1].upper()}{words[1:]}."
