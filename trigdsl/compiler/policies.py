"""Windows, caps, limits and calendars of the rules → what the engine looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from trigdsl.compiler.expressions import length_of
from trigdsl.engine.action_types import CompiledCap, CompiledChannel, CompiledPeriod
from trigdsl.engine.calendars import Calendar, DateCalendar, HolidayCalendar
from trigdsl.engine.dates import day_number
from trigdsl.engine.windows import Hours, Window
from trigdsl.engine.zones import Zone, zone
from trigdsl.model.values import SECOND
from trigdsl.syntax import nodes

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit

WEEKDAYS = {day: place for place, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def compile_zone(node: nodes.Zone | None) -> Zone | None:
    """The zone that is meant; None for the user's."""
    if node is None or (node.name == "local" and not node.quoted):
        return None
    return zone("UTC" if node.name == "utc" and not node.quoted else node.name)


def compile_period(node: nodes.LimitPeriod) -> CompiledPeriod:
    return CompiledPeriod(kind=node.kind, length=length_of(node.duration) if node.duration is not None else 0)


def compile_hours(node: nodes.Between) -> Hours:
    return Hours(tuple((part.start.seconds * SECOND, part.end.seconds * SECOND) for part in node.ranges))


def print_period(node: nodes.LimitPeriod) -> str:
    """The period as the reason of a capped decision says it: `day`, or a duration in short form."""
    if node.duration is None:
        return node.kind
    return "".join(f"{count}{unit}" for count, unit in node.duration.parts)


def compile_calendar(node: nodes.CalendarDecl | nodes.HolidayDecl) -> Calendar:
    if isinstance(node, nodes.HolidayDecl):
        return HolidayCalendar(node.region.value)
    return DateCalendar(day_number(date.value) for date in node.dates)


class Policies:
    """The program's calendars, channels and caps."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.calendars = {name: compile_calendar(node) for name, node in unit.checked.calendars.items()}
        self.caps: list[CompiledCap] = []
        self._channels: dict[str, CompiledChannel] = {}
        self._own: dict[str, list[CompiledCap]] = {name: [] for name in unit.checked.channels}
        for name, policies in unit.checked.channels.items():
            for policy in policies:
                if isinstance(policy, nodes.Cap):
                    self._own[name].append(self._cap(name, policy))
        self._top = [(node, self._cap(None, node)) for node in unit.checked.caps]

    def _cap(self, scope: str | None, node: nodes.Cap | nodes.CapDecl) -> CompiledCap:
        label = cap_label(scope, node)
        cap = CompiledCap(number=len(self.caps), count=node.count, period=compile_period(node.period), label=label)
        self.caps.append(cap)
        return cap

    def caps_of(self, channel: str, tags: Iterable[str]) -> tuple[CompiledCap, ...]:
        """The caps that bind a send: the channel's own, then the top-level ones in order."""
        tags = set(tags)
        top = [
            cap
            for node, cap in self._top
            if node.name is None or (node.name.text == channel if node.scope == "channel" else node.name.text in tags)
        ]
        return (*self._own.get(channel, ()), *top)

    def channel(self, name: str) -> CompiledChannel:
        """What holds for every send on a channel, declared or not."""
        if name not in self._channels:
            policies = self._unit.checked.channels.get(name, ())
            requires = tuple(
                self._unit.test(f"channel_{name}__requires", policy.condition, None)
                for policy in policies
                if isinstance(policy, nodes.Requires)
            )
            limits = [policy.characters for policy in policies if isinstance(policy, nodes.LengthLimit)]
            self._channels[name] = CompiledChannel(
                name=name, requires=requires, characters=min(limits) if limits else None
            )
        return self._channels[name]

    def windows(self, step: nodes.Step) -> tuple[Window, ...]:
        """The windows that must all be open for a step: for each of its channels, else its own alone.

        A step's own `between` stands in place of the channel's, any own days in place of all of the channel's.
        """
        if step.urgent:
            return ()
        channels = [action.channel.text for action in step.actions if isinstance(action, nodes.Send)]
        sets = [self._unit.checked.channels.get(channel, ()) for channel in dict.fromkeys(channels)] or [()]
        made = []
        for policies in sets:
            between = step.between or next((one for one in policies if isinstance(one, nodes.Between)), None)
            days = step.days or tuple(one for one in policies if isinstance(one, nodes.OnDays | nodes.OnCalendar))
            if between is not None or days:
                made.append(self._window(between, days))
        return tuple(dict.fromkeys(made))

    def _window(self, between: nodes.Between | None, days: Sequence[nodes.DayCondition]) -> Window:
        weekdays: frozenset[int] | None = None
        for condition in days:
            if isinstance(condition, nodes.OnDays):
                named = frozenset(WEEKDAYS[day] for day in condition.days)
                weekdays = named if weekdays is None else weekdays & named
        calendars = [condition for condition in days if isinstance(condition, nodes.OnCalendar)]
        hours = None if between is None else compile_hours(between)
        return Window(
            hours=hours,
            zone=compile_zone(between.zone) if between is not None else None,
            weekdays=weekdays,
            on=tuple(self.calendars[one.calendar.text] for one in calendars if not one.negated),
            not_on=tuple(self.calendars[one.calendar.text] for one in calendars if one.negated),
        )


def cap_label(channel: str | None, node: nodes.Cap | nodes.CapDecl) -> str:
    """What a cap is called as a reason; `channel` is the one that an own cap is of."""
    scope = channel if channel is not None or isinstance(node, nodes.Cap) else _scope(node)
    return f"{scope} {node.count} per {print_period(node.period)}"


def _scope(node: nodes.CapDecl) -> str:
    match node.scope:
        case "all":
            return "all"
        case "tag":
            return f"tag {node.name.text if node.name else ''}"
    return node.name.text if node.name else ""
