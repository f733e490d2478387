"""The nearest attempt of a silent rule → changes of the stream that may have made it send, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.expressions import length_of
from trigdsl.engine.program import CompiledRule, CompiledStep, Program
from trigdsl.engine.tracing import Entry
from trigdsl.engine.windows import next_opening
from trigdsl.engine.zones import UTC, Zone
from trigdsl.explainer.changes import AddRecord, DropRecord, MoveClock, MoveRecord, SetProperty, record_of
from trigdsl.explainer.events import is_heeded
from trigdsl.explainer.misses import Goal, literal
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.solving import Changes, Solver
from trigdsl.explainer.values import SAMPLES
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, SECOND, Micros
from trigdsl.syntax import nodes

YEAR: Micros = 366 * DAY
SLACK: Micros = 8 * DAY
"""Longer than hours and weekdays let anything wait."""


@frozen(kw_only=True)
class Candidates:
    """Finds changes of `inputs`, of which `reasons` tells the trace; `end` is where the clock stopped."""

    reasons: Reasons
    program: Program
    inputs: Sequence[Input]
    user: str
    end: Micros

    def of(self, rule: int, nearest: Entry | None, depth: int = 2) -> Iterator[Changes]:
        """Changes for one rule; `depth` bounds how many rules are gone through that trigger one another."""
        if nearest is None:
            yield from self._never_triggered(rule, depth)
        elif nearest.kind == "tried":
            yield from self._refused(nearest)
        else:
            yield from self._decided(nearest)

    def _rule(self, entry: Entry) -> CompiledRule:
        assert entry.rule is not None
        return self.program.rules[entry.rule]

    @property
    def _checked(self) -> CheckedProgram:
        return self.reasons.clauses.checked

    # ------------------------------------------------------------------ triggers
    def _refused(self, entry: Entry) -> Iterator[Changes]:
        rule = self._rule(entry)
        trigger = self.reasons.origins.begun_by(entry)
        match entry.outcome:
            case "where" | "condition":
                yield from self._solver(entry, trigger).all_of(self.reasons.misses(entry))
                yield from self._later_triggers(entry)
            case "ordinal":
                yield from self._ordinal(entry)
            case "campaign":
                if rule.starts is not None and entry.time < rule.starts:
                    yield from self._moved(entry, rule.starts - entry.time)
                elif rule.ends is not None:
                    yield from self._moved(entry, rule.ends - SECOND - entry.time)
            case "for each" if trigger is not None and rule.for_each is not None:
                record = record_of(self.inputs, trigger)
                if record is not None:
                    yield (SetProperty(record=record, path=rule.for_each, value=SAMPLES["text"]),)

    def _later_triggers(self, entry: Entry) -> Iterator[Changes]:
        """The clock goes on, for a calendar or a silence comes again."""
        cause = self.reasons.origins.entry(entry.cause)
        if cause is not None and cause.kind == "timer":
            yield (MoveClock(until=self.end + self.horizon(entry.rule)),)

    def _ordinal(self, entry: Entry) -> Iterator[Changes]:
        """As many more of the event as are lacking to the Nth, after the one that came nearest."""
        trigger = self.reasons.clauses.rule(entry.rule or 0).node.trigger
        assert isinstance(trigger, nodes.EventTrigger)
        assert trigger.ordinal is not None
        solver = self._solver(entry, None)
        came = self.reasons.origins.count(trigger.event, entry)
        lack = trigger.ordinal - (came % trigger.ordinal if trigger.every else came)
        yield from solver.added(trigger.event, entry.time + SECOND * lack, lack)

    def _never_triggered(self, rule: int, depth: int) -> Iterator[Changes]:
        solver = self._solver_at(self.end, UTC)
        match self.reasons.clauses.rule(rule).node.trigger:
            case nodes.EventTrigger(event=event, ordinal=ordinal):
                yield from solver.added(event, self.end, ordinal or 1)
                if isinstance(event, nodes.SystemEvent) and depth:
                    yield from self._of_rule(event.rule.text, depth - 1)
            case nodes.SilenceTrigger() as trigger:
                later = MoveClock(until=self.end + self.horizon(rule))
                yield (later,)
                yield from ((*changes, later) for changes in solver.added(trigger.event, self.end))
            case nodes.BecomesTrigger() as trigger:
                yield from solver.ways(Goal(_user(trigger.attribute.text), "==", literal(trigger.value)))
            case nodes.ChangesTrigger() as trigger:
                for value in ("any", "another"):
                    yield (AddRecord(time=self.end, set={trigger.attribute.text: value}),)
            case nodes.MembershipTrigger() as trigger:
                yield from solver.ways(Goal(nodes.Member(trigger.name), "is", trigger.enters))
            case nodes.CalendarTrigger(schedule=schedule):
                later = MoveClock(until=self.end + self.horizon(rule))
                yield (later,)
                if isinstance(schedule, nodes.EveryYearOf):
                    tomorrow = UTC.date(self.end + DAY).replace(year=2000).isoformat()
                    yield AddRecord(time=self.end, set={schedule.attribute.text: tomorrow}), later
            case nodes.IgnoredTrigger() as trigger:
                yield from self._without_answers(trigger)
                yield (MoveClock(until=self.end + self.horizon(rule)),)
                if depth:
                    yield from self._of_rule(trigger.rule.text, depth - 1)

    def _without_answers(self, trigger: nodes.IgnoredTrigger) -> Iterator[Changes]:
        """Without what was opened or clicked."""
        kinds = [nodes.SystemEvent(kind, trigger.rule) for kind in ("opened", "clicked")]
        answers = [
            record for one in self.inputs
            if any(is_heeded(self._checked, kind, one) for kind in kinds)
            and (record := record_of(self.inputs, one)) is not None
        ]  # fmt: skip
        yield from ((DropRecord(record=record),) for record in answers)

    def _of_rule(self, name: str, depth: int) -> Iterator[Changes]:
        """What makes another rule send, which triggers this one."""
        from trigdsl.explainer.silences import Silences

        index = next(one.index for one in self.program.rules if one.name == name)
        yield from self.of(index, Silences(self.reasons).nearest(index), depth)

    # ------------------------------------------------------------------ decisions
    def _decided(self, entry: Entry) -> Iterator[Changes]:
        decision, rule = entry.decision, self._rule(entry)
        assert decision is not None
        match decision.status, decision.reason:
            case "cancelled", _:
                yield from self._without_cause(entry)
            case "capped", _:
                yield from self._without_sends(entry)
                yield from self._run_moved(entry, DAY)
            case "pending", _:
                yield (MoveClock(until=self.end + self.horizon(entry.rule)),)
            case "skipped", "guard" | "requires" | "no variant":
                yield from self._solver(entry, self._trigger_of(entry)).all_of(self.reasons.misses(entry))
            case "skipped", "expired" | "outside window":
                yield from self._at_opening(entry)
            case "skipped", "campaign ended" if rule.ends is not None:
                yield from self._run_moved(entry, rule.ends - SECOND - decision.due)
                yield from self._run_moved(entry, -DAY)
            case "skipped", str() as reason if reason.startswith("missing "):
                path = tuple(reason.removeprefix("missing ").split("."))
                goal = Goal(nodes.Path(path), "exists", None)
                yield from self._solver(entry, self._trigger_of(entry)).ways(goal)

    def _without_cause(self, entry: Entry) -> Iterator[Changes]:
        """Without what ended the run, or with it a second after the run would have been done."""
        root = self.reasons.origins.root_of(entry) if entry.cause is None else self._root_of_cause(entry)
        record = None if root is None else record_of(self.inputs, root)
        if record is None or root is None:
            return
        yield (DropRecord(record=record),)
        wake = self.reasons.origins.index.wake(entry)
        if wake is not None:
            yield (MoveRecord(record=record, to=wake + SECOND),)

    def _root_of_cause(self, entry: Entry) -> Input | None:
        """The record behind what came when a decision was made, which need not be what its run began with."""
        cause = self.reasons.origins.entry(entry.cause)
        if cause is None or cause.given is not None:
            return None if cause is None else cause.given
        maker = self.reasons.origins.entry(cause.cause)
        return None if maker is None or maker is entry else self.reasons.origins.root_of(maker)

    def _without_sends(self, entry: Entry) -> Iterator[Changes]:
        """Without the record that led to one of the sends that filled the cap."""
        for place in entry.filled:
            root = self.reasons.origins.root_of(self.reasons.trace.entries[place])
            record = None if root is None else record_of(self.inputs, root)
            if record is not None:
                yield (DropRecord(record=record),)

    def _at_opening(self, entry: Entry) -> Iterator[Changes]:
        """The run so much later that its step is due when the window opens, or so much earlier that it is just open."""
        decision = entry.decision
        assert decision is not None
        step = self._step(entry)
        opens = next_opening(step.windows, decision.due, entry.zone)
        if opens is not None:
            if step.expires is not None:
                yield from self._run_moved(entry, opens - step.expires - decision.due)
            yield from self._run_moved(entry, opens - decision.due)

    def _step(self, entry: Entry) -> CompiledStep:
        assert entry.decision is not None
        return self._rule(entry).steps[entry.decision.step - 1]

    # ------------------------------------------------------------------ tools
    def _trigger_of(self, entry: Entry) -> Input | None:
        """The record with which the run of a decision was triggered."""
        start = self.reasons.origins.started(entry)
        return None if start is None else self.reasons.origins.begun_by(start)

    def _run_moved(self, entry: Entry, by: Micros) -> Iterator[Changes]:
        start = self.reasons.origins.started(entry)
        if start is not None:
            yield from self._moved(start, by)

    def _moved(self, entry: Entry, by: Micros) -> Iterator[Changes]:
        """The record that a trigger goes back to, earlier or later."""
        root = self.reasons.origins.root_of(entry)
        record = None if root is None else record_of(self.inputs, root)
        if record is not None and root is not None and by:
            yield (MoveRecord(record=record, to=root.time + by),)

    def _solver(self, entry: Entry, trigger: Input | None) -> Solver:
        cause = self.reasons.origins.entry(entry.cause)
        return self._solver_at(entry.time, entry.zone, trigger, None if cause is None else cause.given)

    def _solver_at(
        self, time: Micros, zone: Zone, trigger: Input | None = None, handled: Input | None = None
    ) -> Solver:
        return Solver(
            checked=self._checked, inputs=self.inputs, user=self.user, zone=zone, time=time,
            trigger=trigger, handled=handled,
        )  # fmt: skip

    def horizon(self, rule: int | None) -> Micros:
        """How far the clock goes on at the most until a rule has done what is under way."""
        assert rule is not None
        node = self.reasons.clauses.rule(rule).node
        waits = [DAY * step.calendar_days for step in node.steps if step.calendar_days is not None]
        waits += [length_of(step.after) for step in node.steps if step.after is not None]
        match node.trigger:
            case nodes.SilenceTrigger(duration=duration) | nodes.IgnoredTrigger(duration=duration):
                waits.append(length_of(duration))
            case nodes.CalendarTrigger():
                waits.append(YEAR)
        return sum(waits) + SLACK


def _user(attribute: str) -> nodes.Path:
    return nodes.Path(("user", attribute))
