"""Declared fields and a path → the type that is read there, or that nothing can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from attrs import frozen

from trigdsl.syntax.nodes import AnyEvent, Event, EventGroup, EventSet, EventWhere, FieldDecl, SystemEvent

Type: TypeAlias = str | None
"""The name of a type; None where it is not known."""

Fields: TypeAlias = Mapping[tuple[str, ...], str]

LEAF: TypeAlias = Event | AnyEvent | SystemEvent


class Lacking:
    """The answer for a path that the declaration rules out."""


LACKING: Final = Lacking()


@frozen
class Carrier:
    """What a bare path reads from: the events that it may be, with their declared fields.

    `shapes` is None where it may be an event of unknown fields, and empty where there is no event;
    `why` then says which kind of thing has none.  `events` are the undeclared ones that it may be, when all are known.
    """

    shapes: tuple[tuple[str, Fields], ...] | None
    why: str = ""
    events: tuple[str, ...] = ()

    @property
    def absent(self) -> bool:
        return self.shapes == ()

    def type_of(self, path: tuple[str, ...]) -> Type | Lacking:
        """The type at a path; LACKING when none of the events can have it."""
        if not self.shapes or not path:
            return None
        found = [lookup(fields, path) for _, fields in self.shapes]
        types = {held for held in found if not isinstance(held, Lacking)}
        if not types:
            return LACKING
        return types.pop() if len(types) == 1 else None

    @property
    def paths(self) -> list[str]:
        """The declared paths as they are written, for suggestions."""
        return [".".join(path) for _, fields in self.shapes or () for path in fields]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.shapes or ())


ANYTHING = Carrier(None)


def no_event(why: str) -> Carrier:
    """The carrier of a rule, segment… without a triggering event; `why` names it: `a calendar trigger`."""
    return Carrier((), why)


def lookup(fields: Fields, path: tuple[str, ...]) -> Type | Lacking:
    """The declared type at a path: a prefix of a declared path is a record, and a record may hold anything."""
    if path in fields:
        return fields[path]
    if any(known[: len(path)] == path for known in fields):
        return "record"
    if any(kind == "record" and path[: len(known)] == known for known, kind in fields.items()):
        return None
    return LACKING


def fields_of(declared: Iterable[FieldDecl]) -> dict[tuple[str, ...], str]:
    return {one.path: one.type for one in declared}


def leaves(event: EventSet) -> list[LEAF]:
    """The single events that an event set names, from left to right."""
    if isinstance(event, EventGroup):
        return [leaf for one in event.events for leaf in leaves(one)]
    if isinstance(event, EventWhere):
        return leaves(event.event)
    return [event]


def carrier_of(event: EventSet, event_fields: Mapping[str, Fields]) -> Carrier:
    """What a path reads of an event of this set."""
    shapes: list[tuple[str, Fields]] = []
    undeclared: list[str] = []
    for leaf in leaves(event):
        if not isinstance(leaf, Event):
            return ANYTHING
        if leaf.name in event_fields:
            shapes.append((leaf.name, event_fields[leaf.name]))
        else:
            undeclared.append(leaf.name)
    return Carrier(None, events=tuple(undeclared)) if undeclared else Carrier(tuple(shapes))
