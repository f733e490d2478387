"""What a rule waits for → words."""

from __future__ import annotations

import calendar

from trigdsl.reading import words
from trigdsl.reading.expressions import loose_event, value, which_event
from trigdsl.syntax.nodes import (
    BecomesTrigger,
    CalendarTrigger,
    ChangesTrigger,
    EventTrigger,
    EveryDateOf,
    EveryDay,
    EveryMonth,
    EveryWeekday,
    EveryYear,
    EveryYearOf,
    IgnoredTrigger,
    MembershipTrigger,
    Schedule,
    SilenceTrigger,
    Trigger,
)
from trigdsl.syntax.printing.rules import ordinal

_SHORTEST_MONTH = 28


def trigger(node: Trigger) -> str:
    """`whenever purchase happens`, as the beginning of a sentence."""
    match node:
        case EventTrigger():
            return _event_trigger(node)
        case SilenceTrigger():
            return f"{words.duration(node.duration)} after the latest {which_event(node.event)} without a further one"
        case BecomesTrigger():
            return f"when {words.attribute(node.attribute)} becomes {value(node.value)}"
        case ChangesTrigger():
            return f"when {words.attribute(node.attribute)} changes"
        case MembershipTrigger():
            return f"when the user {'enters' if node.enters else 'leaves'} {words.name(node.name)}"
        case IgnoredTrigger():
            after = words.duration(node.duration)
            return f"{after} after each send of {words.name(node.rule)} that was neither opened nor clicked since"
        case CalendarTrigger():
            return f"{schedule(node.schedule)} at {words.time(node.at)} {words.zone(node.zone)}"


def _event_trigger(node: EventTrigger) -> str:
    happens = f"{loose_event(node.event)} happens"
    if node.ordinal is None:
        return f"whenever {happens}"
    if node.every:
        return f"every {ordinal(node.ordinal)} time that {happens}"
    time = "first" if node.ordinal == 1 else ordinal(node.ordinal)
    return f"the {time} time ever that {happens}"


def schedule(node: Schedule) -> str:
    match node:
        case EveryDay():
            return "every day"
        case EveryWeekday():
            return f"every {words.days(node.days)}"
        case EveryMonth():
            last = " (on its last day when it is shorter)" if node.day > _SHORTEST_MONTH else ""
            return f"every month on day {node.day}{last}"
        case EveryYear():
            leap = " (28 February in other years)" if (node.month, node.day) == (2, 29) else ""
            return f"every year on {node.day} {calendar.month_name[node.month]}{leap}"
        case EveryYearOf():
            return f"every year on the day of {words.attribute(node.attribute)}"
        case EveryDateOf():
            return f"on every date of the calendar {words.name(node.calendar)}"
    return f"once, on {words.date(node.date)}"
