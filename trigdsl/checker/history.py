"""`where` conditions and history → findings about what could not be decided or kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.checker import messages
from trigdsl.checker.findings import Findings
from trigdsl.checker.scope import Scope
from trigdsl.checker.segments import members, segments_behind
from trigdsl.syntax.nodes import (
    Aggregate,
    EventSet,
    EventTrigger,
    EventWhere,
    Expression,
    Happened,
    Item,
    Node,
    Path,
    Period,
    Previous,
    TimeSince,
)
from trigdsl.syntax.walk import walk

HISTORY = (Happened, Aggregate, TimeSince, Previous)
BOUNDED = ("last", "today")
"""Kinds of period that forget."""


def check_history(items: Iterable[Item], scope: Scope, findings: Findings) -> None:
    """History inside a `where`, and a `where` or `distinct` that would have to keep everything."""
    for item in items:
        for node in walk(item):
            if isinstance(node, EventWhere):
                _check_where(node, scope, findings)
            _check_bounds(node, scope, findings)


def asks_history(condition: Expression) -> bool:
    """Whether a condition asks for history by itself, segments aside."""
    return any(isinstance(node, HISTORY) for node in walk(condition))


def _check_where(where: EventWhere, scope: Scope, findings: Findings) -> None:
    for node in walk(where.condition):
        if isinstance(node, HISTORY):
            findings.add(messages.history_in_where(node.span, where.condition.span))
    for member in members(where.condition):
        segment = scope.segments.get(member.name.text)
        if segment and any(
            asks_history(one.condition) for one in (segment, *segments_behind(segment.condition, scope))
        ):
            findings.add(messages.history_in_where(member.span, where.condition.span, member.name.text))


def _check_bounds(node: Node, scope: Scope, findings: Findings) -> None:
    match node:
        case Happened(event=event, period=period) | Aggregate(event=event, period=period):
            if not _forgets(period):
                _check_unbounded(event, scope, findings)
        case TimeSince(event=event) | Previous(event=event) | EventTrigger(event=event, ordinal=int()):
            _check_unbounded(event, scope, findings, period=False)
        case Period(event=event) if event is not None:
            _check_unbounded(event, scope, findings, period=False)
    if isinstance(node, Aggregate) and node.function == "distinct" and not _forgets(node.period):
        findings.add(messages.unbounded_distinct(node.span))


def _forgets(period: Period | None) -> bool:
    return period is not None and period.kind in BOUNDED


def _check_unbounded(event: EventSet, scope: Scope, findings: Findings, *, period: bool = True) -> None:
    for where in walk(event):
        if isinstance(where, EventWhere):
            for path in _late_paths(where.condition, scope):
                findings.add(messages.unbounded_where(path.parts[0], path.span, period))


def _late_paths(condition: Expression, scope: Scope) -> Iterator[Path]:
    """The paths of a `where` that cannot be read when the event arrives."""
    for node in walk(condition):
        if isinstance(node, Path) and node.parts[0] in ("trigger", "now"):
            yield node
