"""The points that a test shows → its title, and what its comment says."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from trigdsl.coverage import Point


def title_of(points: Sequence[Point], taken: Collection[str]) -> str:
    """A title that no other test has: the first point that the test is for."""
    first = points[0]
    plain = f"{first.rule}: {first.text}"
    title, number = plain, 2
    while title in taken:
        title, number = f"{plain} ({number})", number + 1
    return title
