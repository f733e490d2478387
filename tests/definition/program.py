"""Parsed file → the facts of a program in lookup form: aliases, fields, channels, lists and rules (§5, §6.3)."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field, fields

from trigdsl.syntax import nodes as n

from .moments import Days, Window, zone_named


@define
class RuleFacts:
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


@define
class Program:
    """What the declarations of a file say."""

    zone: ZoneInfo
    rules: list[RuleFacts] = field(factory=list)
    wire: dict[str, str] = field(factory=dict)
    event_fields: dict[str, dict[tuple[str, ...], str]] = field(factory=dict)
    user_fields: dict[tuple[str, ...], str] = field(factory=dict)
    channels: dict[str, n.ChannelDecl] = field(factory=dict)
    caps: list[n.CapDecl] = field(factory=list)
    calendars: dict[str, frozenset[date]] = field(factory=dict)
    segments: dict[str, n.Expression] = field(factory=dict)

    @classmethod
    def of(cls, file: n.File) -> Program:
        """Gather the declarations; their order does not matter, that of rules and caps is kept."""
        named = next((item.name for item in file.items if isinstance(item, n.Timezone)), "UTC")
        program = cls(zone_named(named) or ZoneInfo("UTC"))
        unnamed = 0
        for item in file.items:
            if isinstance(item, n.Rule):
                unnamed += item.name is None
                name = item.name.text if item.name else f"rule_{unnamed}"
                program.rules.append(RuleFacts(item, name, len(program.rules)))
            else:
                program.declare(item)
        return program

    def declare(self, item: n.Item) -> None:
        """Take in one declaration."""
        match item:
            case n.EventDecl():
                wire = item.wire.value if item.wire else item.name.text
                self.wire[item.name.text] = wire
                self.event_fields[wire] = {one.path: one.type for one in item.fields or ()}
            case n.UserDecl():
                self.user_fields |= {one.path: one.type for one in item.fields}
            case n.ChannelDecl():
                self.channels[item.name.text] = item
            case n.CapDecl():
                self.caps.append(item)
            case n.CalendarDecl():
                self.calendars[item.name.text] = frozenset(one.value for one in item.dates)
            case n.SegmentDecl():
                self.segments[item.name.text] = item.condition
            case n.HolidayDecl():
                raise NotImplementedError("holidays")

    def policies(self, channel: str, kind: type) -> list[Any]:
        """What a channel says of one kind."""
        declared = self.channels.get(channel)
        return [policy for policy in declared.policies if isinstance(policy, kind)] if declared else []

    def windows(self, step: n.Step, users: ZoneInfo) -> list[Window]:
        """The windows a step must find open, in the zone its user has now (§7)."""
        channels = [action.channel.text for action in step.actions if isinstance(action, n.Send)]
        return [self.window(step, channel, users) for channel in channels or [None]]

    def window(self, step: n.Step, channel: str | None, users: ZoneInfo) -> Window:
        """A step's own `between` replaces the channel's, any own days all the channel's days."""
        theirs = self.policies(channel, n.Between) if channel else []
        between = step.between or (theirs[0] if theirs else None)
        days = step.days or (self.policies(channel, (n.OnDays, n.OnCalendar)) if channel else ())  # type: ignore[arg-type]
        ranges = tuple((one.start.seconds, one.end.seconds) for one in between.ranges) if between else None
        return Window(
            ranges, tuple(self.days(one) for one in days), self.zone_of(between.zone if between else None, users)
        )

    def days(self, condition: n.DayCondition) -> Days:
        """A condition on days with the dates of its calendar."""
        if isinstance(condition, n.OnDays):
            return Days(weekdays=condition.days)
        return Days(dates=self.calendars[condition.calendar.text], negated=condition.negated)

    @staticmethod
    def zone_of(zone: n.Zone | None, users: ZoneInfo) -> ZoneInfo:
        """`local` (or nothing) is the user's zone, `utc` and quoted names are themselves."""
        if zone is None or (zone.name == "local" and not zone.quoted):
            return users
        found = zone_named("UTC" if zone.name == "utc" and not zone.quoted else zone.name)
        assert found, f"the checker lets no unknown zone through: {zone.name}"
        return found


def windows_looked_at(node: Any, program: Program) -> tuple[list[n.Duration], bool]:
    """The durations of all `in last D` in a condition, and whether it asks for `today`; segments it names included."""
    lasting: list[n.Duration] = []
    today = False
    parts = [node]
    while parts:
        part = parts.pop()
        if isinstance(part, n.Period):
            lasting += [part.duration] if part.kind == "last" and part.duration else []
            today |= part.kind == "today"
        if isinstance(part, n.Member) and part.name.text in program.segments:
            parts.append(program.segments[part.name.text])
        if isinstance(part, tuple):
            parts.extend(part)
        elif isinstance(part, n.Node):
            parts.extend(getattr(part, one.name) for one in fields(type(part)) if one.name not in ("span", "id"))
    return lasting, today
