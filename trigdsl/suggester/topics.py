"""A rule of a program → what a story about it can be made of: its events, lengths, times, dates, counts, and values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.model.values import Value
from trigdsl.suggester.conditions import Solver
from trigdsl.suggester.history import Happening
from trigdsl.suggester.scenes import Needs, with_value
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk
from trigdsl.tester.literals import duration_value
from trigdsl.tester.mentions import QUIET_EVENT, Carriers, carriers_of, mentions_of
from trigdsl.tester.stories import Line

MOST_EVENTS = 10


@frozen
class Topic:
    """What a rule mentions, by itself or by its channels, caps and segments.

    `events` are lines at second 0 with what else they need; `periods` the calendar periods of caps and limits; `waits`
    how long steps may wait, `chains` how long restarts may go on, both in seconds; `key` is the path of `for each`.
    """

    carriers: Carriers
    events: tuple[tuple[Line, Needs], ...]
    durations: tuple[int, ...]
    times: tuple[int, ...]
    dates: tuple[dt.date, ...]
    counts: tuple[int, ...]
    periods: tuple[str, ...]
    values: dict[tuple[str, ...], tuple[Value, ...]]
    attributes: dict[tuple[str, ...], tuple[Value, ...]]
    lists: tuple[str, ...]
    zones: tuple[str, ...]
    has_weekdays: bool
    past_values: dict[str, dict[tuple[str, ...], tuple[Value, ...]]]
    waits: tuple[int, ...]
    chains: tuple[int, ...]
    key: tuple[str, ...] | None

    def with_events(self, lines: Iterable[Line]) -> Topic:
        """The topic with these events as well."""
        return evolve(self, events=(*self.events, *((evolve(line, at=0), ()) for line in lines)))


def topic_of(checked: CheckedProgram, rule: CheckedRule, solver: Solver) -> Topic:
    """All that one rule mentions."""
    about = _about(checked, rule)
    found = mentions_of(about)
    values: dict[tuple[str, ...], tuple[Value, ...]] = {}
    for name in solver.carriers:
        for path, held in found.events.get(name, {}).items():
            values[path] = tuple(held)
    parts = [rule.node, *(policy for held in about.channels.values() for policy in held), *about.caps]
    within = [node for part in parts for node in walk(part)]
    return Topic(
        carriers=solver.carriers,
        events=tuple(_events(rule, solver)),
        durations=tuple(sorted(found.durations)),
        times=tuple(sorted(found.times)),
        dates=tuple(sorted(found.dates)),
        counts=tuple(found.counts),
        periods=tuple(
            dict.fromkeys(one.kind for one in within if isinstance(one, nodes.LimitPeriod) if one.kind in _CALENDAR)
        ),
        values=values,
        attributes={path: tuple(held) for path, held in found.attributes.items()},
        lists=tuple(name for name in found.lists if name in _lists_in(about)),
        zones=tuple(found.zones),
        has_weekdays=any(isinstance(one, nodes.OnDays | nodes.OnCalendar) for one in within),
        past_values={
            name: {path: tuple(held) for path, held in paths.items()}
            for name, paths in found.events.items()
            if name not in solver.carriers
        },
        waits=_lengths(step.expires for step in rule.node.steps),
        chains=_lengths(one.at_most for one in rule.node.clauses if isinstance(one, nodes.WhilePending)),
        key=next((one.path for one in rule.node.clauses if isinstance(one, nodes.ForEach)), None),
    )


_CALENDAR = ("day", "week", "month")


def _lengths(durations: Iterable[nodes.Duration | None]) -> tuple[int, ...]:
    """The lengths of those that there are, in seconds."""
    return tuple(int(duration_value(one).total_seconds()) for one in durations if one is not None)


def channels_of(rule: CheckedRule) -> tuple[str, ...]:
    """The channels that a rule sends on."""
    return tuple(dict.fromkeys(node.channel.text for node in walk(rule.node) if isinstance(node, nodes.Send)))


def _about(checked: CheckedProgram, rule: CheckedRule) -> CheckedProgram:
    """The program with nothing but what concerns one rule."""
    channels, tags = channels_of(rule), _tags(rule)
    segments = _segments(checked, [rule.node, *(one for name in channels for one in checked.channels.get(name, ()))])
    calendars = {
        node.calendar.text
        for part in (rule.node, *(one for name in channels for one in checked.channels.get(name, ())))
        for node in walk(part)
        if isinstance(node, nodes.OnCalendar | nodes.EveryDateOf)
    }
    return evolve(
        checked,
        rules=(rule,),
        channels={name: held for name, held in checked.channels.items() if name in channels},
        caps=tuple(cap for cap in checked.caps if channels and _concerns(cap, channels, tags)),
        segments={name: checked.segments[name] for name in segments},
        calendars={name: held for name, held in checked.calendars.items() if name in calendars},
        invariants=(),
    )


def _tags(rule: CheckedRule) -> frozenset[str]:
    return frozenset(tag.text for one in rule.node.clauses if isinstance(one, nodes.Tags) for tag in one.names)


def _concerns(cap: nodes.CapDecl, channels: Iterable[str], tags: Iterable[str]) -> bool:
    if cap.name is None:
        return True
    return cap.name.text in (channels if cap.scope == "channel" else tags)


def _segments(checked: CheckedProgram, parts: Iterable[nodes.Node]) -> list[str]:
    """The segments that are named in these parts, and those named in their conditions."""
    found: dict[str, None] = {}
    waiting = list(parts)
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, nodes.Member | nodes.MembershipTrigger):
                name = node.name.text
                if name in checked.segments and name not in found:
                    found[name] = None
                    waiting.append(checked.segments[name].condition)
    return list(found)


def _lists_in(about: CheckedProgram) -> set[str]:
    parts: list[nodes.Node] = [about.rules[0].node, *about.segments.values()]
    parts += [policy for held in about.channels.values() for policy in held]
    named: set[str] = set()
    for node in (node for part in parts for node in walk(part)):
        match node:
            case nodes.Member(name=name) | nodes.MembershipTrigger(name=name):
                named.add(name.text)
            case nodes.AddTo(list=name) | nodes.RemoveFrom(list=name):
                named.add(name.text)
    return named


def _events(rule: CheckedRule, solver: Solver) -> Iterator[tuple[Line, Needs]]:
    """The events that a rule heeds, as they pass and as they fail what is asked of them."""
    path = next((one.path for one in rule.node.clauses if isinstance(one, nodes.ForEach)), None)
    sets = [part.event for part in walk(rule.node) if isinstance(part, nodes.Unless | nodes.StopOn | nodes.Goal)]
    sets += [part.event for part in walk(rule.node) if isinstance(part, nodes.SilenceTrigger | nodes.EventTrigger)]
    sets += [part.event for part in walk(rule.node) if isinstance(part, nodes.Happened)]
    found: dict[str, tuple[Line, Needs]] = {}
    for event in sets:
        for lines, needs in _of_each(event, path, solver):
            if lines:
                found.setdefault(repr((lines[-1], needs)), (evolve(lines[-1], at=0), needs))
    for kind in ("opened", "clicked"):
        line = Line(0, "event", kind, ((("rule",), rule.name),))
        if isinstance(rule.node.trigger, nodes.IgnoredTrigger):
            line = evolve(line, properties=((("rule",), rule.node.trigger.rule.text),))
            found.setdefault(repr(line), (line, ()))
    yield from list(found.values())[:MOST_EVENTS]
    yield Line(0, "event", QUIET_EVENT), ()


def _of_each(event: nodes.EventSet, path: tuple[str, ...] | None, solver: Solver) -> Iterator[Happening]:
    """The events of a set: with the value that keeps runs apart, and with another."""
    for lines, needs in (*solver.history.happenings(event)[:4], *solver.history.failing(event)[:2]):
        if path is None or not lines or lines[-1].name not in carriers_of(event):
            yield lines, needs
            continue
        for value in (FIRST_KEY, OTHER_KEYS[0]):
            yield (*lines[:-1], evolve(lines[-1], properties=with_value(lines[-1].properties, path, value))), needs


FIRST_KEY, OTHER_KEYS = "a", ("b", "c", "d", "e", "f", "g", "h")
"""Values of `for each`: of the triggering event, and others."""
