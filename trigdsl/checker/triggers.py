"""A rule's trigger and the condition after it → their types, and findings about attributes."""

from __future__ import annotations

from trigdsl.checker import messages
from trigdsl.checker.context import Context
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.properties import attribute_type
from trigdsl.checker.types import accepts
from trigdsl.checker.values import check_value
from trigdsl.syntax.nodes import (
    BecomesTrigger,
    CalendarTrigger,
    ChangesTrigger,
    EventTrigger,
    EveryYearOf,
    Rule,
    SilenceTrigger,
)


def check_trigger(rule: Rule, context: Context, expressions: Expressions) -> None:
    """The trigger of a rule and the condition after it."""
    scope, findings = expressions.scope, expressions.findings
    match rule.trigger:
        case EventTrigger(event=event) | SilenceTrigger(event=event):
            expressions.events(event, context)
        case BecomesTrigger(attribute=attribute, value=value):
            wanted = attribute_type(attribute, scope, findings)
            given = check_value(f"user.{attribute.text}", wanted, value, context, expressions)
            expressions.given(attribute, given, value.span)
        case ChangesTrigger(attribute=attribute):
            attribute_type(attribute, scope, findings)
        case CalendarTrigger(schedule=EveryYearOf(attribute=attribute)):
            kind = attribute_type(attribute, scope, findings)
            expressions.given(attribute, "date", attribute.span)
            if not accepts("date", kind):
                findings.add(messages.operand_mismatch("every year on", "a date", str(kind), attribute.span))
    if rule.condition is not None:
        expressions.condition(rule.condition, context)
