"""What processes counted beside decisions, of the users of each → what one process would have counted of all."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import TypeAlias

from attrs import define, field

from trigdsl.engine.observations import Odd
from trigdsl.engine.program import Program
from trigdsl.model.values import Micros
from trigdsl.model.violations import Violation
from trigdsl.replayer.placing import Place, PlacedObservations, PlacedViolations, joined
from trigdsl.replayer.stats import Stats
from trigdsl.replayer.summary import MOST_VIOLATIONS, Key, Tally

At: TypeAlias = tuple[int, Micros, str, int]
"""A decision's place in the order of all: 1 if it is pending, time, user, number among those of the user."""


@define
class Report:
    """Counts over some users; `add` takes in those of other users.

    `kinds` are of the decisions that are shown, with the place of the first of each kind.
    """

    stats: Stats = field(factory=Stats)
    kinds: dict[Key, tuple[At, int]] = field(factory=dict)
    reached: int = 0
    observations: PlacedObservations = field(factory=PlacedObservations)
    broken: dict[str, int] = field(factory=dict)
    violations: list[tuple[Place, Violation]] = field(factory=list)

    def add(self, other: Report) -> None:
        """Take in what was counted over other users."""
        self.stats.add(other.stats)
        for key, (at, count) in other.kinds.items():
            known = self.kinds.get(key)
            self.kinds[key] = (at, count) if known is None else (min(known[0], at), known[1] + count)
        self.reached += other.reached
        add_observations(self.observations, other.observations)
        for invariant, number in other.broken.items():
            self.broken[invariant] = self.broken.get(invariant, 0) + number
        self.violations = first_violations([*self.violations, *other.violations])

    def count(self, key: Key, at: At, number: int = 1) -> None:
        """Count some decisions of a kind, of which the first is at a place; those of one user come in their order."""
        known = self.kinds.get(key)
        self.kinds[key] = (at, number) if known is None else (min(known[0], at), known[1] + number)

    def tell(self, tally: Tally, program: Program) -> None:
        """Hand everything on to a tally, in the order in which one process would; the stats become complete."""
        for key, (_, number) in sorted(self.kinds.items(), key=lambda item: item[1][0]):
            tally.count(key, number)
        tally.reached(self.reached)
        for invariant, number in self.broken.items():
            tally.broken(invariant, number)
        for _, violation in self.violations:
            tally.keep(violation)
        observations = joined([self.observations])
        observations.taken_aliases = self.observations.taken_aliases
        observations.taken_alias = self.observations.taken_alias
        self.stats.take(observations, program)


def total(reports: Iterable[Report]) -> Report:
    """The counts over the users of all reports."""
    found = Report()
    for report in reports:
        found.add(report)
    return found


def add_observations(into: PlacedObservations, other: PlacedObservations) -> None:
    """Take in what was observed of other users: of each kind that which came first remains its example."""
    into.runs += other.runs
    into.exposed += other.exposed
    into.converted += other.converted
    for key, odd in other.odd.items():
        known, at = into.odd.get(key), other.odd_places[key]
        if known is None:
            into.odd[key], into.odd_places[key] = Odd(odd.count, odd.example), at
            continue
        known.count += odd.count
        if at < into.odd_places[key]:
            into.odd_places[key], known.example = at, odd.example
    for name, count in other.unknown_zones.items():
        into.zone_places[name] = min(into.zone_places.get(name, other.zone_places[name]), other.zone_places[name])
        into.unknown_zones[name] = into.unknown_zones.get(name, 0) + count
    into.taken_aliases += other.taken_aliases
    into.taken_alias = into.taken_alias or other.taken_alias


def first_violations(found: list[tuple[Place, Violation]]) -> list[tuple[Place, Violation]]:
    """The first of each invariant, as many as are kept, in order."""
    counts: dict[str, int] = {}
    kept = []
    for place, violation in sorted(found, key=itemgetter(0)):
        counts[violation.invariant] = counts.get(violation.invariant, 0) + 1
        if counts[violation.invariant] <= MOST_VIOLATIONS:
            kept.append((place, violation))
    return kept


def observed(violations: PlacedViolations, report: Report) -> None:
    """Put the broken invariants of some users into their report."""
    report.broken = dict(violations.broken)
    report.violations = violations.first
