"""Rules: triggers, steps, actions and clauses → text."""

from __future__ import annotations

from trigdsl.syntax.nodes import (
    Action,
    AddTo,
    BecomesTrigger,
    Between,
    CalendarTrigger,
    CallAction,
    Campaign,
    ChangesTrigger,
    Clause,
    Content,
    Emit,
    EventGroup,
    EventTrigger,
    EveryDateOf,
    EveryDay,
    EveryMonth,
    EveryWeekday,
    EveryYear,
    EveryYearOf,
    ForEach,
    Goal,
    Holdout,
    IgnoredTrigger,
    Limit,
    MembershipTrigger,
    Name,
    Nothing,
    OnCalendar,
    OnDays,
    OnEdit,
    RemoveFrom,
    Rule,
    Schedule,
    Send,
    SetAttribute,
    ShareVariant,
    SilenceTrigger,
    Step,
    StopOn,
    TemplateFile,
    TimeRange,
    Trigger,
    Unless,
    Variant,
    WhilePending,
    Zone,
)
from trigdsl.syntax.printing import words
from trigdsl.syntax.printing.expressions import event_atom, events, expression, record

WIDTH = 100
_WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
_WEEKEND = ("sat", "sun")


def rule(node: Rule) -> str:
    """One line for a short rule of one step; else a line for each part."""
    head, steps, clauses = _head(node), [step(part) for part in node.steps], [clause(part) for part in node.clauses]
    line = " ".join([*([f"{_title(node)}:"] if node.name else []), head, *steps, *clauses])
    if len(node.steps) == 1 and len(line) <= WIDTH and "\n" not in line:
        return line
    if node.name is None:
        return "\n  ".join([head, *steps, *clauses])
    return "\n  ".join([f"{_title(node)}:", head, *steps, *clauses])


def _title(node: Rule) -> str:
    name = words.name(node.name) if node.name is not None else ""
    return f"rule {name}" if node.title is None else f"rule {name} {words.string(node.title)}"


def _head(node: Rule) -> str:
    if node.condition is None:
        return f"if {trigger(node.trigger, alone=True)}"
    return f"if {trigger(node.trigger)} and {expression(node.condition, 2)}"


# Triggers


def trigger(node: Trigger, *, alone: bool = False) -> str:
    """`alone` tells that no condition follows: a `where` then needs no parentheses."""
    match node:
        case EventTrigger():
            return _event_trigger(node, alone)
        case SilenceTrigger():
            return f"no {event_atom(node.event)} for {words.duration(node.duration)}"
        case BecomesTrigger():
            return f"{_attribute(node.attribute)} becomes {expression(node.value)}"
        case ChangesTrigger():
            return f"{_attribute(node.attribute)} changes"
        case MembershipTrigger():
            return f"user {'enters' if node.enters else 'leaves'} {words.name(node.name)}"
        case IgnoredTrigger():
            return f"ignored {words.name(node.rule)} after {words.duration(node.duration)}"
        case CalendarTrigger():
            return f"{schedule(node.schedule)} at {words.time(node.at)}{_zone(node.zone)}"


def _event_trigger(node: EventTrigger, alone: bool) -> str:
    loose = alone and not isinstance(node.event, EventGroup)
    event = events(node.event) if loose else event_atom(node.event)
    if node.ordinal is None:
        return event
    if node.every:
        return f"every {ordinal(node.ordinal)} {event}"
    return f"{'first' if node.ordinal == 1 else ordinal(node.ordinal)} {event}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st"""
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else suffix}"


def schedule(node: Schedule) -> str:
    match node:
        case EveryDay():
            return "every day"
        case EveryWeekday():
            days = {_WORKDAYS: "weekday", _WEEKEND: "weekend"}.get(node.days, ", ".join(node.days))
            return f"every {days}"
        case EveryMonth():
            return f"every month on {node.day}"
        case EveryYear():
            return f"every year on {node.month:02}-{node.day:02}"
        case EveryYearOf():
            return f"every year on {_attribute(node.attribute)}"
        case EveryDateOf():
            return f"every {words.name(node.calendar, words.DAY_WORDS)}"
    return f"on {node.date.isoformat()}"


def _attribute(name: Name) -> str:
    return words.dotted(("user", name.text))


def _zone(zone: Zone | None) -> str:
    return "" if zone is None else f" {words.zone(zone)}"


# Steps


