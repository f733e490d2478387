"""What every program promises without saying so → a machine that watches whether it is kept.

Windows, `unless` and caps are judged from the syntax tree and from a plain record of what happened, not from what the
engine keeps for them: so a fault of the engine shows, as well as one of the rules.  Only whether an event passes a
`where` is taken from the compiled program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from attrs import frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.policies import compile_calendar, compile_zone
from trigdsl.engine.action_types import CompiledAction
from trigdsl.engine.calendars import Calendar
from trigdsl.engine.dates import day_number
from trigdsl.engine.invariants import OnViolation
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.engine.state import Run, State
from trigdsl.engine.steps import key_at
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import EPOCH, Micros, instant
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree
from trigdsl.tester.literals import duration_value

WINDOWS, UNLESS, CAPS, ENDS = "windows", "unless", "caps", "ends"
PROMISES = {
    WINDOWS: "no message goes out outside its window",
    UNLESS: "no message goes out after an event that its `unless` names, in time",
    CAPS: "no message goes out over a cap",
    ENDS: "each run ends",
}
"""What holds of every program, by name."""

LONGEST_REST = timedelta(days=366)
"""So long after the last input all must be at rest."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@frozen
class Breach:
    """A promise that was not kept: its name, what was so, and the decision that shows it."""

    promise: str
    because: str
    decision: Decision


@frozen
class Sent:
    """A message that went out and is counted against caps."""

    at: Micros
    channel: str
    tags: tuple[str, ...]


class Watched(Machine):
    """A machine that tells of each built-in promise that is broken."""

    goes_through_parts = True

    def __init__(
        self, program: Program, on_violation: OnViolation, rules: Rulebook, on_breach: Callable[[Breach], None]
    ) -> None:
        super().__init__(program, on_violation)
        self._rules = rules
        self._on_breach = on_breach
        self._sent: list[Sent] = []
        self._ended: dict[int, str] = {}
        """By the number of a run, the event that its present step's `unless` names and that came in time."""

    def _react(self, name: str | None, properties: dict[str, Any], *others: Any, **told: Any) -> None:
        if name is not None:
            for run in self.context.state.runs or ():
                self._heed(run, name, properties)
        super()._react(name, properties, *others, **told)

    def _heed(self, run: Run, name: str, properties: dict[str, Any]) -> None:
        """Note an event that must end a run."""
        rule, plan = self._rules.rules[run.rule], self.program.plan(name)
        path = next((one.path for one in rule.node.clauses if isinstance(one, nodes.ForEach)), None)
        if plan is None or run.rule not in plan.enders or (path is not None and key_at(properties, path) != run.key):
            return
        for unless, ender in zip(
            _named(rule.node.steps[run.step], name, self._rules),
            plan.enders[run.rule].unless.get(run.step, ()),
            strict=False,
        ):
            in_time = unless.within is None or instant(self.context.now) - instant(run.armed) <= duration_value(
                unless.within
            )
            self.context.rule = self.rule(run)
            if in_time and self.holds(ender.test, properties, run.event):
                self._ended[run.seq] = print_tree(unless.event)

    def decide(
        self, run: Run, action: CompiledAction, place: int, status: str, reason: str | None = None, **told: Any
    ) -> None:
        super().decide(run, action, place, status, reason, **told)
        if status == "sent" and action.kind == "send":
            step = self._rules.rules[run.rule].node.steps[run.step]
            for promise, because in self._broken(run, step, self.decisions[-1]):
                self._on_breach(Breach(promise, because, self.decisions[-1]))

    def _broken(self, run: Run, step: nodes.Step, decision: Decision) -> Iterator[tuple[str, str]]:
        assert decision.channel is not None
        if run.seq in self._ended:
            yield UNLESS, f"`{self._ended[run.seq]}` had come before it"
        if step.urgent:
            return
        now, zone = self.context.now, self.context.zone
        closed = self._rules.closed(step, decision.channel, now, zone)
        if closed is not None:
            yield WINDOWS, closed
        sent = Sent(now, decision.channel, self.rule(run).tags)
        for cap, count in self._rules.over(sent, self._sent, zone):
            yield CAPS, f"{count} had gone out already, and the cap is {cap}"
        self._sent.append(sent)

    def pending(self, state: State) -> None:
        super().pending(state)
        for decision in self.decisions:
            if decision.status == "pending" and self._rules.must_rest(decision):
                waited = "its window does not open" if decision.reason == "window" else "there is always another run"
                self._on_breach(Breach(ENDS, f"{waited}, 366 days after the last input", decision))


def _named(step: nodes.Step, name: str, rules: Rulebook) -> list[nodes.Unless]:
    """The `unless` of a step that name an event, in their order: those whose tests its plan holds."""
    return [unless for unless in step.unless if rules.names(unless.event, name)]


