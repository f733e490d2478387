"""Points of triggers: each alternative, and events around the end of a silence or of a wait for an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.coverage.conditions import of_wheres
from trigdsl.coverage.events import is_one, leaves
from trigdsl.coverage.points import Exercised, Point, around, point, shown
from trigdsl.coverage.record import Record
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes

_DID_NOT_FIRE = ("where", "ordinal")
_ANSWERS = ("opened", "clicked")


def of_trigger(checked: CheckedProgram, rule: CheckedRule) -> Iterator[Point]:
    """The points of a rule's trigger."""
    trigger = rule.node.trigger
    if isinstance(trigger, nodes.EventTrigger):
        yield from _events(checked, rule, trigger)
    else:
        text = f"`{shown(trigger)}` fires"
        yield point(rule.name, "trigger", text, trigger.span, lambda record: bool(record.tried.get(rule.index)))
    yield from of_wheres(checked, rule, "trigger", trigger)
    if isinstance(trigger, nodes.SilenceTrigger):
        yield from _silence(checked, rule, trigger)
    elif isinstance(trigger, nodes.IgnoredTrigger):
        yield from _ignored(rule, trigger)


def _events(checked: CheckedProgram, rule: CheckedRule, trigger: nodes.EventTrigger) -> Iterator[Point]:
    def by(leaf: nodes.EventSet) -> Exercised:
        return lambda record: any(
            tried.outcome not in _DID_NOT_FIRE and tried.event is not None and is_one(checked, leaf, tried.event)
            for tried in record.tried.get(rule.index, ())
        )

    for leaf in leaves(trigger.event):
        yield point(rule.name, "trigger", f"`{shown(leaf)}` triggers", leaf.span, by(leaf))
    if trigger.ordinal is not None:
        text = f"another than `{shown(trigger)}` comes"
        yield point(rule.name, "trigger", text, trigger.span, lambda record: _outcome(record, rule, "ordinal"))


def _outcome(record: Record, rule: CheckedRule, outcome: str) -> bool:
    return any(tried.outcome == outcome for tried in record.tried.get(rule.index, ()))


def _silence(checked: CheckedProgram, rule: CheckedRule, trigger: nodes.SilenceTrigger) -> Iterator[Point]:
    length = length_of(trigger.duration)

    def gaps(record: Record) -> Iterable[Micros]:
        times = [came.time for came in record.events if is_one(checked, trigger.event, came)]
        return (later - sooner - length for sooner, later in pairwise(times))

    text = f"an event {shown(trigger.duration)} after the one before"
    yield from around(rule.name, "trigger", text, trigger.duration.span, gaps, length)


def _ignored(rule: CheckedRule, trigger: nodes.IgnoredTrigger) -> Iterator[Point]:
    length = length_of(trigger.duration)

    def gaps(record: Record) -> Iterable[Micros]:
        about = [came for came in record.events if came.properties.get("rule") == trigger.rule.text]
        answers = [came.time for came in about if came.name in _ANSWERS]
        for sent in about:
            if sent.name == "sent":
                yield from (answer - sent.time - length for answer in answers if answer >= sent.time)

    text = f"an answer {shown(trigger.duration)} after it was sent"
    yield from around(rule.name, "trigger", text, trigger.duration.span, gaps, length)
