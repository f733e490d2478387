"""What triggers a rule, as compiled: one class for each kind of trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from trigdsl.engine.context import Context, Test
from trigdsl.engine.schedules import Schedule
from trigdsl.engine.zones import Zone
from trigdsl.model.values import Micros, Value


@frozen(kw_only=True)
class EventFires:
    """`E`, `2nd E` (ordinal 2), `every 10th E`; `slot` counts the E for an ordinal."""

    ordinal: int | None = None
    every: bool = False
    slot: int = -1


@frozen(kw_only=True)
class SilenceFires:
    """`no E for D`."""

    length: Micros


@frozen(kw_only=True)
class AttributeFires:
    """`user.P changes`, or `user.P becomes V` (then `becomes` tests a value of P: is it V?)."""

    attribute: str
    becomes: Callable[[Value, Zone], bool] | None = None


@frozen(kw_only=True)
class ListFires:
    """`user enters L`, `user leaves L` for a list."""

    list: str
    enters: bool


@frozen(kw_only=True)
class SegmentFires:
    """`user enters S`, `user leaves S` for a segment; `passes` gives the next moment at which a window passes."""

    inside: Test
    passes: Callable[[Context], Micros | None]
    enters: bool


@frozen(kw_only=True)
class CalendarFires:
    """A calendar trigger at a time of day (microseconds); `schedule` None: yearly on the user's `attribute`."""

    schedule: Schedule | None
    attribute: str | None
    at: Micros
    zone: Zone | None


@frozen(kw_only=True)
class IgnoredFires:
    """`ignored R after D`."""

    length: Micros


@frozen(kw_only=True)
class NeverFires:
    """Nothing triggers it any more: a rule as it was before it was changed, of which some runs are left."""


Fires: TypeAlias = (
    EventFires | SilenceFires | AttributeFires | ListFires | SegmentFires | CalendarFires | IgnoredFires | NeverFires
)
