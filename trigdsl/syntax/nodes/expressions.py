"""Events as rules name them, and the conditions and values that rules work out."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from trigdsl.syntax.nodes.base import Duration, Name, Node, Period

if TYPE_CHECKING:
    from trigdsl.syntax.nodes.steps import TemplateFile


# ------------------------------------------------------------------------------------------- events named in rules


@frozen
class Event(Node):
    """purchase   or   `Order Completed`"""

    name: str


@frozen
class AnyEvent(Node):
    """any"""


@frozen
class SystemEvent(Node):
    """sent cart_reminder   |   opened R   |   clicked R: `kind` is the first word, as written"""

    kind: str
    rule: Name


@frozen
class EventGroup(Node):
    """E1 or E2 …   (two or more)"""

    events: tuple[EventSet, ...]


@frozen
class EventWhere(Node):
    """E where C"""

    event: EventSet
    condition: Expression


EventSet: TypeAlias = Event | AnyEvent | SystemEvent | EventGroup | EventWhere


# ------------------------------------------------------------------------------------------- expressions


@frozen
class Text(Node):
    """ "free today"   or   text over several lines: the value, escapes resolved; a template where it may be one

    `block` tells whether it was written with three quotes.
    """

    value: str
    block: bool = field(default=False, eq=False)


@frozen
class Number(Node):
    """200   |   19.99: an int when written without point or exponent"""

    value: int | float


@frozen
class Boolean(Node):
    """true   |   false"""

    value: bool


@frozen
class Date(Node):
    """2026-11-20"""

    value: dt.date


@frozen
class ListLiteral(Node):
    """["a", "b"]"""

    items: tuple[Expression, ...]


@frozen
class Entry(Node):
    """total: 20   |   cart.id: "c1"   |   "any key": 1   inside a record; `key` holds the names of the path

    Only after `with` may the value be a template's file: `body: template "welcome.j2"`.
    """

    key: tuple[str, ...]
    value: Expression | TemplateFile


@frozen
class RecordLiteral(Node):
    """{ total: 20, cart: { value: 1 } }"""

    entries: tuple[Entry, ...]


@frozen
class Path(Node):
    """cart.value   |   user.tier   |   event.`cart value`   |   now: names joined by dots"""

    parts: tuple[str, ...]


@frozen
class Not(Node):
    """not a"""

    operand: Expression


@frozen
class And(Node):
    """a and b and c   (two or more; parentheses nest)"""

    operands: tuple[Expression, ...]


@frozen
class Or(Node):
    """a or b or c   (two or more; parentheses nest)"""

    operands: tuple[Expression, ...]


@frozen
class Compare(Node):
    """a == b   with == != < <= > >= contains, starts with, ends with: `operator` is the word or sign"""

    operator: str
    left: Expression
    right: Expression


@frozen
class Matches(Node):
    """a matches "re" """

    operand: Expression
    pattern: Text


@frozen
class In(Node):
    """a in b   |   a not in b: b is a list literal or a path, or (as `Path(("user",))` in NAME) see Member"""

    operand: Expression
    container: Expression
    negated: bool = False


@frozen
class Member(Node):
    """user in vip   |   user not in vip: a segment or a list"""

    name: Name
    negated: bool = False


@frozen
class Exists(Node):
    """p exists   |   p is missing (negated)"""

    operand: Expression
    negated: bool = False


@frozen
class Default(Node):
    """p default v"""

    operand: Expression
    fallback: Expression


@frozen
class Arithmetic(Node):
    """a + b   with + - * /"""

    operator: str
    left: Expression
    right: Expression


@frozen
class Negative(Node):
    """-a"""

    operand: Expression


@frozen
class Call(Node):
    """lower(name)   |   days_between(a, b): a built-in or host function; also min and max of two or more"""

    name: Name
    arguments: tuple[Expression, ...]


@frozen
class Happened(Node):
    """E in last D   |   no E ever   |   E since E2   |   E today"""

    event: EventSet
    period: Period
    negated: bool = False


@frozen
class Aggregate(Node):
    """count(E) in last 7d   |   sum(E.p where C)   |   avg min max first last distinct

    `function` is the word; `path` the property's names, empty for `count`; `period` None means ever.
    The where stands in `event`, as EventWhere.
    """

    function: str
    event: EventSet
    path: tuple[str, ...] = ()
    period: Period | None = None


@frozen
class TimeSince(Node):
    """time since E   |   time since previous E (previous)"""

    event: EventSet
    previous: bool = False


@frozen
class Previous(Node):
    """previous(E.p)"""

    event: EventSet
    path: tuple[str, ...]


Expression: TypeAlias = (
    Text
    | Number
    | Boolean
    | Date
    | Duration
    | ListLiteral
    | RecordLiteral
    | Path
    | Not
    | And
    | Or
    | Compare
    | Matches
    | In
    | Member
    | Exists
    | Default
    | Arithmetic
    | Negative
    | Call
    | Happened
    | Aggregate
    | TimeSince
    | Previous
)
