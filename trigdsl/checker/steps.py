"""A step → findings about its delay, its window, what it does and what ends it."""

from __future__ import annotations

from trigdsl.checker import messages
from trigdsl.checker.context import Context
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.fields import carrier_of
from trigdsl.checker.findings import words
from trigdsl.checker.properties import attribute_type
from trigdsl.checker.values import check_record, check_value
from trigdsl.syntax.nodes import (
    Action,
    CallAction,
    Emit,
    Event,
    Nothing,
    Send,
    SetAttribute,
    Step,
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
    for unless in step.unless:
        expressions.events(unless.event, context)


def _check_delay(step: Step, expressions: Expressions) -> None:
    if step.calendar_days is None:
        return
    span = words(step, r"after\s+-?\d+\s+calendar\s+days?")
    if step.calendar_days < 1:
        expressions.findings.add(messages.too_few_calendar_days(span))
    if step.at is None:
        expressions.findings.add(messages.calendar_days_without_at(span))


def _check_window(step: Step, expressions: Expressions) -> None:
    window = step.between or (step.days[0] if step.days else None)
    if step.urgent and window:
        expressions.findings.add(messages.urgent_with_window(words(step, r"\burgent\b"), window.span))


def _check_action(action: Action, context: Context, expressions: Expressions) -> None:
    match action:
        case Send():
            for variant in action.variants:
                if isinstance(variant, WhenVariant) and variant.condition is not None:
                    expressions.condition(variant.condition, context)
            if action.fields:
                expressions.infer(action.fields, context)
        case SetAttribute(attribute=attribute, value=value):
            wanted = attribute_type(attribute, expressions.scope, expressions.findings, written=True)
            if not isinstance(value, Nothing):
                given = check_value(f"user.{attribute.text}", wanted, value, context, expressions)
                expressions.given(attribute, given, value.span)
        case Emit(event=event, record=record):
            if record:
                carrier = carrier_of(Event(event.text), expressions.scope.event_fields)
                check_record(record, carrier, context, expressions)
        case CallAction(arguments=arguments):
            for argument in arguments:
                expressions.infer(argument.value, context)
