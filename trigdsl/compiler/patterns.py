"""Events as rules name them → for each name on the wire, the test that an event of that name must pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from trigdsl.checker.paths import resolve
from trigdsl.compiler.expressions import Reading, Writer
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit
    from trigdsl.engine.context import Context


@frozen
class Alternative:
    """One way for an event to fit: its name on the wire (None: any but `sent`), and conditions, all true."""

    name: str | None
    conditions: tuple[nodes.Expression, ...]

    def concerns(self, name: str | None) -> bool:
        """Whether an event of that name can fit; None stands for all names that the program does not say."""
        return self.name == name if self.name is not None else name != "sent"


def alternatives(
    unit: Unit, event: nodes.EventSet, conditions: tuple[nodes.Expression, ...] = ()
) -> tuple[Alternative, ...]:
    """All ways to fit, in the order written."""
    match event:
        case nodes.Event():
            return (Alternative(unit.wire(event.name), conditions),)
        case nodes.AnyEvent():
            return (Alternative(None, conditions),)
        case nodes.SystemEvent():
            rule = nodes.Path(("event", "rule"), span=event.span)
            same = nodes.Compare("==", rule, nodes.Text(event.rule.text), id=event.id, span=event.span)
            return (Alternative(event.kind, (same, *conditions)),)
        case nodes.EventGroup():
            return tuple(one for part in event.events for one in alternatives(unit, part, conditions))
        case nodes.EventWhere():
            return alternatives(unit, event.event, (*conditions, event.condition))


def decided_later(condition: nodes.Expression) -> bool:
    """Whether a `where` reads `trigger.` or `now`, and so cannot be decided when its event arrives."""
    return any(
        isinstance(node, nodes.Path) and resolve(node.parts)[0] in ("trigger", "now") for node in walk(condition)
    )


class Tests:
    """Makes the test functions of patterns, one for each distinct set of conditions."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._made: dict[object, Callable[[Context], bool]] = {}

    def test(
        self, label: str, rule: str | None, ways: tuple[Alternative, ...], name: str | None
    ) -> tuple[bool, Callable[[Context], bool] | None]:
        """Whether events of that name concern the pattern at all, and the test they must pass (None: none)."""
        fitting = tuple(way.conditions for way in ways if way.concerns(name))
        if not fitting:
            return False, None
        if () in fitting:
            return True, None
        if (rule, fitting) not in self._made:
            writer = Writer(self._unit, Reading.TESTED, rule)
            text = " or ".join(
                "(" + " and ".join(writer.true(condition) for condition in conditions) + ")" for conditions in fitting
            )
            said = "\n".join(condition.span.text for conditions in fitting for condition in conditions)
            self._made[rule, fitting] = self._unit.function(f"{label}__where", "c", said, text)
        return True, self._made[rule, fitting]
