"""Steps, their actions and what holds them back → words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trigdsl.reading import words
from trigdsl.reading.expressions import condition, entries, loose_event, value
from trigdsl.syntax.nodes import (
    Action,
    AddTo,
    Between,
    CallAction,
    Content,
    DayCondition,
    Emit,
    Nothing,
    OnDays,
    RemoveFrom,
    Send,
    SetAttribute,
    ShareVariant,
    Step,
    Text,
    Unless,
    Variant,
)

_ALL = 100


def step(node: Step) -> list[str]:
    """The lines of a step: what is done when; the variants, indented; then whatever holds it back."""
    guard = "" if node.guard is None else f", if at that moment {condition(node.guard)}"
    done = ", then ".join(action(part) for part in node.actions)
    first = f"{_when(node)}{guard}: {done}"
    last = node.actions[-1]
    if not isinstance(last, Send) or not last.variants:
        return [words.sentence(first), *_modifiers(node)]
    return [words.sentence(first)[:-1] + ":", *_variants(last.variants), *_modifiers(node)]


def may_wait(node: Step) -> bool:
    """Whether a step may be done later than it is reached: for its time, or for its hours or those of a channel."""
    timed = node.after is not None or node.calendar_days is not None or node.at is not None
    windows = node.between is not None or bool(node.days) or any(isinstance(part, Send) for part in node.actions)
    return timed or (windows and not node.urgent)


def _when(node: Step) -> str:
    at = "" if node.at is None else f"{words.time(node.at)} {words.zone(node.zone)}"
    if node.calendar_days is not None:
        later = f"{words.counted(node.calendar_days, 'calendar day')} later"
        return f"{later}, at {at}" if at else later
    if node.after is not None:
        later = f"{words.duration(node.after)} later"
        return f"{later}, at the next {at}" if at else later
    return f"at the next {at}" if at else "at once"


# Actions


def action(node: Action) -> str:
    match node:
        case Send():
            return _send(node)
        case SetAttribute():
            if isinstance(node.value, Nothing):
                return f"remove {words.attribute(node.attribute)}"
            return f"set {words.attribute(node.attribute)} to {value(node.value)}"
        case AddTo():
            return f"add the user to {words.name(node.list)}"
        case RemoveFrom():
            return f"take the user off {words.name(node.list)}"
        case Emit():
            properties = "" if node.record is None or not node.record.entries else f" with ({entries(node.record)})"
            return f"make the event {words.name(node.event)} happen{properties}"
        case CallAction():
            given = ", ".join(f"{words.path(entry.key)} = {value(entry.value)}" for entry in node.arguments)
            return f"call {words.name(node.name)}" + (f" with ({given})" if given else "")


def _send(node: Send) -> str:
    fields = "" if node.fields is None or not node.fields.entries else f" with ({entries(node.fields)})"
    on = f"send a message on {words.name(node.channel)}"
    if node.variants:
        by_share = isinstance(node.variants[0], ShareVariant)
        which = "one of these by share of users" if by_share else "the first of these that applies and can be written"
        return f"{on}{fields}, {which}"
    if node.content is None:
        return f"{on}{fields or ' (worded by whoever delivers it)'}"
    return f"{on}, {content(node.content)}{fields}"


def content(node: Content) -> str:
    match node:
        case Nothing():
            return "deliberately no message"
        case Text():
            return words.text(node.value)
    return value(node)


def _variants(nodes: Sequence[Variant]) -> Iterator[str]:
    yield from (f"- {_variant(node)}" for node in nodes)
    shares = [node.percent for node in nodes if isinstance(node, ShareVariant)]
    if shares and sum(shares) < _ALL:
        yield "- all other users: no message, as a control group"


def _variant(node: Variant) -> str:
    label = "" if node.label is None else f" (called {words.name(node.label)})"
    if isinstance(node, ShareVariant):
        who = f"{words.percent(node.percent)} of the users"
    else:
        who = "otherwise" if node.condition is None else f"if {condition(node.condition)}"
    return f"{who}{label}: {content(node.content)}"


# What holds a step back


def _modifiers(node: Step) -> Iterator[str]:
    yield from (unless(part) for part in node.unless)
    windows = [*([between(node.between)] if node.between is not None else []), *(days(part) for part in node.days)]
    if windows:
        otherwise = "outside of that it is skipped" if node.else_skip else "outside of that it waits"
        yield f"Only {', and only '.join(windows)}; {otherwise}."
    if node.expires is not None:
        yield f"Skipped if it would wait for its hours or days for more than {words.duration(node.expires)}."
    if node.priority is not None:
        yield f"Priority {node.priority}: of what is due at the same moment, higher ones go first."
    if node.urgent:
        yield "Urgent: hours, days and caps do not hold it back, and it does not count against caps."


def unless(node: Unless) -> str:
    soon = "" if node.within is None else f", and within {words.duration(node.within)} from when the step began to wait"
    return f"Cancelled, with all that follows, if {loose_event(node.event)} happens before it is done{soon}."


def between(node: Between) -> str:
    return f"{words.either([words.time_range(part) for part in node.ranges])} {words.zone(node.zone)}"


def days(node: DayCondition) -> str:
    if isinstance(node, OnDays):
        return f"on {words.days(node.days)}"
    return f"on dates {'not ' if node.negated else ''}in the calendar {words.name(node.calendar)}"
