"""What all nodes are, and the small parts that many of them have: names, durations, times of day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from trigdsl.source import NOWHERE, Span

if TYPE_CHECKING:
    from trigdsl.syntax.nodes.expressions import EventSet


@frozen(kw_only=True)
class Node:
    """What all nodes have: where it stands, and a number that names it in side tables."""

    span: Span = field(default=NOWHERE, eq=False, repr=False)
    id: int = field(default=-1, eq=False, repr=False)


# ------------------------------------------------------------------------------------------- small parts


@frozen
class Name(Node):
    """cart_reminder   or   `Order Completed`   (`text` is without the backticks)"""

    text: str


@frozen
class Duration(Node):
    """1h30m   or   30 minutes: parts from large to small, as written, with the units s m h d w

    `24h` and `1d` are equally long and yet two spellings, which is why the parts are kept.
    """

    parts: tuple[tuple[int, str], ...]


@frozen
class TimeOfDay(Node):
    """09:00   or   09:00:30: `seconds` after midnight, 0 to 86400 (24:00, only as the end of a window)"""

    seconds: int


@frozen
class Zone(Node):
    """local   or   utc   or   "Asia/Seoul": `name` is `local`, `utc`, or the quoted IANA name"""

    name: str
    quoted: bool = False


@frozen
class Period(Node):
    """in last D   |   since E   |   today   |   ever: the part of the history that is looked at

    `kind` is `last`, `since`, `today` or `ever`.
    """

    kind: str
    duration: Duration | None = None
    event: EventSet | None = None


@frozen
class LimitPeriod(Node):
    """per day | per week | per month | per D | per ever: `kind` is day, week, month, duration or ever"""

    kind: str
    duration: Duration | None = None
