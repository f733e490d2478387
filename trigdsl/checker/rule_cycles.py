"""Rules → those that trigger each other at one instant, which would never come to rest.

A rule is a node; an edge goes from it to every rule that an action in a step without a delay can trigger.
What an action causes and what a trigger listens to are both written as marks, such as `("event", "purchase")`.
Conditions are left aside: only a delay breaks a cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from trigdsl.checker import messages
from trigdsl.checker.cycles import find_cycles
from trigdsl.checker.fields import leaves
from trigdsl.checker.findings import Findings
from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.checker.scope import Scope
from trigdsl.checker.segments import members, segments_behind
from trigdsl.diagnostics.diagnostic import Label
from trigdsl.syntax.nodes import (
    Action,
    AddTo,
    Aggregate,
    AnyEvent,
    BecomesTrigger,
    Boolean,
    ChangesTrigger,
    Date,
    Duration,
    Emit,
    Event,
    EventSet,
    EventTrigger,
    EventWhere,
    Expression,
    Happened,
    ListLiteral,
    MembershipTrigger,
    Negative,
    Node,
    Nothing,
    Number,
    Path,
    Period,
    RemoveFrom,
    Send,
    SetAttribute,
    SystemEvent,
    Text,
    Trigger,
)
from trigdsl.syntax.walk import children, walk

Mark: TypeAlias = tuple[object, ...]

_LITERALS = (Text, Number, Boolean, Date, Duration, ListLiteral, Negative)


def check_rule_cycles(scope: Scope, findings: Findings) -> None:
    """Finds cycles of rules without a delay."""
    edges = triggered(scope, immediate)
    for cycle in find_cycles(edges):
        steps = [edges[one][other] for one, other in zip(cycle, (*cycle[1:], cycle[0]), strict=True)]
        following = (*cycle[2:], *cycle[:2])[: len(cycle) - 1]
        labels = [
            Label(action.span, f"this triggers `{other}`") for action, other in zip(steps[1:], following, strict=True)
        ]
        findings.add(messages.rule_cycle(cycle, steps[0].span, labels))


def triggered(
    scope: Scope | CheckedProgram, actions: Callable[[CheckedRule], Iterable[Action]]
) -> dict[str, dict[str, Action]]:
    """For each rule the rules that these actions of it can trigger, with the first that does so."""
    listeners: dict[Mark, list[str]] = {}
    for rule in scope.rules:
        for mark in set(_heard(rule.node.trigger, scope)):
            listeners.setdefault(mark, []).append(rule.name)
    edges: dict[str, dict[str, Action]] = {rule.name: {} for rule in scope.rules}
    for rule in scope.rules:
        for action in actions(rule):
            for mark in _caused(action, rule.name):
                for listener in listeners.get(mark, ()):
                    edges[rule.name].setdefault(listener, action)
    return edges


def immediate(rule: CheckedRule) -> Iterator[Action]:
    """The actions that may be carried out at the instant of the trigger."""
    for step in rule.node.steps:
        if step.after or step.calendar_days is not None or step.at:
            return
        yield from step.actions


def _caused(action: Action, rule: str) -> Iterator[Mark]:
    match action:
        case Send():
            yield ("sent", rule)
        case Emit(event=event):
            yield ("event", event.text)
            yield ("any",)
        case SetAttribute(attribute=attribute, value=value):
            yield ("set", attribute.text)
            if not isinstance(value, Nothing):
                yield ("becomes", attribute.text, value) if _is_literal(value) else ("becomes", attribute.text)
        case AddTo(list=name):
            yield ("add", name.text)
        case RemoveFrom(list=name):
            yield ("remove", name.text)


def _is_literal(value: Expression) -> bool:
    return all(isinstance(node, _LITERALS) for node in walk(value))


def _heard(trigger: Trigger, scope: Scope | CheckedProgram) -> Iterator[Mark]:
    """What can trigger at once; a silence and `ignored` wait, and a calendar heeds nobody."""
    match trigger:
        case EventTrigger(event=event):
            yield from _event_marks(event)
        case BecomesTrigger(attribute=attribute, value=value):
            yield ("becomes", attribute.text)
            yield ("becomes", attribute.text, value)
        case ChangesTrigger(attribute=attribute):
            yield ("set", attribute.text)
        case MembershipTrigger(name=name, enters=enters):
            segment = scope.segments.get(name.text)
            if segment is None:
                yield ("add" if enters else "remove", name.text)
            else:
                for one in (segment, *segments_behind(segment.condition, scope)):
                    yield from _condition_marks(one.condition)


def _event_marks(event: EventSet) -> Iterator[Mark]:
    for leaf in leaves(event):
        match leaf:
            case Event(name=name):
                yield ("event", name)
            case AnyEvent():
                yield ("any",)
            case SystemEvent(kind="sent", rule=rule):
                yield ("sent", rule.text)
            case SystemEvent(kind=kind):
                yield ("event", kind)


def _condition_marks(condition: Expression) -> Iterator[Mark]:
    """What can change the answer of a segment's condition."""
    for member in members(condition):
        yield ("add", member.name.text)
        yield ("remove", member.name.text)
    for node in _outside_where(condition):
        if isinstance(node, Path) and node.parts[0] == "user" and len(node.parts) > 1:
            yield ("set", node.parts[1])
    for node in walk(condition):
        if isinstance(node, Happened | Aggregate):
            yield from _event_marks(node.event)
        if isinstance(node, Period) and node.event:
            yield from _event_marks(node.event)


def _outside_where(condition: Expression) -> Iterator[Node]:
    """The parts of a condition but for each `where`, which is decided once, when its event arrives."""
    pending: list[Node] = [condition]
    while pending:
        node = pending.pop()
        yield node
        pending += _parts(node)


def _parts(node: Node) -> Iterable[Node]:
    return [node.event] if isinstance(node, EventWhere) else children(node)
