"""A rule's trigger and condition → their types, and findings about counts, dates and attributes."""

from __future__ import annotations

from calendar import monthrange

from trigdsl.checker import messages
from trigdsl.checker.context import Context
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.findings import words
from trigdsl.checker.properties import attribute_type
from trigdsl.checker.types import accepts
from trigdsl.checker.values import check_value
from trigdsl.syntax.nodes import (
    BecomesTrigger,
    CalendarTrigger,
    ChangesTrigger,
    EventTrigger,
    EveryMonth,
    EveryYear,
    EveryYearOf,
    Rule,
    SilenceTrigger,
    TimeOfDay,
)

A_LEAP_YEAR = 2000
END_OF_DAY = 86_400


def check_trigger(rule: Rule, context: Context, expressions: Expressions) -> None:
    """The trigger of a rule and the condition after it."""
    trigger, findings = rule.trigger, expressions.findings
    match trigger:
        case EventTrigger(event=event, ordinal=ordinal):
            expressions.events(event, context)
            if ordinal is not None and ordinal < 1:
                findings.add(messages.bad_ordinal(words(trigger, r"\d+\w*")))
        case SilenceTrigger(event=event):
            expressions.events(event, context)
        case BecomesTrigger(attribute=attribute, value=value):
            wanted = attribute_type(attribute, expressions.scope, findings)
            check_value(f"user.{attribute.text}", wanted, value, context, expressions)
        case ChangesTrigger(attribute=attribute):
            attribute_type(attribute, expressions.scope, findings)
        case CalendarTrigger():
            _check_schedule(trigger, expressions)
    if rule.condition is not None:
        expressions.condition(rule.condition, context)


def _check_schedule(trigger: CalendarTrigger, expressions: Expressions) -> None:
    findings = expressions.findings
    check_time(trigger.at, expressions)
    match trigger.schedule:
        case EveryMonth(day=day) as every if not 1 <= day <= 31:
            findings.add(messages.impossible_day("months have the days 1 to 31", words(every, r"\d+")))
        case EveryYear(month=month, day=day) as every if not _exists(month, day):
            text = f"there is no day `{month:02}-{day:02}`"
            findings.add(messages.impossible_day(text, words(every, r"\d+-\d+")))
        case EveryYearOf(attribute=attribute):
            kind = attribute_type(attribute, expressions.scope, findings)
            if not accepts("date", kind):
                findings.add(messages.operand_mismatch("every year on", "a date", str(kind), attribute.span))


def check_time(at: TimeOfDay | None, expressions: Expressions) -> None:
    """24:00 is no time of day, but for the end of a window."""
    if at and at.seconds >= END_OF_DAY:
        expressions.findings.add(messages.midnight_elsewhere(at.span))


def _exists(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(A_LEAP_YEAR, month)[1]
