"""History slots: of all that a user did, just what the program asks for.

The compiler makes one slot for each thing asked (an event, with its `where`, maybe a property and a period),
and two questions that ask the same share one.  A slot is a description; what it keeps for a user stands in
`state.history` at its number, as plain data, None until something happened.  `keep` and `reset` are called
while an event is handled; the functions at the end are called from generated code and answer from what was kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import timedelta
from operator import itemgetter
from typing import Any, TypeAlias

from attrs import frozen

from trigdsl.engine.context import Context
from trigdsl.engine.values import NUMBERS, key_of
from trigdsl.model.values import HOUR, Micros, Value

TODAY_KEEP: Micros = 50 * HOUR
"""How long `today` keeps events: no local date lasts longer, whatever its zone's clock does."""


Read: TypeAlias = Callable[[Context], Value]


@frozen
class Latest:
    """`E ever`, `E in last D`, `since E`, `time since E`: [time, place] of the latest E."""

    number: int

    def keep(self, c: Context, history: list[Any]) -> None:
        history[self.number] = (c.now, c.state.seq)


@frozen
class Count:
    """`2nd E`, `every 10th E`, `count(E)`: how many there were."""

    number: int

    def keep(self, c: Context, history: list[Any]) -> None:
        history[self.number] = (history[self.number] or 0) + 1


@frozen
class Tally:
    """`sum(E.p)` and its like over all of history, or since the latest E2 (then `reset` is called at each E2).

    Kept: [how many numbers, their sum, least, greatest, how many values, first value, last value].  One that is
    `timed` (since E2, or asked for `first` or `last`) goes on with what merging two users needs: [time of the
    first value, of the last, of the latest E2 or None].  With no value since the latest E2, its time alone.
    """

    number: int
    read: Read | None
    timed: bool = False

    def keep(self, c: Context, history: list[Any]) -> None:
        value = self.read(c) if self.read is not None else True
        if value is None:
            return
        kept = history[self.number]
        if kept.__class__ is not list:
            times = (c.now, c.now, kept) if self.timed else ()
            kept = history[self.number] = [0, 0, None, None, 0, value, value, *times]
        kept[4] += 1
        kept[6] = value
        if self.timed:
            kept[8] = c.now
        if value.__class__ in NUMBERS:
            kept[0] += 1
            kept[1] += value
            kept[2] = value if kept[2] is None or value < kept[2] else kept[2]
            kept[3] = value if kept[3] is None or value > kept[3] else kept[3]

    def reset(self, c: Context, history: list[Any]) -> None:
        history[self.number] = c.now


@frozen
class Window:
    """`count(E) in last D`, `distinct(E.p) today` …: [time, value] of each E of the last `length` microseconds.

    `read` gives the value: the property asked for, or what a `where` that is decided later will need.
    """

    number: int
    length: Micros
    read: Read | None

    def keep(self, c: Context, history: list[Any]) -> None:
        value = self.read(c) if self.read is not None else True
        if value is None:
            return
        kept = history[self.number]
        if kept is None:
            history[self.number] = [(c.now, value)]
            return
        kept.append((c.now, value))
        limit = c.now - self.length
        if kept[0][0] <= limit:
            forget_until(kept, limit)


@frozen
class Recent:
    """`previous(E.p)`, `time since previous E`: [place, time, value] of the latest two E (that have p)."""

    number: int
    read: Read | None

    def keep(self, c: Context, history: list[Any]) -> None:
        value = self.read(c) if self.read is not None else True
        if value is None:
            return
        kept = history[self.number]
        history[self.number] = [*(kept or ())[-1:], (c.state.seq, c.now, value)]


Slot: TypeAlias = Latest | Count | Tally | Window | Recent


def forget_until(kept: list[tuple[Micros, Value]], limit: Micros) -> None:
    """Drop what a Window kept of events up to and including `limit`."""
    del kept[: bisect_right(kept, limit, key=_time_of)]


_time_of = itemgetter(0)


# ------------------------------------------------------------------------ what generated code asks
def ever(c: Context, slot: int) -> bool:
    return c.history is not None and c.history[slot] is not None


def in_last(c: Context, slot: int, length: Micros) -> bool:
    """Whether the latest E lies in (now − length, now]."""
    kept = c.history[slot] if c.history is not None else None
    return kept is not None and kept[0] > c.now - length


def today(c: Context, slot: int) -> bool:
    kept = c.history[slot] if c.history is not None else None
    return kept is not None and c.zone.day(kept[0]) == c.zone.day(c.now)


def since(c: Context, slot: int, other: int) -> bool:
    """Whether an E was handled after the latest E2, or ever when there was no E2."""
    if c.history is None or (kept := c.history[slot]) is None:
        return False
    return (mark := c.history[other]) is None or bool(kept[1] > mark[1])