class Rulebook:
    """What a program says about windows, caps and lengths, as its tree says it."""

    def __init__(self, checked: CheckedProgram) -> None:
        self.rules: tuple[CheckedRule, ...] = checked.rules
        self._checked = checked
        self._calendars: dict[str, Calendar] = {
            name: compile_calendar(node) for name, node in checked.calendars.items()
        }
        self._by_name = {rule.name: rule for rule in checked.rules}

    def names(self, event: nodes.EventSet, wire: str) -> bool:
        """Whether an event on the wire is among those of a set, its conditions aside."""
        match event:
            case nodes.Event():
                return self._checked.wire_names.get(event.name, event.name) == wire
            case nodes.SystemEvent():
                return event.kind == wire
            case nodes.EventGroup():
                return any(self.names(part, wire) for part in event.events)
            case nodes.EventWhere():
                return self.names(event.event, wire)
        return wire != "sent"

    # ------------------------------------------------------------------ windows
    def closed(self, step: nodes.Step, channel: str, now: Micros, zone: Zone) -> str | None:
        """Why no message of a step may go out on a channel now; None when it may."""
        policies = self._checked.channels.get(channel, ())
        between = step.between or next((one for one in policies if isinstance(one, nodes.Between)), None)
        days = step.days or tuple(one for one in policies if isinstance(one, nodes.OnDays | nodes.OnCalendar))
        if between is not None:
            zone = compile_zone(between.zone) or zone
        local = EPOCH.replace(tzinfo=None) + timedelta(microseconds=zone.local(now))
        opened = list(_opened(between, local))
        if any(all(self._falls(day, one) for one in days) for day in opened):
            return None
        return f"it was {local:%H:%M:%S} on {local:%a %Y-%m-%d} in {zone.name}"

    def _falls(self, day: date, condition: nodes.DayCondition) -> bool:
        if isinstance(condition, nodes.OnDays):
            return _DAYS[day.weekday()] in condition.days
        return self._calendars[condition.calendar.text].has(day_number(day)) is not condition.negated

    # ------------------------------------------------------------------ caps
    def over(self, sent: Sent, before: list[Sent], zone: Zone) -> Iterator[tuple[str, int]]:
        """The caps that a message goes over, and how many went out before it in their period."""
        own = [one for one in self._checked.channels.get(sent.channel, ()) if isinstance(one, nodes.Cap)]
        caps: tuple[nodes.Cap | nodes.CapDecl, ...] = (*own, *self._checked.caps)
        for cap in caps:
            counted = [one for one in before if _binds(cap, one, sent.channel)]
            count = sum(_in_period(one.at, sent.at, cap.period, zone) for one in counted)
            if _binds(cap, sent, sent.channel) and count >= cap.count:
                yield f"`{print_tree(cap)}`", count

    # ------------------------------------------------------------------ ends
    def must_rest(self, decision: Decision) -> bool:
        """Whether a run that still waits a year after the last input has no delay of its own to blame."""
        steps = self._by_name[decision.rule].node.steps
        own = timedelta(0)
        for step in steps:
            own += duration_value(step.after) if step.after is not None else timedelta(0)
            own += timedelta(days=(step.calendar_days or 0) + (step.at is not None))
        return own < LONGEST_REST


def _opened(between: nodes.Between | None, local: datetime) -> Iterable[date]:
    """The days whose windows hold a moment: one that crosses midnight belongs to the day on which it opens."""
    today, time = local.date(), local.hour * 3_600 + local.minute * 60 + local.second
    if between is None:
        return [today]
    found = []
    for part in between.ranges:
        start, end = part.start.seconds, part.end.seconds
        if start <= time and (time < end or start > end):
            found.append(today)
        if start > end and time < end:
            found.append(today - timedelta(days=1))
    return found


def _binds(cap: nodes.Cap | nodes.CapDecl, sent: Sent, channel: str) -> bool:
    """Whether a message counts for a cap; `channel` is that of a cap which stands in one."""
    if isinstance(cap, nodes.Cap):
        return sent.channel == channel
    if cap.name is None:
        return True
    return cap.name.text in sent.tags if cap.scope == "tag" else sent.channel == cap.name.text


def _in_period(at: Micros, now: Micros, period: nodes.LimitPeriod, zone: Zone) -> bool:
    if period.duration is not None:
        return instant(now) - instant(at) < duration_value(period.duration)
    then, today = zone.date(at), zone.date(now)
    match period.kind:
        case "day":
            return then == today
        case "week":
            return then.isocalendar()[:2] == today.isocalendar()[:2]
        case "month":
            return (then.year, then.month) == (today.year, today.month)
    return True
