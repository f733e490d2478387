"""Points of conditions: each part true and false, values around what they are compared with, ages around periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.expressions import length_of
from trigdsl.coverage.events import is_one
from trigdsl.coverage.points import AT, Exercised, Point, around, point, shown
from trigdsl.coverage.record import Record
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

_ORDERS = ("<", "<=", ">", ">=")
BELOW, ABOVE = "just below", "just above"


def of_condition(checked: CheckedProgram, rule: str, kind: str, condition: nodes.Expression) -> Iterator[Point]:
    """The points of one condition of a rule, those of the segments that it names among them."""
    for part in parts(checked, condition):
        for value in (True, False):
            yield point(rule, kind, f"`{shown(part)}`", part.span, _was(part.id, value), "true" if value else "false")
    for node in _inside(checked, condition):
        if isinstance(node, nodes.Compare) and node.operator in _ORDERS:
            yield from _threshold(rule, kind, node)
        elif isinstance(node, nodes.Happened | nodes.Aggregate) and _last(node) is not None:
            yield from _period(checked, rule, kind, node)


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


def _was(node: int, value: bool) -> Exercised:
    return lambda record: any(asked.value is value for asked in record.asked.get(node, ()))


# ------------------------------------------------------------------------ values
def _threshold(rule: str, kind: str, node: nodes.Compare) -> Iterator[Point]:
    """A value just below, at and just above the literal that it is compared with."""
    for value, literal in ((node.left, node.right), (node.right, node.left)):
        wanted = _distance(literal)
        if wanted is None:
            continue
        for case in (BELOW, AT, ABOVE):
            about = f"`{shown(value)}` against {shown(literal)}"
            yield point(rule, kind, about, node.span, _beside(value.id, wanted, case), case)


Distance = Callable[[object], "int | float | None"]


def _distance(literal: nodes.Expression) -> Distance | None:
    """How far a value is above a literal, such that 1 is the farthest that is just above; None for no such literal."""
    match literal:
        case nodes.Number(value=number) | nodes.Negative(operand=nodes.Number(value=number)):
            bound = number if isinstance(literal, nodes.Number) else -number
            return lambda value: value - bound if isinstance(value, int | float) else None
        case nodes.Date():
            return lambda value: (value - literal.value).days if type(value) is date else None
        case nodes.Duration():
            length = timedelta(microseconds=length_of(literal))
            near = max(min(timedelta(minutes=1), length / 10), timedelta(seconds=1))
            return lambda value: (value - length) / near if isinstance(value, timedelta) else None
    return None


def _beside(node: int, distance: Distance, case: str) -> Exercised:
    def hit(record: Record) -> bool:
        gaps = [distance(asked.value) for asked in record.asked.get(node, ())]
        return any(gap is not None and _case(gap) == case for gap in gaps)

    return hit


def _case(gap: int | float) -> str | None:
    if gap == 0:
        return AT
    if -1 <= gap < 0:
        return BELOW
    return ABOVE if 0 < gap <= 1 else None


# ------------------------------------------------------------------------ periods
def _last(node: nodes.Happened | nodes.Aggregate) -> nodes.Duration | None:
    period = node.period
    return period.duration if period is not None and period.kind == "last" else None


def _period(checked: CheckedProgram, rule: str, kind: str, node: nodes.Happened | nodes.Aggregate) -> Iterator[Point]:
    """An event that is not quite, just, and more than so old as the period is long, when it is asked for."""
    duration = _last(node)
    assert duration is not None
    length = length_of(duration)

    def gaps(record: Record) -> Iterable[Micros]:
        times = [came.time for came in record.events if is_one(checked, node.event, came)]
        for asked in record.asked.get(node.id, ()):
            yield from (asked.time - time - length for time in times if time <= asked.time)

    text = f"an event {shown(duration)} before `{shown(node)}` is asked"
    yield from around(rule, kind, text, duration.span, gaps, length)
