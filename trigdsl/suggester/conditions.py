"""A condition and a truth → ways to bring it about that the condition has this truth.

Each way is a list of needs; the first is the plainest.  What cannot be solved is left to luck: every scene is run, and
only what the engine then does counts.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from itertools import islice

from attrs import evolve, field, frozen

from trigdsl.checker.paths import resolve
from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.zones import zone
from trigdsl.model.values import Value
from trigdsl.suggester.history import History
from trigdsl.suggester.samples import kind_of, sample
from trigdsl.suggester.scenes import (
    ABSENT,
    MORNING,
    Absent,
    Around,
    Clock,
    Day,
    Given,
    Membership,
    Needs,
    Wanted,
)
from trigdsl.suggester.values import Known, around, combined, known_value, matching, mirrored, passes
from trigdsl.suggester.ways import Truth, after, all_of
from trigdsl.syntax import nodes
from trigdsl.tester.mentions import Carriers
from trigdsl.tester.stories import FIRST_DAY, Line

MOST_WAYS = 12

HOUR = 3_600
METRES_OF_A_DEGREE = 111_195
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Seoul", "Pacific/Auckland", "Africa/Cairo", "UTC")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPPOSITE: dict[Truth, Truth] = {True: False, False: True, None: None}


@frozen
class Solver:
    """Solves the conditions of one rule, whose triggering events are `carriers`.

    `sends` tells by what lines a message of a rule is sent at second 0.
    """

    checked: CheckedProgram
    carriers: Carriers
    sends: Callable[[str], tuple[Line, ...]]
    open_segments: frozenset[str] = field(default=frozenset())

    @property
    def history(self) -> History:
        """What solves questions about the past."""
        return History(self)

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
                return [] if want is None else self.history.happened(node, want != node.negated)
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
                found += after(before, self.having(left, value))
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
        return after(before, self.having(node.container, [value] if inside else ["other"]))

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
                return self.history.aggregate(node, value)
            case nodes.TimeSince(event=event):
                if isinstance(value, dt.timedelta) and value >= dt.timedelta():
                    return self.history.past(event, int(value.total_seconds()))
                return [()] if value is ABSENT else []
            case nodes.Previous(event=event, path=path):
                return (
                    [()]
                    if isinstance(value, Absent | Around)
                    else self.history.past(event, 24 * HOUR, ((path, value),))
                )
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
        return [] if undone is None else after(before, self.having(side, undone))

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
            return [] if wanted is None else after(self.having(start, first), self.having(end, wanted))
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
