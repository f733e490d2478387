"""Changes of a stream of records: each is plain data, can be applied, told in words, and written as JSON.

A record is named by its time and its number among the records of its user at that instant, as they arrived.  Changes
are applied one after another: each names records as the ones before it left them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from attrs import frozen

from trigdsl.engine.zones import Zone
from trigdsl.explainer import wording
from trigdsl.model.decisions import json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import SECOND, Micros, Value, instant_text


@frozen
class Record:
    """Which record of the user: its time, its number (from 0) among those of that instant, and what it is called."""

    time: Micros
    number: int
    name: str | None

    def to_dict(self) -> dict[str, Value]:
        return {"time": instant_text(self.time), "number": self.number, "event": self.name}

    def place(self, inputs: Sequence[Input], user: str) -> int:
        """Where it stands in the inputs. Raises LookupError when it is not there."""
        places = [place for place, one in enumerate(inputs) if one.user == user and one.time == self.time]
        place = places[self.number]
        if inputs[place].event != self.name:
            raise LookupError(f"another record is number {self.number} at {instant_text(self.time)}")
        return place


def record_of(inputs: Sequence[Input], given: Input) -> Record | None:
    """How a record is named; None for one that the inputs do not hold."""
    same = [one for one in inputs if one.user == given.user and one.time == given.time]
    number = next((number for number, one in enumerate(same) if one is given), None)
    return None if number is None else Record(given.time, number, given.event)


@frozen
class Words:
    """How changes are told: in the user's zone, with the names that the rules give to events."""

    zone: Zone
    names: Mapping[str, str]
    near: Micros | None = None

    def at(self, time: Micros) -> str:
        return wording.moment(time, self.zone, self.near)

    def record(self, record: Record) -> str:
        if record.name is None:
            return f"the update at {self.at(record.time)}"
        name = f"`{self.names.get(record.name, record.name)}`"
        return f"{name} at {self.at(record.time)}"


@frozen(kw_only=True)
class SetProperty:
    """Another value of a property; None: without it."""

    record: Record
    path: tuple[str, ...]
    value: Value

    def apply(self, inputs: Sequence[Input], user: str) -> list[Input]:
        place = self.record.place(inputs, user)
        held = inputs[place]
        return _with(
            inputs, place, _replaced(held, properties=with_value(held.properties or {}, self.path, self.value))
        )

    def to_dict(self) -> dict[str, Value]:
        return {"change": "property", "record": self.record.to_dict(), "path": list(self.path), "value": self.value}

    def words(self, words: Words) -> str:
        path = ".".join(self.path)
        if self.value is None:
            return f"without `{path}` in {words.record(self.record)}"
        return f"with `{path}` {wording.value(self.value)} in {words.record(self.record)}"


@frozen(kw_only=True)
class AddRecord:
    """`count` records more, a second apart, the last at `time`: an event, or a change of the profile.

    They arrive before the record `before`, without it after all others.
    """

    time: Micros
    event: str | None = None
    properties: dict[str, Value] | None = None
    set: dict[str, Value] | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    count: int = 1
    before: Record | None = None

    def apply(self, inputs: Sequence[Input], user: str) -> list[Input]:
        times = [self.time - SECOND * back for back in reversed(range(self.count))]
        place = len(inputs) if self.before is None else self.before.place(inputs, user)
        return [*inputs[:place], *(self._input(user, time) for time in times), *inputs[place:]]

    def _input(self, user: str, time: Micros) -> Input:
        return Input(
            user,
            time,
            event=self.event,
            properties=None if self.event is None else dict(self.properties or {}),
            set=None if self.set is None else dict(self.set),
            add=list(self.add) or None,
            remove=list(self.remove) or None,
        )

    def to_dict(self) -> dict[str, Value]:
        record: dict[str, Any] = {"time": instant_text(self.time)}
        for name in ("event", "properties", "set", "add", "remove"):
            if held := getattr(self, name):
                record[name] = json_value(list(held) if isinstance(held, tuple) else held)
        before = None if self.before is None else self.before.to_dict()
        return {"change": "add", "record": record, "count": self.count, "before": before}

    def words(self, words: Words) -> str:
        if self.event is not None:
            said = f"`{wording.event(self.event, self.properties, words.names)}`"
            said = f"{self.count} more {said} up to" if self.count > 1 else f"{said} at"
            return f"with {said} {words.at(self.time)}"
        values = {name: "missing" if held is None else wording.value(held) for name, held in (self.set or {}).items()}
        parts = [f"`user.{name}` {held}" for name, held in values.items()]
        parts += [f"the user in `{name}`" for name in self.add]
        parts += [f"the user not in `{name}`" for name in self.remove]
        return f"with {' and '.join(parts)} at {words.at(self.time)}"


