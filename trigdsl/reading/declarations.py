"""What stands around the rules → sentences."""

from __future__ import annotations

from trigdsl.reading import words
from trigdsl.reading.clauses import limit_period
from trigdsl.reading.expressions import condition, loose_event
from trigdsl.reading.steps import between, days
from trigdsl.syntax.nodes import (
    AtMostSends,
    Between,
    CalendarDecl,
    Cap,
    CapDecl,
    ChannelDecl,
    EventDecl,
    HolidayDecl,
    Invariant,
    Item,
    LengthLimit,
    ListDecl,
    NoSendBetween,
    Policy,
    Requires,
    SegmentDecl,
    Timezone,
)


def read_declaration(node: Item) -> str | None:
    """What a declaration means for messages, in a line; None where it means nothing for them.

    Rules are for `read_rule`; tests, and the fields of events and users, only help to write and check.
    """
    match node:
        case Timezone():
            return f"Users without a time zone of their own are in {words.text(node.name)}."
        case EventDecl():
            wire = None if node.wire is None else words.text(node.wire.value)
            return None if wire is None else f"The event {words.name(node.name)} comes in as {wire}."
        case ChannelDecl():
            policies = "; ".join(_policy(part) for part in node.policies)
            return f"Messages on {words.name(node.name)}: {policies}." if policies else None
        case CapDecl():
            return f"A user gets {_at_most(node.count)} {_capped(node)} {limit_period(node.period)}."
        case CalendarDecl():
            dates = ", ".join(words.date(date.value) for date in node.dates) or "no date"
            return f"The calendar {words.name(node.name)} has {dates}."
        case HolidayDecl():
            return f"The calendar {words.name(node.name)} has the public holidays of {words.text(node.region.value)}."
        case SegmentDecl():
            return f"A user is in {words.name(node.name)} while {condition(node.condition)}."
        case ListDecl():
            return f"{words.name(node.name)} is a list of users."
        case Invariant():
            return f"Promised as {words.name(node.name)}: {_promise(node)}."
    return None


def _policy(node: Policy) -> str:
    match node:
        case Between():
            return f"only {between(node)}"
        case Cap():
            return f"{_at_most(node.count)} for one user {limit_period(node.period)}"
        case Requires():
            return f"only if {condition(node.condition)}"
        case LengthLimit():
            return f"at most {words.counted(node.characters, 'character')} long"
    return f"only {days(node)}"


def _at_most(count: int) -> str:
    return f"at most {words.counted(count, 'message')}"


def _capped(node: CapDecl) -> str:
    if node.name is None:
        return "on all channels together"
    return f"{'tagged' if node.scope == 'tag' else 'on'} {words.name(node.name)}"


def _promise(node: Invariant) -> str:
    promise = node.promise
    if isinstance(promise, AtMostSends):
        return f"a user gets {_at_most(promise.count)} {limit_period(promise.period)}"
    sent = "no message is sent" if promise.name is None else f"nothing of or on {words.name(promise.name)} is sent"
    if isinstance(promise, NoSendBetween):
        return f"{sent} {between(promise.between)}"
    return f"{sent} within {words.duration(promise.within)} after {loose_event(promise.event)}"
