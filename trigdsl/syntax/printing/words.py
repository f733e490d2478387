"""Names, texts, numbers, durations and times → text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from trigdsl.syntax.build.base import PLAIN_NAME
from trigdsl.syntax.build.texts import text_value
from trigdsl.syntax.grammar import keywords
from trigdsl.syntax.nodes import Date, Duration, LimitPeriod, Name, Number, Text, TimeOfDay, Zone

_JOINERS = frozenset({"time", "stop", "starts", "ends", "remove", "while"})
"""Names that would join the word after them to a keyword of two words: `stop` before `on`."""

DAY_WORDS = frozenset({"day", "weekday", "weekdays", "weekend", "weekends", "month", "year"}) | frozenset(
    {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)
"""Names that a calendar can have in backticks only."""


def quoted(name: str) -> str:
    return f"`{name}`"


def word(name: str, also_quoted: frozenset[str] = frozenset()) -> str:
    """A name that stands alone, in backticks when it is no plain name, a keyword, or one of `also_quoted`."""
    plain = PLAIN_NAME.fullmatch(name) and name not in keywords().reserved
    return name if plain and name not in _JOINERS and name not in also_quoted else quoted(name)


def name(node: Name, also_quoted: frozenset[str] = frozenset()) -> str:
    return word(node.text, also_quoted)


def dotted(parts: Sequence[str]) -> str:
    """The names of a path of two or more: keywords are names there."""
    return ".".join(part if PLAIN_NAME.fullmatch(part) else quoted(part) for part in parts)


def path(parts: Sequence[str]) -> str:
    """A path of an expression; `user` and `time` alone need no backticks."""
    if len(parts) > 1:
        return dotted(parts)
    return parts[0] if parts[0] in {"user", "time"} else word(parts[0])


def key(parts: Sequence[str]) -> str:
    """The key of a field, where keywords are names too."""
    if len(parts) > 1:
        return dotted(parts)
    return parts[0] if PLAIN_NAME.fullmatch(parts[0]) else string(parts[0])


def string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def text(node: Text, indent: str = "") -> str:
    """In three quotes when it was written so and can be, else in one."""
    block = _block(node.value, indent)
    return block if node.block and "\n" in node.value and text_value(block) == (node.value, []) else string(node.value)


def _block(value: str, indent: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    escaped = escaped[:-1] + '\\"' if escaped.endswith('"') else escaped
    lines = [indent + line if line.strip() else line for line in escaped.split("\n")]
    lines[-1] = lines[-1] or indent
    return '"""\n' + "\n".join(lines) + '"""'


def number(node: Number) -> str:
    return repr(node.value)


def percent(value: float) -> str:
    digits = f"{Decimal(repr(value)):f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + "%"


def duration(node: Duration) -> str:
    return "".join(f"{count}{unit}" for count, unit in node.parts)


def time(node: TimeOfDay) -> str:
    minutes, seconds = divmod(node.seconds, 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{clock}:{seconds:02}" if seconds else clock


def zone(node: Zone) -> str:
    return string(node.name) if node.quoted else node.name


def date(node: Date) -> str:
    return node.value.isoformat()


def limit_period(node: LimitPeriod) -> str:
    return duration(node.duration) if node.duration is not None else node.kind
