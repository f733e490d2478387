"""Declarations, tests and invariants → text."""

from __future__ import annotations

from trigdsl.syntax.nodes import (
    At,
    AtMostSends,
    Between,
    CalendarDecl,
    Cap,
    CapDecl,
    ChannelDecl,
    EventDecl,
    ExpectRule,
    ExpectSends,
    FieldDecl,
    HolidayDecl,
    Invariant,
    Item,
    LengthLimit,
    ListDecl,
    Moment,
    NoSendAfter,
    NoSendBetween,
    Policy,
    Requires,
    Rule,
    SegmentDecl,
    Test,
    TestChange,
    TestEvent,
    TestLine,
    TestUser,
    Timezone,
    UserDecl,
)
from trigdsl.syntax.printing import words
from trigdsl.syntax.printing.expressions import events, expression, record
from trigdsl.syntax.printing.rules import action, between, days, rule

_ALL = frozenset({"all"})
_EXPECT_WORDS = frozenset({"only", "sends"})


def item(node: Item) -> str:
    match node:
        case Rule():
            return rule(node)
        case Test():
            return _test(node)
        case Invariant():
            return f"invariant {words.name(node.name)}: {promise(node.promise)}"
        case Timezone():
            return f"timezone {words.string(node.name)}"
        case EventDecl():
            wire = "" if node.wire is None else f" = {words.text(node.wire)}"
            declared = "" if node.fields is None else f" {_fields(node.fields)}"
            return f"event {words.name(node.name)}{wire}{declared}"
        case UserDecl():
            return f"user {_fields(node.fields)}"
        case ChannelDecl():
            return "\n  ".join([f"channel {words.name(node.name)}:", *(policy(part) for part in node.policies)])
        case CapDecl():
            return f"cap {_capped(node)} {node.count} per {words.limit_period(node.period)}"
        case CalendarDecl():
            return f"calendar {words.name(node.name)} = [{', '.join(words.date(date) for date in node.dates)}]"
        case HolidayDecl():
            return f"calendar {words.name(node.name)} = holidays {words.text(node.region)}"
        case SegmentDecl():
            return f"segment {words.name(node.name)} = {expression(node.condition)}"
        case ListDecl():
            return f"list {words.name(node.name)}"


def _fields(fields: tuple[FieldDecl, ...]) -> str:
    return f"{{ {', '.join(field(part) for part in fields)} }}" if fields else "{}"


def field(node: FieldDecl) -> str:
    return f"{words.key(node.path)}: {node.type}"


def policy(node: Policy) -> str:
    match node:
        case Between():
            return between(node)
        case Cap():
            return f"cap {node.count} per {words.limit_period(node.period)}"
        case Requires():
            return f"requires {expression(node.condition)}"
        case LengthLimit():
            return f"limit {node.characters} characters"
    return days(node)


def _capped(node: CapDecl) -> str:
    if node.name is None:
        return "all"
    return f"tag {words.name(node.name)}" if node.scope == "tag" else words.name(node.name, _ALL)


# Tests and invariants


def _test(node: Test) -> str:
    user = [] if node.user is None else [test_user(node.user)]
    return "\n  ".join([f"test {words.string(node.title)}:", *user, *(test_line(line) for line in node.lines)])


def test_user(node: TestUser) -> str:
    profile = "" if node.profile is None else f" {record(node.profile)}"
    lists = f" in {', '.join(words.name(name) for name in node.lists)}" if node.lists else ""
    return f"user{profile}{lists}"


def test_line(node: TestLine) -> str:
    match node:
        case TestEvent():
            properties = "" if node.record is None else f" {record(node.record)}"
            return f"{moment(node.moment)} {words.name(node.event)}{properties}"
        case TestChange():
            return f"{moment(node.moment)} {action(node.change)}"
        case ExpectSends():
            return f"expect {node.count or 'no'} sends"
    return _expect_rule(node)


def moment(node: Moment) -> str:
    if isinstance(node, At):
        return f"{node.date.isoformat()} {words.time(node.time)}"
    return f"+{words.duration(node.duration)}"


def _expect_rule(node: ExpectRule) -> str:
    parts = ["expect", *([node.quantifier] if node.quantifier else []), words.name(node.rule, _EXPECT_WORDS)]
    parts += [] if node.status is None else [node.status]
    parts += [] if node.reason is None else [words.text(node.reason)]
    parts += [] if node.at is None else [f"at {moment(node.at)}"]
    parts += [] if node.channel is None else [f"on {words.name(node.channel)}"]
    parts += [] if node.variant is None else [f"as {words.name(node.variant)}"]
    parts += [] if node.containing is None else [f"containing {words.text(node.containing)}"]
    return " ".join(parts)


def promise(node: NoSendBetween | NoSendAfter | AtMostSends) -> str:
    if isinstance(node, AtMostSends):
        return f"at most {node.count} sends per {words.limit_period(node.period)}"
    named = "" if node.name is None else f" {words.name(node.name)}"
    if isinstance(node, NoSendBetween):
        return f"no send{named} {between(node.between)}"
    return f"no send{named} within {words.duration(node.within)} after {events(node.event)}"
