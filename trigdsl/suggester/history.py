"""An event, or a question about the past → what must have happened.

An event comes about by the lines that tell it, and by what its `where` asks for besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from trigdsl.suggester.samples import kind_of
from trigdsl.suggester.scenes import MORNING, Absent, Before, Clock, Given, Need, Needs, Wanted, with_value
from trigdsl.suggester.ways import MOST_REPEATED, Truth, all_of, joined
from trigdsl.syntax import nodes
from trigdsl.tester.literals import duration_value
from trigdsl.tester.mentions import QUIET_EVENT, carriers_of
from trigdsl.tester.stories import Line, Properties

if TYPE_CHECKING:
    from trigdsl.suggester.conditions import Solver

HOUR = 3_600

Happening = tuple[tuple[Line, ...], Needs]
"""The lines by which an event comes about at second 0, and what else it needs."""


class History:
    """Solves what is asked of a user's past; conditions of events are solved by `solver`."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver

    def happenings(self, event: nodes.EventSet) -> list[Happening]:
        """Ways in which an event of a set comes about at second 0."""
        match event:
            case nodes.Event(name=name):
                return [((Line(0, "event", name),), ())]
            case nodes.AnyEvent():
                return [((Line(0, "event", QUIET_EVENT),), ())]
            case nodes.SystemEvent(kind="sent", rule=rule):
                lines = self._solver.sends(rule.text)
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
        inner = evolve(self._solver, carriers=carriers_of(event.event))
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

    def past(self, event: nodes.EventSet, seconds: int, properties: Properties = ()) -> list[Needs]:
        """Ways in which an event came about so many seconds before."""
        found = []
        for lines, needs in self.happenings(event):
            told = (*lines[:-1], evolve(lines[-1], properties=(*lines[-1].properties, *properties)))
            found.append((*needs, *(Before(seconds, line) for line in reversed(told))))
        return found

    def happened(self, node: nodes.Happened, want: bool) -> list[Needs]:
        event, period = node.event, node.period
        match period.kind:
            case "last":
                assert period.duration is not None
                length = _seconds(period.duration)
                times = [max(length // 2, 1), length - 1] if want else [length, length + 1]
                found = [way for seconds in times if seconds >= 0 for way in self.past(event, seconds)]
            case "today":
                times = [MORNING // 2, MORNING, MORNING - 1] if want else [MORNING + 1]
                found = [(*way, Clock(MORNING)) for seconds in times for way in self.past(event, seconds)]
            case "since":
                assert period.event is not None
                order = (2 * HOUR, HOUR) if want else (HOUR, 2 * HOUR)
                found = all_of([self.past(period.event, order[0]), self.past(event, order[1])])
                found += self.past(event, HOUR) if want else []
            case _:
                found = self.past(event, HOUR) if want else []
        return found if want else [(), *found, *self._failed(event)]

    def _failed(self, event: nodes.EventSet) -> list[Needs]:
        return [(*needs, *(Before(60, line) for line in lines)) for lines, needs in self.failing(event)]

    def aggregate(self, node: nodes.Aggregate, value: Wanted) -> list[Needs]:
        """Ways to make what is counted or summed up over the past a value."""
        if isinstance(value, Absent):
            return [()]
        if node.function in ("count", "distinct"):
            return self._counted(node, value)
        found: list[Needs] = []
        if set(carriers_of(node.event)) & set(self._solver.carriers):
            found.append((Given("event", node.path, value),))
        for seconds in self._times(node.period):
            found += self._since(node.period, self.past(node.event, seconds, ((node.path, value),)))  # type: ignore[arg-type]
        return found

    def _counted(self, node: nodes.Aggregate, value: Wanted) -> list[Needs]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_REPEATED:
            return []
        counts = [int(value)]
        if value > 0 and set(carriers_of(node.event)) & set(self._solver.carriers):
            # The triggering event is counted too, if it passes what is asked of those that count.
            counts = [int(value) - 1, *(counts if isinstance(node.event, nodes.EventWhere) else ())]
        found: list[Needs] = []
        for count in counts:
            for first in self._times(node.period):
                gap = min(HOUR, max(first // (count + 1), 1))
                times = [first, *(gap * place for place in range(count - 1, 0, -1))][:count]
                parts = [
                    self.past(node.event, seconds, self._distinct(node, place))[:1]
                    for place, seconds in enumerate(times)
                ]
                found += self._since(node.period, [joined(part[0] for part in parts if part)])
        return found

    def _distinct(self, node: nodes.Aggregate, place: int) -> Properties:
        if node.function != "distinct":
            return ()
        is_number = kind_of(self._solver.checked, "event", node.path, carriers_of(node.event)) == "number"
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
        return [(*first, *way) for way in ways for first in self.past(period.event, 48 * HOUR)[:1] or [()]] + ways


def _outside(need: Need) -> Need:
    """What is needed of `trigger.` within a `where`, as the rule itself says it."""
    return evolve(need, root="event") if isinstance(need, Given) and need.root == "trigger" else need


def _seconds(duration: nodes.Duration) -> int:
    return int(duration_value(duration).total_seconds())


def _with(line: Line, need: Given) -> Line:
    return evolve(line, properties=with_value(line.properties, need.path, need.value))
