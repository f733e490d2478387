"""A story that breaks a promise → a smaller one that does: nothing can be left out of it.

Hypothesis shrinks what was drawn; here lines go whose absence moves the start of the story, which it cannot see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from attrs import evolve

from trigdsl.tester.stories import FIRST_DAY, Story


def smallest(story: Story, breaks: Callable[[Story], bool]) -> Story:
    """A story of which no part can be left out so that it still breaks what it broke."""
    smaller: Story | None = story
    while smaller is not None:
        story = smaller
        smaller = next((one for one in _smaller(story) if breaks(one)), None)
    return story


def _smaller(story: Story) -> Iterator[Story]:
    """Stories with one thing less, or that start at a plainer time."""
    for place in range(len(story.lines)):
        yield _without_line(story, place)
    for place in range(len(story.profile)):
        yield evolve(story, profile=story.profile[:place] + story.profile[place + 1 :])
    for place in range(len(story.lists)):
        yield evolve(story, lists=story.lists[:place] + story.lists[place + 1 :])
    for place, line in enumerate(story.lines):
        for at in range(len(line.properties)):
            plain = evolve(line, properties=line.properties[:at] + line.properties[at + 1 :])
            yield evolve(story, lines=(*story.lines[:place], plain, *story.lines[place + 1 :]))
    if (story.day, story.second) != (FIRST_DAY, 36_000):
        yield evolve(story, day=FIRST_DAY, second=36_000)
    if story.day != FIRST_DAY:
        yield evolve(story, day=FIRST_DAY)


def _without_line(story: Story, place: int) -> Story:
    """Without the first line the next one starts the story, at the time it had on a clock that runs evenly."""
    lines = story.lines[:place] + story.lines[place + 1 :]
    if place > 0 or not lines:
        return evolve(story, lines=lines)
    later = lines[0].at
    start = dt.datetime.combine(story.day, dt.time()) + dt.timedelta(seconds=story.second + later)
    second = start.hour * 3_600 + start.minute * 60 + start.second
    moved = tuple(evolve(line, at=line.at - later) for line in lines)
    return evolve(story, day=start.date(), second=second, lines=moved)