def time_since(c: Context, slot: int) -> timedelta | None:
    kept = c.history[slot] if c.history is not None else None
    return None if kept is None else timedelta(microseconds=c.now - kept[0])


def count(c: Context, slot: int) -> int:
    return (c.history[slot] or 0) if c.history is not None else 0


def tally(c: Context, slot: int, function: str) -> Value:
    """An aggregate over what a Tally kept."""
    kept = c.history[slot] if c.history is not None else None
    if kept.__class__ is not list:
        return 0 if function in ("sum", "count") else None
    assert kept is not None
    if function == "avg":
        return _finite(kept[1] / kept[0]) if kept[0] else None
    return _finite(kept[_TALLY[function]])


_TALLY = {"sum": 1, "min": 2, "max": 3, "count": 4, "first": 5, "last": 6}


def values_in_last(c: Context, slot: int, length: Micros) -> list[Value]:
    """The values that a Window kept of (now − length, now], in order."""
    kept = c.history[slot] if c.history is not None else None
    limit = c.now - length
    return [value for time, value in kept if time > limit] if kept else []


def count_in_last(c: Context, slot: int, length: Micros) -> int:
    """How many values a Window kept of (now − length, now]."""
    kept = c.history[slot] if c.history is not None else None
    if not kept:
        return 0
    limit = c.now - length
    return len(kept) if kept[0][0] > limit else len(kept) - bisect_right(kept, limit, key=_time_of)


def sum_in_last(c: Context, slot: int, length: Micros) -> Value:
    """The sum of the numbers that a Window kept of (now − length, now], added in order."""
    kept = c.history[slot] if c.history is not None else None
    limit = c.now - length
    return _finite(sum([value for time, value in kept or () if time > limit and value.__class__ in NUMBERS]))


def values_today(c: Context, slot: int) -> list[Value]:
    """The values that a Window kept of the user's present calendar day, in order."""
    kept = c.history[slot] if c.history is not None else None
    if not kept:
        return []
    zone, day = c.zone, c.zone.day(c.now)
    return [value for time, value in kept if zone.day(time) == day]


def aggregate(function: str, values: list[Value]) -> Value:
    """count, sum, avg, min, max, first, last or distinct of values that are there."""
    if function == "count":
        return len(values)
    if function == "distinct":
        return len({key_of(value) for value in values})
    if function in ("first", "last"):
        return (values[0] if function == "first" else values[-1]) if values else None
    numbers: list[Any] = [value for value in values if value.__class__ in NUMBERS]
    if function == "sum":
        return _finite(sum(numbers))
    if not numbers:
        return None
    if function == "avg":
        return _finite(sum(numbers) / len(numbers))
    least: Value = min(numbers) if function == "min" else max(numbers)
    return least


def _finite(value: Any) -> Value:
    """The value, a sum beyond the range of doubles being missing, one beyond 2^53 the double it rounds to."""
    if value.__class__ is float:
        return value if value - value == 0 else None
    if value.__class__ is int and abs(value) > 2**53:
        return float(value)
    held: Value = value
    return held


def recent(c: Context, slot: int) -> Any:
    """(place, time, value) of the latest E before the triggering event; None without one."""
    if c.captured is not None:
        return c.captured.get(slot)
    if c.seq is None or c.history is None:
        return None
    for entry in reversed(c.history[slot] or ()):
        if entry[0] < c.seq:
            return entry
    return None


def previous(c: Context, slot: int) -> Value:
    entry = recent(c, slot)
    held: Value = None if entry is None else entry[2]
    return held


def time_since_previous(c: Context, slot: int) -> timedelta | None:
    entry = recent(c, slot)
    return None if entry is None else timedelta(microseconds=c.now - entry[1])


# ------------------------------------------------------------------------ when a window passes
def latest_passes(c: Context, slot: int, length: Micros) -> Micros | None:
    """The moment at which the latest E leaves (now − length, now], when it is in it now."""
    kept = c.history[slot] if c.history is not None else None
    return kept[0] + length if kept is not None and kept[0] + length > c.now else None


def window_passes(c: Context, slot: int, length: Micros) -> Micros | None:
    """The next moment at which one of a Window's events leaves (now − length, now]."""
    kept = c.history[slot] if c.history is not None else None
    return next((time + length for time, _ in kept or () if time + length > c.now), None)


def today_passes(c: Context) -> Micros:
    """The next midnight in the user's zone."""
    zone = c.zone
    day = zone.day(c.now) + 1
    while (at := zone.start_of_day(day)) <= c.now:
        day += 1
    return at


def earliest(*moments: Micros | None) -> Micros | None:
    return min((at for at in moments if at is not None), default=None)
