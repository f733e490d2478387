"""All that stands in one file."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from trigdsl.syntax.nodes.base import Node
from trigdsl.syntax.nodes.declarations import (
    CalendarDecl,
    CapDecl,
    ChannelDecl,
    EventDecl,
    HolidayDecl,
    ListDecl,
    SegmentDecl,
    Timezone,
    UserDecl,
)
from trigdsl.syntax.nodes.rules import Rule
from trigdsl.syntax.nodes.scenarios import Invariant, Test

Item: TypeAlias = (
    Timezone
    | EventDecl
    | UserDecl
    | ChannelDecl
    | CapDecl
    | CalendarDecl
    | HolidayDecl
    | SegmentDecl
    | ListDecl
    | Rule
    | Test
    | Invariant
)


@frozen
class File(Node):
    """ITEM*: one `.trig` file"""

    items: tuple[Item, ...]
