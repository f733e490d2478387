"""Events as rules name them → those that came."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker.program import CheckedProgram
from trigdsl.coverage.record import Came
from trigdsl.explainer.events import is_event
from trigdsl.syntax import nodes


def leaves(event: nodes.EventSet) -> Iterator[nodes.Event | nodes.AnyEvent | nodes.SystemEvent]:
    """The single events of a set."""
    match event:
        case nodes.EventGroup():
            for part in event.events:
                yield from leaves(part)
        case nodes.EventWhere():
            yield from leaves(event.event)
        case _:
            yield event


def is_one(checked: CheckedProgram, event: nodes.EventSet, came: Came) -> bool:
    """Whether an event that came is among those of a set, the conditions of a `where` aside."""
    return is_event(checked, event, came.name, came.properties)
