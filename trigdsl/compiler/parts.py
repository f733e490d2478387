"""Conditions → their parts, each with a function that gives its value: what an explanation shows under the text.

A part asks of history just what the condition that it stands in asks, so nothing more is kept for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trigdsl.compiler.expressions import Reading, Writer
from trigdsl.engine.program import Part, PartKey
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.checker.program import CheckedRule
    from trigdsl.compiler.unit import Unit

_LITERALS = (
    nodes.Text,
    nodes.Number,
    nodes.Boolean,
    nodes.Date,
    nodes.Duration,
    nodes.ListLiteral,
    nodes.RecordLiteral,
)


def condition_parts(unit: Unit) -> dict[PartKey, tuple[Part, ...]]:
    """The parts of all conditions of a program, the whole before what it is made of."""
    found: dict[PartKey, tuple[Part, ...]] = {}
    for rule in unit.checked.rules:
        found |= _rule(unit, rule)
    for channel, policies in unit.checked.channels.items():
        requires = [policy for policy in policies if isinstance(policy, nodes.Requires)]
        for number, one in enumerate(requires):
            found["requires", channel, 0, number] = _parts(unit, one.condition, None, Reading.TRIGGERING)
    return found


def _rule(unit: Unit, rule: CheckedRule) -> dict[PartKey, tuple[Part, ...]]:
    node, index = rule.node, rule.index
    found: dict[PartKey, tuple[Part, ...]] = {}
    wheres = [one for one in walk(node.trigger) if isinstance(one, nodes.EventWhere)]
    for number, where in enumerate(wheres):
        found["where", index, 0, number] = _parts(unit, where.condition, rule.name, Reading.TESTED)
    if node.condition is not None:
        found["condition", index, 0, 0] = _parts(unit, node.condition, rule.name, Reading.TRIGGERING)
    for place, step in enumerate(node.steps):
        if step.guard is not None:
            found["guard", index, place, 0] = _parts(unit, step.guard, rule.name, Reading.TRIGGERING)
        variants = [one for action in step.actions if isinstance(action, nodes.Send) for one in action.variants]
        for number, variant in enumerate(variants):
            if isinstance(variant, nodes.WhenVariant) and variant.condition is not None:
                found["when", index, place, number] = _parts(unit, variant.condition, rule.name, Reading.TRIGGERING)
    ends: list[nodes.Unless | nodes.StopOn] = [one for step in node.steps for one in step.unless]
    ends += [one for one in node.clauses if isinstance(one, nodes.StopOn)]
    for clause in ends:
        wheres = [one for one in walk(clause.event) if isinstance(one, nodes.EventWhere)]
        for number, where in enumerate(wheres):
            found["ends", clause.id, 0, number] = _parts(unit, where.condition, rule.name, Reading.TESTED)
    goals = [one.event for one in node.clauses if isinstance(one, nodes.Goal)]
    wheres = [one for event in goals for one in walk(event) if isinstance(one, nodes.EventWhere)]
    for number, where in enumerate(wheres):
        found["goal", index, 0, number] = _parts(unit, where.condition, rule.name, Reading.TESTED)
    return found


def _parts(unit: Unit, node: nodes.Expression, rule: str | None, reading: Reading) -> tuple[Part, ...]:
    made = []
    for one, how in _looked_at(unit, node, reading):
        text = Writer(unit, how, rule).value(one)
        evaluate = unit.function(f"{rule or 'channel'}__part", "c", one.span.text, text)
        made.append(Part(node=one.id, text=one.span.text, evaluate=evaluate))
    return tuple(made)


def _looked_at(unit: Unit, node: nodes.Expression, reading: Reading) -> Iterator[tuple[nodes.Expression, Reading]]:
    """A condition and what it is made of, but no literals, and nothing inside questions about the past."""
    if isinstance(node, _LITERALS):
        return
    yield node, reading
    inner: tuple[nodes.Expression, ...]
    match node:
        case nodes.And() | nodes.Or():
            inner = node.operands
        case nodes.Compare() | nodes.Arithmetic():
            inner = (node.left, node.right)
        case nodes.In():
            inner = (node.operand, node.container)
        case nodes.Not() | nodes.Matches() | nodes.Exists() | nodes.Default() | nodes.Negative():
            inner = (node.operand,)
        case nodes.Call():
            inner = node.arguments
        case nodes.Member() if node.name.text in unit.checked.segments:
            inner, reading = (unit.checked.segments[node.name.text].condition,), Reading.NOTHING
        case _:
            inner = ()
    for one in inner:
        yield from _looked_at(unit, one, reading)
