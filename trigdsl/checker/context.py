"""A rule's trigger → what bare paths, `event.` and `trigger.` read there."""

from __future__ import annotations

from attrs import evolve, frozen

from trigdsl.checker.fields import ANYTHING, Carrier, carrier_of, no_event
from trigdsl.checker.scope import Scope
from trigdsl.syntax.nodes import (
    CalendarTrigger,
    EventSet,
    EventTrigger,
    MembershipTrigger,
    SilenceTrigger,
    Trigger,
)


@frozen
class Context:
    """Where an expression stands: what its paths read, and whether that is inside a `where`."""

    event: Carrier
    trigger: Carrier
    testing: bool = False

    def inside_where(self, tested: Carrier) -> Context:
        """The context of a `where` on events of the carrier `tested`."""
        return evolve(self, event=tested, testing=True)


FREE = Context(ANYTHING, ANYTHING)
"""Where any event may be the triggering one: the policies of a channel."""

IN_SEGMENT = Context(no_event("a segment"), no_event("a segment"))
IN_INVARIANT = Context(no_event("an invariant"), no_event("an invariant"))


def trigger_carrier(trigger: Trigger, scope: Scope) -> Carrier:
    """What the triggering event of a rule may be.

    A change of an attribute or a list may come with an event, so its fields are unknown.
    """
    match trigger:
        case EventTrigger(event=event) | SilenceTrigger(event=event):
            return carrier_of(event, scope.event_fields)
        case CalendarTrigger():
            return no_event("a calendar trigger")
        case MembershipTrigger(name=name) if name.text in scope.segments:
            return no_event("a change of a segment")
    return ANYTHING


def tested_context(event: EventSet, outer: Context, scope: Scope) -> Context:
    """The context of `event where …` in the context `outer`."""
    return outer.inside_where(carrier_of(event, scope.event_fields))
