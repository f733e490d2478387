"""What a replay counts beside its decisions."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, frozen

from trigdsl.engine.observations import Observations
from trigdsl.engine.program import Program
from trigdsl.engine.values import type_name
from trigdsl.model.decisions import json_value
from trigdsl.model.values import Micros, Value


@frozen
class DataWarning:
    """A kind of value that did not fit where a rule reads it: where, what, an example, how often."""

    rule: str
    place: str
    text: str
    example: Value
    count: int


@frozen
class GoalCount:
    """Runs of a rule with a goal: how many made their first send (or withheld it), how many converted."""

    rule: str
    variant: str | None
    control: bool
    exposed: int
    converted: int


@define
class Stats:
    """Counts of a replay, complete when all its decisions were taken.

    `inputs` are the records that were handled, `events` those of them with an event; `late` those that a
    sorted replay could not place.  `first` and `last` are times of inputs; rules go by name.
    """

    inputs: int = 0
    events: int = 0
    users: int = 0
    duplicates: int = 0
    late: int = 0
    first: Micros | None = None
    last: Micros | None = None
    event_names: dict[str, int] = Factory(dict)
    runs: dict[str, int] = Factory(dict)
    conversions: dict[str, int] = Factory(dict)
    goals: tuple[GoalCount, ...] = ()
    warnings: tuple[DataWarning, ...] = ()

    def add(self, other: Stats) -> None:
        """Take in the counts of other inputs, of other users."""
        self.inputs += other.inputs
        self.events += other.events
        self.users += other.users
        self.duplicates += other.duplicates
        for event, count in other.event_names.items():
            self.event_names[event] = self.event_names.get(event, 0) + count
        self.first = min((at for at in (self.first, other.first) if at is not None), default=None)
        self.last = max((at for at in (self.last, other.last) if at is not None), default=None)

    def take(self, observations: Observations, program: Program) -> None:
        """Fill in what the machine observed."""
        names = [rule.name for rule in program.rules]
        self.runs = {names[rule]: count for rule, count in sorted(observations.runs.items())}
        self.goals = tuple(
            GoalCount(names[key[0]], key[1], key[2], exposed, observations.converted[key])
            for key, exposed in sorted(observations.exposed.items(), key=lambda item: (item[0][0], str(item[0][1:])))
        )
        self.conversions = {rule.name: 0 for rule in program.rules if rule.goal is not None}
        for goal in self.goals:
            self.conversions[goal.rule] += 0 if goal.control else goal.converted
        self.warnings = data_warnings(observations, program)


def data_warnings(observations: Observations, program: Program) -> tuple[DataWarning, ...]:
    """The kinds of data warnings that a machine noted, those of rules by their place first."""
    return (*_odd_values(observations, program), *_unknown_zones(observations), *_taken(observations))


def _odd_values(observations: Observations, program: Program) -> Iterator[DataWarning]:
    # By their place in the rules, since which came first depends on the order in which users are handled.
    for (number, _, _), odd in sorted(observations.odd.items(), key=lambda item: item[0]):
        place = program.places[number]
        a, b = odd.example
        said = f"`{place.text}` met {type_name(a)}" + ("" if b is None else f" and {type_name(b)}")
        yield DataWarning(place.rule or "", place.at, f"{said}, which do not fit", json_value(a), odd.count)


def _unknown_zones(observations: Observations) -> Iterator[DataWarning]:
    if observations.unknown_zones:
        text = "`user.timezone` names no IANA time zone, so the program's is used"
        name = next(iter(observations.unknown_zones))
        yield DataWarning("", "", text, name, sum(observations.unknown_zones.values()))


def _taken(observations: Observations) -> Iterator[DataWarning]:
    if observations.taken_aliases:
        text = "`alias` is an id of another user already, and stays theirs"
        yield DataWarning("", "", text, observations.taken_alias, observations.taken_aliases)
