"""The lines of a test → its user, the inputs in the order of time, and the instants that expectations name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import frozen

from trigdsl.engine.dates import day_number
from trigdsl.engine.program import Program
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.inputs import Input
from trigdsl.model.values import SECOND, Micros, Value
from trigdsl.syntax.nodes import AddTo, At, Moment, SetAttribute, Test, TestChange, TestEvent, TestUser
from trigdsl.tester.literals import duration_value, literal_value, record_value

USER = "user"
"""What the user of a test is called in its decisions."""


@frozen
class Timeline:
    """What happens in a test: whom it happens to, and what, by time.

    `zone` is the one in which its times are meant: the user's at the start, else the program's, else UTC.
    `lines` are those that the inputs come from, in the order of the inputs.
    """

    zone: Zone
    profile: Mapping[str, Value]
    lists: frozenset[str]
    inputs: tuple[Input, ...]
    lines: tuple[TestEvent | TestChange, ...] = ()

    def instant(self, at: At) -> Micros:
        """The instant of a local date and time: after a gap of the clock, at the first of two occurrences."""
        return self.zone.instant(day_number(at.date), at.time.seconds * SECOND)


def timeline(test: Test, program: Program) -> Timeline:
    """What a test describes. `test` is one of the program's own tests."""
    user = test.user or TestUser(None)
    profile = record_value(user.profile)
    start = Timeline(zone_of(profile, program), profile, frozenset(name.text for name in user.lists), ())
    told = sorted(_inputs(test, start, program), key=lambda pair: pair[0].time)
    inputs, lines = tuple(given for given, _ in told), tuple(line for _, line in told)
    return Timeline(start.zone, start.profile, start.lists, inputs, lines)


def zone_of(profile: Mapping[str, Value], program: Program) -> Zone:
    """The zone in which times of a user are meant: the user's own, else the program's, else UTC."""
    name = profile.get("timezone")
    own = zone(name) if isinstance(name, str) else None
    return own or program.zone or UTC


def _inputs(test: Test, start: Timeline, program: Program) -> Iterator[tuple[Input, TestEvent | TestChange]]:
    wires = {name: wire for wire, name in program.event_names.items()}
    time: Micros | None = None
    for line in test.lines:
        if isinstance(line, TestEvent | TestChange):
            time = _time(line.moment, time, start)
            yield _event(line, time, wires) if isinstance(line, TestEvent) else _change(line, time), line


def _time(moment: Moment, before: Micros | None, start: Timeline) -> Micros:
    if isinstance(moment, At):
        return start.instant(moment)
    assert before is not None, "the checker wants a date in the first line"
    return before + duration_value(moment.duration) // timedelta(microseconds=1)


def _event(line: TestEvent, time: Micros, wires: Mapping[str, str]) -> Input:
    name = line.event.text
    return Input(USER, time, event=wires.get(name, name), properties=record_value(line.record))


def _change(line: TestChange, time: Micros) -> Input:
    match line.change:
        case SetAttribute(attribute=attribute, value=value):
            return Input(USER, time, set={attribute.text: literal_value(value)})
        case AddTo(list=name):
            return Input(USER, time, add=[name.text])
    return Input(USER, time, remove=[line.change.list.text])
