"""What can be exercised: a point, and the three moments around a boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from attrs import field, frozen

from trigdsl.coverage.record import Record
from trigdsl.model.values import MINUTE, SECOND, Micros
from trigdsl.source import Span
from trigdsl.syntax.nodes import Node

BEFORE, AT, AFTER = MOMENTS = ("just before", "at", "just after")

Exercised: TypeAlias = Callable[[Record], bool]


@frozen
class Point:
    """Something of a rule that tests exercise or do not; equal only to itself in the same program.

    `kind` is trigger, condition, guard, variant, step, delay, unless, window, cap, requires, expires, else skip, stop
    on, limit, pending, for each, campaign or goal.  `about` says what is to happen, and `case` which case of it: true
    or false, or the moment at a boundary; None when there is but one.  `span` is the piece of the rules that it is
    about.
    """

    rule: str
    kind: str
    about: str
    case: str | None = None
    span: Span = field(eq=False, repr=False, kw_only=True)
    place: tuple[str, int, int] = field(kw_only=True, repr=False)
    """Where it stands: file, and from where to where."""
    exercised: Exercised = field(eq=False, repr=False, kw_only=True)

    @property
    def text(self) -> str:
        """What is to happen, with its case."""
        return self.about if self.case is None else f"{self.about}: {self.case}"


def point(rule: str, kind: str, about: str, span: Span, exercised: Exercised, case: str | None = None) -> Point:
    place = (span.source.name, span.start, span.end)
    return Point(rule, kind, about, case, span=span, place=place, exercised=exercised)


def shown(node: Node) -> str:
    """A piece of the rules in one line."""
    return " ".join(node.span.text.split())


def around(
    rule: str, kind: str, about: str, span: Span, gaps: Callable[[Record], Iterable[Micros]], length: Micros = 0
) -> tuple[Point, Point, Point]:
    """Just before, at and just after a boundary; `gaps` are how long after it something happened that it bears on.

    `length` is the duration that ends there, 0 when it is no duration.
    """
    near = nearness(length)

    def hit(moment: str) -> Exercised:
        return lambda record: any(moment_of(gap, near) == moment for gap in gaps(record))

    before, at, after = (point(rule, kind, about, span, hit(moment), moment) for moment in MOMENTS)
    return before, at, after


def nearness(length: Micros) -> Micros:
    """What counts as just before and just after: a minute, and of what is shorter than ten minutes a tenth.

    Never less than a second, the finest step that a test can write.
    """
    return MINUTE if length == 0 else max(min(MINUTE, length // 10), SECOND)


def moment_of(gap: Micros, near: Micros) -> str | None:
    """Which moment something is that happened so long after the boundary; None when it is none of the three."""
    if gap == 0:
        return AT
    if -near <= gap < 0:
        return BEFORE
    return AFTER if 0 < gap <= near else None
