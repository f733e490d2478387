"""What starts a rule."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from attrs import frozen

from trigdsl.syntax.nodes.base import Duration, Name, Node, TimeOfDay, Zone
from trigdsl.syntax.nodes.expressions import EventSet, Expression


@frozen
class EventTrigger(Node):
    """E   |   first E   |   100th E   |   every 10th E: `ordinal` 1 is `first` (or `1st`); `every` repeats it"""

    event: EventSet
    ordinal: int | None = None
    every: bool = False


@frozen
class SilenceTrigger(Node):
    """no E for D"""

    event: EventSet
    duration: Duration


@frozen
class BecomesTrigger(Node):
    """user.tier becomes "gold": `value` is a literal"""

    attribute: Name
    value: Expression


@frozen
class ChangesTrigger(Node):
    """user.tier changes"""

    attribute: Name


@frozen
class MembershipTrigger(Node):
    """user enters vip   |   user leaves vip"""

    name: Name
    enters: bool


@frozen
class EveryDay(Node):
    """every day"""


@frozen
class EveryWeekday(Node):
    """every mon, thu   |   every weekday   |   every weekend: days as `mon`…`sun`, in the order written"""

    days: tuple[str, ...]


@frozen
class EveryMonth(Node):
    """every month on 31"""

    day: int


@frozen
class EveryYear(Node):
    """every year on 02-29"""

    month: int
    day: int


@frozen
class EveryYearOf(Node):
    """every year on user.birthday"""

    attribute: Name


@frozen
class EveryDateOf(Node):
    """every sale_days: the dates of a calendar"""

    calendar: Name


@frozen
class OnDate(Node):
    """on 2026-05-08"""

    date: dt.date


Schedule: TypeAlias = EveryDay | EveryWeekday | EveryMonth | EveryYear | EveryYearOf | EveryDateOf | OnDate


@frozen
class CalendarTrigger(Node):
    """every day at 09:00 utc: a schedule, a time of day and a zone (None is `local`)"""

    schedule: Schedule
    at: TimeOfDay
    zone: Zone | None = None


@frozen
class IgnoredTrigger(Node):
    """ignored R after D"""

    rule: Name
    duration: Duration


Trigger: TypeAlias = (
    EventTrigger
    | SilenceTrigger
    | BecomesTrigger
    | ChangesTrigger
    | MembershipTrigger
    | CalendarTrigger
    | IgnoredTrigger
)
