"""A scene → scenes that differ from it in one thing, at a boundary of what the rule mentions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from attrs import evolve

from trigdsl.suggester.scenes import ABSENT, DAY_LENGTH, Given, Membership, Scene
from trigdsl.suggester.topics import Topic
from trigdsl.suggester.ways import MOST_REPEATED
from trigdsl.tester.stories import FIRST_DAY, Line

TICKS = (0, -1, 1)
MOST_ANCHORS = 4
MINUTE = 60


def variations(scene: Scene, anchors: Sequence[int], topic: Topic) -> Iterator[Scene]:
    """Scenes that differ from one in a value, a line, the clock, the day, or in happening several times.

    `anchors` are the times at which something was decided, in seconds from the scene's moment.
    """
    moments = tuple(dict.fromkeys((0, *anchors)))[:MOST_ANCHORS]
    yield from _values(scene, topic)
    yield from _lines(scene, moments, topic)
    yield from _clocks(scene, moments, topic)
    yield from _repeats(scene, moments, topic)
    yield from _days(scene, moments, topic)
    yield from _changes(scene, moments, topic)


def _values(scene: Scene, topic: Topic) -> Iterator[Scene]:
    for path, values in topic.values.items():
        for value in (*values, ABSENT):
            yield scene.given([Given("event", path, value)])
    for path, values in topic.attributes.items():
        for value in (*values, ABSENT):
            yield scene.given([Given("user", path, value)])
    for name in topic.lists:
        yield scene.given([Membership(name, name not in scene.lists)])
    for name in topic.zones:
        yield scene.given([Given("user", ("timezone",), name)])


def _lines(scene: Scene, moments: Sequence[int], topic: Topic) -> Iterator[Scene]:
    """One more event: so long after a moment, or before it; and half-way to it."""
    for event, needs in topic.events:
        times = dict.fromkeys(moment // 2 for moment in moments if moment > 0)
        for moment in moments:
            times.update(dict.fromkeys(moment + tick for tick in TICKS))
            for length in topic.durations:
                times.update(dict.fromkeys(moment + length + tick for tick in TICKS))
        times.update(dict.fromkeys(tick - length for length in topic.durations for tick in TICKS))
        for at in times:
            yield scene.adding(evolve(event, at=at)).given(needs)


def _clocks(scene: Scene, moments: Sequence[int], topic: Topic) -> Iterator[Scene]:
    """A moment falls on a time of day that the rule names, or on midnight."""
    for time in dict.fromkeys((*topic.times, 0)):
        for moment in moments:
            for tick in TICKS:
                yield evolve(scene, second=(time - moment + tick) % DAY_LENGTH)


def _repeats(scene: Scene, moments: Sequence[int], topic: Topic) -> Iterator[Scene]:
    """What happens at the moment happens again: soon, or so that the last time is at the edge of a period."""
    done = max(moments)
    counts = sorted({2, 3, *(count + 1 for count in topic.counts)} - {1})
    ends = [length + tick for length in topic.durations for tick in TICKS]
    ends += [end - done + tick for end in _period_ends(scene, done, topic) for tick in TICKS]
    for count in counts:
        if count <= MOST_REPEATED:
            for gap in dict.fromkeys((done + MINUTE, MINUTE, 0)):
                yield _again(scene, [gap * place for place in range(1, count)])
            for end in dict.fromkeys(ends):
                gap = min(done + MINUTE, max(end // count, 0))
                if end > 0:
                    yield _again(scene, [*(gap * place for place in range(1, count - 1)), end])


def _again(scene: Scene, times: Sequence[int]) -> Scene:
    """What happens at the moment, other values kept apart, at these times too."""
    lines = [line for line in scene.lines if line.at == 0]
    return scene.adding(*(evolve(line, at=at) for at in times for line in lines))


def _period_ends(scene: Scene, at: int, topic: Topic) -> Iterator[int]:
    """When the day, week and month end in which a moment lies, in seconds from the scene's moment."""
    start = dt.datetime.combine(scene.day, dt.time())
    now = start + dt.timedelta(seconds=scene.second + at)
    today = dt.datetime.combine(now.date(), dt.time())
    month = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    ends = {
        "day": today + dt.timedelta(days=1),
        "week": today + dt.timedelta(days=7 - today.weekday()),
        "month": month,
    }
    for period in topic.periods:
        yield int((ends[period] - start).total_seconds()) - scene.second


def _days(scene: Scene, moments: Sequence[int], topic: Topic) -> Iterator[Scene]:
    """A moment falls on a date that the rule names, on its first or last second, or on another day of the week."""
    for date in topic.dates:
        for shift in (0, 1, -1):
            yield evolve(scene, day=date + dt.timedelta(days=shift))
        for moment in moments:
            for edge in (0, DAY_LENGTH):
                for tick in TICKS:
                    start = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=edge + tick - moment)
                    second = start.hour * 3_600 + start.minute * 60 + start.second
                    yield evolve(scene, day=start.date(), second=second)
    if topic.has_weekdays:
        for shift in range(1, 7):
            yield evolve(scene, day=FIRST_DAY + dt.timedelta(days=shift))


def _changes(scene: Scene, moments: Sequence[int], topic: Topic) -> Iterator[Scene]:
    """The profile changes on the way to a moment, at it, or after."""
    changes = [
        Line(0, "set", path[0], (), value)
        for path, values in topic.attributes.items()
        if len(path) == 1
        for value in (*values, None)
    ]
    changes += [Line(0, kind, name) for name in topic.lists for kind in ("add", "remove")]
    changes += [Line(0, "set", "timezone", (), name) for name in topic.zones]
    for change in changes:
        for at in dict.fromkeys(at for moment in moments for at in (moment // 2, moment, moment + 1)):
            yield scene.adding(evolve(change, at=at))
