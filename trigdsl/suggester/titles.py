"""The points that a test exercises → what is said of them: its title, and its comment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from trigdsl.coverage import Point

_NAMED_KINDS = ("guard", "requires", "variant")
"""Kinds that are said with what they are about, which is a condition as it may stand elsewhere too."""


def title_of(points: Sequence[Point], taken: Collection[str]) -> str:
    """A title that no other test has: the rule and the first point that the test is for."""
    first = points[0]
    plain = f"{first.rule}: {next(said([first]))}"
    title, number = plain, 2
    while title in taken:
        title, number = f"{plain} ({number})", number + 1
    return title


def said(points: Iterable[Point]) -> Iterator[str]:
    """Points by what they are about, each with its cases."""
    cases: dict[str, dict[str, None]] = {}
    for point in points:
        cases.setdefault(_about(point), {}).update({} if point.case is None else {point.case: None})
    return (f"{about}: {', '.join(held)}" if held else about for about, held in cases.items())


def _about(point: Point) -> str:
    is_condition = point.kind in _NAMED_KINDS and point.about.startswith("`")
    return f"{point.kind} {point.about}" if is_condition else point.about
