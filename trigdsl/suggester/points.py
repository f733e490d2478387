"""A program → the points that its tests should exercise, and how to see in a test which of them it does.

A point is one side of something: a condition being true, false or unknown; a value just below, at or just above what
it is compared with; an event just before, at or just after the end of a duration; a step due just before or at the
opening or closing of its window.  A tick is one second, one day between dates, and 1 between numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attrs import field, frozen

from trigdsl.model.values import SECOND, Micros
from trigdsl.suggester.values import known_value
from trigdsl.suggester.watching import View
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk
from trigdsl.tester.literals import duration_value
from trigdsl.tester.mentions import carriers_of


@frozen
class Point:
    """One side of something in a program; `text` says of what and which.

    `rule` is None for what belongs to a channel or a cap; `rules` are all whose stories may exercise it.
    """

    rule: str | None
    node: int
    side: str
    text: str = field(eq=False)
    rules: frozenset[str] = field(eq=False)


Sides = Callable[[View], Iterable[str]]


@frozen
class Aspect:
    """Sides of one thing, and what finds in a view which of them were exercised."""

    points: dict[str, Point]
    sides: Sides

    def seen(self, view: View) -> Iterator[Point]:
        return (self.points[side] for side in dict.fromkeys(self.sides(view)) if side in self.points)


BEFORE, AT, AFTER = "just before", "at", "just after"
TICKS: tuple[tuple[str, int], ...] = ((BEFORE, -SECOND), (AT, 0), (AFTER, SECOND))


@frozen
class Owner:
    """What aspects belong to: a rule, or a channel or cap (`rule` None) that is of concern for several `rules`."""

    rule: str | None
    rules: frozenset[str]

    def aspect(self, node: int, sides: Iterable[tuple[str, str]], seen: Sides) -> Aspect:
        """`sides` are pairs of a side and what it is called."""
        return Aspect({side: Point(self.rule, node, side, text, self.rules) for side, text in sides}, seen)


# ------------------------------------------------------------------------------------------- conditions
def leaves(node: nodes.Expression) -> Iterator[nodes.Expression]:
    """The conditions that a condition joins with `and`, `or` and `not`."""
    match node:
        case nodes.And(operands=operands) | nodes.Or(operands=operands):
            for operand in operands:
                yield from leaves(operand)
        case nodes.Not(operand=operand):
            yield from leaves(operand)
        case _:
            yield node


def condition_aspects(owner: Owner, condition: nodes.Expression, wires: dict[str, str]) -> Iterator[Aspect]:
    """Each leaf being true and not; each threshold; each `in last D`."""
    for leaf in leaves(condition):
        if not isinstance(leaf, nodes.Boolean):
            what = f"`{print_tree(leaf)}`"
            yield owner.aspect(leaf.id, [("true", f"{what} true"), ("false", f"{what} not true")], _truths(leaf))
        if isinstance(leaf, nodes.Compare) and leaf.operator in _ORDERS:
            yield from _threshold(owner, leaf)
    for node in walk(condition):
        if isinstance(node, nodes.Happened | nodes.Aggregate) and node.period is not None and node.period.duration:
            length, names = micros_of(node.period.duration), wires_of(node.event, wires)
            what = f"`{print_tree(node.event)}`"
            ago = f"{print_tree(node.period.duration)} ago"
            sides = [(BEFORE, f"{what} a second less than {ago}"), (AT, f"{what} exactly {ago}")]
            yield owner.aspect(node.id, sides, _ago(node.id, length, names))


_ORDERS = ("<", "<=", ">", ">=")


def _truths(leaf: nodes.Expression) -> Sides:
    def sides(view: View) -> Iterator[str]:
        for _, value in view.values.get(leaf.id, ()):
            yield "true" if value is True else "false"

    return sides


def _threshold(owner: Owner, leaf: nodes.Compare) -> Iterator[Aspect]:
    side, other = leaf.left, leaf.right
    if known_value(other) is None:
        side, other = other, side
    limit = known_value(other)
    tick = _tick(limit)
    if tick is None or known_value(side) is not None:
        return

    def sides(view: View) -> Iterator[str]:
        for _, value in view.values.get(side.id, ()):
            yield _beside(value, limit, tick)

    what, than = f"`{print_tree(side)}`", print_tree(other)
    told = [(BEFORE, f"{what} just below {than}"), (AT, f"{what} at {than}"), (AFTER, f"{what} just above {than}")]
    yield owner.aspect(leaf.id, told, sides)


def _tick(limit: object) -> Any:
    if isinstance(limit, dt.timedelta):
        return dt.timedelta(seconds=1)
    if isinstance(limit, dt.date):
        return dt.timedelta(days=1)
    return 1 if isinstance(limit, int | float) and not isinstance(limit, bool) else None


def _beside(value: Any, limit: Any, tick: Any) -> str:
    """On which side of a limit a value is, at most a tick away."""
    try:
        if value == limit:
            return AT
        if limit - tick <= value < limit:
            return BEFORE
        return AFTER if limit < value <= limit + tick else ""
    except (TypeError, OverflowError):
        return ""


def _ago(node: int, length: Micros, names: frozenset[str]) -> Sides:
    def sides(view: View) -> Iterator[str]:
        for time, _ in view.values.get(node, ()):
            yield from (side for side, tick in TICKS if view.came(names, time - length - tick))

    return sides


# ------------------------------------------------------------------------------------------- durations
def after(names: frozenset[str], starts: Callable[[View], Iterable[Micros]], length: Micros) -> Sides:
    """An event just before, at or just after the end of a length that begins at certain moments."""

    def sides(view: View) -> Iterator[str]:
        for start in starts(view):
            yield from (side for side, tick in TICKS if view.came(names, start + length + tick))

    return sides


def wires_of(event: nodes.EventSet, wires: dict[str, str]) -> frozenset[str]:
    """The names on the wire of all events of a set."""
    return frozenset(wires.get(name, name) for name in carriers_of(event))


def three(what: str, where: str) -> list[tuple[str, str]]:
    """The sides of a moment: what comes just before it, at it and just after."""
    return [(BEFORE, f"{what} just before {where}"), (AT, f"{what} as {where}"), (AFTER, f"{what} just after {where}")]


def micros_of(duration: nodes.Duration) -> Micros:
    """The length of a duration."""
    return int(duration_value(duration).total_seconds()) * SECOND
