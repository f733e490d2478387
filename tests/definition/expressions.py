"""An expression and what it is asked about → its value, None for missing and unknown (§4, §5, §10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import re2
from attrs import evolve, frozen

from trigdsl.syntax import nodes as n

from .moments import DAYS, length, zone_named
from .program import Program
from .values import arithmetic, compare, function, kind, read_date, read_instant, same

Types = dict[tuple[str, ...], str]


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
    """What an expression can see. `at` is the moment that `local` shows: now, but inside a where the event's."""

    program: Program
    rule: Any
    profile: dict[str, Any]
    lists: frozenset[str]
    history: list[Happening]
    event: Happening | None
    trigger: Happening | None
    now: datetime
    at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The user's zone, else the file's."""
        name = self.profile.get("timezone")
        return (zone_named(name) if isinstance(name, str) else None) or self.program.zone

    @property
    def local(self) -> dict[str, Any]:
        wall = self.at.astimezone(self.zone)
        fields = {"hour": wall.hour, "minute": wall.minute, "day": wall.day, "month": wall.month}
        return {**fields, "weekday": DAYS[wall.weekday()], "date": wall.date()}

    @property
    def before_trigger(self) -> Context:
        """The same, with only the events before the triggering one in the history."""
        place = self.history.index(self.trigger) if self.trigger in self.history else 0
        return evolve(self, history=self.history[:place])

    def read_as(self, value: Any, names: tuple[str, ...], types: Types) -> Any:
        """A property or attribute; text is read as a date or an instant where it is declared so, in records too."""
        if isinstance(value, dict):
            return {name: self.read_as(held, (*names, name), types) for name, held in value.items()}
        if isinstance(value, str) and types.get(names) == "date":
            return read_date(value, self.zone)
        return read_instant(value) if isinstance(value, str) and types.get(names) == "instant" else value

    @property
    def attributes(self) -> dict[str, Any]:
        """The user's profile, as it is read."""
        return self.read_as(self.profile, (), self.program.user_fields)  # type: ignore[no-any-return]

    def properties(self, event: Happening | None) -> dict[str, Any]:
        """The properties of an event, as they are read; none without an event."""
        return self.read_as(event.properties, (), self.program.event_fields.get(event.name, {})) if event else {}


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
        if value is not None:
            place[names[-1]] = value
    return found


def path(parts: tuple[str, ...], context: Context) -> Any:
    """What a path points at (§5)."""
    match parts:
        case ("user", *rest):
            return descend(context.attributes, rest)
        case ("event", *rest):
            return descend(context.properties(context.event), rest)
        case ("trigger", *rest):
            return descend(context.properties(context.trigger), rest)
        case ("now",):
            return context.now
        case ("local", name):
            return context.local[name]
        case ("rule", name):
            return {"name": context.rule.name, "title": context.rule.node.title}[name]
    return descend(context.properties(context.event), parts)


def is_event(event: n.EventSet, one: Happening, context: Context) -> bool:
    """Whether something that happened is one of the events named."""
    match event:
        case n.Event():
            return one.name == context.program.wire.get(event.name, event.name)
        case n.SystemEvent():
            return one.name == event.kind and same(one.properties.get("rule"), event.rule.text)
        case n.EventGroup():
            return any(is_event(each, one, context) for each in event.events)
        case n.EventWhere():
            inside = evolve(context, event=one, profile=one.profile, lists=one.lists, at=one.time, history=[])
            return is_event(event.event, one, context) and evaluate(event.condition, inside) is True
    return one.name != "sent"


def happened(event: n.EventSet, context: Context, period: n.Period | None = None) -> list[Happening]:
    """The events of the history that are of this kind and in the period (None: ever), oldest first."""
    history = context.history
    match period:
        case n.Period(kind="last", duration=lasting) if lasting:
            history = [one for one in history if context.now - length(lasting) < one.time <= context.now]
        case n.Period(kind="today"):
            today = context.now.astimezone(context.zone).date()
            history = [one for one in history if one.time.astimezone(context.zone).date() == today]
        case n.Period(kind="since", event=mark) if mark:
            places = [place for place, one in enumerate(history) if is_event(mark, one, context)]
            history = history[places[-1] + 1 :] if places else history
    return [one for one in history if is_event(event, one, context)]


