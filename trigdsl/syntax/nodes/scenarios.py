"""Tests and invariants."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from attrs import frozen

from trigdsl.syntax.nodes.base import Duration, LimitPeriod, Name, Node, TimeOfDay
from trigdsl.syntax.nodes.expressions import EventSet, RecordLiteral, Text
from trigdsl.syntax.nodes.steps import AddTo, Between, RemoveFrom, SetAttribute


@frozen
class TestUser(Node):
    """user { timezone: "Asia/Seoul" } in newsletter, vip"""

    profile: RecordLiteral | None
    lists: tuple[Name, ...] = ()


@frozen
class At(Node):
    """2026-11-20 10:00   (local time of the test's user)"""

    date: dt.date
    time: TimeOfDay


@frozen
class Later(Node):
    """+20m   (after the line before)"""

    duration: Duration


Moment: TypeAlias = At | Later


@frozen
class TestEvent(Node):
    """2026-11-20 10:00 cart_abandoned { cart: { value: 250 } }"""

    moment: Moment
    event: Name
    record: RecordLiteral | None = None


@frozen
class TestChange(Node):
    """2026-11-21 09:00 set user.tier = "gold"   |   add to LIST   |   remove from LIST: values are literals"""

    moment: Moment
    change: SetAttribute | AddTo | RemoveFrom


@frozen
class ExpectSends(Node):
    """expect no sends   |   expect 2 sends"""

    count: int


@frozen
class ExpectRule(Node):
    """expect [no|only] RULE [STATUS ["reason"]] [at DATE TIME] [on CHANNEL] [as VARIANT] [containing "text"]

    `quantifier` is "", `no` or `only`.
    """

    rule: Name
    quantifier: str = ""
    status: str | None = None
    reason: Text | None = None
    at: At | None = None
    channel: Name | None = None
    variant: Name | None = None
    containing: Text | None = None


TestLine: TypeAlias = TestEvent | TestChange | ExpectSends | ExpectRule


@frozen
class Test(Node):
    """test "title":  user …  LINE*: lines and expectations in the order written"""

    title: str
    lines: tuple[TestLine, ...]
    user: TestUser | None = None


@frozen
class NoSendBetween(Node):
    """no send [NAME] between 21:00-09:00 [zone]: a channel or a rule"""

    name: Name | None
    between: Between


@frozen
class NoSendAfter(Node):
    """no send [NAME] within 1h after E: a channel or a rule"""

    name: Name | None
    within: Duration
    event: EventSet


@frozen
class AtMostSends(Node):
    """at most 3 sends per 1d"""

    count: int
    period: LimitPeriod


@frozen
class Invariant(Node):
    """invariant NAME: PROMISE"""

    name: Name
    promise: NoSendBetween | NoSendAfter | AtMostSends
