"""Points of conditions: each part true and false, values around what they are compared with, ages around periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite
from typing import TypeAlias

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.coverage.events import is_one
from trigdsl.coverage.points import AT, Exercised, Point, around, point, shown
from trigdsl.coverage.record import Asked, Record
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

_ORDERS = ("<", "<=", ">", ">=")
BELOW, ABOVE = "just below", "just above"

Asks: TypeAlias = Callable[[Record], list[Asked]]
"""When a part of a condition was asked for a rule, and what it was."""


def of_condition(
    checked: CheckedProgram,
    rule: CheckedRule,
    kind: str,
    condition: nodes.Expression,
    event: nodes.EventSet | None = None,
) -> Iterator[Point]:
    """The points of one condition of a rule, those of the segments that it names among them.

    With `event` it is the `where` behind that event, and asked of no other.
    """

    def asks(node: int) -> Asks:
        def asked(record: Record) -> list[Asked]:
            every = record.asked.get((rule.index, node), [])
            if event is None:
                return every
            return [one for one in every if one.event is not None and is_one(checked, event, one.event)]

        return asked

    name = rule.name
    for part in parts(checked, condition):
        for value, case in ((True, "true"), (False, "false")):
            yield point(name, kind, f"`{shown(part)}`", part.span, _was(asks(part.id), value), case)
    for node in _inside(checked, condition):
        if isinstance(node, nodes.Compare) and node.operator in _ORDERS:
            yield from _threshold(name, kind, node, asks)
        elif isinstance(node, nodes.Happened | nodes.Aggregate) and node.period is not None:
            if node.period.kind == "last":
                yield from _last(checked, name, kind, node, asks(node.id))
            elif node.period.kind == "today":
                yield from _today(checked, name, kind, node, asks(node.id))


def of_wheres(checked: CheckedProgram, rule: CheckedRule, kind: str, where: nodes.Node) -> Iterator[Point]:
    """The points of every `where` in a trigger, or in the event of a clause."""
    for node in walk(where):
        if isinstance(node, nodes.EventWhere):
            yield from of_condition(checked, rule, kind, node.condition, node.event)


def parts(checked: CheckedProgram, node: nodes.Expression) -> Iterator[nodes.Expression]:
    """What is joined by and, or and not: a condition's parts, and those of segments in it."""
    match node:
        case nodes.And() | nodes.Or():
            for operand in node.operands:
                yield from parts(checked, operand)
        case nodes.Not():
            yield from parts(checked, node.operand)
        case nodes.Boolean():
            return
        case nodes.Member() if node.name.text in checked.segments:
            yield node
            yield from parts(checked, checked.segments[node.name.text].condition)
        case _:
            yield node


def _inside(checked: CheckedProgram, condition: nodes.Expression) -> Iterator[nodes.Node]:
    for part in parts(checked, condition):
        yield from walk(part)


def _was(asks: Asks, value: bool) -> Exercised:
    return lambda record: any(asked.value is value for asked in asks(record))


# ------------------------------------------------------------------------ values
def _threshold(rule: str, kind: str, node: nodes.Compare, asks: Callable[[int], Asks]) -> Iterator[Point]:
    """A value just below, at and just above the literal that it is compared with."""
    for value, literal in ((node.left, node.right), (node.right, node.left)):
        wanted = _distance(literal)
        if wanted is None:
            continue
        for case in (BELOW, AT, ABOVE):
            about = f"`{shown(value)}` against {shown(literal)}"
            yield point(rule, kind, about, node.span, _beside(asks(value.id), wanted, case), case)


Distance = Callable[[object], "int | float | None"]


def _distance(literal: nodes.Expression) -> Distance | None:
    """How far a value is above a literal, such that 1 is the farthest that is just above; None for no such literal."""
    match literal:
        case nodes.Number(value=number) | nodes.Negative(operand=nodes.Number(value=number)):
            return _from_number(number if isinstance(literal, nodes.Number) else -number)
        case nodes.Date():
            return lambda value: (value - literal.value).days if type(value) is date else None
        case nodes.Duration():
            length = timedelta(microseconds=length_of(literal))
            near = max(min(timedelta(minutes=1), length / 10), timedelta(seconds=1))
            return lambda value: (value - length) / near if isinstance(value, timedelta) else None
    return None


def _from_number(bound: int | float) -> Distance:
    """In units of the last decimal place that the bound is written with: 1 above 200, 0.01 above 19.99."""
    exponent = Decimal(str(bound)).as_tuple().exponent
    unit = Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)

    def distance(value: object) -> float | None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
            return None
        return float((Decimal(str(value)) - Decimal(str(bound))) / unit)

    return distance


def _beside(asks: Asks, distance: Distance, case: str) -> Exercised:
    def hit(record: Record) -> bool:
        gaps = [distance(asked.value) for asked in asks(record)]
        return any(gap is not None and _case(gap) == case for gap in gaps)

    return hit


def _case(gap: int | float) -> str | None:
    if gap == 0:
        return AT
    if -1 <= gap < 0:
        return BELOW
    return ABOVE if 0 < gap <= 1 else None


# ------------------------------------------------------------------------ periods
def _last(
    checked: CheckedProgram, rule: str, kind: str, node: nodes.Happened | nodes.Aggregate, asks: Asks
) -> Iterator[Point]:
    """An event that is not quite, just, and more than so old as the period is long, when it is asked for."""
    assert node.period is not None
    duration = node.period.duration
    assert duration is not None
    length = length_of(duration)

    def gaps(record: Record) -> Iterable[Micros]:
        return (asked.time - time - length for asked, time in _asked_after(checked, node, asks, record))

    text = f"an event {shown(duration)} before `{shown(node)}` is asked"
    yield from around(rule, kind, text, duration.span, gaps, length)


def _today(
    checked: CheckedProgram, rule: str, kind: str, node: nodes.Happened | nodes.Aggregate, asks: Asks
) -> Iterator[Point]:
    """An event around the local midnight at which the day of asking began."""
    assert node.period is not None

    def gaps(record: Record) -> Iterable[Micros]:
        for asked, time in _asked_after(checked, node, asks, record):
            yield time - asked.zone.start_of_day(asked.zone.day(asked.time))

    text = f"an event when the day begins on which `{shown(node)}` is asked"
    yield from around(rule, kind, text, node.period.span, gaps)


def _asked_after(
    checked: CheckedProgram, node: nodes.Happened | nodes.Aggregate, asks: Asks, record: Record
) -> Iterator[tuple[Asked, Micros]]:
    """Each asking of a question about the past, with the time of each event that it is about."""
    times = [came.time for came in record.events if is_one(checked, node.event, came)]
    return ((asked, time) for asked in asks(record) for time in times if time <= asked.time)
