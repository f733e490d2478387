"""A program, what is known of a user, and an expression → its value, None for missing and unknown (§4, §5, §10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import re2
from attrs import evolve, frozen

from trigdsl.syntax import nodes as n
from trigdsl.syntax.walk import walk

from .values import Window, arithmetic, compare, function, in_period, kind, length, local, read, same, zone_of, zone_or

Types = dict[tuple[str, ...], str]


@frozen(eq=False)
class Rule:
    """A rule with its name, its place in the program, and its clauses by kind."""

    node: n.Rule
    name: str
    index: int

    def clauses(self, kind: type) -> list[Any]:
        """The clauses of that kind, in the order written."""
        return [clause for clause in self.node.clauses if isinstance(clause, kind)]


@frozen(eq=False)
class Program:
    """What a file says. Declared types are by path, those of events by the name on the wire."""

    zone: ZoneInfo
    rules: list[Rule]
    wire: dict[str, str]
    event_types: dict[str, Types]
    user_types: Types
    channels: dict[str, tuple[n.Policy, ...]]
    caps: list[n.CapDecl]
    calendars: dict[str, frozenset[date]]
    segments: dict[str, n.Expression]

    @classmethod
    def of(cls, file: n.File) -> Program:
        """Gather the declarations; their order does not matter, that of rules and caps is kept."""

        def those(kind: type) -> list[Any]:
            return [item for item in file.items if isinstance(item, kind)]

        assert not those(n.HolidayDecl), "holidays are no part of the definition"
        unnamed, events = count(1), those(n.EventDecl)
        named = [(rule, rule.name.text if rule.name else f"rule_{next(unnamed)}") for rule in those(n.Rule)]
        wire = {event.name.text: event.wire.value if event.wire else event.name.text for event in events}
        return cls(
            zone=zone_or(next((item.name for item in those(n.Timezone)), None), ZoneInfo("UTC")),
            rules=[Rule(rule, name, index) for index, (rule, name) in enumerate(named)],
            wire=wire,
            event_types={wire[one.name.text]: {each.path: each.type for each in one.fields or ()} for one in events},
            user_types={one.path: one.type for user in those(n.UserDecl) for one in user.fields},
            channels={channel.name.text: channel.policies for channel in those(n.ChannelDecl)},
            caps=those(n.CapDecl),
            calendars={one.name.text: frozenset(day.value for day in one.dates) for one in those(n.CalendarDecl)},
            segments={segment.name.text: segment.condition for segment in those(n.SegmentDecl)},
        )

    def zone_for(self, profile: dict[str, Any]) -> ZoneInfo:
        """A user's zone, else the file's."""
        return zone_or(profile.get("timezone"), self.zone)

    def policies(self, channel: str | None, *kinds: type) -> list[Any]:
        """What a channel says of these kinds."""
        return [policy for policy in self.channels.get(channel or "", ()) if isinstance(policy, kinds)]

    def windows(self, step: n.Step, users: ZoneInfo) -> list[Window]:
        """What a step must find open: its own `between` replaces a channel's, any own days all the channel's days."""
        found = []
        for channel in [action.channel.text for action in step.actions if isinstance(action, n.Send)] or [None]:
            between = step.between or next(iter(self.policies(channel, n.Between)), None)
            days = step.days or tuple(self.policies(channel, n.OnDays, n.OnCalendar))
            zone = zone_of(between.zone if between else None, users)
            ranges = [(one.start.seconds, one.end.seconds) for one in between.ranges] if between else [(0, 86_400)]
            found.append(Window(ranges, days, zone, self.calendars))
        return found

    def periods(self, condition: n.Expression) -> Iterator[n.Period]:
        """The periods of history that a condition looks at, those of the segments it names too."""
        for node in walk(condition):
            if isinstance(node, n.Period):
                yield node
            elif isinstance(node, n.Member) and node.name.text in self.segments:
                yield from self.periods(self.segments[node.name.text])


@frozen(eq=False)
class Happening:
    """One event of the history, with the profile and the lists as they were when it was handled."""

    name: str
    properties: dict[str, Any]
    time: datetime
    profile: dict[str, Any]
    lists: frozenset[str]


@frozen(kw_only=True, eq=False)
class Context:
    """What an expression can see. `scene` has the time, profile and lists: those of now, inside a where the event's."""

    user: Any
    rule: Rule
    history: list[Happening]
    event: Happening | None
    trigger: Happening | None
    scene: Happening

    @property
    def zone(self) -> ZoneInfo:
        return self.user.program.zone_for(self.scene.profile)

    @property
    def roots(self) -> dict[str, Any]:
        """What the first name of a path may be, unless it is a property's."""
        shown = local(self.scene.time, self.zone)
        rule = {"name": self.rule.name, "title": self.rule.node.title}
        user = self.read_as(self.scene.profile, self.user.program.user_types)
        event, trigger = self.properties(self.event), self.properties(self.trigger)
        return {"user": user, "event": event, "trigger": trigger, "now": self.user.now, "local": shown, "rule": rule}

    @property
    def before_trigger(self) -> Context:
        """The same, with only the events before the triggering one in the history."""
        place = self.history.index(self.trigger) if self.trigger in self.history else 0
        return evolve(self, history=self.history[:place])

    def read_as(self, value: Any, types: Types, names: tuple[str, ...] = ()) -> Any:
        """A property or attribute; text is read as a date or an instant where it is declared so, in records too."""
        if isinstance(value, dict):
            return {name: self.read_as(held, types, (*names, name)) for name, held in value.items()}
        return read(value, types.get(names), self.zone)

    def properties(self, event: Happening | None) -> dict[str, Any]:
        """The properties of an event, as they are read; none without an event."""
        return self.read_as(event.properties, self.user.program.event_types.get(event.name, {})) if event else {}


