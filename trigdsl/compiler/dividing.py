"""A compiled program → two parts of its rules that decide nothing for each other: the simplest ones, and the rest.

Users are independent of each other, and so are the rules of one user, but for what they share: caps, what rules emit
and set, and the events `sent`.  A rule of the simplest shape that shares nothing with the rest can be decided apart
from it; only the decisions of one moment are to be put in order again.  What is in doubt stays with the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from trigdsl.checker.program import CheckedRule
from trigdsl.compiler.patterns import alternatives
from trigdsl.compiler.plans import Plans
from trigdsl.compiler.sieving import reads_properties_only
from trigdsl.engine.action_types import EmitAction, SendAction, SetAction
from trigdsl.engine.flat import obstacles, shape_obstacles
from trigdsl.engine.program import CompiledRule, Division, EventPlan, Program
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.compiler.questions import Asked
    from trigdsl.compiler.unit import Unit


def divided(unit: Unit, program: Program, plans: Plans, asked: tuple[Asked, ...]) -> Division:
    """The parts of a program that was made of these plans, whose slots keep what is `asked`."""
    bound = _bound(unit, program)
    flat = frozenset(rule.index for rule in program.rules if rule.index not in bound)
    if not flat or next(obstacles(program), None) is None:
        return Division(bound=bound)
    return Division(
        bound=bound,
        flat=_part(program, plans, flat, ()),
        rest=_part(program, plans, frozenset(bound), asked if bound else ()),
    )


def _part(program: Program, plans: Plans, rules: frozenset[int], asked: tuple[Asked, ...]) -> Program:
    """The program, in which nothing but some rules is triggered, ended or kept."""
    by_name, other = plans.of_rules(rules).make(asked)

    def of_them(found: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(rule for rule in found if rule in rules)

    return evolve(
        program,
        plans=by_name,
        other=other,
        slots=program.slots if asked else (),
        calendar_rules=of_them(program.calendar_rules),
        segment_rules=of_them(program.segment_rules),
        attribute_rules={name: of_them(found) for name, found in program.attribute_rules.items() if of_them(found)},
        list_rules={name: of_them(found) for name, found in program.list_rules.items() if of_them(found)},
    )


def _bound(unit: Unit, program: Program) -> dict[int, tuple[str, ...]]:
    """The rules that belong to the rest, by number, and why."""
    everywhere = tuple(_everywhere(program))
    heeded = _heeded_sends(unit)
    found: dict[int, tuple[str, ...]] = {}
    for rule, checked in zip(program.rules, unit.checked.rules, strict=True):
        why = (
            *shape_obstacles(rule),
            *_of_events(unit, checked, program),
            *(f"{who} heeds what it sends" for who in heeded.get(rule.name, ())),
            *_emitted(program, rule),
            *everywhere,
        )
        if why:
            found[rule.index] = tuple(dict.fromkeys(why))
    _share_caps(program.rules, found)
    return dict(sorted(found.items()))


# ---------------------------------------------------------------------------------------------- what is in one rule
def _of_events(unit: Unit, checked: CheckedRule, program: Program) -> Iterator[str]:
    """What keeps the events that a rule waits for from deciding by their names, and for its trigger by properties."""
    node, index = checked.node, checked.index
    if any(isinstance(part, nodes.SystemEvent) and part.kind == "sent" for part in walk(node)):
        yield "it heeds what rules send"
    if not isinstance(node.trigger, nodes.EventTrigger) or node.trigger.ordinal is not None:
        yield "it is not triggered by each event of a name"
    if program.slot_uses[index]:
        yield "it asks about the past"
    elif isinstance(node.trigger, nodes.EventTrigger):
        conditions = [one for way in alternatives(unit, node.trigger.event) for one in way.conditions]
        conditions += [] if node.condition is None else [node.condition]
        if not all(reads_properties_only(unit, one) for one in conditions):
            yield "whether it is triggered depends on more than the properties of the event"
    for name, plan in _plans(program):
        ends = plan.enders.get(index)
        if ends is not None and any(one.test for each in (ends.stop_on, *ends.unless.values()) for one in each):
            yield f"whether `{program.event_names.get(name, name)}` ends it depends on its properties"


def _plans(program: Program) -> list[tuple[str, EventPlan]]:
    return [*program.plans.items(), ("any", program.other or EventPlan())]


# ---------------------------------------------------------------------------------------------- what rules share
def _everywhere(program: Program) -> Iterator[str]:
    """What of any rule may matter to every other."""
    for rule in program.rules:
        if rule.index in program.segment_rules:
            # Whatever any rule sends lets it be looked who is in its segment, at that very place among the others.
            yield f"{rule.name} watches a segment"
        for action in _actions(rule):
            if isinstance(action, SetAction) and action.target == "timezone":
                yield f"{rule.name} sets `user.timezone`"


def _heeded_sends(unit: Unit) -> dict[str, tuple[str, ...]]:
    """Who heeds what a rule sends, by the names of rules."""
    found: dict[str, dict[str, None]] = {}
    named = {id(rule.node): rule.name for rule in unit.checked.rules}
    for item in unit.checked.items:
        if isinstance(item, (nodes.Test, nodes.Invariant)):
            continue
        who = named.get(id(item), "what is declared")
        for node in walk(item):
            if (isinstance(node, nodes.SystemEvent) and node.kind == "sent") or isinstance(node, nodes.IgnoredTrigger):
                found.setdefault(node.rule.text, {})[who] = None
    return {rule: tuple(whos) for rule, whos in found.items()}


def _emitted(program: Program, heeding: CompiledRule) -> Iterator[str]:
    """The rules that emit an event which triggers or ends a run of a rule."""
    for rule in program.rules:
        for action in _actions(rule):
            if isinstance(action, EmitAction) and (plan := program.plan(action.wire)) is not None:
                triggered = any(index == heeding.index for index, _ in plan.triggers)
                if triggered or heeding.index in plan.enders:
                    name = program.event_names.get(action.wire, action.wire)
                    yield f"{rule.name} emits `{name}`, which it heeds"


def _share_caps(rules: Sequence[CompiledRule], bound: dict[int, tuple[str, ...]]) -> None:
    """Bind what shares a cap with a rule that is bound, and so on."""
    grows = True
    while grows:
        grows = False
        taken = {number: rules[index].name for index in bound for number in _caps(rules[index])}
        for rule in rules:
            if rule.index in bound:
                continue
            shared = [
                f"it shares the cap {label} with {taken[cap]}" for cap, label in _caps(rule).items() if cap in taken
            ]
            if shared:
                bound[rule.index] = tuple(shared)
                grows = True


def _caps(rule: CompiledRule) -> dict[int, str]:
    """The caps that a rule's sends heed and count against, and their labels."""
    return {
        cap.number: cap.label
        for step in rule.steps
        if not step.urgent
        for action in step.actions
        if isinstance(action, SendAction)
        for cap in action.caps
    }


def _actions(rule: CompiledRule) -> Iterator[object]:
    return (action for step in rule.steps for action in step.actions)
