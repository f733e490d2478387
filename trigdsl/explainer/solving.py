"""What an expression must become → changes of the stream that most likely make it so.

Nothing is claimed here: whoever uses a change runs the changed stream first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from attrs import frozen

from trigdsl.checker.paths import resolve
from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.context import WEEKDAYS
from trigdsl.engine.zones import Zone, weekday
from trigdsl.explainer.changes import AddRecord, Change, DropRecord, MoveRecord, SetProperty, record_of, with_value
from trigdsl.explainer.events import heeds, is_heeded
from trigdsl.explainer.misses import Goal, Miss, misses
from trigdsl.explainer.values import satisfying
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, HOUR, MINUTE, SECOND, Micros, Value
from trigdsl.syntax import nodes

WAYS = 3
"""How many ways to reach one goal are looked at."""
MOST_ADDED = 100
MOST_DROPPED = 5
ORDER = {SetProperty: 0, DropRecord: 1, MoveRecord: 2, AddRecord: 3}
"""What names records goes before what moves them to other places."""

Changes = tuple[Change, ...]


@frozen(kw_only=True)
class Solver:
    """Finds changes for a condition that was asked at `time`, of a run whose trigger came with the record `trigger`.

    `handled` is the record that was being handled then, None when it was a timer.  `inputs` are in any order; those
    that are asked for come back in the order of time.
    """

    checked: CheckedProgram
    inputs: Sequence[Input]
    user: str
    zone: Zone
    time: Micros
    trigger: Input | None = None
    handled: Input | None = None

    def all_of(self, missed: Sequence[Miss]) -> Iterator[Changes]:
        """Changes after which none of these is missed any more; the first way of each, then others of one."""
        ways = [list(islice(self._ways_of(miss), WAYS)) for miss in missed]
        if not ways or not all(ways):
            return
        first = [way[0] for way in ways]
        yield ordered(first)
        for place, others in enumerate(ways):
            for other in others[1:]:
                yield ordered([*first[:place], other, *first[place + 1 :]])

    def _ways_of(self, miss: Miss) -> Iterator[Changes]:
        for goal in miss.goals:
            yield from self.ways(goal)

    def ways(self, goal: Goal) -> Iterator[Changes]:
        """Ways to reach a goal."""
        match goal.node:
            case nodes.Default():
                yield from self.ways(Goal(goal.node.operand, goal.operator, goal.value))
            case nodes.Path():
                yield from self._path(goal, goal.node)
            case nodes.Member():
                yield from self._member(goal.node, goal.value is not goal.node.negated)
            case nodes.Happened():
                there = goal.value is not goal.node.negated
                yield from self._happened(goal.node, there)
            case nodes.Aggregate():
                yield from self._aggregate(goal, goal.node)
            case nodes.Previous():
                yield from self._property(self._events(goal.node.event)[-1:], goal.node.path, goal)
            case nodes.TimeSince():
                yield from self._time_since(goal, goal.node)

    # ------------------------------------------------------------------ paths
    def _path(self, goal: Goal, node: nodes.Path) -> Iterator[Changes]:
        root, path = resolve(node.parts)
        if root == "user" and path:
            kind = (self.checked.user_fields or {}).get(path)
            for held in satisfying(goal.operator, goal.value, None, kind):
                inner = held
                for name in reversed(path[1:]):
                    inner = {name: inner}
                yield (self._update(set={path[0]: inner}),)
        elif root in ("event", "trigger") and self.trigger is not None and path:
            yield from self._property([self.trigger], path, goal)
        elif root == "local" and self.trigger is not None:
            yield from self._clock(goal, path)

    def _update(self, **told: Any) -> AddRecord:
        """A change of the profile just before the condition was asked."""
        before = None if self.handled is None else record_of(self.inputs, self.handled)
        return AddRecord(time=self.time, before=before, **told)

    def _property(self, records: Sequence[Input], path: tuple[str, ...], goal: Goal) -> Iterator[Changes]:
        """Another value of the property of the last of some records."""
        record = record_of(self.inputs, records[-1]) if records else None
        if record is None or not path or records[-1].event is None:
            return
        name = next((one for one, wire in self.checked.wire_names.items() if wire == record.name), record.name)
        kind = self.checked.event_fields.get(name or "", {}).get(path)
        old = _at(records[-1].properties or {}, path)
        for held in satisfying(goal.operator, goal.value, old, kind):
            yield (SetProperty(record=record, path=path, value=held),)

    def _clock(self, goal: Goal, path: tuple[str, ...]) -> Iterator[Changes]:
        """The trigger at the nearest moment at which the user's clock shows what is wanted."""
        assert self.trigger is not None
        local = self.zone.local(self.time)
        if path == ("hour",):
            hour = local // HOUR * HOUR
            for away in sorted((way * HOUR for way in range(-23, 24)), key=lambda one: (abs(one), one)):
                if away and _holds(goal, (hour + away) % DAY // HOUR):
                    to = hour + away if away > 0 else hour + away + HOUR - MINUTE
                    yield self._moved(to - local)
                    return
        elif path == ("weekday",):
            for days in range(1, 7):
                if _holds(goal, WEEKDAYS[weekday(local // DAY + days)]):
                    yield self._moved(days * DAY)
                    return

    def _moved(self, by: Micros) -> Changes:
        """The trigger earlier or later."""
        assert self.trigger is not None
        record = record_of(self.inputs, self.trigger)
        return () if record is None else (MoveRecord(record=record, to=self.trigger.time + by),)

    # ------------------------------------------------------------------ lists and segments
    def _member(self, node: nodes.Member, inside: bool) -> Iterator[Changes]:
        name = node.name.text
        segment = self.checked.segments.get(name)
        if segment is not None:
            yield from self.all_of(misses(segment.condition, {}, self.checked.segments, inside))
        elif inside:
            yield (self._update(add=(name,)),)
        else:
            yield (self._update(remove=(name,)),)

    # ------------------------------------------------------------------ history
    def _events(self, event: nodes.EventSet) -> list[Input]:
        """The records up to now that may be such an event, by time; the trigger itself left out."""
        return [
            one
            for one in sorted(self.inputs, key=lambda one: one.time)
            if one.user == self.user and one.time <= self.time and one is not self.trigger
            if is_heeded(self.checked, event, one)
        ]

    def added(self, event: nodes.EventSet, time: Micros, count: int = 1) -> Iterator[Changes]:
        """So many more of an event, the last at a time."""
        found = heeds(self.checked, event)
        if found is None or not 0 < count <= MOST_ADDED:
            return
        name, properties = found
        for where in self._wheres(event):
            for miss in misses(where, {}, self.checked.segments):
                for goal in self._of_the_trigger(miss.goals, where)[:1]:
                    root, path = resolve(goal.node.parts) if isinstance(goal.node, nodes.Path) else ("", ())
                    held = next(satisfying(goal.operator, goal.value, None, None), None)
                    if root == "event" and path:
                        properties = with_value(properties, path, held)
        yield (AddRecord(time=time, event=name, properties=properties, count=count),)

    def _wheres(self, event: nodes.EventSet) -> Iterator[nodes.Expression]:
        while isinstance(event, nodes.EventWhere | nodes.EventGroup):
            if isinstance(event, nodes.EventWhere):
                yield event.condition
                event = event.event
            else:
                event = event.events[0]

    def _of_the_trigger(self, goals: tuple[Goal, ...], where: nodes.Expression) -> tuple[Goal, ...]:
        """The goals; without one, that of `path == trigger.path`."""
        match where:
            case nodes.Compare(operator="==", left=nodes.Path() as left, right=nodes.Path() as right) if not goals:
                root, path = resolve(right.parts)
                if root == "trigger" and self.trigger is not None:
                    return (Goal(left, "==", _at(self.trigger.properties or {}, path)),)
        return goals

    def _dropped(self, records: Sequence[Input]) -> Iterator[Changes]:
        """Without some records."""
        named = [record_of(self.inputs, one) for one in records]
        if 0 < len(named) <= MOST_DROPPED:
            yield ordered([(DropRecord(record=one),) for one in named if one is not None])

    def _happened(self, node: nodes.Happened, there: bool) -> Iterator[Changes]:
        if there:
            yield from self.added(node.event, self.time - SECOND)
            return
        records = self._events(node.event)
        length = _length(node.period)
        if length is not None:
            yield from self._dropped([one for one in records if one.time > self.time - length])
        elif node.period.kind == "today":
            yield from self._dropped([one for one in records if self.zone.day(one.time) == self.zone.day(self.time)])
        yield from self._dropped(records[-1:])
        yield from self._dropped(records)

    def _aggregate(self, goal: Goal, node: nodes.Aggregate) -> Iterator[Changes]:
        records = self._events(node.event)
        if node.function in ("count", "distinct") and not node.path:
            held = len(records) + (self.trigger is not None and is_heeded(self.checked, node.event, self.trigger))
            for target in satisfying(goal.operator, goal.value, None, "number"):
                if isinstance(target, int | float):
                    lack = int(target) - held
                    yield from self.added(node.event, self.time - SECOND, lack)
                    yield from self.added(node.event, self.time - SECOND, int(target))
                    yield from self._dropped(records[-min(-lack, len(records)) :] if lack < 0 else [])
        elif node.function in ("last", "min", "max", "avg"):
            yield from self._property(records, node.path, goal)
        elif node.function == "first":
            yield from self._property(records[:1], node.path, goal)
        elif node.function == "sum" and records:
            held_before = [_at(one.properties or {}, node.path) for one in records[:-1]]
            rest = sum(held for held in held_before if isinstance(held, int | float) and not isinstance(held, bool))
            if isinstance(goal.value, int | float):
                yield from self._property(records, node.path, Goal(goal.node, goal.operator, goal.value - rest))

    def _time_since(self, goal: Goal, node: nodes.TimeSince) -> Iterator[Changes]:
        records = self._events(node.event)
        if not isinstance(goal.value, timedelta):
            return
        beside = {">": SECOND, "<": -SECOND}.get(goal.operator, 0)
        target = micros_of(goal.value) + beside
        if not records:
            yield from self.added(node.event, self.time - target)
        elif self.trigger is not None:
            yield self._moved(records[-1].time + target - self.time)
        else:
            record = record_of(self.inputs, records[-1])
            if record is not None:
                yield (MoveRecord(record=record, to=self.time - target),)


def ordered(ways: Sequence[Changes]) -> Changes:
    """All changes, each once, so that none moves a record that one after it names."""
    every = list(dict.fromkeys(repr(change) for way in ways for change in way))
    by_text = {repr(change): change for way in ways for change in way}
    changes = [by_text[text] for text in every]

    def place(change: Change) -> tuple[int, Micros, int]:
        record = getattr(change, "record", None)
        return (ORDER.get(type(change), 4), 0, 0) if record is None else (
            ORDER[type(change)], -record.time, -record.number,
        )  # fmt: skip

    return tuple(sorted(changes, key=place))


def micros_of(length: timedelta) -> Micros:
    return length // timedelta(microseconds=1)


def _length(period: nodes.Period) -> Micros | None:
    from trigdsl.compiler.expressions import length_of

    return None if period.duration is None else length_of(period.duration)


def _at(held: Value, path: tuple[str, ...]) -> Value:
    for name in path:
        if not isinstance(held, dict):
            return None
        held = held.get(name)
    return held


def _is_number(held: Value) -> bool:
    return isinstance(held, int | float) and not isinstance(held, bool)


def _holds(goal: Goal, held: Value) -> bool:
    """Whether a value is what a goal wants, for values of a clock."""
    wanted = goal.value
    match goal.operator:
        case "==":
            return held == wanted
        case "!=":
            return held != wanted
        case "in":
            return isinstance(wanted, list) and held in wanted
        case "not in":
            return isinstance(wanted, list) and held not in wanted
    if not (_is_number(held) and _is_number(wanted)):
        return False
    assert isinstance(held, int | float)
    assert isinstance(wanted, int | float)
    compared = {"<": held < wanted, "<=": held <= wanted, ">": held > wanted, ">=": held >= wanted}
    return compared.get(goal.operator, False)
