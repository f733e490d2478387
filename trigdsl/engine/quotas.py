"""So many per period: what caps and limits count.

Of the past, the latest `count` times are kept: when the oldest of those lies in the present period, it is full.
Calendar periods are those of the user's zone at the moment of asking, for past times too.
"""

from __future__ import annotations

from trigdsl.engine.action_types import CompiledPeriod
from trigdsl.engine.dates import date_of
from trigdsl.engine.zones import Zone
from trigdsl.model.values import Micros


def is_full(times: list[Micros] | None, count: int, period: CompiledPeriod, now: Micros, zone: Zone) -> bool:
    """Whether `count` of the times lie in the period that holds `now`."""
    if count == 0:
        return True
    return times is not None and len(times) >= count and _is_in(times[-count], period, now, zone)


def note(times: list[Micros], count: int, now: Micros) -> None:
    """Count one more at `now`."""
    times.append(now)
    if len(times) > count:
        del times[0]


def is_over(times: list[Micros], period: CompiledPeriod, now: Micros, zone: Zone) -> bool:
    """Whether none of the times lies in the period that holds `now`, so that they can be forgotten."""
    return period.kind != "ever" and not _is_in(times[-1], period, now, zone)


def _is_in(time: Micros, period: CompiledPeriod, now: Micros, zone: Zone) -> bool:
    match period.kind:
        case "ever":
            return True
        case "duration":
            return time > now - period.length
        case "day":
            return zone.day(time) == zone.day(now)
        case "week":  # day 0 was a Thursday, so weeks from Monday are counted from three days before it
            return (zone.day(time) + 3) // 7 == (zone.day(now) + 3) // 7
    then, today = date_of(zone.day(time)), date_of(zone.day(now))
    return (then.year, then.month) == (today.year, today.month)
