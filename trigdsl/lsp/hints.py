"""A stretch of a file → inlay hints: how long a duration is, and which zone a time of day is meant in."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types as lsp

from trigdsl.lsp.programs import Document, Program
from trigdsl.model.durations import SECONDS_OF_UNIT
from trigdsl.syntax import nodes as n
from trigdsl.syntax.walk import walk

_LONG = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}


def hints(program: Program, document: Document, start: int, end: int) -> list[lsp.InlayHint]:
    """The hints between two offsets."""
    zone = default_zone(program)
    found: list[tuple[int, lsp.InlayHint]] = []
    for piece, offset in document.reading.placed():
        if offset >= end or offset + len(piece.source.text) <= start:
            continue
        for item in piece.items:
            for at, label, tooltip in _of_item(item, zone):
                if start <= offset + at <= end:
                    hint = lsp.InlayHint(document.text.position(offset + at), label, tooltip=tooltip, padding_left=True)
                    found.append((offset + at, hint))
    return [hint for _, hint in sorted(found, key=lambda pair: pair[0])]


def default_zone(program: Program) -> str:
    """The zone of users who have none of their own."""
    items = (item for document in program.documents for item in document.reading.items)
    return next((item.name for item in items if isinstance(item, n.Timezone)), "UTC")


def seconds_of(duration: n.Duration) -> int:
    return sum(count * SECONDS_OF_UNIT[unit] for count, unit in duration.parts)


def shortest(seconds: int) -> str:
    """A length in the largest units that it is made of: `36h` is `1d12h`."""
    parts = []
    for unit in ("w", "d", "h", "m", "s"):
        count, seconds = divmod(seconds, SECONDS_OF_UNIT[unit])
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def in_words(duration: n.Duration) -> str:
    """`1h30m` as `1 hour 30 minutes`."""
    return " ".join(f"{count} {_LONG[unit]}{'' if count == 1 else 's'}" for count, unit in duration.parts)


def _of_item(item: n.Item, zone: str) -> Iterator[tuple[int, str, str]]:
    for node in walk(item):
        match node:
            case n.Duration():
                resolved = shortest(seconds_of(node))
                if resolved != "".join(f"{count}{unit}" for count, unit in node.parts):
                    yield node.span.end, f"= {resolved}", "a day is 24 hours, a week 7 days"
            case n.Between(zone=None):
                yield node.ranges[-1].span.end, "local", _local(zone)
            case n.CalendarTrigger(zone=None) | n.Step(at=n.TimeOfDay(), zone=None):
                at = node.at
                if at is not None:
                    yield at.span.end, "local", _local(zone)
            case n.Zone(name="local", quoted=False):
                yield node.span.end, f"or {zone}", _local(zone)


def _local(zone: str) -> str:
    return f"the zone in user.timezone; {zone} for users without one"
