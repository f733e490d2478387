"""Inputs → what their events, users and lists look like."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from trigdsl.model.inputs import Input
from trigdsl.schema.observed import Observed


@define
class Kind:
    """The records of one name, or the profiles of users: how many there were, and their fields."""

    count: int = 0
    fields: Observed = field(factory=Observed)


@define
class Schema:
    """What was seen: events by their name on the wire, profiles, and the names of lists; in order of appearance."""

    events: dict[str, Kind] = field(factory=dict)
    user: Kind = field(factory=Kind)
    lists: dict[str, None] = field(factory=dict)
    records: int = 0

    def add(self, given: Input) -> None:
        """Take one input in."""
        self.records += 1
        if given.event is not None:
            kind = self.events.setdefault(given.event, Kind())
            kind.count += 1
            kind.fields.record(given.properties or {})
        if given.set is not None:
            self.user.count += 1
            self.user.fields.record(given.set)
        for name in (*(given.add or ()), *(given.remove or ())):
            self.lists.setdefault(name)


def infer(inputs: Iterable[Input]) -> Schema:
    """What all the inputs look like."""
    schema = Schema()
    for given in inputs:
        schema.add(given)
    return schema
