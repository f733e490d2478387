"""Rules → those that can never fire, and clauses that their trigger makes idle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from trigdsl.checker.cycles import find_cycles
from trigdsl.checker.fields import leaves
from trigdsl.checker.program import CheckedRule
from trigdsl.checker.rule_cycles import triggered
from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.domains import seconds
from trigdsl.linter.facts import Facts, sends
from trigdsl.linter.report import note, removal, warning
from trigdsl.syntax.nodes import (
    Action,
    Aggregate,
    AnyEvent,
    CalendarDecl,
    CalendarTrigger,
    Campaign,
    Event,
    EventSet,
    EventTrigger,
    EventWhere,
    EveryDateOf,
    Expression,
    Goal,
    Happened,
    Holdout,
    IgnoredTrigger,
    Limit,
    OnDate,
    Period,
    Rule,
    ShareVariant,
    SystemEvent,
)
from trigdsl.syntax.walk import children

_ZONES_APART = dt.timedelta(days=2)
"""How many dates the user's zone may be away from the file's, in which campaigns are told."""


def lint_firing(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of a rule's trigger together with its condition and clauses."""
    senders = {rule.name for rule in facts.rules if any(sends(step) for step in rule.node.steps)}
    for rule in facts.rules:
        yield from _never_fires(rule.node, senders, facts)
        yield from _own_trigger(rule.node, facts)
        yield from _idle_clauses(rule, senders)
    for node in facts.nodes:
        if isinstance(node, Happened | Aggregate) and node.period is not None:
            yield from _since_itself(node, node.period)
        if isinstance(node, ShareVariant) and node.percent == 0:
            yield warning("share-of-zero", node.span, "a share of 0% is nobody", "give it a share, or remove it")
    yield from _delayed_cycles(facts)


def _never_fires(rule: Rule, senders: set[str], facts: Facts) -> Iterator[Diagnostic]:
    trigger = rule.trigger
    silent: list[str] = []
    match trigger:
        case IgnoredTrigger(rule=name):
            silent = [name.text]
        case EventTrigger(event=event):
            named = leaves(event)
            if all(isinstance(one, SystemEvent) and one.kind == "sent" for one in named):
                silent = [one.rule.text for one in named if isinstance(one, SystemEvent)]
        case CalendarTrigger(schedule=OnDate(date=date)):
            yield from _outside_campaign([date], rule)
        case CalendarTrigger(schedule=EveryDateOf(calendar=name)):
            calendar = facts.program.calendars[name.text]
            if isinstance(calendar, CalendarDecl):
                yield from _outside_campaign([one.value for one in calendar.dates], rule)
    if silent and not senders & set(silent):
        message = f"this never happens: `{silent[0]}` sends nothing"
        yield warning("never-fires", trigger.span, message, "name a rule that sends, or let another event trigger")


def _outside_campaign(dates: list[dt.date], rule: Rule) -> Iterator[Diagnostic]:
    campaigns = [clause for clause in rule.clauses if isinstance(clause, Campaign)]
    starts = [one for one in campaigns if one.start is not None]
    ends = [one for one in campaigns if one.end is not None]

    def outside(date: dt.date) -> bool:
        early = any(one.start is not None and date < one.start - _ZONES_APART for one in starts)
        return early or any(one.end is not None and date > one.end + _ZONES_APART for one in ends)

    if all(map(outside, dates)):
        labels = [Label(one.span, "the campaign") for one in campaigns]
        message = "this rule never fires: its dates are all outside its campaign"
        yield warning("never-fires", rule.trigger.span, message, "correct the dates of one of the two", *labels)


def _own_trigger(rule: Rule, facts: Facts) -> Iterator[Diagnostic]:
    """Questions at the moment of the trigger that the triggering event answers itself."""
    if not isinstance(rule.trigger, EventTrigger):
        return
    places = [] if rule.condition is None else [rule.condition]
    first = rule.steps[0]
    if first.guard is not None and not facts.can_wait(first):
        places.append(first.guard)
    for place in places:
        for node in _asked_now(place):
            if not _covers(node.event, rule.trigger.event) or not _has_length(node.period):
                continue
            there = Label(rule.trigger.span, "the trigger")
            what = "never true" if node.negated else "always true"
            message = f"this counts the triggering event itself, so it is {what}"
            help = "ask `time since previous …`, or count: `count(…) in last 7d == 1`"
            yield warning("own-trigger", node.span, message, help, there)


