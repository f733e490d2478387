"""What a program mentions → a Hypothesis strategy of stories about one user.

Moments are drawn so that ties and boundaries are common: a length of time that the rules name, one second less or
more, after something that happened before; or the next time of day that they name; midnight; a change of the clocks.
The simplest choice stands first everywhere, since Hypothesis shrinks towards it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import product
from math import prod
from random import Random
from typing import Any

from hypothesis import strategies as st

from trigdsl.engine.dates import date_of, day_number
from trigdsl.engine.schedules import at_or_after
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.values import DAY, SECOND, Value
from trigdsl.tester.mentions import QUIET_EVENT, Mentions
from trigdsl.tester.stories import FIRST_DAY, Line, Properties, Story

MOST_LINES = 9
MOST_REPEATED = 30
LONGEST_GAP = 800 * 86_400
MOST_MIXES = 200

_COMMON_GAPS = (0, 60, 3_600, 43_200, 86_400)
_COMMON_TIMES = (36_000, 0, 86_340)
_FAR_ZONES = ("UTC", "America/New_York", "Asia/Seoul", "Pacific/Auckland")
_TICKS = (0, -1, 1)
_ABSENT = object()


What = tuple[str, str, Properties, Value]
"""The kind of a line, its name, the properties of an event, and the value that is set."""

Moment = tuple[int, int | None, int]
"""So many seconds later, or at the next such second of the day; and a tick before or after that."""

Drawn = tuple[What, Moment, int, int]
"""What happens, when, counted from the line how many lines before, and how often."""


class Stories:
    """The stories of one program; `zone` is the program's own."""

    def __init__(self, mentions: Mentions, program_zone: Zone | None) -> None:
        self._mentions = mentions
        self._program_zone = program_zone or UTC
        self._zones = tuple(dict.fromkeys((*mentions.zones, *_FAR_ZONES)))
        self._gaps = _distinct((*mentions.durations, *_COMMON_GAPS))
        self._times = _distinct((*_COMMON_TIMES, *mentions.times))
        self._days = _distinct((FIRST_DAY, *_around(mentions.dates), *self._clock_changes()))

    def strategy(self) -> st.SearchStrategy[Story]:
        """Stories of up to `MOST_LINES` lines, some of them many times over."""
        lists = self._mentions.lists
        return st.builds(
            self._story,
            day=st.sampled_from(self._days),
            time=st.sampled_from(self._times),
            tick=st.sampled_from(_TICKS),
            profile=self._profile(),
            lists=st.lists(st.sampled_from(lists), unique=True, max_size=len(lists)) if lists else st.just([]),
            drawn=st.lists(self._line(), min_size=1, max_size=MOST_LINES),
        )

    # ------------------------------------------------------------------ parts
    def _profile(self) -> st.SearchStrategy[Properties]:
        zones = st.sampled_from((_ABSENT, *self._zones))
        known = {path: st.sampled_from((_ABSENT, *values)) for path, values in self._mentions.attributes.items()}
        return st.fixed_dictionaries({("timezone",): zones, **known}).map(_present)

    def _line(self) -> st.SearchStrategy[Drawn]:
        """One line, in as few draws as can be: they are what a search takes its time for."""
        mentions = self._mentions
        events = [self._event(name) for name in mentions.events if name not in ("sent", QUIET_EVENT)]
        quiet = st.just(("event", QUIET_EVENT, (), None))
        changes: list[What] = [("set", "timezone", (), name) for name in self._zones]
        for path, values in mentions.attributes.items():
            changes += [("set", path[0], (), value) for value in (*values, None) if len(path) == 1]
        for name in mentions.lists:
            changes += [("add", name, (), None), ("remove", name, (), None)]
        what = st.one_of(*events, *events, quiet, st.sampled_from(changes))
        gaps = [(gap, None, tick) for tick in _TICKS for gap in self._gaps]
        clock = [(0, time, tick) for tick in _TICKS for time in self._times]
        counts = [count for count in mentions.counts if count <= MOST_REPEATED]
        return st.tuples(
            what,
            st.sampled_from((*gaps, *clock)),
            st.sampled_from((0, 1, 2)),
            st.sampled_from((1, 1, 1, *counts)),
        )

    def _event(self, name: str) -> st.SearchStrategy[What]:
        """An event with every mix of its values, or with some mixes when there are too many."""
        paths = self._mentions.events[name]
        choices = [(*values, _ABSENT) for values in paths.values()]
        if prod(map(len, choices)) <= MOST_MIXES:
            mixes = list(product(*choices))
        else:
            random = Random(0)
            mixes = [tuple(values[0] for values in choices)]
            mixes += [tuple(map(random.choice, choices)) for _ in range(MOST_MIXES)]
        return st.sampled_from([("event", name, _present(dict(zip(paths, mix, strict=True))), None) for mix in mixes])

    # ------------------------------------------------------------------ the whole
    def _story(
        self, day: dt.date, time: int, tick: int, profile: Properties, lists: list[str], drawn: Sequence[Drawn]
    ) -> Story:
        second = (time + tick) % 86_400
        named = dict(profile).get(("timezone",))
        own = (zone(named) if isinstance(named, str) else None) or self._program_zone
        start = own.instant(day_number(day), second * SECOND)
        lines: list[Line] = []
        for (kind, name, properties, value), moment, back, repeated in drawn:
            at = self._moment(moment, back, lines, start, own)
            times = (at + place * moment[0] for place in range(repeated))
            lines += [Line(each, kind, name, properties, value) for each in times]
        ordered = sorted((line for line in lines if line.at <= LONGEST_GAP), key=lambda line: line.at)
        return Story(day, second, tuple(ordered), profile, tuple(lists))

    def _moment(self, moment: Moment, back: int, lines: Sequence[Line], start: int, own: Zone) -> int:
        """How many seconds after the start a line happens: the first one at the start itself."""
        if not lines:
            return 0
        gap, time, tick = moment
        at = lines[max(len(lines) - 1 - back, 0)].at + gap
        if time is not None:
            at = (at_or_after(own, start + at * SECOND, time * SECOND) - start) // SECOND
        return max(at + tick, 0)

    def _clock_changes(self) -> list[dt.date]:
        """The dates, in the year from the first day on, on which a clock is changed, and the days before."""
        found = []
        for name in self._zones:
            own = zone(name)
            start = day_number(FIRST_DAY) * DAY
            end = own.segment(start)[1] if own is not None else start
            while own is not None and end < start + 366 * DAY:
                changed = own.day(end)
                found += [date_of(changed - 1), date_of(changed)]
                end = own.segment(end)[1]
        return found


def _present(values: dict[tuple[str, ...], Any]) -> Properties:
    """What is there of a drawn record: a part of something that is no record is not."""
    given = {path: value for path, value in values.items() if value is not _ABSENT}
    return tuple(
        (path, value) for path, value in given.items() if not any(path[:n] in given for n in range(1, len(path)))
    )


def _around(days: Iterable[dt.date]) -> list[dt.date]:
    return [day + dt.timedelta(days=shift) for day in days for shift in (0, -1, 1)]


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
