"""The clauses of a rule → findings about what they count, when they hold and what they keep apart."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker import messages
from trigdsl.checker.context import Context
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.fields import Lacking, leaves, lookup
from trigdsl.checker.findings import words
from trigdsl.source import Span
from trigdsl.syntax.nodes import (
    Campaign,
    Event,
    EventSet,
    ForEach,
    Goal,
    Limit,
    Node,
    Rule,
    StopOn,
)


def check_clauses(rule: Rule, context: Context, expressions: Expressions) -> None:
    """The clauses of a rule in the rule's context."""
    _check_campaign(rule, expressions)
    for clause in rule.clauses:
        match clause:
            case StopOn(event=event) | Goal(event=event):
                expressions.events(event, context)
            case Limit(count=count) if count < 1:
                expressions.findings.add(messages.limit_of_zero(words(clause, r"at\s+most\s+\d+")))
            case ForEach():
                _check_for_each(rule, clause, context, expressions)


def _check_campaign(rule: Rule, expressions: Expressions) -> None:
    campaigns = [clause for clause in rule.clauses if isinstance(clause, Campaign)]
    starts = [(one.start, one.span) for one in campaigns if one.start]
    ends = [(one.end, one.span) for one in campaigns if one.end]
    if starts and ends and ends[0][0] < starts[0][0]:
        expressions.findings.add(messages.campaign_backwards(ends[0][1], starts[0][1]))


def _check_for_each(rule: Rule, clause: ForEach, context: Context, expressions: Expressions) -> None:
    findings, scope = expressions.findings, expressions.scope
    path = ".".join(clause.path)
    span = _after(clause, r"for\s+each\s+")
    if context.event.absent:
        findings.add(messages.for_each_without_event(context.event.why, clause.span))
    if isinstance(context.event.type_of(clause.path), Lacking):
        carrier = context.event
        findings.add(messages.unknown_field(carrier.names, path, span, carrier.paths))
    for event in _ending(rule):
        fields = scope.event_fields.get(event.name)
        if fields is not None and isinstance(lookup(fields, clause.path), Lacking):
            findings.add(messages.for_each_field(event.name, path, event.span, span))


def _ending(rule: Rule) -> Iterator[Event]:
    """The events by name that end runs of the rule."""
    sets: list[EventSet] = [unless.event for step in rule.steps for unless in step.unless]
    sets += [clause.event for clause in rule.clauses if isinstance(clause, StopOn)]
    for event in sets:
        yield from (leaf for leaf in leaves(event) if isinstance(leaf, Event))


def _after(node: Node, words_before: str) -> Span:
    """The rest of a node's text after some words."""
    span = words(node, words_before)
    return node.span if span == node.span else Span(span.source, span.end, node.span.end)