def step(node: Step) -> str:
    timing = [] if node.after is None else [f"after {words.duration(node.after)}"]
    if node.calendar_days is not None:
        timing.append(f"after {node.calendar_days} calendar day{'s' if node.calendar_days != 1 else ''}")
    if node.at is not None:
        timing.append(f"at {words.time(node.at)}{_zone(node.zone)}")
    if node.guard is not None:
        timing.append(f"if {expression(node.guard)}")
    actions = ", ".join(action(part) for part in node.actions)
    return " ".join(["then", *timing, actions, *_modifiers(node)])


def _modifiers(node: Step) -> list[str]:
    windows = [*([between(node.between)] if node.between else []), *(days(part) for part in node.days)]
    return [
        *(unless(part) for part in node.unless),
        *windows,
        *(["else skip"] if node.else_skip else []),
        *([f"expires {words.duration(node.expires)}"] if node.expires else []),
        *([f"priority {node.priority}"] if node.priority is not None else []),
        *(["urgent"] if node.urgent else []),
    ]


def unless(node: Unless) -> str:
    within = "" if node.within is None else f" within {words.duration(node.within)}"
    return f"unless {events(node.event)}{within}"


def between(node: Between) -> str:
    return f"between {', '.join(time_range(part) for part in node.ranges)}{_zone(node.zone)}"


def time_range(node: TimeRange) -> str:
    return f"{words.time(node.start)}-{words.time(node.end)}"


def days(node: OnDays | OnCalendar) -> str:
    if isinstance(node, OnCalendar):
        return f"{'not on' if node.negated else 'on'} {words.name(node.calendar, words.DAY_WORDS)}"
    return f"on { {_WORKDAYS: 'weekdays', _WEEKEND: 'weekends'}.get(node.days, ', '.join(node.days)) }"


# Actions


def action(node: Action) -> str:
    match node:
        case Send():
            return _send(node)
        case SetAttribute():
            value = "nothing" if isinstance(node.value, Nothing) else expression(node.value)
            return f"set {_attribute(node.attribute)} = {value}"
        case AddTo():
            return f"add to {words.name(node.list)}"
        case RemoveFrom():
            return f"remove from {words.name(node.list)}"
        case Emit():
            event = words.name(node.event)
            return f"emit {event}" if node.record is None else f"emit {event} {record(node.record)}"
        case CallAction():
            arguments = ", ".join(f"{words.key(entry.key)}: {expression(entry.value)}" for entry in node.arguments)
            return f"call {words.name(node.name)}({arguments})"


def _send(node: Send) -> str:
    parts = [f"send {words.name(node.channel)}"]
    if node.content is not None:
        parts.append(content(node.content))
    if node.variants:
        parts.append("".join("\n    " + variant(part) for part in node.variants))
    if node.fields is not None:
        parts.append(("\n    with " if node.variants else "with ") + record(node.fields))
    return " ".join(parts).replace(" \n", "\n")


def content(node: Content) -> str:
    if isinstance(node, Nothing):
        return "nothing"
    return expression(node) if isinstance(node, TemplateFile) else words.text(node, "    ")


def variant(node: Variant) -> str:
    label = "" if node.label is None else f" as {words.name(node.label)}"
    if isinstance(node, ShareVariant):
        chosen = words.percent(node.percent)
    else:
        chosen = "otherwise" if node.condition is None else f"when {expression(node.condition)}"
    return f"{chosen}{label}: {content(node.content)}"


# Clauses


def clause(node: Clause) -> str:
    match node:
        case StopOn():
            return f"stop on {events(node.event)}"
        case Limit():
            return _limit(node)
        case WhilePending():
            at_most = "" if node.at_most is None else f" for at most {words.duration(node.at_most)}"
            return f"while pending {node.policy}{at_most}"
        case ForEach():
            return f"for each {_for_each(node.path)}"
        case Campaign():
            return _campaign(node)
        case Holdout():
            return f"holdout {words.percent(node.percent)}"
        case Goal():
            return f"goal {events(node.event)} within {words.duration(node.within)}"
        case OnEdit():
            return f"on edit {node.policy}"
    return f"tag {', '.join(words.name(name) for name in node.names)}"


def _for_each(path: tuple[str, ...]) -> str:
    if path[0] == "event":
        return words.dotted(("event", *path))
    return words.dotted(path) if len(path) > 1 else words.word(path[0])


def _limit(node: Limit) -> str:
    if node.once and node.count == 1:
        return "once" if node.period.kind == "ever" else f"once per {words.limit_period(node.period)}"
    return f"at most {node.count} per {words.limit_period(node.period)}"


def _campaign(node: Campaign) -> str:
    start = [] if node.start is None else [f"from {node.start.isoformat()}"]
    end = [] if node.end is None else [f"until {node.end.isoformat()}"]
    return " ".join([*start, *end])