def aggregate(node: n.Aggregate, context: Context) -> Any:
    """count sum avg min max first last distinct over a period."""
    found = happened(node.event, context, node.period)
    values = [value for one in found if (value := descend(context.properties(one), node.path)) is not None]
    numbers = [value for value in values if kind(value) == "number"]
    match node.function:
        case "count":
            return len(found)
        case "distinct":
            return sum(not any(same(value, other) for other in values[:place]) for place, value in enumerate(values))
        case "sum":
            return sum(numbers)
        case "avg":
            return sum(numbers) / len(numbers) if numbers else None
        case "first" | "last":
            return values[0 if node.function == "first" else -1] if values else None
    return {"min": min, "max": max}[node.function](numbers, default=None)


def contains(operator: str, left: Any, right: Any) -> bool | None:
    """contains, starts with, ends with."""
    if operator == "contains" and isinstance(left, list) and right is not None:
        return any(same(item, right) for item in left)
    if not isinstance(left, str) or not isinstance(right, str):
        return None
    return {"contains": right in left, "starts with": left.startswith(right)}.get(operator, left.endswith(right))


def truth(node: n.Expression, context: Context) -> bool | None:
    """A condition; one whose value is no boolean is unknown."""
    value = evaluate(node, context)
    return value if isinstance(value, bool) else None


def opposite(value: bool | None, turn: bool = True) -> bool | None:
    return None if value is None else value != turn


def kleene(values: list[bool | None], decisive: bool) -> bool | None:
    """`and` is decided by a false, `or` by a true; else one unknown leaves the whole unknown."""
    return decisive if decisive in values else None if None in values else not decisive


def evaluate(node: n.Expression, context: Context) -> Any:
    """The value of an expression."""

    def value_of(part: n.Expression) -> Any:
        return evaluate(part, context)

    match node:
        case n.Text() | n.Number() | n.Boolean() | n.Date():
            return node.value
        case n.Duration():
            return length(node)
        case n.ListLiteral():
            return [value_of(item) for item in node.items]
        case n.RecordLiteral():
            return nested((entry.key, value_of(entry.value)) for entry in node.entries)
        case n.Path():
            return path(node.parts, context)
        case n.Not():
            return opposite(truth(node.operand, context))
        case n.And() | n.Or():
            return kleene([truth(operand, context) for operand in node.operands], decisive=isinstance(node, n.Or))
        case n.Compare(operator="contains" | "starts with" | "ends with"):
            return contains(node.operator, value_of(node.left), value_of(node.right))
        case n.Compare():
            return compare(node.operator, value_of(node.left), value_of(node.right), context.zone)
        case n.Matches():
            text = value_of(node.operand)
            return re2.search(node.pattern.value, text) is not None if isinstance(text, str) else None
        case n.In():
            value, items = value_of(node.operand), value_of(node.container)
            fits = value is not None and isinstance(items, list)
            return opposite(any(same(value, item) for item in items), node.negated) if fits else None
        case n.Member() if node.name.text in context.program.segments:
            alone = evolve(context, event=None, trigger=None)
            return opposite(truth(context.program.segments[node.name.text], alone), node.negated)
        case n.Member():
            return (node.name.text in context.lists) != node.negated
        case n.Exists():
            return (value_of(node.operand) is not None) != node.negated
        case n.Default():
            value = value_of(node.operand)
            return value_of(node.fallback) if value is None else value
        case n.Arithmetic():
            return arithmetic(node.operator, value_of(node.left), value_of(node.right))
        case n.Negative():
            return arithmetic("*", value_of(node.operand), -1)
        case n.Call():
            return function(node.name.text, [value_of(argument) for argument in node.arguments], context.zone)
        case n.Happened():
            return bool(happened(node.event, context, node.period)) != node.negated
        case n.Aggregate():
            return aggregate(node, context)
        case n.TimeSince():
            found = happened(node.event, context.before_trigger if node.previous else context)
            return context.now - found[-1].time if found else None
        case n.Previous():
            before = context.before_trigger
            values = [descend(before.properties(one), node.path) for one in happened(node.event, before)]
            return next((value for value in reversed(values) if value is not None), None)
    raise TypeError(node)