@frozen(kw_only=True)
class DropRecord:
    """Without a record; of one with an event and an update of the profile the update stays."""

    record: Record

    def apply(self, inputs: Sequence[Input], user: str) -> list[Input]:
        place = self.record.place(inputs, user)
        held = inputs[place]
        if held.event is not None and (held.set or held.add or held.remove or held.alias):
            return _with(inputs, place, _replaced(held, event=None, properties=None))
        return [*inputs[:place], *inputs[place + 1 :]]

    def to_dict(self) -> dict[str, Value]:
        return {"change": "drop", "record": self.record.to_dict()}

    def words(self, words: Words) -> str:
        return f"without {words.record(self.record)}"


@frozen(kw_only=True)
class MoveRecord:
    """A record at another time, in its old place among those that arrived."""

    record: Record
    to: Micros

    def apply(self, inputs: Sequence[Input], user: str) -> list[Input]:
        place = self.record.place(inputs, user)
        return _with(inputs, place, _replaced(inputs[place], time=self.to))

    def to_dict(self) -> dict[str, Value]:
        return {"change": "move", "record": self.record.to_dict(), "to": instant_text(self.to)}

    def words(self, words: Words) -> str:
        name, _, at = words.record(self.record).rpartition(" at ")
        return f"with {name} at {words.at(self.to)} instead of {at}"


@frozen(kw_only=True)
class MoveClock:
    """The same records, and a clock that goes on."""

    until: Micros

    def apply(self, inputs: Sequence[Input], user: str) -> list[Input]:
        del user
        return list(inputs)

    def to_dict(self) -> dict[str, Value]:
        return {"change": "clock", "until": instant_text(self.until)}

    def words(self, words: Words) -> str:
        return f"with the clock going on to {words.at(self.until)}"


Change: TypeAlias = SetProperty | AddRecord | DropRecord | MoveRecord | MoveClock


def lasts(change: Change) -> Micros | None:
    """The instant that the clock must reach for a change to show; None for one of a record that stays in its place."""
    match change:
        case MoveClock(until=until):
            return until
        case MoveRecord(to=to):
            return to
        case AddRecord(time=time):
            return time
    return None


def applied(changes: Sequence[Change], inputs: Sequence[Input], user: str) -> list[Input]:
    """The inputs after all changes, in order. Raises LookupError for a change that names a record that is not there."""
    changed = list(inputs)
    for change in changes:
        changed = change.apply(changed, user)
    return changed


def _with(inputs: Sequence[Input], place: int, given: Input) -> list[Input]:
    return [*inputs[:place], given, *inputs[place + 1 :]]


def _replaced(given: Input, **fields: Any) -> Input:
    return msgspec.structs.replace(given, **fields)


def with_value(held: Mapping[str, Value], path: tuple[str, ...], value: Value) -> dict[str, Value]:
    """A record with another value at a path; what stands in the way of the path gives way."""
    name, *rest = path
    if not rest:
        return {**held, name: value}
    inner = held.get(name)
    return {**held, name: with_value(inner if isinstance(inner, dict) else {}, tuple(rest), value)}
