"""A scene → changes of it in one thing, at the boundaries of what the rule mentions.

A change makes a scene of a scene; any two of them can be made one after the other.  Which changes are of use is told by
the kinds of points that are missing, as `coverage` calls them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from attrs import evolve

from trigdsl.model.values import Value
from trigdsl.suggester.scenes import ABSENT, DAY_LENGTH, Given, Membership, Need, Scene, Wanted, with_value
from trigdsl.suggester.topics import OTHER_KEYS, Topic
from trigdsl.suggester.ways import MOST_REPEATED
from trigdsl.tester.stories import FIRST_DAY, Line

TICKS = (0, -1, 1)
MOST_ANCHORS = 4
PAUSE = 120
"""The seconds between things that happen one after the other: more than what coverage calls just before and after."""

Change: TypeAlias = Callable[[Scene], Scene]

_CONDITIONS = {"condition", "guard", "variant", "requires", "trigger"}
_OF_VALUES = {*_CONDITIONS, "step"}
_OF_LINES = {*_CONDITIONS, "step", "delay", "unless", "stop on", "goal", "pending", "limit"}
_OF_CLOCKS = {*_CONDITIONS, "step", "window", "expires", "else skip"}
_OF_REPEATS = {"condition", "guard", "variant", "trigger", "step", "cap", "limit", "pending", "for each"}
_OF_DAYS = {*_CONDITIONS, "step", "window", "else skip", "campaign"}


def changes(scene: Scene, anchors: Sequence[int], topic: Topic, kinds: Collection[str]) -> Iterator[Change]:
    """Changes of a value, of the clock or the day, one more line, and the same happening several times.

    `anchors` are the times at which something was decided in the scene, in seconds from its moment.
    """
    moments = tuple(dict.fromkeys((0, *anchors)))[:MOST_ANCHORS]
    wanted = set(kinds)
    groups: list[tuple[set[str], Iterator[Change]]] = [
        (_OF_VALUES, map(_giving, _values(scene, topic))),
        (_OF_VALUES, _past_values(scene, topic)),
        (_OF_REPEATS, _other_keys(topic)),
        (_OF_REPEATS, _chains(moments, topic)),
        (_OF_CLOCKS, _clocks(moments, topic)),
        (_OF_LINES, _lines(moments, topic)),
        (_OF_REPEATS, _repeats(scene, moments, topic)),
        (_OF_DAYS, _days(moments, topic)),
        (_OF_VALUES, _profile_changes(moments, topic)),
    ]
    yield from _in_turn([group for serves, group in groups if serves & wanted])


def _in_turn(groups: list[Iterator[Change]]) -> Iterator[Change]:
    """One of each group after the other: a large group does not keep a small one waiting."""
    while groups:
        for group in tuple(groups):
            change = next(group, None)
            if change is None:
                groups.remove(group)
            else:
                yield change


def _giving(need: Need) -> Change:
    return partial(Scene.given, needs=(need,))


# ------------------------------------------------------------------------------------------- values
def _values(scene: Scene, topic: Topic) -> Iterator[Need]:
    for root, known in (("event", topic.values), ("user", topic.attributes)):
        for path, values in known.items():
            for value in (*values, ABSENT):
                yield Given(root, path, value)
    for name in topic.lists:
        yield Membership(name, name not in scene.lists)
    for name in topic.zones:
        yield Given("user", ("timezone",), name)


def _past_values(scene: Scene, topic: Topic) -> Iterator[Change]:
    """Another value in all events of a name that are not the trigger."""
    for name in dict.fromkeys(line.name for line in scene.lines if line.kind == "event"):
        for path, values in topic.past_values.get(name, {}).items():
            for value in values:
                yield partial(_with_past_value, name=name, path=path, value=value)


def _with_past_value(scene: Scene, name: str, path: tuple[str, ...], value: Wanted) -> Scene:
    def changed(line: Line) -> Line:
        if line.name != name or line.kind != "event":
            return line
        return evolve(line, properties=with_value(line.properties, path, value))

    return evolve(scene, lines=tuple(map(changed, scene.lines)))


# ------------------------------------------------------------------------------------------- more that happens
def _lines(moments: Sequence[int], topic: Topic) -> Iterator[Change]:
    """One more event: half-way to a moment, at it, so long after it, or so long before the first."""
    times = dict.fromkeys(moment // 2 for moment in moments if moment > 0)
    for moment in moments:
        times.update(dict.fromkeys(moment + tick for tick in TICKS))
        for length in topic.durations:
            times.update(dict.fromkeys(moment + length + tick for tick in TICKS))
    times.update(dict.fromkeys(tick - length for length in topic.durations for tick in TICKS))
    for event, needs in topic.events:
        for at in times:
            yield partial(_with_line, line=evolve(event, at=at), needs=needs)


def _with_line(scene: Scene, line: Line, needs: Sequence[Need] = ()) -> Scene:
    return evolve(scene, lines=(*scene.lines, line)).given(needs)


def _repeats(scene: Scene, moments: Sequence[int], topic: Topic) -> Iterator[Change]:
    """What happens at the moment happens again: soon, or so that the last time is at the edge of a period."""
    done = max(moments)
    ends = [length + tick for length in topic.durations for tick in TICKS]
    ends += [end - shift + tick for end in _period_ends(scene, done, topic) for shift in (done, 0) for tick in TICKS]
    for count in dict.fromkeys((*(count + 1 for count in topic.counts), 2, 3)):
        if not 1 < count <= MOST_REPEATED:
            continue
        for gap in dict.fromkeys((done + PAUSE, PAUSE, 0)):
            yield partial(_again, times=[gap * place for place in range(1, count)])
        for end in dict.fromkeys(ends):
            if end > 0:
                gap = min(done + PAUSE, end // count)
                yield partial(_again, times=[*(gap * place for place in range(1, count - 1)), end])


def _again(scene: Scene, times: Sequence[int]) -> Scene:
    """What happens at the moment happens at these times too."""
    lines = [line for line in scene.lines if line.at == 0]
    return evolve(scene, lines=(*scene.lines, *(evolve(line, at=at) for at in times for line in lines)))


def _period_ends(scene: Scene, at: int, topic: Topic) -> Iterator[int]:
    """When the day, week and month end in which a moment lies, in seconds from the scene's moment."""
    start = dt.datetime.combine(scene.day, dt.time())
    today = dt.datetime.combine((start + dt.timedelta(seconds=scene.second + at)).date(), dt.time())
    ends = {
        "day": today + dt.timedelta(days=1),
        "week": today + dt.timedelta(days=7 - today.weekday()),
        "month": (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1),
    }
    for period in topic.periods:
        yield int((ends[period] - start).total_seconds()) - scene.second


