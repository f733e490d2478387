"""A checked program → everything that it mentions: what a story must be made of to reach its corners.

Events with values of the properties that rules read, attributes with values, lengths of time, times of day, dates,
zones, lists.  Values stand around the literals that they are compared with: equal, one less, one more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import define, field

from trigdsl.checker.paths import resolve
from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.checker.templates import TemplateSyntaxError, parse_template
from trigdsl.model.values import Value
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import children, walk
from trigdsl.tester.literals import duration_value, literal_value

QUIET_EVENT = "time_passes"
"""An event that only moves the clock, unless rules speak of `any`."""

MOST_AT_ONCE = 100
"""Counts beyond that are not worth so many lines of a story."""

Carriers = tuple[str, ...]
"""The events, as rules name them, whose properties a path reads."""

_BY_TYPE: dict[str, tuple[Value, ...]] = {
    "text": ("a", "b"),
    "number": (1, 0, 100),
    "boolean": (True, False),
    "date": ("2026-11-20",),
    "instant": ("2026-11-20T10:00:00Z",),
    "list": (["a"], []),
}
_SYSTEM = ("opened", "clicked", "bounced", "unsubscribed")


@define
class Mentions:
    """What a program mentions, each in the order of its first mention.

    `events` maps events as rules name them to their properties, a path and values of it; `counts` are the whole
    numbers of ordinals, caps and limits; `durations` are in seconds, `times` in seconds of the day.
    """

    events: dict[str, dict[tuple[str, ...], list[Value]]] = field(factory=dict)
    attributes: dict[tuple[str, ...], list[Value]] = field(factory=dict)
    lists: list[str] = field(factory=list)
    counts: list[int] = field(factory=list)
    durations: list[int] = field(factory=list)
    times: list[int] = field(factory=list)
    dates: list[dt.date] = field(factory=list)
    zones: list[str] = field(factory=list)

    def add_event(self, name: str) -> None:
        self.events.setdefault(name, {})

    def add_property(self, carriers: Carriers, path: tuple[str, ...], values: Iterable[Value]) -> None:
        """Values of a property of each of these events; a property of `sent` nobody can give."""
        for name in carriers:
            if name != "sent" and path:
                _add(self.events.setdefault(name, {}).setdefault(path, []), values)

    def add_attribute(self, path: tuple[str, ...], values: Iterable[Value]) -> None:
        if path and path != ("timezone",):
            _add(self.attributes.setdefault(path, []), values)


def mentions_of(checked: CheckedProgram) -> Mentions:
    """Everything that a program mentions."""
    found = Mentions()
    _Collector(checked, found).collect()
    return found


def carriers_of(event: nodes.Node) -> Carriers:
    """The names of all events that an event set (or a node with such) speaks of; `any` is the quiet event."""
    names: dict[str, None] = {}
    for node in walk(event):
        match node:
            case nodes.Event(name=name):
                names[name] = None
            case nodes.SystemEvent(kind=kind):
                names[kind] = None
            case nodes.AnyEvent():
                names[QUIET_EVENT] = None
    return tuple(names)


class _Collector:
    """Goes through one program once."""

    def __init__(self, checked: CheckedProgram, found: Mentions) -> None:
        self._checked = checked
        self._found = found

    def collect(self) -> None:
        checked, found = self._checked, self._found
        _add(found.zones, [checked.timezone] if checked.timezone else [])
        _add(found.lists, sorted(checked.lists))
        for calendar in checked.calendars.values():
            if isinstance(calendar, nodes.CalendarDecl):
                _add(found.dates, (day.value for day in calendar.dates))
        for rule in checked.rules:
            self._rule(rule)
        for name, policies in checked.channels.items():
            for policy in policies:
                self._visit(policy, self._senders(name))
        for segment in checked.segments.values():
            self._visit(segment.condition, ())
        for node in (*checked.caps, *checked.invariants):
            self._visit(node, ())
        for name, fields in checked.event_fields.items():
            if name in found.events:
                for path, kind in fields.items():
                    if not found.events[name].get(path):
                        found.add_property((name,), path, _BY_TYPE.get(kind, ()))
        for path, kind in (checked.user_fields or {}).items():
            if path in found.attributes and not found.attributes[path]:
                found.add_attribute(path, _BY_TYPE.get(kind, ()))
        self._fill()

    def _fill(self) -> None:
        """A property of which nothing is known but that it is read."""
        for values in (*(held for event in self._found.events.values() for held in event.values()),
                       *self._found.attributes.values()):  # fmt: skip
            if not values:
                values += ["a", 1]

    def _senders(self, channel: str) -> Carriers:
        """The events that trigger rules which send on a channel: those whose properties its conditions read."""
        names: dict[str, None] = {}
        for rule in self._checked.rules:
            if any(isinstance(node, nodes.Send) and node.channel.text == channel for node in walk(rule.node)):
                names.update(dict.fromkeys(carriers_of(rule.node.trigger)))
        return tuple(names)

    def _rule(self, rule: CheckedRule) -> None:
        carriers = carriers_of(rule.node.trigger)
        for part in children(rule.node):
            self._visit(part, carriers)
        for one in rule.node.clauses:
            if isinstance(one, nodes.ForEach):
                heeded = [part.event for part in walk(rule.node) if isinstance(part, nodes.Unless | nodes.StopOn)]
                for name in (*carriers, *(name for event in heeded for name in carriers_of(event))):
                    self._found.add_property((name,), one.path, ("a", "b"))

    # ------------------------------------------------------------------ one node after another
    def _visit(self, node: nodes.Node, carriers: Carriers, outer: Carriers = ()) -> None:
        """Note what a node mentions; `carriers` are the events that bare paths read, `outer` those of `trigger.`."""
        found = self._found
        match node:
            case nodes.EventWhere():
                self._visit(node.event, carriers, outer)
                self._visit(node.condition, carriers_of(node.event), carriers)
                return
            case nodes.Event() | nodes.AnyEvent():
                for name in carriers_of(node):
                    found.add_event(name)
            case nodes.SystemEvent() if node.kind in _SYSTEM:
                found.add_property((node.kind,), ("rule",), (node.rule.text,))
            case nodes.IgnoredTrigger():
                found.add_property(("opened",), ("rule",), (node.rule.text,))
            case nodes.Compare() | nodes.In() | nodes.Arithmetic():
                self._compared(node, carriers, outer)
            case nodes.And() | nodes.Or() | nodes.Not():
                self._truths(node, carriers, outer)
            case nodes.Path():
                self._read(node, (), carriers, outer)
            case nodes.Aggregate() | nodes.Previous() if node.path:
                found.add_property(carriers_of(node.event), node.path, ())
            case nodes.Text() | nodes.TemplateFile():
                self._template(node, carriers)
            case nodes.Requires() | nodes.Step() | nodes.WhenVariant() | nodes.Rule() | nodes.SegmentDecl():
                self._condition(node, carriers)
            case nodes.BecomesTrigger():
                found.add_attribute((node.attribute.text,), _near(literal_value(node.value)))
            case nodes.ChangesTrigger():
                found.add_attribute((node.attribute.text,), ())
            case nodes.EveryYearOf():
                found.add_attribute((node.attribute.text,), ("1990-11-21", "1990-02-29"))
            case _:
                self._moments(node)
        for child in children(node):
            self._visit(child, carriers, outer)

    def _moments(self, node: nodes.Node) -> None:
        found = self._found
        match node:
            case nodes.Duration():
                _add(found.durations, [int(duration_value(node).total_seconds())])
            case nodes.TimeOfDay(seconds=seconds):
                _add(found.times, [seconds % 86_400])
            case nodes.Date(value=day) | nodes.OnDate(date=day):
                _add(found.dates, [day])
            case nodes.Campaign(start=start, end=end):
                _add(found.dates, [day for day in (start, end) if day is not None])
            case nodes.Zone(name=name, quoted=quoted) if quoted or name == "utc":
                _add(found.zones, ["UTC" if name == "utc" and not quoted else name])
            case nodes.Cap(count=count) | nodes.CapDecl(count=count) | nodes.AtMostSends(count=count):
                self._count(count)
            case nodes.Limit(count=count) | nodes.EventTrigger(ordinal=int(count)):
                self._count(count)
            case nodes.Member(name=name) | nodes.MembershipTrigger(name=name):
                _add(found.lists, [] if name.text in self._checked.segments else [name.text])

    def _count(self, count: int) -> None:
        _add(self._found.counts, [one for one in (count, count + 1, count - 1) if 0 < one <= MOST_AT_ONCE])

    def _compared(self, node: nodes.Node, carriers: Carriers, outer: Carriers) -> None:
        """Every path in a comparison may be near every literal in it, and so may what is added up."""
        values = [value for part in walk(node) for value in _literal(part)]
        near = [other for value in values for other in _near(value)]
        for part in walk(node):
            if isinstance(part, nodes.Path):
                self._read(part, near, carriers, outer)
            elif isinstance(part, nodes.Aggregate) and part.path:
                self._found.add_property(carriers_of(part.event), part.path, near)
            elif isinstance(part, nodes.Aggregate) and part.function == "count":
                for value in values:
                    if isinstance(value, int) and not isinstance(value, bool):
                        self._count(value)

    def _condition(self, node: nodes.Node, carriers: Carriers) -> None:
        for name in ("condition", "guard"):
            held = getattr(node, name, None)
            if isinstance(held, nodes.Path):
                self._read(held, (True, False), carriers, ())

    def _truths(self, node: nodes.And | nodes.Or | nodes.Not, carriers: Carriers, outer: Carriers) -> None:
        for operand in (node.operand,) if isinstance(node, nodes.Not) else node.operands:
            if isinstance(operand, nodes.Path):
                self._read(operand, (True, False), carriers, outer)

    def _read(self, path: nodes.Path, values: Iterable[Value], carriers: Carriers, outer: Carriers) -> None:
        root, rest = resolve(path.parts)
        if root == "user":
            self._found.add_attribute(rest, values)
        elif root in ("event", "trigger"):
            self._found.add_property(outer if root == "trigger" and outer else carriers, rest, values)

    def _template(self, node: nodes.Text | nodes.TemplateFile, carriers: Carriers) -> None:
        try:
            reads = sorted(parse_template(_text_of(node)).reads)
        except (TemplateSyntaxError, OSError):
            return
        for path in reads:
            self._read(nodes.Path(path), (), carriers, ())


def _text_of(node: nodes.Text | nodes.TemplateFile) -> str:
    if isinstance(node, nodes.Text):
        return node.value
    return (Path(node.span.source.name).parent / node.path).read_text(encoding="utf-8")


def _literal(node: nodes.Node) -> Iterator[Value]:
    if isinstance(node, nodes.Text | nodes.Number | nodes.Boolean | nodes.Date):
        yield literal_value(node)


def _near(value: Value) -> tuple[Value, ...]:
    """A value, and its neighbours one tick away: what a comparison with it must tell apart."""
    if isinstance(value, bool):
        return (value, not value)
    if isinstance(value, int | float):
        return (value, value + 1, value - 1)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return (value, value + dt.timedelta(days=1), value - dt.timedelta(days=1))
    return (value, f"{value}x") if isinstance(value, str) else (value,)


def _add(held: list, values: Iterable) -> None:  # type: ignore[type-arg]
    """Add what is not there yet; `1` and `true` are two values."""
    known = {(type(value).__name__, repr(value)) for value in held}
    for value in values:
        key = (type(value).__name__, repr(value))
        if key not in known:
            known.add(key)
            held.append(value)
