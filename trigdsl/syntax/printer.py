"""Nodes of the syntax tree → text that reads back as equal nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigdsl.syntax import nodes
from trigdsl.syntax.nodes import AnyEvent, Duration, Event, EventGroup, EventSet, EventWhere, File, Node
from trigdsl.syntax.printing import expressions, items, rules, words


def print_tree(node: Node) -> str:
    """The text of any node: a file, an item, or a part of one.

    Reading the text where such a part may stand gives an equal tree.  Comments and the author's line breaks
    are not in a tree, so they are not in the text either.
    """
    if isinstance(node, File):
        return "".join(f"{items.item(part)}\n" for part in node.items)
    printer = next((printer for kind, printer in _PRINTERS if isinstance(node, kind)), None)
    return printer(node) if printer is not None else expressions.expression(node)  # type: ignore[arg-type]


def print_duration_node(node: Duration) -> str:
    """The short form with the parts as they were written: `1h30m`, and `24h` is not `1d`."""
    return words.duration(node)


def print_event_set(event: EventSet) -> str:
    """The event as reasons of decisions name it: no `where`, no backticks, `a or b` for a group."""
    match event:
        case Event():
            return event.name
        case AnyEvent():
            return "any"
        case EventWhere():
            return print_event_set(event.event)
        case EventGroup():
            return " or ".join(print_event_set(part) for part in event.events)
    return f"{event.kind} {event.rule.text}"


_PRINTERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (nodes.Name, words.name),
    (nodes.TimeOfDay, words.time),
    (nodes.Zone, words.zone),
    (nodes.LimitPeriod, words.limit_period),
    (nodes.Period, expressions.period),
    (EventSet, expressions.events),
    (nodes.Entry, expressions.entry),
    (nodes.Trigger, rules.trigger),
    (nodes.Schedule, rules.schedule),
    (nodes.Nothing, rules.content),
    (nodes.Variant, rules.variant),
    (nodes.Action, rules.action),
    (nodes.Unless, rules.unless),
    (nodes.TimeRange, rules.time_range),
    (nodes.Step, rules.step),
    (nodes.Clause, rules.clause),
    (nodes.Item, items.item),
    (nodes.FieldDecl, items.field),
    (nodes.Policy, items.policy),
    (nodes.TestUser, items.test_user),
    (nodes.Moment, items.moment),
    (nodes.TestLine, items.test_line),
    (nodes.NoSendBetween | nodes.NoSendAfter | nodes.AtMostSends, items.promise),
)
