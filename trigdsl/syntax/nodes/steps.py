"""What a rule does, when, and what holds it back."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from trigdsl.syntax.nodes.base import Duration, Name, Node, TimeOfDay, Zone
from trigdsl.syntax.nodes.expressions import Entry, EventSet, Expression, RecordLiteral, Text

# ------------------------------------------------------------------------------------------- actions


@frozen
class TemplateFile(Node):
    """template "welcome.j2" """

    path: str


@frozen
class Nothing(Node):
    """nothing   (deliberately no message; in `set user.p = nothing`, removes)"""


Content: TypeAlias = Text | TemplateFile | Nothing


@frozen
class WhenVariant(Node):
    """when COND as label: CONTENT   |   otherwise: CONTENT (condition None)"""

    condition: Expression | None
    content: Content
    label: Name | None = None


@frozen
class ShareVariant(Node):
    """50%: CONTENT   |   0.5% as label: CONTENT: `percent` is 0 to 100"""

    percent: float
    content: Content
    label: Name | None = None


Variant: TypeAlias = WhenVariant | ShareVariant


@frozen
class Send(Node):
    """send CHANNEL [CONTENT] [with { … }]: CONTENT a text, a template file, or variants

    With variants, `content` is None and `variants` all of one kind. `fields` is None without `with`.
    """

    channel: Name
    content: Text | TemplateFile | None = None
    variants: tuple[Variant, ...] = ()
    fields: RecordLiteral | None = None


@frozen
class SetAttribute(Node):
    """set user.P = EXPR   |   set user.P = nothing"""

    attribute: Name
    value: Expression | Nothing


@frozen
class AddTo(Node):
    """add to LIST"""

    list: Name


@frozen
class RemoveFrom(Node):
    """remove from LIST"""

    list: Name


@frozen
class Emit(Node):
    """emit EVENT { k: EXPR, … }   (the record may be left out)"""

    event: Name
    record: RecordLiteral | None = None


@frozen
class CallAction(Node):
    """call NAME(k: EXPR, …)"""

    name: Name
    arguments: tuple[Entry, ...] = ()


Action: TypeAlias = Send | SetAttribute | AddTo | RemoveFrom | Emit | CallAction

# ------------------------------------------------------------------------------------------- steps


@frozen
class Unless(Node):
    """unless E [where C] [within D]: the where stands in `event`"""

    event: EventSet
    within: Duration | None = None


@frozen
class TimeRange(Node):
    """09:00-21:00"""

    start: TimeOfDay
    end: TimeOfDay


@frozen
class Between(Node):
    """between T1-T2, T3-T4 [zone]"""

    ranges: tuple[TimeRange, ...]
    zone: Zone | None = None


@frozen
class OnDays(Node):
    """on mon, tue   |   on weekdays   |   on weekends: days as `mon`…`sun`"""

    days: tuple[str, ...]


@frozen
class OnCalendar(Node):
    """on CALENDAR   |   not on CALENDAR"""

    calendar: Name
    negated: bool = False


DayCondition: TypeAlias = OnDays | OnCalendar


@frozen
class Step(Node):
    """then [after D | after N calendar days] [at T [zone]] [if COND]  ACTION {, ACTION}  { MODIFIER }"""

    actions: tuple[Action, ...]
    after: Duration | None = None
    calendar_days: int | None = None
    at: TimeOfDay | None = None
    zone: Zone | None = None
    guard: Expression | None = None
    unless: tuple[Unless, ...] = ()
    between: Between | None = None
    days: tuple[DayCondition, ...] = ()
    else_skip: bool = False
    expires: Duration | None = None
    priority: int | None = None
    urgent: bool = False
