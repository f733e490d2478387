"""An event as rules name it → is this record one, and what would a new one look like?  A `where` is left aside."""

from __future__ import annotations

from collections.abc import Mapping

from trigdsl.checker.program import CheckedProgram
from trigdsl.model.inputs import Input
from trigdsl.model.values import Value
from trigdsl.syntax import nodes


def is_event(
    checked: CheckedProgram, event: nodes.EventSet, wire: str | None, properties: Mapping[str, Value] | None
) -> bool:
    """Whether an event of this name on the wire is one, the conditions of a `where` aside."""
    match event:
        case nodes.Event():
            return wire == checked.wire_names.get(event.name, event.name)
        case nodes.AnyEvent():
            return wire is not None and wire != "sent"
        case nodes.SystemEvent():
            return wire == event.kind and (properties or {}).get("rule") == event.rule.text
        case nodes.EventGroup():
            return any(is_event(checked, one, wire, properties) for one in event.events)
        case nodes.EventWhere():
            return is_event(checked, event.event, wire, properties)


def is_heeded(checked: CheckedProgram, event: nodes.EventSet, given: Input) -> bool:
    """Whether a record is such an event, if its `where` holds."""
    return given.event is not None and is_event(checked, event, given.event, given.properties)


def heeds(checked: CheckedProgram, event: nodes.EventSet) -> tuple[str, dict[str, Value]] | None:
    """The name on the wire and the properties of a new such event; None for what no record can be."""
    match event:
        case nodes.Event():
            return checked.wire_names.get(event.name, event.name), {}
        case nodes.AnyEvent():
            return "any_event", {}
        case nodes.SystemEvent():
            return None if event.kind == "sent" else (event.kind, {"rule": event.rule.text})
        case nodes.EventGroup():
            return next((found for one in event.events if (found := heeds(checked, one)) is not None), None)
        case nodes.EventWhere():
            return heeds(checked, event.event)


def has_where(event: nodes.EventSet) -> bool:
    """Whether a `where` stands anywhere in it."""
    match event:
        case nodes.EventWhere():
            return True
        case nodes.EventGroup():
            return any(has_where(one) for one in event.events)
    return False
