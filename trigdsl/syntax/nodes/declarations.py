"""What stands beside rules: events, users, channels, caps, calendars, segments, lists."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from trigdsl.syntax.nodes.base import LimitPeriod, Name, Node
from trigdsl.syntax.nodes.expressions import Date, Expression, Text
from trigdsl.syntax.nodes.steps import Between, OnCalendar, OnDays


@frozen
class Timezone(Node):
    """timezone "Asia/Seoul" """

    name: str


@frozen
class FieldDecl(Node):
    """cart.id: text: types are text, number, boolean, instant, date, duration, list, record"""

    path: tuple[str, ...]
    type: str


@frozen
class EventDecl(Node):
    """event purchase = "Order Completed" { total: number }: alias and fields may be left out"""

    name: Name
    wire: Text | None = None
    fields: tuple[FieldDecl, ...] | None = None


@frozen
class UserDecl(Node):
    """user { name: text, birthday: date }"""

    fields: tuple[FieldDecl, ...]


@frozen
class Cap(Node):
    """cap N per PERIOD   (in a channel)"""

    count: int
    period: LimitPeriod


@frozen
class Requires(Node):
    """requires COND"""

    condition: Expression


@frozen
class LengthLimit(Node):
    """limit N characters"""

    characters: int


Policy: TypeAlias = Between | OnDays | OnCalendar | Cap | Requires | LengthLimit


@frozen
class ChannelDecl(Node):
    """channel push: between 09:00-21:00 local cap 2 per day …"""

    name: Name
    policies: tuple[Policy, ...]


@frozen
class CapDecl(Node):
    """cap push 2 per day   |   cap all 5 per 7d   |   cap tag NAME 1 per 1d

    `scope` is `channel`, `all` or `tag`; `name` is None for `all`.
    """

    scope: str
    name: Name | None
    count: int
    period: LimitPeriod


@frozen
class CalendarDecl(Node):
    """calendar sale_days = [2026-11-27, 2026-11-30]"""

    name: Name
    dates: tuple[Date, ...]


@frozen
class HolidayDecl(Node):
    """calendar NAME = holidays "KR"   (a country, or country and subdivision such as "US-CA")"""

    name: Name
    region: Text


@frozen
class SegmentDecl(Node):
    """segment vip = COND"""

    name: Name
    condition: Expression


@frozen
class ListDecl(Node):
    """list newsletter"""

    name: Name
