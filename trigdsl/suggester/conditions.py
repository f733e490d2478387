"""A condition and a truth → ways to bring it about that the condition has this truth.

Each way is a list of needs; the first is the plainest.  What cannot be solved is left to luck: every scene is run, and
only what the engine then does counts.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from attrs import evolve, field, frozen

from trigdsl.checker.paths import resolve
from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.zones import zone
from trigdsl.model.values import Value
from trigdsl.suggester.samples import kind_of, sample
from trigdsl.suggester.scenes import (
    ABSENT,
    MORNING,
    Absent,
    Around,
    Before,
    Clock,
    Day,
    Given,
    Membership,
    Need,
    Needs,
    Wanted,
    with_value,
)
from trigdsl.suggester.values import Known, around, combined, known_value, matching, mirrored, passes
from trigdsl.syntax import nodes
from trigdsl.tester.literals import duration_value
from trigdsl.tester.mentions import QUIET_EVENT, Carriers, carriers_of
from trigdsl.tester.stories import FIRST_DAY, Line, Properties

Truth = bool | None
"""True, false, or unknown."""

MOST_WAYS = 12
MOST_REPEATED = 30
"""More events than that nobody wants to read in a test."""

HOUR = 3_600
METRES_OF_A_DEGREE = 111_195
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Seoul", "Pacific/Auckland", "Africa/Cairo", "UTC")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPPOSITE: dict[Truth, Truth] = {True: False, False: True, None: None}

Happening = tuple[tuple[Line, ...], Needs]
"""The lines by which an event comes about at second 0, and what else it needs."""


def all_of(parts: Sequence[Sequence[Needs]]) -> list[Needs]:
    """The first way of each part together, then those that differ from it in one part."""
    ways = [part or [()] for part in parts]
    found = [_joined(part[0] for part in ways)]
    for place, part in enumerate(ways):
        found += [_joined(way if at == place else other[0] for at, other in enumerate(ways)) for way in part[1:]]
    return found


def _joined(parts: Iterable[Needs]) -> Needs:
    return tuple(need for part in parts for need in part)


@frozen
class Solver:
    """Solves the conditions of one rule, whose triggering events are `carriers`.

    `sends` tells by what lines a message of a rule is sent at second 0.
    """

    checked: CheckedProgram
    carriers: Carriers
    sends: Callable[[str], tuple[Line, ...]]
    open_segments: frozenset[str] = field(default=frozenset())

    def ways(self, node: nodes.Node, want: Truth) -> list[Needs]:
        """Ways to make a condition have a truth, the plainest first; empty when none is known."""
        distinct = {repr(way): way for way in reversed(self._ways(node, want))}
        return list(islice(reversed(distinct.values()), MOST_WAYS))

    # ------------------------------------------------------------------ truths
    def _ways(self, node: nodes.Node, want: Truth) -> list[Needs]:
        match node:
            case nodes.And(operands=operands):
                return self._joint(operands, want, neutral=True)
            case nodes.Or(operands=operands):
                return self._joint(operands, want, neutral=False)
            case nodes.Not(operand=operand):
                return self.ways(operand, _OPPOSITE[want])
            case nodes.Compare():
                return self._compare(node, want)
            case nodes.In():
                return self._in(node, want)
            case nodes.Member():
                return self._member(node, want)
            case nodes.Exists(operand=operand, negated=negated):
                there = want is not None and want != negated
                return [] if want is None else self.having(operand, self._sample(operand) if there else ABSENT)
            case nodes.Matches(operand=operand, pattern=pattern):
                text = matching(pattern.value)
                values: dict[Truth, Wanted] = {True: ABSENT if text is None else text, False: "", None: ABSENT}
                return self.having(operand, values[want])
            case nodes.Happened():
                return [] if want is None else self._happened(node, want != node.negated)
            case nodes.Boolean(value=value):
                return [()] if value == want else []
        return self.having(node, ABSENT if want is None else want)

    def _joint(self, operands: Sequence[nodes.Node], want: Truth, *, neutral: bool) -> list[Needs]:
        """`and` (neutral true) or `or` (neutral false): all as the neutral truth, or one of them otherwise."""
        plain = [self.ways(operand, neutral) for operand in operands]
        if want is neutral:
            return all_of(plain)
        found = []
        for place, operand in enumerate(operands):
            for way in self.ways(operand, want):
                found += all_of([[way] if at == place else part[:1] for at, part in enumerate(plain)])
        return found

    def _compare(self, node: nodes.Compare, want: Truth) -> list[Needs]:
        left, right, operator = node.left, node.right, node.operator
        literal = known_value(right)
        if literal is None and known_value(left) is not None:
            left, right, operator, literal = right, left, mirrored(operator), known_value(left)
        if want is None:
            return self.having(left, ABSENT)
        before: list[Needs] = [()]
        if literal is None:
            literal = self._plain(right)
            before = self.having(right, literal)
        is_list = self._type(left) == "list"
        found = []
        for value in around(operator, literal, is_list):
            if passes(operator, value, literal) is want:
                found += _after(before, self.having(left, value))
        return found

    def _in(self, node: nodes.In, want: Truth) -> list[Needs]:
        if want is None:
            return self.having(node.operand, ABSENT)
        inside = want != node.negated
        items = known_value(node.container)
        if isinstance(items, list):
            values = items if inside else [self._other(node.operand, items)]
            return [way for value in values for way in self.having(node.operand, value)]
        value = known_value(node.operand)
        before: list[Needs] = [()]
        if value is None or isinstance(value, Around):
            value = "a"
            before = self.having(node.operand, value)
        return _after(before, self.having(node.container, [value] if inside else ["other"]))

    def _other(self, operand: nodes.Node, items: list[Value]) -> Value:
        """A value of the kind that is none of these."""
        if isinstance(operand, nodes.Path) and operand.parts == ("local", "weekday"):
            return next((day for day in reversed(_DAYS) if day not in items), "none")
        numbers = [item for item in items if isinstance(item, int | float)]
        return max(numbers) + 1 if numbers else "other"

    def _member(self, node: nodes.Member, want: Truth) -> list[Needs]:
        name = node.name.text
        segment = self.checked.segments.get(name)
        if segment is None:
            return [] if want is None else [(Membership(name, want != node.negated),)]
        if name in self.open_segments:
            return []
        inner = evolve(self, open_segments=self.open_segments | {name})
        return inner.ways(segment.condition, _OPPOSITE[want] if node.negated else want)

    # ------------------------------------------------------------------ history
    def happenings(self, event: nodes.EventSet) -> list[Happening]:
        """Ways in which an event of a set comes about at second 0."""
        match event:
            case nodes.Event(name=name):
                return [((Line(0, "event", name),), ())]
            case nodes.AnyEvent():
                return [((Line(0, "event", QUIET_EVENT),), ())]
            case nodes.SystemEvent(kind="sent", rule=rule):
                lines = self.sends(rule.text)
                return [(lines, ())] if lines else []
            case nodes.SystemEvent(kind=kind, rule=rule):
                return [((Line(0, "event", kind, ((("rule",), rule.text),)),), ())]
            case nodes.EventGroup(events=events):
                return [one for part in events for one in self.happenings(part)]
        return self._where(event, True)

    def failing(self, event: nodes.EventSet) -> list[Happening]:
        """Ways in which an event comes about that fails the `where` of a set."""
        match event:
            case nodes.EventWhere():
                return [*self._where(event, False), *self._where(event, None)]
            case nodes.EventGroup(events=events):
                return [one for part in events for one in self.failing(part)]
        return []

    def _where(self, event: nodes.EventWhere, want: Truth) -> list[Happening]:
        inner = evolve(self, carriers=carriers_of(event.event))
        found = []
        for lines, needs in self.happenings(event.event):
            for way in inner.ways(event.condition, want):
                told = lines
                outer: list[Need] = []
                for need in way:
                    if isinstance(need, Given) and need.root == "event":
                        told = (*told[:-1], _with(told[-1], need))
                    else:
                        outer.append(_outside(need))
                found.append((told, (*needs, *outer)))
        return found

    def _past(self, event: nodes.EventSet, seconds: int, properties: Properties = ()) -> list[Needs]:
        """Ways in which an event came about so many seconds before."""
        found = []
        for lines, needs in self.happenings(event):
            told = (*lines[:-1], evolve(lines[-1], properties=(*lines[-1].properties, *properties)))
            found.append((*needs, *(Before(seconds, line) for line in reversed(told))))
        return found

    def _happened(self, node: nodes.Happened, want: bool) -> list[Needs]:
        event, period = node.event, node.period
        match period.kind:
            case "last":
                assert period.duration is not None
                length = _seconds(period.duration)
                times = [max(length // 2, 1), length - 1] if want else [length, length + 1]
                found = [way for seconds in times if seconds >= 0 for way in self._past(event, seconds)]
            case "today":
                times = [MORNING // 2, MORNING] if want else [MORNING + 1]
                found = [(*way, Clock(MORNING)) for seconds in times for way in self._past(event, seconds)]
            case "since":
                assert period.event is not None
                order = (2 * HOUR, HOUR) if want else (HOUR, 2 * HOUR)
                found = all_of([self._past(period.event, order[0]), self._past(event, order[1])])
                found += self._past(event, HOUR) if want else []
            case _:
                found = self._past(event, HOUR) if want else []
        return found if want else [(), *found, *self._failed(event)]

    def _failed(self, event: nodes.EventSet) -> list[Needs]:
        return [(*needs, *(Before(60, line) for line in lines)) for lines, needs in self.failing(event)]

    def _aggregate(self, node: nodes.Aggregate, value: Wanted) -> list[Needs]:
        """Ways to make what is counted or summed up over the past a value."""
        if isinstance(value, Absent):
            return [()]
        if node.function in ("count", "distinct"):
            return self._counted(node, value)
        found: list[Needs] = []
        if set(carriers_of(node.event)) & set(self.carriers):
            found.append((Given("event", node.path, value),))
        for seconds in self._times(node.period):
            found += self._since(node.period, self._past(node.event, seconds, ((node.path, value),)))  # type: ignore[arg-type]
        return found

    def _counted(self, node: nodes.Aggregate, value: Wanted) -> list[Needs]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_REPEATED:
            return []
        counts = [int(value)]
        if value > 0 and set(carriers_of(node.event)) & set(self.carriers):
            # The triggering event is counted too, if it passes what is asked of those that count.
            counts = [int(value) - 1, *(counts if isinstance(node.event, nodes.EventWhere) else ())]
        found: list[Needs] = []
        for count in counts:
            for first in self._times(node.period):
                gap = min(HOUR, max(first // (count + 1), 1))
                times = [first, *(gap * place for place in range(count - 1, 0, -1))][:count]
                parts = [
                    self._past(node.event, seconds, self._distinct(node, place))[:1]
                    for place, seconds in enumerate(times)
                ]
                found += self._since(node.period, [_joined(part[0] for part in parts if part)])
        return found

    def _distinct(self, node: nodes.Aggregate, place: int) -> Properties:
        if node.function != "distinct":
            return ()
        is_number = kind_of(self.checked, "event", node.path, carriers_of(node.event)) == "number"
        return ((node.path, place + 1 if is_number else "abcdefghijklmnopqrstuvwxyz0123456789"[place]),)

    def _times(self, period: nodes.Period | None) -> list[int]:
        """How long before the moment an event may be that a period holds: in its middle, and at its edge."""
        if period is None or period.kind in ("ever", "since"):
            return [24 * HOUR]
        if period.kind == "today":
            return [MORNING // 2, MORNING]
        assert period.duration is not None
        length = _seconds(period.duration)
        return [max(length // 2, 1), max(length - 1, 0)]

    def _since(self, period: nodes.Period | None, ways: list[Needs]) -> list[Needs]:
        if period is None or period.event is None:
            return ways
        return [(*first, *way) for way in ways for first in self._past(period.event, 48 * HOUR)[:1] or [()]] + ways

    # ------------------------------------------------------------------ values
    def having(self, node: nodes.Node, value: Wanted) -> list[Needs]:
        """Ways to make an expression have a value, or be missing."""
        match node:
            case nodes.Path():
                return self._path(node, value)
            case nodes.Default(operand=operand, fallback=fallback):
                ways = self.having(operand, value)
                return [*ways, *self.having(operand, ABSENT)] if known_value(fallback) == value else ways
            case nodes.Negative(operand=operand) if isinstance(value, int | float):
                return self.having(operand, -value)
            case nodes.Arithmetic():
                return self._arithmetic(node, value)
            case nodes.Call():
                return self._call(node, value)
            case nodes.Aggregate():
                return self._aggregate(node, value)
            case nodes.TimeSince(event=event):
                if isinstance(value, dt.timedelta) and value >= dt.timedelta():
                    return self._past(event, int(value.total_seconds()))
                return [()] if value is ABSENT else []
            case nodes.Previous(event=event, path=path):
                return [()] if isinstance(value, Absent | Around) else self._past(event, 24 * HOUR, ((path, value),))
        return []

    def _path(self, node: nodes.Path, value: Wanted) -> list[Needs]:
        root, rest = resolve(node.parts)
        if root == "local":
            return self._local(rest, value)
        if root == "user" and rest == ("timezone",):
            return self._zone(value)
        if root in ("event", "user", "trigger") and rest:
            return [(Given(root, rest, value),)]
        return []

    def _zone(self, value: Wanted) -> list[Needs]:
        """The zone of the user: there is none of just any name."""
        if isinstance(value, str):
            names = [name for name in (value, *ZONES) if zone(name) is not None and value in name]
            if not names and value not in ("other", "another"):
                return []
            value = next(iter(names), "UTC")
        return [(Given("user", ("timezone",), value),)]

    def _local(self, rest: tuple[str, ...], value: Wanted) -> list[Needs]:
        match rest, value:
            case ("hour",), int(hour) if 0 <= hour < 24:
                return [(Clock(hour * HOUR),), (Clock(hour * HOUR + 3_599),)]
            case ("minute",), int(minute) if 0 <= minute < 60:
                return [(Clock(MORNING + minute * 60),)]
            case ("weekday",), str(day) if day in _DAYS:
                shift = (_DAYS.index(day) - FIRST_DAY.weekday()) % 7
                return [(Day(FIRST_DAY + dt.timedelta(days=shift)),)]
            case ("date",), dt.date():
                return [(Day(value),)]
            case ("day",), int(day) if 1 <= day <= 31:
                return [(Day(dt.date(2026, 12, day)),)]
            case ("month",), int(month) if 1 <= month <= 12:
                return [(Day(dt.date(2026 if month > 10 else 2027, month, 15)),)]
        return []

    def _arithmetic(self, node: nodes.Arithmetic, value: Wanted) -> list[Needs]:
        left, right = known_value(node.left), known_value(node.right)
        before: list[Needs] = [()]
        if left is None and right is None:
            right = self._plain(node.right)
            before = self.having(node.right, right)
        side = node.left if left is None else node.right
        if isinstance(value, Absent):
            return self.having(side, ABSENT)
        if left is None:
            undone = combined({"+": "-", "-": "+", "*": "/", "/": "*"}[node.operator], value, right)
        elif node.operator in "+*":
            undone = combined({"+": "-", "*": "/"}[node.operator], value, left)
        else:
            undone = combined(node.operator, left, value)
        return [] if undone is None else _after(before, self.having(side, undone))

    def _call(self, node: nodes.Call, value: Wanted) -> list[Needs]:
        match node.name.text, node.arguments:
            case (("lower" | "upper" | "trim" | "abs" | "round" | "floor" | "ceil"), (argument,)):
                return self.having(argument, value)
            case "date", (argument,):
                return self.having(argument, evolve(value, is_date=False) if isinstance(value, Around) else value)
            case "length", (argument,) if isinstance(value, int) and 0 <= value <= 1_000:
                texts, items = self.having(argument, "a" * value), self.having(argument, ["a"] * value)
                return items + texts if self._type(argument) == "list" else texts + items
            case (("min" | "max"), arguments):
                return all_of([self.having(one, value)[:1] for one in arguments if known_value(one) is None])
            case "days_between", (start, end) if isinstance(value, int):
                return self._days_between(start, end, dt.timedelta(days=value))
            case "distance_m", arguments if isinstance(value, int | float):
                return self._distance(arguments, value)
        if isinstance(value, Absent):
            return [way for one in node.arguments for way in self.having(one, ABSENT)]
        return []

    def _days_between(self, start: nodes.Node, end: nodes.Node, days: dt.timedelta) -> list[Needs]:
        first, last = known_value(start), known_value(end)
        if last is not None:
            wanted = combined("-", last, days)
            return [] if wanted is None else self.having(start, wanted)
        if first is None:
            first = Around(0, is_date=True)
            wanted = combined("+", first, days)
            return [] if wanted is None else _after(self.having(start, first), self.having(end, wanted))
        wanted = combined("+", first, days)
        return [] if wanted is None else self.having(end, wanted)

    def _distance(self, arguments: Sequence[nodes.Node], metres: float) -> list[Needs]:
        """One place is so far north of the other."""
        parts: list[list[Needs]] = []
        for one, other, shift in ((0, 2, metres / METRES_OF_A_DEGREE), (1, 3, 0.0)):
            known = known_value(arguments[other])
            moved, fixed = arguments[one], known
            if fixed is None:
                moved, fixed = arguments[other], known_value(arguments[one])
            if fixed is None:
                fixed = 10
                parts.append(self.having(arguments[one], fixed))
            if isinstance(fixed, int | float):
                parts.append(self.having(moved, math.floor((fixed + shift) * 1e6) / 1e6))
        return all_of(parts) if parts else []

    # ------------------------------------------------------------------ kinds
    def _type(self, node: nodes.Node) -> str | None:
        kind = self.checked.types.get(node.id)
        if kind is None and isinstance(node, nodes.Path):
            root, rest = resolve(node.parts)
            kind = kind_of(self.checked, root, rest, self.carriers)
        return kind

    def _sample(self, node: nodes.Node) -> Wanted:
        path = node.parts if isinstance(node, nodes.Path) else ("value",)
        return sample(path, self._type(node))

    def _plain(self, node: nodes.Node) -> Known:
        """A value for the other side of a comparison between two things that vary."""
        value = self._sample(node)
        return None if isinstance(value, Absent) else value


def _outside(need: Need) -> Need:
    """What is needed of `trigger.` within a `where`, as the rule itself says it."""
    return evolve(need, root="event") if isinstance(need, Given) and need.root == "trigger" else need


def _after(before: Sequence[Needs], ways: Sequence[Needs]) -> list[Needs]:
    """Each of these ways, with the first way of what it presupposes."""
    first = before[0] if before else ()
    return [(*first, *way) for way in ways]


def _seconds(duration: nodes.Duration) -> int:
    return int(duration_value(duration).total_seconds())


def _with(line: Line, need: Given) -> Line:
    return evolve(line, properties=with_value(line.properties, need.path, need.value))
