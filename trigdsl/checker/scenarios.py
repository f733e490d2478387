"""Tests of a program → findings about what they say and what they can never show."""

from __future__ import annotations

import datetime as dt

from trigdsl.checker import messages
from trigdsl.checker.context import FREE
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.fields import carrier_of
from trigdsl.checker.findings import Findings, words
from trigdsl.checker.properties import attribute_type
from trigdsl.checker.scope import Scope
from trigdsl.checker.values import check_record
from trigdsl.engine.zones import zone
from trigdsl.model.durations import SECONDS_OF_UNIT
from trigdsl.syntax.nodes import (
    At,
    Event,
    ExpectRule,
    ExpectSends,
    Moment,
    Nothing,
    RecordLiteral,
    Rule,
    Send,
    SetAttribute,
    Test,
    TestChange,
    TestEvent,
    Text,
    WhenVariant,
)
from trigdsl.syntax.walk import walk

# A zone's clock may be a day away from UTC's, and a drained test runs on for more than a year.
_FIRST, _LAST = dt.datetime(1, 1, 3), dt.datetime(9998, 1, 1)


def check_test(test: Test, expressions: Expressions) -> None:
    """One test block."""
    findings, scope = expressions.findings, expressions.scope
    if test.user and test.user.profile:
        check_record(test.user.profile, scope.user_carrier, FREE, expressions, strict=False)
        _check_zone(test.user.profile, findings)
    for line in test.lines:
        match line:
            case TestEvent(event=event, record=record) if record:
                carrier = carrier_of(Event(event.text), scope.event_fields)
                check_record(record, carrier, FREE, expressions, strict=False)
            case TestChange(change=SetAttribute() as change):
                _check_set(change, expressions)
            case ExpectRule():
                _check_expectation(line, scope, findings)
    _check_moments(test, findings)
    if not any(isinstance(line, ExpectRule | ExpectSends) for line in test.lines):
        findings.add(messages.test_without_expect(words(test, r"\w+")))


def _check_set(change: SetAttribute, expressions: Expressions) -> None:
    attribute_type(change.attribute, expressions.scope, expressions.findings, written=True)
    if not isinstance(change.value, Nothing):
        expressions.infer(change.value, FREE)


def _check_zone(profile: RecordLiteral, findings: Findings) -> None:
    for entry in profile.entries:
        if entry.key == ("timezone",) and isinstance(entry.value, Text) and zone(entry.value.value) is None:
            findings.add(messages.unknown_zone_of_user(entry.value.value, entry.value.span))


def _check_moments(test: Test, findings: Findings) -> None:
    """Every line must come to a time, and to one that there is."""
    time: dt.datetime | None = None
    for line in test.lines:
        if not isinstance(line, TestEvent | TestChange):
            continue
        moment = line.moment
        if time is None and not isinstance(moment, At):
            findings.add(messages.nothing_to_count_from(moment.span))
            return
        time = _after(time, moment)
        if time is None or not _FIRST <= time < _LAST:
            findings.add(messages.beyond_the_calendar(moment.span))
            return


def _after(time: dt.datetime | None, moment: Moment) -> dt.datetime | None:
    """The time of a line on a clock that runs evenly, None beyond the years that there are."""
    try:
        if isinstance(moment, At):
            return dt.datetime.combine(moment.date, dt.time()) + dt.timedelta(seconds=moment.time.seconds)
        seconds = sum(count * SECONDS_OF_UNIT[unit] for count, unit in moment.duration.parts)
        return None if time is None else time + dt.timedelta(seconds=seconds)
    except OverflowError:
        return None


def _check_expectation(line: ExpectRule, scope: Scope, findings: Findings) -> None:
    rule = scope.rule_names.get(line.rule.text)
    channels = {*scope.channels, *scope.sent_on}
    if line.channel is not None and line.channel.text not in channels:
        findings.add(messages.unknown_channel(line.channel.text, line.channel.span, channels))
    if line.variant is not None and rule is not None and line.variant.text not in (labels := _labels(rule.node)):
        findings.add(messages.unknown_variant(line.variant.text, rule.name, line.variant.span, labels))


def _labels(rule: Rule) -> list[str]:
    """What the variants of a rule are called in decisions."""
    return list(
        dict.fromkeys(
            variant.label.text
            if variant.label
            else "otherwise"
            if isinstance(variant, WhenVariant) and variant.condition is None
            else str(place)
            for node in walk(rule)
            if isinstance(node, Send)
            for place, variant in enumerate(node.variants, 1)
        )
    )
