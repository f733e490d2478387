"""All rules that one event may trigger → one function that says which of them it does.

The function decides every trigger's `where`, ordinal and condition before any of the rules acts, and reads each
property once.  That is the same as deciding them one after another unless one of the rules can change what
another's condition reads; attributes and lists are what a rule changes at once, all else takes effect later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from trigdsl.checker.program import CheckedRule
from trigdsl.compiler.expressions import Writer
from trigdsl.compiler.patterns import Alternative
from trigdsl.engine import history
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit
    from trigdsl.engine.context import Context

FEWEST = 2
"""With fewer rules there is nothing to share."""


Ways: TypeAlias = "list[tuple[CheckedRule, tuple[Alternative, ...]]]"
"""Rules that an event may trigger, and how."""


def triggered(unit: Unit, name: str | None, rules: Ways) -> Callable[[Context], list[int]] | None:
    """The function for events of that name on the wire; None when the rules must be decided one after another."""
    if len(rules) < FEWEST or any(stands_alone(rule.node) for rule, _ in rules):
        return None
    reads, conditions = conditions_of(unit, name, rules, "c.event")
    lines = [f"if {condition}: found.append({rule})" for rule, condition in conditions]
    label = "".join(char if char.isalnum() else "_" for char in name or "other")
    said = f"the rules that `{name}` triggers" if name else "the rules that any other event triggers"
    return unit.code.define(f"on_{label}", "c", said, [*reads, "found = []", *lines, "return found"])


def conditions_of(
    unit: Unit, name: str | None, rules: Ways, properties: str
) -> tuple[list[str], list[tuple[int, str]]]:
    """Python that reads what the rules' conditions read of the event, and for each rule what tells whether it fires.

    `properties` is what the event's properties are called.  None of the rules may stand alone.
    """
    writer = Writer(unit)
    writer.shared, writer.properties = {}, properties
    conditions = []
    for rule, ways in rules:
        writer.rule = rule.name
        parts = [*_where(writer, ways, name), *_ordinal(unit, rule.node.trigger)]
        if rule.node.condition is not None:
            parts.append(writer.true(rule.node.condition))
        conditions.append((rule.index, " and ".join(parts) or "True"))
    return [f"{variable} = {text}" for text, variable in writer.shared.items()], conditions


def stands_alone(rule: nodes.Rule) -> bool:
    """Whether a rule may change what other conditions read, or reads its own name."""
    return any(
        isinstance(node, nodes.SetAttribute | nodes.AddTo | nodes.RemoveFrom)
        or (isinstance(node, nodes.Path) and node.parts[0] == "rule")
        for node in walk(rule)
    )


def _where(writer: Writer, ways: tuple[Alternative, ...], name: str | None) -> list[str]:
    fitting = [way.conditions for way in ways if way.concerns(name)]
    if () in fitting:
        return []
    joined = ["(" + " and ".join(writer.true(condition) for condition in way) + ")" for way in fitting]
    return ["(" + " or ".join(joined) + ")"]


def _ordinal(unit: Unit, trigger: nodes.Trigger) -> list[str]:
    """The count of an ordinal has this event in it already."""
    if not isinstance(trigger, nodes.EventTrigger) or trigger.ordinal is None:
        return []
    slot = unit.questions.ask(history.Count, trigger.event).number
    count = f"c.history[{slot}]"
    return [f"{count} % {trigger.ordinal} == 0" if trigger.every else f"{count} == {trigger.ordinal}"]
