"""Parsed file → what its declarations say, and its rules (§5, §6.3, §7)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from trigdsl.syntax import nodes as n
from trigdsl.syntax.walk import walk

from .moments import Calendars, Window, zone_named, zone_of

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

    def clause(self, kind: type) -> Any:
        """The clause of that kind, None without one."""
        return next(iter(self.clauses(kind)), None)

    @property
    def tags(self) -> set[str]:
        return {name.text for tags in self.clauses(n.Tags) for name in tags.names}


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
    calendars: Calendars
    segments: dict[str, n.Expression]

    @classmethod
    def of(cls, file: n.File) -> Program:
        """Gather the declarations; their order does not matter, that of rules and caps is kept."""

        def those(kind: type) -> list[Any]:
            return [item for item in file.items if isinstance(item, kind)]

        assert not those(n.HolidayDecl), "holidays are no part of the definition"
        zones = [zone_named(item.name) for item in those(n.Timezone)]
        places, unnamed = count(), count(1)
        names = [(rule, rule.name.text if rule.name else f"rule_{next(unnamed)}") for rule in those(n.Rule)]
        wire = {event.name.text: event.wire.value if event.wire else event.name.text for event in those(n.EventDecl)}
        return cls(
            zone=next(filter(None, zones), ZoneInfo("UTC")),
            rules=[Rule(rule, name, next(places)) for rule, name in names],
            wire=wire,
            event_types={
                wire[event.name.text]: {one.path: one.type for one in event.fields or ()}
                for event in those(n.EventDecl)
            },
            user_types={one.path: one.type for user in those(n.UserDecl) for one in user.fields},
            channels={channel.name.text: channel.policies for channel in those(n.ChannelDecl)},
            caps=those(n.CapDecl),
            calendars={one.name.text: frozenset(day.value for day in one.dates) for one in those(n.CalendarDecl)},
            segments={segment.name.text: segment.condition for segment in those(n.SegmentDecl)},
        )

    def zone_for(self, profile: dict[str, Any]) -> ZoneInfo:
        """A user's zone, else the file's."""
        name = profile.get("timezone")
        return (zone_named(name) if isinstance(name, str) else None) or self.zone

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
            found.append(Window(between.ranges if between else None, days, zone, self.calendars))
        return found

    def periods(self, condition: n.Expression) -> Iterator[n.Period]:
        """The periods of history that a condition looks at, those of the segments it names too."""
        for node in walk(condition):
            if isinstance(node, n.Period):
                yield node
            elif isinstance(node, n.Member) and node.name.text in self.segments:
                yield from self.periods(self.segments[node.name.text])
