"""Observations that know where the first of each kind was made, so that those of several shards can be joined.

Where all users are handled together, that of a kind which comes first is told as its example; users of several shards
are handled apart, and the place tells which of their first ones it would have been.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from trigdsl.engine.machine import Machine
from trigdsl.engine.observations import Observations, Odd
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, Micros, Value
from trigdsl.model.violations import Violation
from trigdsl.records.packing import Arrived

Place: TypeAlias = tuple[Micros, int, int, str]
"""A moment; 0 for its inputs, 1 for its timers, which come after them; an input's arrival; a timer's user."""

Profile: TypeAlias = tuple[int, str, dict[str, Value]]
"""The number of a profile among all of them, its user and the attributes."""


@define
class PlacedObservations(Observations):
    """Observations with the places of the first of each kind."""

    machine: Machine | None = None
    odd_places: dict[tuple[int, str, str], Place] = field(factory=dict)
    zone_places: dict[str, Place] = field(factory=dict)
    given: Input | None = None

    def note_odd(self, place: int, a: Value, b: Value) -> None:
        key = (place, type(a).__name__, type(b).__name__)
        if key not in self.odd:
            self.odd_places[key] = self.place()
        super().note_odd(place, a, b)

    def note_zone(self, value: Value) -> None:
        count = len(self.unknown_zones)
        super().note_zone(value)
        if len(self.unknown_zones) > count:
            self.zone_places[next(reversed(self.unknown_zones))] = self.place()

    def place(self) -> Place:
        """Where the replay is."""
        given = self.given
        assert self.machine is not None
        c = self.machine.context
        if given is not None and (self.inputs_only or c.now == given.time):
            return given.time, 0, given.arrival if isinstance(given, Arrived) else 0, ""
        return c.now, 1, 0, c.state.user

    def through(self, inputs: Iterable[Input]) -> Iterator[Input]:
        """The inputs; while one is handled, it is where the replay is."""
        for given in inputs:
            self.given = given
            yield given
        self.given = None


@frozen
class PlacedProfiles:
    """Profiles; while one is set, it is where the replay is: before everything else."""

    observations: PlacedObservations
    profiles: Sequence[Profile]

    def __iter__(self) -> Iterator[tuple[str, dict[str, Value]]]:
        observations = self.observations
        was, observations.inputs_only = observations.inputs_only, True
        for number, user, attributes in self.profiles:
            observations.given = Arrived(user, FIRST_INSTANT - 1, arrival=number)
            yield user, attributes
        observations.given, observations.inputs_only = None, was


@define
class PlacedViolations:
    """Counts broken invariants, and keeps the first `most` of each with their places."""

    observations: PlacedObservations
    most: int
    broken: dict[str, int] = field(factory=dict)
    first: list[tuple[Place, Violation]] = field(factory=list)

    def __call__(self, violation: Violation) -> None:
        count = self.broken[violation.invariant] = self.broken.get(violation.invariant, 0) + 1
        if count <= self.most:
            self.first.append((self.observations.place(), violation))


def joined(parts: Sequence[PlacedObservations]) -> Observations:
    """The observations of all shards as one that handled all users would have made them."""
    found = Observations()
    for part in parts:
        found.runs += part.runs
        found.exposed += part.exposed
        found.converted += part.converted
    odd = [(part.odd_places[key], key, seen) for part in parts for key, seen in part.odd.items()]
    for _, key, seen in sorted(odd, key=lambda one: one[0]):
        known = found.odd.setdefault(key, Odd(0, seen.example))
        known.count += seen.count
    zones = [(part.zone_places[name], name, count) for part in parts for name, count in part.unknown_zones.items()]
    for _, name, count in sorted(zones):
        found.unknown_zones[name] = found.unknown_zones.get(name, 0) + count
    return found
