"""A story that shows something → a plainer one that shows it: nothing to leave out, at times easy to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import evolve

from trigdsl.tester.stories import Story
from trigdsl.verifier.shrinking import smallest

_ROUND_GAPS = (3_600, 600, 60)
_HOUR, _MINUTE = 3_600, 60


def simplest(story: Story, shows: Callable[[Story], bool]) -> Story:
    """The story with all taken away that is not needed to show the same, and its times made round."""
    story = smallest(story, shows)
    for better in (_rounder_start, _rounder_gaps):
        story = better(story, shows)
    return story


def _rounder_start(story: Story, shows: Callable[[Story], bool]) -> Story:
    if _is_beside_a_minute(story.second):
        return story
    for second in (story.second // _HOUR * _HOUR, story.second // _MINUTE * _MINUTE):
        if second != story.second and shows(rounder := evolve(story, second=second)):
            return rounder
    return story


def _rounder_gaps(story: Story, shows: Callable[[Story], bool]) -> Story:
    """One gap after another, the rest of the story moving along."""
    for place in range(1, len(story.lines)):
        story = next((one for one in _with_gaps(story, place) if shows(one)), story)
    return story


def _with_gaps(story: Story, place: int) -> Iterator[Story]:
    gap = story.lines[place].at - story.lines[place - 1].at
    if _is_beside_a_minute(gap):
        return
    for size in _ROUND_GAPS:
        rounder = gap // size * size
        if rounder == gap:
            return
        if rounder > 0:
            moved = tuple(evolve(line, at=line.at - gap + rounder) for line in story.lines[place:])
            yield evolve(story, lines=(*story.lines[:place], *moved))


def _is_beside_a_minute(seconds: int) -> bool:
    """Whether a time is a tick before or after a round one, which it is on purpose."""
    return seconds % _MINUTE in (1, _MINUTE - 1)
