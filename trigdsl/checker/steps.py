"""A step → findings about its delay, its window, what it does and what ends it."""

from __future__ import annotations

from collections.abc import Iterable

from trigdsl.checker import messages
from trigdsl.checker.contents import length_limit, sent_texts
from trigdsl.checker.context import Context
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.fields import carrier_of
from trigdsl.checker.findings import words
from trigdsl.checker.properties import attribute_type
from trigdsl.checker.triggers import END_OF_DAY, check_time
from trigdsl.checker.values import check_record, check_value
from trigdsl.syntax.nodes import (
    Action,
    Between,
    CallAction,
    Emit,
    Event,
    Nothing,
    Rule,
    Send,
    SetAttribute,
    ShareVariant,
    Step,
    Variant,
    WhenVariant,
)


def check_step(step: Step, context: Context, expressions: Expressions) -> None:
    """One step of a rule in the rule's context."""
    _check_delay(step, expressions)
    _check_window(step, expressions)
    if step.guard is not None:
        expressions.condition(step.guard, context)
    for action in step.actions:
        _check_action(action, context, expressions)
    for action in step.actions[:-1]:
        if isinstance(action, Send) and action.variants:
            expressions.findings.add(messages.variants_not_last(words(action, r"send\s+\S+")))
    for unless in step.unless:
        expressions.events(unless.event, context)


def check_lengths(rule: Rule, expressions: Expressions) -> None:
    """Texts without template code that are longer than their channel takes."""
    for sent in sent_texts(rule):
        limit = length_limit(sent.send.channel.text, expressions.scope)
        length = len(sent.text.value)
        if sent.field is None and limit and not sent.is_template and length > limit.characters:
            found = messages.text_too_long(length, limit.characters, sent.send.channel.text, sent.text.span, limit.span)
            expressions.findings.add(found)


def check_between(between: Between | None, expressions: Expressions) -> None:
    """The ranges of a window: each has a length, and only its end may be 24:00."""
    for window in between.ranges if between else ():
        if window.start.seconds % END_OF_DAY == window.end.seconds:
            expressions.findings.add(messages.empty_window(window.span))
        else:
            check_time(window.start, expressions)


def _check_delay(step: Step, expressions: Expressions) -> None:
    check_time(step.at, expressions)
    if step.calendar_days is None:
        return
    span = words(step, r"after\s+-?\d+\s+calendar\s+days?")
    if step.calendar_days < 1:
        expressions.findings.add(messages.too_few_calendar_days(span))
    if step.at is None:
        expressions.findings.add(messages.calendar_days_without_at(span))


def _check_window(step: Step, expressions: Expressions) -> None:
    check_between(step.between, expressions)
    window = step.between or (step.days[0] if step.days else None)
    if step.urgent and window:
        expressions.findings.add(messages.urgent_with_window(words(step, r"\burgent\b"), window.span))


def _check_action(action: Action, context: Context, expressions: Expressions) -> None:
    match action:
        case Send():
            _check_variants(action.variants, context, expressions)
            if action.fields:
                expressions.infer(action.fields, context)
        case SetAttribute(attribute=attribute, value=value):
            wanted = attribute_type(attribute, expressions.scope, expressions.findings, written=True)
            if not isinstance(value, Nothing):
                check_value(f"user.{attribute.text}", wanted, value, context, expressions)
        case Emit(event=event, record=record):
            if record:
                carrier = carrier_of(Event(event.text), expressions.scope.event_fields)
                check_record(record, carrier, context, expressions)
        case CallAction(arguments=arguments):
            for argument in arguments:
                expressions.infer(argument.value, context)


def _check_variants(variants: Iterable[Variant], context: Context, expressions: Expressions) -> None:
    total = 0.0
    otherwise: WhenVariant | None = None
    for variant in variants:
        if isinstance(variant, ShareVariant):
            before, total = total, total + variant.percent
            if not 0 <= variant.percent <= 100:
                expressions.findings.add(messages.bad_share(words(variant, r"[\d.]+\s*%")))
            elif before <= 100 < round(total, 9):
                expressions.findings.add(messages.too_many_shares(total, words(variant, r"[\d.]+\s*%")))
            continue
        if otherwise:
            expressions.findings.add(messages.unreachable_variant(words(variant, r"\w+"), words(otherwise, r"\w+")))
        elif variant.condition is None:
            otherwise = variant
        if variant.condition is not None:
            expressions.condition(variant.condition, context)
