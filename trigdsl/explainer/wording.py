"""Instants, values, events and conditions → the words of an explanation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from attrs import frozen

from trigdsl.engine.dates import date_of
from trigdsl.engine.tracing import Entry, Seen
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.inputs import Input
from trigdsl.model.printing import print_duration
from trigdsl.model.values import DAY, HOUR, MINUTE, SECOND, Micros, Value
from trigdsl.syntax import nodes

CONDITIONS = (
    nodes.Not | nodes.And | nodes.Or | nodes.Compare | nodes.Matches | nodes.In | nodes.Member | nodes.Exists
    | nodes.Happened
)  # fmt: skip


def clock(at: Micros, zone: Zone) -> str:
    """The time of day that a user's clock shows: `10:00`, with seconds when there are some."""
    time = zone.local(at) % DAY
    seconds = time % MINUTE
    shown = f"{time // HOUR:02d}:{time % HOUR // MINUTE:02d}"
    if seconds:
        shown += f":{seconds // SECOND:02d}" + (f".{seconds % SECOND:06d}".rstrip("0") if seconds % SECOND else "")
    return shown


def day(at: Micros, zone: Zone) -> str:
    return date_of(zone.day(at)).isoformat()


def moment(at: Micros, zone: Zone, near: Micros | None = None) -> str:
    """Date and time in a user's zone; only the time on the same date as `near`."""
    if near is not None and zone.day(at) == zone.day(near):
        return clock(at, zone)
    return f"{day(at, zone)} {clock(at, zone)}"


def length(micros: Micros) -> str:
    """A length of time, with days as its largest unit: that is how rules mostly count."""
    days, rest = divmod(abs(micros), DAY)
    shown = print_duration(timedelta(microseconds=rest)) if rest or not days else ""
    return ("-" if micros < 0 else "") + (f"{days}d" if days else "") + shown


def value(held: Value, node: nodes.Node | None = None) -> str:
    """A value as JSON; what is not there is unknown for a condition, else missing."""
    if held is None:
        return "unknown" if isinstance(node, CONDITIONS) else "missing"
    if isinstance(held, timedelta):
        return length(held // timedelta(microseconds=1))
    return json.dumps(json_value(held), ensure_ascii=False)


def action(decision: Decision) -> str:
    """What a decision is about: `push`, `set user.tier`, `add to vip`, `emit visited`, `call grant_coins`."""
    if decision.action == "send":
        return decision.channel or "send"
    verbs = {"set": "set user.", "add": "add to ", "remove": "remove from "}
    return f"{verbs.get(decision.action, f'{decision.action} ')}{decision.target}"


def given(one: Input, names: Mapping[str, str]) -> str:
    """A record as one line: what it sets, and its event with its properties."""
    parts = [f"set user.{name} = {value(held)}" for name, held in (one.set or {}).items()]
    parts += [f"add to {name}" for name in one.add or ()] + [f"remove from {name}" for name in one.remove or ()]
    if one.event is not None:
        parts.append(event(one.event, one.properties, names))
    return ", ".join(parts)


def event(name: str, properties: Mapping[str, Value] | None, names: Mapping[str, str]) -> str:
    shown = names.get(name, name)
    return f"{shown} {value(dict(properties))}" if properties else shown


def short(one: Input, names: Mapping[str, str]) -> str:
    """A record by the name of its event alone; an update of the profile as it is."""
    return given(one, names) if one.event is None else names.get(one.event, one.event)


def caused(entry: Entry, names: Mapping[str, str]) -> str:
    """What a rule caused, when it takes effect."""
    if entry.name == "sent":
        return f"sent {(entry.properties or {}).get('rule')}"
    if entry.name is not None:
        return event(entry.name, entry.properties, names)
    assert entry.changes is not None
    parts = [f"user.{name} = {value(after)}" for name, (_, after) in entry.changes.attributes.items()]
    parts += [f"{'in' if inside else 'not in'} {name}" for name, inside in entry.changes.lists.items()]
    return ", ".join(parts)


@frozen
class _Row:
    column: int
    width: int
    text: str


def condition(node: nodes.Expression, seen: Sequence[Seen], known: Mapping[int, nodes.Node]) -> tuple[str, ...]:
    """The text of a condition, and below it the value of each of its pieces under that piece.

    `known` are its pieces and those of the segments that it reads, by number; what is seen of others is left aside.
    """
    span = node.span
    text, column = _in_one_line(span.text)
    values = {one.node: one for one in seen}
    rows: list[_Row] = []
    elsewhere: list[str] = []
    for number, part in values.items():
        one = known.get(number)
        if one is None or (one is node and isinstance(node, nodes.And | nodes.Or)):
            continue
        said = value(part.value, one)
        if one.span.source is span.source and span.start <= one.span.start and one.span.end <= span.end:
            start, end = column[one.span.start - span.start], column[one.span.end - span.start]
            rows.append(_Row(start, end - start, said))
        else:
            elsewhere.append(f"{_in_one_line(part.text)[0]}: {said}")
    shown = [" " * row.column + "^" * max(row.width, 1) + " " + row.text for row in rows]
    return (text, *shown, *elsewhere)


def _in_one_line(text: str) -> tuple[str, list[int]]:
    """A text with each run of white space as one blank, and where in it each of its characters went."""
    columns: list[int] = []
    out = ""
    for char in text:
        blank = char.isspace()
        if blank and out.endswith(" "):
            columns.append(len(out) - 1)
            continue
        columns.append(len(out))
        out += " " if blank else char
    return out, [*columns, len(out)]


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