def _chains(moments: Sequence[int], topic: Topic) -> Iterator[Change]:
    """The trigger again and again before its run is over, and once more as a chain of restarts may last no longer."""
    done = next((moment for moment in moments if moment > 0), 0)
    for length in topic.chains:
        gap = max(done * 3 // 4, 1)
        if length // gap <= MOST_REPEATED:
            for tick in TICKS:
                yield partial(_again, times=[*range(gap, length - 1, gap), length + tick])


def _other_keys(topic: Topic) -> Iterator[Change]:
    """All of it once more a little later, for other values of what runs are kept apart by."""
    if topic.key is not None:
        for count in dict.fromkeys((1, *topic.counts)):
            if count <= len(OTHER_KEYS):
                yield partial(_for_other_keys, path=topic.key, count=count)


def _for_other_keys(scene: Scene, path: tuple[str, ...], count: int) -> Scene:
    copies = [
        evolve(line, at=line.at + PAUSE * place, properties=with_value(line.properties, path, key))
        for place, key in enumerate(OTHER_KEYS[:count], 1)
        for line in scene.lines
        if line.kind == "event" and any(other == path for other, _ in line.properties)
    ]
    return evolve(scene, lines=(*scene.lines, *copies))


# ------------------------------------------------------------------------------------------- times
def _clocks(moments: Sequence[int], topic: Topic) -> Iterator[Change]:
    """A moment falls on a time of day that the rule names, or so long before it as a step may wait; or on midnight."""
    times = dict.fromkeys((*topic.times, 0))
    times.update(dict.fromkeys(time - length for length in topic.waits for time in topic.times))
    for time in times:
        for moment in moments:
            for tick in TICKS:
                yield partial(evolve, second=(time - moment + tick) % DAY_LENGTH)


def _days(moments: Sequence[int], topic: Topic) -> Iterator[Change]:
    """A moment falls on a date that the rule names, on its first or last second, or on another day of the week."""
    for date in topic.dates:
        for shift in (0, 1, -1):
            yield partial(evolve, day=date + dt.timedelta(days=shift))
        for moment in moments:
            for edge in (0, DAY_LENGTH):
                for tick in TICKS:
                    at = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=edge + tick - moment)
                    yield partial(evolve, day=at.date(), second=at.hour * 3_600 + at.minute * 60 + at.second)
    if topic.has_weekdays:
        for shift in range(1, 7):
            yield partial(evolve, day=FIRST_DAY + dt.timedelta(days=shift))


# ------------------------------------------------------------------------------------------- the profile
def _profile_changes(moments: Sequence[int], topic: Topic) -> Iterator[Change]:
    """The profile changes on the way to a moment, at it, or after."""
    lines = [
        Line(0, "set", path[0], (), value)
        for path, values in topic.attributes.items()
        if len(path) == 1
        for value in _with_none(values)
    ]
    lines += [Line(0, kind, name) for name in topic.lists for kind in ("add", "remove")]
    lines += [Line(0, "set", "timezone", (), name) for name in topic.zones]
    for line in lines:
        for at in dict.fromkeys(at for moment in moments for at in (moment // 2, moment, moment + 1)):
            yield partial(_with_line, line=evolve(line, at=at))


def _with_none(values: Sequence[Value]) -> tuple[Value, ...]:
    return (*values, None)
