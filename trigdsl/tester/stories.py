"""A story of one user, as plain values → the `test` block that tells it.

A second is the least step of time that a test can write, and so the tick of every story.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attrs import field, frozen

from trigdsl.model.values import Value
from trigdsl.syntax.nodes import (
    AddTo,
    At,
    Boolean,
    Date,
    Duration,
    Entry,
    ExpectRule,
    ExpectSends,
    Expression,
    Later,
    ListLiteral,
    Name,
    Negative,
    Nothing,
    Number,
    RecordLiteral,
    RemoveFrom,
    SetAttribute,
    Test,
    TestChange,
    TestEvent,
    TestUser,
    Text,
    TimeOfDay,
)

FIRST_DAY = dt.date(2026, 11, 20)
"""A Friday in winter, on which no clock is changed: when a story starts that has no reason for another day."""

Properties = tuple[tuple[tuple[str, ...], Value], ...]
"""Paths and their values; none twice."""


@frozen
class Line:
    """Something that happens `at` so many seconds after the start of the story.

    `kind` is `event`, `set`, `add` or `remove`, `name` the event, attribute or list; `value` is what is set, None
    removes.
    """

    at: int
    kind: str
    name: str
    properties: Properties = ()
    value: Value = None


@frozen
class Story:
    """Who the user is, when it starts on their clock, and what happens to them, in the order of time."""

    day: dt.date
    second: int
    lines: tuple[Line, ...]
    profile: Properties = ()
    lists: tuple[str, ...] = field(default=())

    def test(self, title: str, expected: Iterable[ExpectRule | ExpectSends]) -> Test:
        """The block that tells this story."""
        told: list[TestEvent | TestChange | ExpectRule | ExpectSends] = []
        before: Line | None = None
        for line in self.lines:
            told.append(_line(line, self._moment(line, before)))
            before = line
        user = None
        if self.profile or self.lists:
            profile = record_node(self.profile) if self.profile else None
            user = TestUser(profile, tuple(Name(name) for name in self.lists))
        return Test(title, (*told, *expected), user)

    def _moment(self, line: Line, before: Line | None) -> At | Later:
        if before is None:
            return At(self.day, TimeOfDay(self.second))
        return Later(duration_node(line.at - before.at))


def _line(line: Line, moment: At | Later) -> TestEvent | TestChange:
    match line.kind:
        case "event":
            return TestEvent(moment, Name(line.name), record_node(line.properties) if line.properties else None)
        case "set":
            return TestChange(moment, SetAttribute(Name(line.name), literal_node(line.value)))
        case "add":
            return TestChange(moment, AddTo(Name(line.name)))
    return TestChange(moment, RemoveFrom(Name(line.name)))


def record_node(properties: Properties) -> RecordLiteral:
    return RecordLiteral(tuple(Entry(path, literal_node(value)) for path, value in properties))  # type: ignore[arg-type]


def literal_node(value: Value) -> Expression | Nothing:
    """The literal of a value; an instant has none and is written as text."""
    match value:
        case None:
            return Nothing()
        case bool():
            return Boolean(value)
        case int() | float():
            return Negative(Number(-value)) if value < 0 else Number(value)
        case dt.datetime():
            return Text(value.isoformat())
        case dt.date():
            return Date(value)
        case dt.timedelta():
            return duration_node(int(value.total_seconds()))
        case list():
            return ListLiteral(tuple(literal_node(item) for item in value))  # type: ignore[misc]
        case dict():
            return record_node(tuple(((key,), held) for key, held in value.items()))
    return Text(value)


def duration_node(seconds: int) -> Duration:
    """A duration in its short form; `0s` for none."""
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append((count, unit))
    return Duration(tuple(parts) or ((0, "s"),))
