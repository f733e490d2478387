"""The abstract syntax tree: frozen classes, each with the syntax it stands for in its docstring.

Two trees are equal when they say the same; `span` (where) and `id` (which) do not count.  Ids are unique
within a program; types, meanings and observed values live in side tables by id, never on the nodes.
"""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from attrs import field, frozen

from trigdsl.source import NOWHERE, Span


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

# ------------------------------------------------------------------------------------------- triggers


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


# ------------------------------------------------------------------------------------------- clauses of a rule


@frozen
class StopOn(Node):
    """stop on E [where C]"""

    event: EventSet


@frozen
class Limit(Node):
    """once   |   once per PERIOD   |   at most N per PERIOD: `once` is 1 per ever"""

    count: int
    period: LimitPeriod
    once: bool = field(default=False, eq=False)


@frozen
class WhilePending(Node):
    """while pending ignore|restart|stack   |   while pending restart for at most D"""

    policy: str
    at_most: Duration | None = None


@frozen
class ForEach(Node):
    """for each PATH: the names of a path of the triggering event, a leading `event` left out"""

    path: tuple[str, ...]


@frozen
class Campaign(Node):
    """from DATE   |   until DATE: one node for each"""

    start: dt.date | None = None
    end: dt.date | None = None


@frozen
class Holdout(Node):
    """holdout P%"""

    percent: float


@frozen
class Goal(Node):
    """goal E [where C] within D"""

    event: EventSet
    within: Duration


@frozen
class Tags(Node):
    """tag NAME, …"""

    names: tuple[Name, ...]


@frozen
class OnEdit(Node):
    """on edit keep|retime|cancel: what becomes of runs that wait when the rule is changed in a running engine"""

    policy: str


Clause: TypeAlias = StopOn | Limit | WhilePending | ForEach | Campaign | Holdout | Goal | Tags | OnEdit

# ------------------------------------------------------------------------------------------- top-level items


@frozen
class Rule(Node):
    """rule NAME "title"?:  if TRIGGER [and CONDITION]  STEP+  CLAUSE*   (`rule NAME:` may be left out)"""

    trigger: Trigger
    steps: tuple[Step, ...]
    name: Name | None = None
    title: str | None = None
    condition: Expression | None = None
    clauses: tuple[Clause, ...] = ()


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


# ------------------------------------------------------------------------------------------- tests and invariants


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
