"""A schema → declarations in the language, and what of the data does not fit them.

A comment beside each field tells what a type does not: how often it is there, which few values it has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from attrs import frozen

from trigdsl.checker.messages import a
from trigdsl.model.values import Value
from trigdsl.schema.infer import Kind, Schema
from trigdsl.schema.observed import Observed
from trigdsl.syntax.grammar import keywords

NO_NAMES = frozenset({"any", "sent", "ignored"})
"""Words that no event may be called in rules."""

_PLAIN = re.compile(r"[^\W\d]\w*")
_QUOTABLE = re.compile(r"[^`\n\r]+")
_LONGEST_EXAMPLE = 40


@frozen
class Conflict:
    """A field with values of several types: its owner and path, the type declared, and each kind, count, example."""

    owner: str
    path: str
    declared: str
    kinds: tuple[tuple[str, int, Value], ...]

    def __str__(self) -> str:
        told = [f"{a(kind)} {_times(count)} (such as {_example(value)})" for kind, count, value in self.kinds]
        return f"`{self.path}` of `{self.owner}` is {' and '.join(told)}; declared as {a(self.declared)}"


@frozen
class _Line:
    """One field of a declaration: how it is written, and what is noted beside it."""

    text: str
    note: str


def declarations(schema: Schema) -> tuple[str, tuple[Conflict, ...]]:
    """The text of a program that declares the schema, and the conflicts among the data's types."""
    parts: list[str] = []
    conflicts: list[Conflict] = []
    if schema.user.fields.fields:
        parts.append(_declaration("user", "user", schema.user, "profile update", conflicts))
    taken: set[str] = set()
    for wire, kind in sorted(schema.events.items()):
        name = _event_name(wire, taken)
        taken.add(name)
        heading = f"event {name}" if name == wire else f"event {name} = {json.dumps(wire, ensure_ascii=False)}"
        parts.append(_declaration(heading, wire, kind, "record", conflicts))
    lists = [f"list {written}" for name in sorted(schema.lists) if (written := _written(name, alone=True)) is not None]
    parts += ["\n".join(lists)] if lists else []
    return "\n\n".join(parts) + "\n" if parts else "", tuple(conflicts)


def _declaration(heading: str, owner: str, kind: Kind, what: str, conflicts: list[Conflict]) -> str:
    lines = list(_lines(owner, kind, conflicts))
    beside = _many(kind.count, what)
    if not lines:
        return f"{heading} {{}}  # {beside}"
    width = max(len(heading) + 2, *(len(line.text) + 3 for line in lines))
    told = [f"{heading + ' {':{width}}  # {beside}"]
    told += [f"{f'  {line.text},':{width}}  # {line.note}".rstrip("# ") for line in lines]
    return "\n".join([*told, "}"])


def _lines(owner: str, kind: Kind, conflicts: list[Conflict]) -> Iterator[_Line]:
    for names, seen in _leaves(kind.fields):
        declared = seen.type()
        written = [_written(name) for name in names]
        path = ".".join(written_name or json.dumps(name) for name, written_name in zip(names, written, strict=True))
        if declared is None or None in written:
            continue
        if found := seen.conflicts():
            conflicts.append(Conflict(owner, path, declared, tuple(found)))
        yield _Line(f"{path}: {declared}", ", ".join(_notes(seen, declared, kind.count)))


def _leaves(at: Observed, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Observed]]:
    """The fields to declare, in the order in which they were seen: a record by its own fields, where they are known."""
    for name, seen in (at.fields or {}).items():
        path = (*before, name)
        if seen.type() == "record" and seen.fields and _are_named(seen):
            yield from _leaves(seen, path)
        else:
            yield path, seen


def _are_named(record: Observed) -> bool:
    """Whether all that the record holds can be declared, so that nothing of it would be refused."""
    return all(_written(name) is not None and seen.kinds for name, seen in (record.fields or {}).items())


def _notes(seen: Observed, declared: str, of: int) -> Iterator[str]:
    if seen.count < of:
        yield f"in {_percent(seen.count, of)}"
    if declared == "number" and not seen.fractions:
        yield "whole"
    if choices := seen.choices():
        yield f"one of {', '.join(json.dumps(one, ensure_ascii=False) for one in choices)}"
    if declared == "list" and seen.elements:
        yield f"of {' or '.join(sorted(seen.elements))}"
    if declared == "text" and (times := seen.dates + seen.instants):
        yield f"{_percent(times, seen.kinds['text'])} of the texts are times"
    if others := [f"{count} {kind}" for kind, count, _ in seen.conflicts()[1:]]:
        yield f"also {', '.join(others)}"


def _percent(count: int, of: int) -> str:
    """A share that is neither none nor all, and never rounded to those."""
    share = round(100 * count / of)
    return "under 1%" if share == 0 else "over 99%" if share == 100 and count < of else f"{share}%"


def _event_name(wire: str, taken: set[str]) -> str:
    """The name of an event in rules: its own where that is a name, else one made of it that is not taken."""
    if _PLAIN.fullmatch(wire) and wire not in NO_NAMES | keywords().reserved | taken:
        return wire
    made = "_".join(re.findall(r"\w+", wire.lower())) or "event"
    made = f"event_{made}" if made[0].isdigit() or not _PLAIN.fullmatch(made) else made
    made = f"{made}_event" if made in NO_NAMES | keywords().reserved else made
    name, number = made, 1
    while name in taken:
        number += 1
        name = f"{made}_{number}"
    return name


def _written(name: str, *, alone: bool = False) -> str | None:
    """A name as a path or (`alone`) a declaration has it, in backticks where it must; None where there is no way."""
    if _PLAIN.fullmatch(name) and not (alone and name in keywords().reserved):
        return name
    return f"`{name}`" if _QUOTABLE.fullmatch(name) else None


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _example(value: Value) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_EXAMPLE else text[: _LONGEST_EXAMPLE - 1] + "…"