def _asked_now(condition: Expression) -> Iterator[Happened]:
    """What a condition asks of the history, outside of any `where`."""
    pending: list[object] = [condition]
    while pending:
        node = pending.pop(0)
        if isinstance(node, Happened):
            yield node
        elif isinstance(node, Expression) and not isinstance(node, Aggregate):
            pending += children(node)


def _covers(asked: EventSet, trigger: EventSet) -> bool:
    """Whether every event that triggers is one of those asked for; a `where` on the trigger only narrows it."""
    if isinstance(asked, EventWhere):
        return False
    named = leaves(asked)
    by_name = all(isinstance(one, Event) for one in leaves(trigger))
    every = any(isinstance(one, AnyEvent) for one in named) and by_name
    return every or all(one in named for one in leaves(trigger))


def _has_length(period: Period) -> bool:
    if period.kind == "last":
        return period.duration is not None and seconds(period.duration) > 0
    return period.kind in ("today", "ever")


def _since_itself(node: Happened | Aggregate, period: Period) -> Iterator[Diagnostic]:
    if period.kind == "since" and period.event is not None and period.event == node.event:
        message = f"nothing has happened since the latest `{period.event.span.text}` that is one itself"
        help = "ask `time since previous …`, or name another event after `since`"
        yield warning("since-itself", node.span, message, help)


def _idle_clauses(rule: CheckedRule, senders: set[str]) -> Iterator[Diagnostic]:
    for clause in rule.node.clauses:
        match clause:
            case Limit(count=count) if count > 0 and _fires_once(rule.node):
                message = "this trigger comes once for a user, so the limit is never met"
                fix = removal("remove the limit", clause.span)
                yield note("limit-never-met", clause.span, message, "remove it", fix=fix)
            case Goal() if rule.name not in senders:
                message = "a goal counts from the first send, and this rule sends nothing"
                yield warning("goal-never", clause.span, message, "remove it, or move it to the rule that sends")
            case Holdout(percent=percent) if percent in (0, 100):
                message = "a holdout of 0% holds nobody out" if percent == 0 else "a holdout of 100% sends to nobody"
                yield warning("holdout-extreme", clause.span, message, "name a share between the two, or remove it")


def _fires_once(rule: Rule) -> bool:
    match rule.trigger:
        case EventTrigger(ordinal=ordinal, every=every):
            return ordinal is not None and not every
        case CalendarTrigger(schedule=OnDate()):
            return True
    return False


def _delayed_cycles(facts: Facts) -> Iterator[Diagnostic]:
    """Rules that trigger each other again and again without any input; errors have no delay among them."""
    edges = triggered(facts.program, _all_actions)
    endless = {rule.name for rule in facts.rules if not _is_bounded(rule.node)}
    kept = {name: [other for other in others if other in endless] for name, others in edges.items() if name in endless}
    for cycle in find_cycles(kept):
        pairs = list(zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        labels = [Label(edges[one][other].span, f"this triggers `{other}`") for one, other in pairs[1:]]
        way = " → ".join(f"`{name}`" for name in (*cycle, cycle[0]))
        message = f"these rules trigger each other without end, whatever the user does: {way}"
        help = "end it: `once`, `until` a date, or a trigger that only the user brings about"
        yield warning("delayed-cycle", edges[pairs[0][0]][pairs[0][1]].span, message, help, *labels)


def _all_actions(rule: CheckedRule) -> Iterator[Action]:
    for step in rule.node.steps:
        yield from step.actions


def _is_bounded(rule: Rule) -> bool:
    """Whether the rule comes to an end by itself: by its trigger, a limit for ever, or the end of its campaign."""
    if _fires_once(rule):
        return True
    for clause in rule.clauses:
        if isinstance(clause, Limit) and clause.period.kind == "ever":
            return True
        if isinstance(clause, Campaign) and clause.end is not None:
            return True
    return rule.condition is not None or any(step.guard is not None for step in rule.steps)
