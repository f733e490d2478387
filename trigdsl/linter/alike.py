"""Rules on one trigger → those that say the same, and those that both message the user.

Only rules of one trigger are compared, each with a bounded number of those before it, so that the work grows
with the number of rules and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from trigdsl.checker.fields import leaves
from trigdsl.checker.program import CheckedRule
from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.domains import seconds
from trigdsl.linter.facts import Facts, label, sends, trigger_condition
from trigdsl.linter.logic import can_be_true, implies
from trigdsl.linter.report import note, warning
from trigdsl.syntax.nodes import (
    Boolean,
    Cap,
    Event,
    EventTrigger,
    Expression,
    Goal,
    IgnoredTrigger,
    Rule,
    SystemEvent,
    Tags,
)
from trigdsl.syntax.walk import walk

_MOST_COMPARED = 8
_HOUR = 3600


@frozen
class _Sender:
    """A rule that sends, and what pairs of them are judged by."""

    rule: CheckedRule
    times: tuple[tuple[int, str], ...]
    heeds: frozenset[str]
    tags: frozenset[str]
    condition: tuple[Expression, ...]


def lint_alike(facts: Facts) -> Iterator[Diagnostic]:
    """Duplicate and shadowed rules, and pairs that message a user within an hour of one event."""
    doing: dict[object, list[CheckedRule]] = {}
    triggering: dict[str, list[_Sender]] = {}
    for rule in facts.rules:
        same = doing.setdefault((rule.node.trigger, rule.node.steps), [])
        found = _doubled(rule, same[-_MOST_COMPARED:])
        same.append(rule)
        yield from found
        trigger = rule.node.trigger
        if found or not isinstance(trigger, EventTrigger) or trigger.ordinal is not None:
            continue
        sender = _sender(rule)
        if sender.times:
            names = list(dict.fromkeys(leaf.name for leaf in leaves(trigger.event) if isinstance(leaf, Event)))
            others = [one for name in names for one in triggering.get(name, [])[-_MOST_COMPARED:]]
            yield from _twice_messaged(sender, others, facts)
            for name in names:
                triggering.setdefault(name, []).append(sender)


def _sender(rule: CheckedRule) -> _Sender:
    nodes = list(walk(rule.node))
    return _Sender(
        rule,
        tuple(_send_times(rule.node)),
        frozenset(node.rule.text for node in nodes if isinstance(node, SystemEvent | IgnoredTrigger)),
        frozenset(name.text for node in nodes if isinstance(node, Tags) for name in node.names),
        tuple(trigger_condition(rule.node)),
    )


def _doubled(rule: CheckedRule, others: list[CheckedRule]) -> list[Diagnostic]:
    for other in others:
        there = Label(label(other), f"`{other.name}`")
        if rule.node.condition == other.node.condition and rule.node.clauses == other.node.clauses:
            message = f"`{rule.name}` says just what `{other.name}` says, so all is done twice"
            return [warning("duplicate-rule", label(rule), message, "remove one of the two", there)]
        if _is_free(other.node) and _implied(rule.node, other.node):
            message = f"whenever `{rule.name}` fires, `{other.name}` fires too and does the same"
            help = "let their conditions exclude each other, or remove one"
            return [warning("shadowed-rule", label(rule), message, help, there)]
        if _is_free(rule.node) and _implied(other.node, rule.node):
            message = f"whenever `{other.name}` fires, `{rule.name}` fires too and does the same"
            help = "let their conditions exclude each other, or remove one"
            return [warning("shadowed-rule", label(rule), message, help, there)]
    return []


def _is_free(rule: Rule) -> bool:
    """Whether every trigger that meets the rule's condition starts a run that acts."""
    return all(isinstance(clause, Goal | Tags) for clause in rule.clauses)


def _implied(narrow: Rule, wide: Rule) -> bool:
    condition = narrow.condition or Boolean(True)
    # Of a condition that is never true anything follows.
    return can_be_true(condition) and (wide.condition is None or implies(condition, wide.condition))


def _send_times(rule: Rule) -> list[tuple[int, str]]:
    """When the sends of a rule come due after its trigger, in seconds, and their channels; no clock times."""
    times, waited = [], 0
    for step in rule.steps:
        if step.at is not None or step.calendar_days is not None:
            break
        waited += 0 if step.after is None else seconds(step.after)
        times += [(waited, send.channel.text) for send in sends(step)]
    return times


def _twice_messaged(one: _Sender, others: list[_Sender], facts: Facts) -> Iterator[Diagnostic]:
    for other in others:
        if one.rule.name in other.heeds or other.rule.name in one.heeds or not _close(one, other, facts):
            continue
        if can_be_true(*one.condition, *other.condition):
            there = Label(label(other.rule), f"`{other.rule.name}` does too")
            pair = f"`{one.rule.name}` and `{other.rule.name}`"
            message = f"{pair} can message a user within the same hour, on one event and one channel"
            help = "let their conditions exclude each other, join them, or cap the channel: `cap 1 per 1h`"
            yield note("double-message", label(one.rule), message, help, there)
            return


def _close(one: _Sender, other: _Sender, facts: Facts) -> bool:
    """Whether both may send on one channel within an hour, and no cap of 1 lets only one through."""
    return any(
        channel == other_channel and abs(first - second) <= _HOUR and not _capped(one, other, channel, facts)
        for first, channel in one.times
        for second, other_channel in other.times
    )


def _capped(one: _Sender, other: _Sender, channel: str, facts: Facts) -> bool:
    held = {("all", ""), ("channel", channel), *(("tag", name) for name in one.tags & other.tags)}
    caps = [cap for cap in facts.program.caps if (cap.scope, cap.name.text if cap.name else "") in held]
    own = [policy for policy in facts.program.channels.get(channel, ()) if isinstance(policy, Cap)]
    return any(cap.count <= 1 for cap in caps) or any(cap.count <= 1 for cap in own)
