"""Ways to bring something about, each a list of needs, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trigdsl.suggester.scenes import Needs

Truth = bool | None
"""True, false, or unknown."""

MOST_REPEATED = 30
"""More events than that nobody wants to read in a test."""


def all_of(parts: Sequence[Sequence[Needs]]) -> list[Needs]:
    """The first way of each part together, then those that differ from it in one part."""
    ways = [part or [()] for part in parts]
    found = [joined(part[0] for part in ways)]
    for place, part in enumerate(ways):
        found += [joined(way if at == place else other[0] for at, other in enumerate(ways)) for way in part[1:]]
    return found


def joined(parts: Iterable[Needs]) -> Needs:
    return tuple(need for part in parts for need in part)


def after(before: Sequence[Needs], ways: Sequence[Needs]) -> list[Needs]:
    """Each of these ways, with the first way of what it presupposes."""
    first = before[0] if before else ()
    return [(*first, *way) for way in ways]