def descend(value: Any, names: Iterable[str]) -> Any:
    """The value under these keys, None where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def nested(entries: Iterable[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """A record of the values under paths; missing ones are left out."""
    found: dict[str, Any] = {}
    for names, value in entries:
        place = found
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place |= {} if value is None else {names[-1]: value}
    return found


def is_event(event: n.EventSet, one: Happening, context: Context) -> bool:
    """Whether something that happened is one of the events named."""
    match event:
        case n.Event(name):
            return one.name == context.user.program.wire.get(name, name)
        case n.SystemEvent(name, rule):
            return one.name == name and same(one.properties.get("rule"), rule.text)
        case n.EventGroup(events):
            return any(is_event(each, one, context) for each in events)
        case n.EventWhere(inner, condition):
            inside = evolve(context, event=one, scene=one, history=[])
            return is_event(inner, one, context) and evaluate(condition, inside) is True
    return one.name != "sent"


def happened(event: n.EventSet, context: Context, period: n.Period | None = None) -> list[Happening]:
    """The events of the history that are of this kind and in the period (None: ever), oldest first."""
    history, now, zone = context.history, context.user.now, context.zone
    if period and period.event:
        marks = [place for place, one in enumerate(history, start=1) if is_event(period.event, one, context)]
        history = history[max(marks, default=0) :]
    elif period:
        history = [one for one in history if in_period(period, one.time, now, zone)]
    return [one for one in history if is_event(event, one, context)]


def aggregate(node: n.Aggregate, context: Context) -> Any:
    """count sum avg min max first last distinct over a period."""
    found = happened(node.event, context, node.period)
    values = [value for one in found if (value := descend(context.properties(one), node.path)) is not None]
    numbers = [value for value in values if kind(value) == "number"]
    results = {
        "count": len(found),
        "distinct": sum(not any(same(value, other) for other in values[:place]) for place, value in enumerate(values)),
        "sum": sum(numbers),
        "avg": sum(numbers) / len(numbers) if numbers else None,
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "first": values[0] if values else None,
        "last": values[-1] if values else None,
    }
    return results[node.function]


def truth(node: n.Expression, context: Context) -> bool | None:
    """A condition; one whose value is no boolean is unknown."""
    value = evaluate(node, context)
    return value if isinstance(value, bool) else None


def opposite(value: bool | None, turn: bool = True) -> bool | None:
    return None if value is None else value != turn


def evaluate(node: n.Expression, context: Context) -> Any:
    """The value of an expression."""

    def value_of(part: n.Expression) -> Any:
        return evaluate(part, context)

    match node:
        case n.Text() | n.Number() | n.Boolean() | n.Date():
            return node.value
        case n.Duration():
            return length(node)
        case n.ListLiteral(items):
            return [value_of(item) for item in items]
        case n.RecordLiteral(entries):
            return nested((entry.key, value_of(entry.value)) for entry in entries)
        case n.Path(names):
            roots = context.roots
            return descend(roots, names if names[0] in roots else ("event", *names))
        case n.Not(operand):
            return opposite(truth(operand, context))
        case n.And(operands) | n.Or(operands):
            values, decisive = [truth(operand, context) for operand in operands], isinstance(node, n.Or)
            return decisive if decisive in values else None if None in values else not decisive
        case n.Compare(sign, left, right):
            return compare(sign, value_of(left), value_of(right), context.zone)
        case n.Matches(operand, pattern):
            text = value_of(operand)
            return re2.search(pattern.value, text) is not None if isinstance(text, str) else None
        case n.In(operand, container, negated):
            items = value_of(container)
            found = compare("contains", items, value_of(operand), context.zone) if isinstance(items, list) else None
            return opposite(found, negated)
        case n.Member(name, negated):
            segment = context.user.program.segments.get(name.text)
            inside = (
                truth(segment, evolve(context, event=None, trigger=None))
                if segment
                else name.text in context.scene.lists
            )
            return opposite(inside, negated)
        case n.Exists(operand, negated):
            return (value_of(operand) is not None) != negated
        case n.Default(operand, fallback):
            value = value_of(operand)
            return value_of(fallback) if value is None else value
        case n.Arithmetic(sign, left, right):
            return arithmetic(sign, value_of(left), value_of(right))
        case n.Negative(operand):
            return arithmetic("*", value_of(operand), -1)
        case n.Call(name, arguments):
            return function(name.text, [value_of(argument) for argument in arguments], context.zone)
        case n.Happened(event, period, negated):
            return bool(happened(event, context, period)) != negated
        case n.Aggregate():
            return aggregate(node, context)
        case n.TimeSince(event, previous):
            found = happened(event, context.before_trigger if previous else context)
            return context.user.now - found[-1].time if found else None
        case n.Previous(event, names):
            before = context.before_trigger
            given = [descend(before.properties(one), names) for one in happened(event, before)]
            return next((value for value in reversed(given) if value is not None), None)
    raise TypeError(node)
