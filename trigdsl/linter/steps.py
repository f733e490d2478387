"""Steps → what ends them in vain, comes too late, or orders nothing."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker.fields import leaves
from trigdsl.checker.findings import words
from trigdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from trigdsl.linter.domains import seconds
from trigdsl.linter.facts import Facts, campaign_seconds, least_wait
from trigdsl.linter.report import note, removal, warning
from trigdsl.source import Span
from trigdsl.syntax.nodes import (
    AddTo,
    EventSet,
    EventWhere,
    Limit,
    OnEdit,
    Path,
    RemoveFrom,
    Rule,
    SetAttribute,
    Step,
    StopOn,
    Unless,
    WhilePending,
)


def lint_steps(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of the steps of each rule, and of the clauses that are about them."""
    for rule in facts.rules:
        for step in rule.node.steps:
            yield from _in_vain(step, facts)
            yield from _twice_ended(step, rule.node)
            yield from _undone(step)
        yield from _at_once(rule.node, facts)
        yield from _too_late(rule.node, facts)


def _in_vain(step: Step, facts: Facts) -> Iterator[Diagnostic]:
    if not facts.can_wait(step):
        for unless in step.unless:
            message = "this step is done at once, so nothing can come in time to cancel it"
            help = "add a delay before the action, such as `after 30m`, or remove the `unless`"
            fix = removal("remove the `unless`", unless.span)
            yield warning("unless-never", unless.span, message, help, fix=fix)
        if step.priority is not None:
            span = words(step, r"\bpriority\s+-?\d+")
            message = "this step is done at once, and a priority orders only steps that wait"
            yield warning("idle-priority", span, message, "remove it", fix=removal("remove the priority", span))
    elif step.after is not None and step.at is None and not facts.windows(step) and not facts.days(step):
        for unless in step.unless:
            if unless.within is not None and seconds(unless.within) >= seconds(step.after):
                yield _idle_within(unless, step.after.span)


def _idle_within(unless: Unless, delay: Span) -> Diagnostic:
    span = words(unless, r"\bwithin\s+\w+(\s+\w+)*\s*\Z")
    there = Label(delay, "the step is done after this")
    fix = removal("remove the `within`", span)
    message = "the step is done before this time is over, so the limit changes nothing"
    return note("idle-within", span, message, "remove it, or make it shorter", there, fix=fix)


def _twice_ended(step: Step, rule: Rule) -> Iterator[Diagnostic]:
    """An `unless` for an event that another `unless` of the step, or a `stop on`, heeds already."""
    heeded: dict[EventSet, Span] = {
        leaf: clause.event.span
        for clause in rule.clauses
        if isinstance(clause, StopOn) and not isinstance(clause.event, EventWhere)
        for leaf in leaves(clause.event)
    }
    for unless in sorted(step.unless, key=lambda one: one.within is not None):
        if isinstance(unless.event, EventWhere):
            continue
        for leaf in dict.fromkeys(leaves(unless.event)):
            if leaf in heeded:
                there = Label(heeded[leaf], "it ends the run already here")
                message = f"`{leaf.span.text}` ends the run already by another clause"
                yield note("duplicate-ending", leaf.span, message, "remove one of the two", there)
            elif unless.within is None:
                heeded[leaf] = leaf.span


def _undone(step: Step) -> Iterator[Diagnostic]:
    lists: dict[str, AddTo | RemoveFrom] = {}
    for action in step.actions:
        match action:
            case SetAttribute(attribute=attribute, value=Path(parts=("user", name))) if name == attribute.text:
                message = f"this sets `user.{name}` to what it is"
                yield warning("self-assignment", action.span, message, "set another value, or remove it")
            case AddTo(list=name) | RemoveFrom(list=name):
                first = lists.setdefault(name.text, action)
                if type(first) is not type(action):
                    there = Label(first.span, "done here")
                    message = f"this undoes what the same step did to `{name.text}`"
                    yield warning("undone-action", action.span, message, "remove one of the two", there)


def _at_once(rule: Rule, facts: Facts) -> Iterator[Diagnostic]:
    """Clauses about unfinished runs in a rule whose runs end at the instant in which they start."""
    if any(facts.can_wait(step) for step in rule.steps):
        return
    for clause in rule.clauses:
        if isinstance(clause, StopOn):
            message = "every run of this rule ends at once, so there is nothing to stop"
            fix = removal("remove the clause", clause.span)
            yield warning("stop-never", clause.span, message, "remove it, or add a delay to a step", fix=fix)
        elif isinstance(clause, WhilePending):
            message = "every run of this rule ends at once, so none is ever pending"
            fix = removal("remove the clause", clause.span)
            yield warning("pending-never", clause.span, message, "remove it, or add a delay to a step", fix=fix)
        elif isinstance(clause, OnEdit):
            message = "every run of this rule ends at once, so none waits when the rule is changed"
            fix = removal("remove the clause", clause.span)
            yield warning("edit-never", clause.span, message, "remove it, or add a delay to a step", fix=fix)


def _too_late(rule: Rule, facts: Facts) -> Iterator[Diagnostic]:
    length = campaign_seconds(rule, facts.program.timezone is not None)
    if length is None:
        return
    waited = 0
    for step in rule.steps:
        waited += least_wait(step)
        if waited > length:
            place = step.after.span if step.after else words(step, r"after\s+\d+\s+calendar\s+days?")
            message = "the campaign is over before this step can come due"
            yield warning(
                "delay-beyond-campaign", place, message, "shorten the delays, or let the campaign last longer"
            )
            break
    for clause in rule.clauses:
        match clause:
            case Limit(period=period) if period.duration is not None and seconds(period.duration) > length:
                instead = "once" if clause.count == 1 else f"at most {clause.count} per ever"
                fix = Fix(f"write `{instead}`", (Edit(clause.span, instead),))
                message = "this period is longer than the whole campaign"
                yield note("limit-beyond-campaign", clause.span, message, f"write `{instead}`", fix=fix)
            case WhilePending(at_most=limit) if limit is not None and seconds(limit) > length:
                message = "this time is longer than the whole campaign, so the limit is never met"
                yield note("limit-beyond-campaign", limit.span, message, "shorten it, or remove `for at most`")
