"""A syntax tree → trees that differ from it in one place: a number, a name, an operator, a part more or less."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import attrs

from trigdsl.syntax import nodes as n

CHOICES = {
    (n.Compare, "operator"): ["==", "!=", "<", "<=", ">", ">=", "contains", "starts with", "ends with"],
    (n.Arithmetic, "operator"): ["+", "-", "*", "/"],
    (n.Aggregate, "function"): ["sum", "avg", "min", "max", "first", "last", "distinct"],
    (n.SystemEvent, "kind"): ["sent", "opened", "clicked", "bounced", "unsubscribed"],
    (n.WhilePending, "policy"): ["ignore", "restart", "stack"],
    (n.OnEdit, "policy"): ["keep", "retime", "cancel"],
    (n.CapDecl, "scope"): ["channel", "tag"],
    (n.Zone, "name"): ["local", "utc"],
    (n.Period, "kind"): ["today", "ever"],
    (n.LimitPeriod, "kind"): ["day", "week", "month", "ever"],
}
"""Words that stand for one of several; any other word is a name."""

UNITS = ("s", "m", "h", "d", "w")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SWAPPED = {True: False, False: True}


def mutants(node: n.Node) -> Iterator[n.Node]:
    """Every tree that differs from `node` in one place, as far as it could be written at all."""
    for field in attrs.fields(type(node)):  # type: ignore[arg-type]
        if field.name in {"span", "id"} or not field.eq:
            continue
        old = getattr(node, field.name)
        for new in _others(node, field.name, old):
            changed = attrs.evolve(node, **{field.name: new})
            if changed != node and _can_be_written(changed):
                yield changed


def _others(node: n.Node, name: str, old: Any) -> Iterator[Any]:
    if (type(node), name) in CHOICES and not (isinstance(node, n.Zone) and node.quoted):
        choices = CHOICES[(type(node), name)]
        yield from (choice for choice in choices if choice != old and old in choices)
    elif isinstance(node, n.EveryWeekday | n.OnDays):
        yield from (tuple(day for day in WEEKDAYS if (day in old) != (day == other)) for other in WEEKDAYS)
    elif isinstance(node, n.Duration):
        yield from _other_parts(old)
    else:
        yield from _other_values(old)


def _other_parts(parts: tuple[tuple[int, str], ...]) -> Iterator[tuple[tuple[int, str], ...]]:
    for place, (count, unit) in enumerate(parts):
        yield (*parts[:place], (count + 1, unit), *parts[place + 1 :])
    if len(parts) == 1:
        yield from (((parts[0][0], unit),) for unit in UNITS if unit != parts[0][1])


def _other_values(old: Any) -> Iterator[Any]:
    match old:
        case bool():
            yield SWAPPED[old]
        case int() | float():
            yield old + 1
        case str():
            yield old + "x"
        case dt.date():
            yield old - dt.timedelta(1) if old > dt.date(2000, 1, 1) else old + dt.timedelta(1)
        case n.Node():
            yield from mutants(old)
            yield None
        case tuple():
            yield from _other_tuples(old)


def _other_tuples(old: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for place, part in enumerate(old):
        yield (*old[:place], *old[place + 1 :])
        yield from ((*old[:place], other, *old[place + 1 :]) for other in _other_values(part) if other is not None)
    for place in range(len(old) - 1):
        yield (*old[:place], old[place + 1], old[place], *old[place + 2 :])


_LEAST = {
    n.EventGroup: ("events", 2),
    n.And: ("operands", 2),
    n.Or: ("operands", 2),
    n.Path: ("parts", 1),
    n.Previous: ("path", 1),
    n.Entry: ("key", 1),
    n.ForEach: ("path", 1),
    n.Tags: ("names", 1),
    n.Step: ("actions", 1),
    n.Rule: ("steps", 1),
    n.Between: ("ranges", 1),
    n.EveryWeekday: ("days", 1),
    n.OnDays: ("days", 1),
}
"""How many parts there are at least."""


def _can_be_written(node: n.Node) -> bool:
    if type(node) in _LEAST:
        name, least = _LEAST[type(node)]
        if len(getattr(node, name)) < least:
            return False
    for field in attrs.fields(type(node)):  # type: ignore[arg-type]
        if getattr(node, field.name) is None and "None" not in str(field.type):
            return False
    return _fits(node)


def _fits(node: n.Node) -> bool:
    """What the fields of a node have to do with each other."""
    match node:
        case n.Period() | n.LimitPeriod():
            event = getattr(node, "event", None)
            by_kind = {"last": node.duration is not None, "duration": node.duration is not None, "since": event}
            return bool(by_kind.get(node.kind, node.duration is None and event is None))
        case n.EventTrigger():
            return not node.every or node.ordinal is not None
        case n.Aggregate():
            return (node.function == "count") == (node.path == ())
        case n.Campaign():
            return (node.start is None) != (node.end is None)
        case n.CapDecl():
            return (node.name is None) == (node.scope == "all")
        case n.WhilePending():
            return node.at_most is None or node.policy == "restart"
        case n.TimeRange():
            return node.start != node.end
        case n.EveryYear() | n.EveryMonth():
            return node.day <= 31 and getattr(node, "month", 1) <= 12
        case n.Step():
            return (not node.else_skip or bool(node.between or node.days)) and (
                node.zone is None or node.at is not None
            )
        case n.Send():
            return not (node.content and node.variants) and _variants_fit(node.variants)
        case n.TimeOfDay():
            return node.seconds <= 86_400
    return True


def _variants_fit(variants: tuple[n.Variant, ...]) -> bool:
    """At most one `otherwise`, and that last."""
    return all(not isinstance(variant, n.WhenVariant) or variant.condition is not None for variant in variants[:-1])
