"""What must be so, and a scene → a scene in which it is so, and the story that tells it.

A scene is a story around one moment, second 0, at which the rule that it is about is triggered: what came before has
negative times.  Values may be counted from that moment, since the moment moves when the scene's clock is changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TypeAlias, cast

from attrs import evolve, frozen

from trigdsl.engine.dates import day_number
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.values import SECOND, Value, instant_text
from trigdsl.tester.stories import FIRST_DAY, Line, Properties, Story

MORNING = 36_000
"""Ten o'clock, when a scene happens that has no reason to happen at another time."""

DAY_LENGTH = 86_400


@frozen
class Absent:
    """Stands for a value that is not there."""


ABSENT = Absent()


@frozen
class Around:
    """An instant so many seconds from the scene's moment, or the user's date then."""

    seconds: int = 0
    is_date: bool = False


Wanted: TypeAlias = "Value | Absent | Around"


@frozen
class Given:
    """A property of the triggering event (`root` `event`) or of the event around a `where` (`trigger`), or an attribute
    of the user (`user`), has this value.
    """

    root: str
    path: tuple[str, ...]
    value: Wanted


@frozen
class Membership:
    """The user is in a list, or not."""

    name: str
    inside: bool


@frozen
class Before:
    """Something happened so many seconds before `anchor`, which is 0 for the scene's moment."""

    seconds: int
    line: Line


@frozen
class Clock:
    """The user's clock shows this second of the day at the anchor."""

    second: int


@frozen
class Day:
    """The anchor is on this day."""

    day: dt.date


Need: TypeAlias = Given | Membership | Before | Clock | Day
Needs: TypeAlias = tuple[Need, ...]


@frozen
class Scene:
    """A story around a moment. `carriers` are the events whose lines at the moment are the trigger."""

    lines: tuple[Line, ...]
    carriers: frozenset[str] = frozenset()
    day: dt.date = FIRST_DAY
    second: int = MORNING
    profile: Properties = ()
    lists: tuple[str, ...] = ()

    def given(self, needs: Iterable[Need], anchor: int = 0) -> Scene:
        """The scene in which all this is so as well, the later need where two exclude each other.

        `anchor` is the second from which what happened before is counted.
        """
        scene = self
        for need in needs:
            scene = _apply(scene, need, anchor)
        return scene

    def adding(self, *lines: Line) -> Scene:
        return evolve(self, lines=(*self.lines, *lines))

    def story(self, program_zone: Zone | None) -> Story:
        """The scene as a story: lines in the order of time, counted from the first."""
        own = zone_of(self.profile, program_zone)
        moment = own.instant(day_number(self.day), self.second * SECOND)
        ordered = sorted(self.lines, key=lambda line: line.at)
        first = ordered[0].at if ordered else 0
        start = moment + first * SECOND
        return Story(
            day=own.date(start),
            second=own.second_of_day(start),
            lines=tuple(_settled(evolve(line, at=line.at - first), moment, own) for line in ordered),
            profile=tuple((path, _value(value, moment, own)) for path, value in self.profile),
            lists=self.lists,
        )


def zone_of(profile: Properties, program_zone: Zone | None) -> Zone:
    """The zone in which the times of a story are meant."""
    named = dict(profile).get(("timezone",))
    return (zone(named) if isinstance(named, str) else None) or program_zone or UTC


def with_value(properties: Properties, path: tuple[str, ...], value: Wanted) -> Properties:
    """The properties with this one; a record and a plain value at one path exclude each other.

    A value that is counted from the moment stands among them until the scene becomes a story.
    """
    size = len(path)
    kept = tuple((other, held) for other, held in properties if other[:size] != path and path[: len(other)] != other)
    if isinstance(value, Absent):
        return kept
    place = next((at for at, (other, _) in enumerate(properties) if other == path), None)
    if place is None or len(kept) != len(properties) - 1:
        place = len(kept)
    return cast("Properties", (*kept[:place], (path, value), *kept[place:]))


def _apply(scene: Scene, need: Need, anchor: int) -> Scene:
    match need:
        case Given(root="user", path=path, value=value):
            return evolve(scene, profile=with_value(scene.profile, path, value)) if path else scene
        case Given(path=path, value=value):
            return evolve(scene, lines=tuple(_with_property(scene, line, path, value) for line in scene.lines))
        case Membership(name=name, inside=inside):
            others = tuple(one for one in scene.lists if one != name)
            return evolve(scene, lists=(*others, name) if inside else others)
        case Before(seconds=seconds, line=line):
            # Before everything else of that time: what the trigger's condition looks at has happened by then.
            return evolve(scene, lines=(evolve(line, at=line.at + anchor - seconds), *scene.lines))
        case Clock(second=second):
            return evolve(scene, second=(second - anchor) % DAY_LENGTH)
    return evolve(scene, day=need.day - dt.timedelta(days=(scene.second + anchor) // DAY_LENGTH))


def _with_property(scene: Scene, line: Line, path: tuple[str, ...], value: Wanted) -> Line:
    if line.at != 0 or line.kind != "event" or line.name not in scene.carriers or not path:
        return line
    return evolve(line, properties=with_value(line.properties, path, value))


def _settled(line: Line, moment: int, own: Zone) -> Line:
    """A line whose values are all plain ones."""
    properties = tuple((path, _value(value, moment, own)) for path, value in line.properties)
    return evolve(line, properties=properties, value=_value(line.value, moment, own))


def _value(value: Wanted, moment: int, own: Zone) -> Value:
    if isinstance(value, Around):
        at = moment + value.seconds * SECOND
        return own.date(at) if value.is_date else instant_text(at)
    assert not isinstance(value, Absent)
    return value
