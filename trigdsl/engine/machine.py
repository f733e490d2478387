"""The machine: one input or timer of one user → decisions, and that user's new state.

It is pure: no clock, no files, no chance, no threads.  A driver (a replay, an embedded engine, a service) keeps
the states, hands inputs in order of time, and calls `run_timers` for the moments in between: all timers before
an input's time first, those at its very time after all inputs of that time.

An input is handled in this order: the profile; history; membership of segments; runs end; rules are triggered.
What rules themselves cause is queued, and handled likewise right afterwards, first in first out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from trigdsl.engine import merging, profiles, timers
from trigdsl.engine.action_types import CompiledAction, SendAction
from trigdsl.engine.actions import Actions
from trigdsl.engine.context import EMPTY, Context, Test
from trigdsl.engine.failures import Failures
from trigdsl.engine.fires import AttributeFires, EventFires, ListFires, SegmentFires
from trigdsl.engine.invariants import OnViolation, Watch
from trigdsl.engine.memory import Memory
from trigdsl.engine.observations import Observations
from trigdsl.engine.program import CompiledRule, Ender, EventPlan, Program
from trigdsl.engine.sieve import Sieve
from trigdsl.engine.state import Run, State, delivery_key
from trigdsl.engine.steps import Steps, key_at
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value


class Machine:
    """Runs one program for one user at a time.

    Decisions are appended to `decisions`, which the driver empties; `observations` counts what is no decision.
    `on_violation` gets each send that breaks an invariant, which is checked only when it is given.
    Not safe to use from several threads at once: each needs a machine of its own.
    """

    goes_through_parts = False
    """Whether it goes through the parts of each plan where a reaction would do, since it does more at one of them."""

    def __init__(self, program: Program, on_violation: OnViolation | None = None) -> None:
        self.program = program
        self.decisions: list[Decision] = []
        self.observations = Observations()
        self.failures = Failures(self)
        self.timers_changed = False
        """Whether a timer of the present user may have come, gone or moved since the next one was looked up."""
        self.context = Context(program.zone, program.functions, self._note_odd)
        self.steps = Steps(self)
        self.actions = Actions(self)
        self.memory = Memory(self)
        self.sieve = Sieve(program)
        self.old_expiries: dict[str, Micros | None] = {}
        """How long after they are due the sends and calls of old rules' runs expire, by key; the driver empties it."""
        self.watch = Watch(self, on_violation) if on_violation is not None and program.invariants else None
        self._queue: deque[tuple[str | None, dict[str, Value], profiles.Changes | None]] = deque()
        self._watches_profile = bool(
            program.attribute_rules or program.list_rules or program.segment_rules or program.calendar_rules
        )
        self._reads_first = bool(program.calendar_rules or program.segment_rules)
        self.heeds_sends = program.plan("sent") is not None or bool(program.segment_rules)
        """Whether anything may come of the event `sent`."""
        self._plans, self._other = program.plans, program.other
        self._reacts = not (self.goes_through_parts or program.segment_rules or self.watch is not None)

    # ------------------------------------------------------------------ what drivers call
    def handle(self, state: State, given: Input) -> None:
        """Handle one input; the driver has run all timers before its time."""
        c = self.context
        c.state, c.now, c.history, c.rule = state, given.time, state.history, None
        if self._reacts and given.event is not None and (state.first is not None or not self._reads_first):
            plan = self._plans.get(given.event, self._other)
            is_event_alone = given.set is None and given.add is None and given.remove is None
            if is_event_alone and plan is not None and plan.react is not None:
                plan.react(self, plan, given.event, given.properties or EMPTY, given.id)
                if self._queue:
                    self._settle()
                elif self.timers_changed:
                    self.timers_changed = False
                    state.due = timers.next_due(state)
                return
        is_first = self._reads_first and state.first is None
        if is_first:
            state.first = given.time
        changes = self._update(given) if given.set or given.add or given.remove else None
        if given.event is None and self._reacts and not self._watches_profile:
            return
        plan = self.program.plan(given.event) if given.event is not None else None
        if plan is None and not changes and not is_first and not self._must_look():
            return
        if (
            plan is not None
            and plan.keeps_nothing
            and state.runs is None
            and not changes
            and not self._reads_first
            and not self.sieve.may_start(plan, given.properties or EMPTY)
        ):
            return
        if self.program.calendar_rules and (is_first or changes):
            self._arm_calendars()
        self._react(given.event, given.properties or EMPTY, given.id, plan, changes, is_first=is_first)
        self._settle()

    def merge(self, into: State, other: State, now: Micros) -> None:
        """Merge what is kept for another id of a user into that user's state; nothing is triggered by it."""
        c = self._bind(into, now)
        for run in merging.merge(self.program, into, other, now):
            self.decide(run, self.rule(run).steps[run.step].actions[0], 0, "cancelled", "merged")
        self._look_anew(c)

    def take_history(self, into: State, other: State, since: Mapping[int, Micros], now: Micros) -> None:
        """Take over the history that was found for slots which knew nothing of before; nothing is triggered by it."""
        c = self._bind(into, now)
        merging.take_history(self.program, into, other, since, now)
        self._look_anew(c)

    def adopt(self, state: State, now: Micros, retimed: list[Run]) -> None:
        """Go on with a state that another program had: runs whose step is timed anew, and the next timers."""
        c = self._bind(state, now)
        for run in retimed:
            self.steps.retime(run, now)
        self._look_anew(c)

    def run_timers(self, state: State, until: Micros, *, calendars: bool = True) -> None:
        """Let all timers due up to and including `until` go off, each at its own moment.

        `failures` knows which it was, should the machine fail on one.
        """
        timer = None
        try:
            while state.due is not None and state.due <= until:
                timer = timers.next_timer(self.program, state, calendars=calendars)
                if timer is None or timer[0][0] > until:
                    state.due = None if timer is None else timer[0][0]
                    break
                self._bind(state, timer[0][0])
                if not self.failures.is_left_out(state, timer):
                    self._go_off(timer)
                self._settle(calendars=calendars)
                if self.failures.check is not None:
                    self.failures.check(state)
        except Exception:
            self.abandon()
            if timer is not None:
                self.failures.note(state, timer)
                state.due = timer[0][0]
            raise

    def abandon(self) -> None:
        """Forget what the present input or timer, on which something failed, had still to cause."""
        self._queue.clear()

    def pending(self, state: State) -> None:
        """Record what is still armed as pending, in the order of the timers."""
        self.context.state = state
        for run in sorted(state.runs or (), key=lambda run: timers.run_key(self.program, run)):
            action = self.rule(run).steps[run.step].actions[0]
            reason = "window" if run.waiting else "due"
            self.context.now = run.wake
            self.decide(run, action, 0, "pending", reason)

    def _look_anew(self, c: Context) -> None:
        """Find calendar triggers, memberships and the next timer, when what is kept is another's."""
        c.history = c.state.history
        if c.state.first is not None and self.program.calendar_rules:
            timers.arm_calendars(self.program, c)
        if c.state.first is not None and self.program.segment_rules:
            timers.look_at_segments(self.program, c)
        self.timers_changed = True
        self._settle()

    # ------------------------------------------------------------------ inputs
    def _bind(self, state: State, now: Micros) -> Context:
        c = self.context
        c.state, c.now, c.history, c.rule = state, now, state.history, None
        return c

    def _must_look(self) -> bool:
        """Whether a window of a watched segment passes at this very moment."""
        if not self.program.segment_rules:
            return False
        moment = timers.earliest_member(self.context.state)
        return moment is not None and moment <= self.context.now

    def _update(self, given: Input) -> profiles.Changes:
        changes = profiles.Changes()
        state = self.context.state
        for name, value in (given.set or EMPTY).items():
            if not profiles.set_attribute(state, name, value, changes):
                self.observations.note_zone(value)
        if given.add or given.remove:
            profiles.change_lists(state, given.add or [], given.remove or [], changes)
        return changes

    def _settle(self, *, calendars: bool = True) -> None:
        """Handle what rules caused, then find the next timer."""
        state = self.context.state
        while self._queue:
            name, properties, changes = self._queue.popleft()
            plan = self.program.plan(name) if name is not None else None
            if self._reacts and name is not None and plan is not None and plan.react is not None and not changes:
                plan.react(self, plan, name, properties, None)
            else:
                self._react(name, properties, None, plan, changes)
        if self.timers_changed:
            self.timers_changed = False
            state.due = timers.next_due(state, calendars=calendars)

    def _react(
        self,
        name: str | None,
        properties: dict[str, Value],
        event_id: str | None,
        plan: EventPlan | None,
        changes: profiles.Changes | None,
        *,
        is_first: bool = False,
    ) -> None:
        """Handle an event, the changes of a profile, or both: history, segments, ends, triggers."""
        c = self.context
        seq = None
        if name is not None:
            c.state.seq += 1
            seq = c.state.seq
            c.name, c.rule, c.captured = name, None, None
            if plan is not None:
                self.memory.remember(plan, properties, event_id, seq)
        entered: dict[int, bool] = {}
        if self.program.segment_rules and (is_first or plan is not None or changes or self._must_look()):
            self.timers_changed = True
            entered = timers.look_at_segments(self.program, c)
        if plan is not None and plan.enders and c.state.runs:
            self.end_runs(plan, properties)
        self.try_triggers(plan, changes, entered, properties, event_id, seq)

    def holds(self, test: Test | None, properties: dict[str, Value], trigger: dict[str, Value] | None = None) -> bool:
        """Whether an event passes the test of a rule that waits for it; `trigger` is its run's event."""
        c = self.context
        c.event = properties
        c.trigger = properties if trigger is None else trigger
        return test is None or bool(test(c))

    # ------------------------------------------------------------------ ends
    def end_runs(self, plan: EventPlan, properties: dict[str, Value]) -> None:
        """End the runs that an event ends, in rule order, the older first."""
        runs = [run for run in self.context.state.runs or () if run.rule in plan.enders]
        if not runs:
            return
        if len(runs) > 1:
            runs.sort(key=lambda run: self.rule(run).living)
        for run in runs:
            enders = plan.enders[run.rule]
            path = self.rule(run).for_each
            if path is not None and key_at(properties, path) != run.key:
                continue
            for ender in (*enders.unless.get(run.step, ()), *enders.stop_on):
                if self._ends(ender, run, properties):
                    self.end(run, ender.reason)
                    break

    def _ends(self, ender: Ender, run: Run, properties: dict[str, Value]) -> bool:
        if ender.within is not None and self.context.now > run.armed + ender.within:
            return False
        self.context.rule = self.rule(run)
        return self.holds(ender.test, properties, run.event)

    def end(self, run: Run, reason: str) -> None:
        """End a run: one cancelled decision for the step at which it stood."""
        self.timers_changed = True
        self.decide(run, self.rule(run).steps[run.step].actions[0], 0, "cancelled", reason)
        self.steps.remove(run)

    # ------------------------------------------------------------------ triggers
    def try_triggers(
        self,
        plan: EventPlan | None,
        changes: profiles.Changes | None,
        entered: dict[int, bool],
        properties: dict[str, Value],
        event_id: str | None,
        seq: int | None,
    ) -> None:
        """Try the triggers that the event and the changes fire, in rule order."""
        c, rules = self.context, self.program.rules
        if plan is not None and plan.triggered is not None and not changes and not entered:
            c.event, c.trigger, c.seq, c.captured = properties, properties, seq, None
            for index in plan.triggered(c):
                c.rule, c.event, c.trigger, c.seq, c.captured = rules[index], properties, properties, seq, None
                self.steps.start(rules[index], properties, event_id)
            return
        by_event = plan.triggers if plan is not None else ()
        by_change = self._changed_rules(changes) if changes else []
        by_segment = {rule for rule, inside in entered.items() if self._heeds(rule, inside)} if entered else ()
        # A `where` is decided as its event arrives: before any of the rules acts.
        fired = [index for index, test in by_event if self._is_fired(index, test, properties)]
        for index in sorted((*fired, *by_change, *by_segment)) if by_change or by_segment else fired:
            if index in by_segment:
                self.steps.trigger(rules[index], EMPTY, None, None)
            else:
                self.steps.trigger(rules[index], properties, event_id, seq)

    def _is_fired(self, index: int, test: Test | None, properties: dict[str, Value]) -> bool:
        """Whether an event fires the trigger of a rule that names it."""
        rule = self.program.rules[index]
        self.context.rule = rule
        if not self.holds(test, properties):
            return False
        fires = rule.fires
        return not (isinstance(fires, EventFires) and fires.ordinal is not None) or self._is_nth(fires)

    def _heeds(self, rule: int, inside: bool) -> bool:
        """Whether entering (inside) or leaving the segment that a rule watches triggers it: without any event."""
        fires = self.program.rules[rule].fires
        return isinstance(fires, SegmentFires) and fires.enters is inside

    def _is_nth(self, fires: EventFires) -> bool:
        """Whether the event that came is the Nth, or an Nth of `every Nth`; it has been counted."""
        assert self.context.history is not None
        assert fires.ordinal is not None
        count: int = self.context.history[fires.slot]
        return count % fires.ordinal == 0 if fires.every else count == fires.ordinal

    def _changed_rules(self, changes: profiles.Changes) -> list[int]:
        """The rules that changes of attributes and lists fire."""
        found = []
        for name, (before, after) in changes.attributes.items():
            for rule in self.program.attribute_rules.get(name, ()):
                fires = self.program.rules[rule].fires
                assert isinstance(fires, AttributeFires)
                zone = self.context.zone
                if fires.becomes is None or (fires.becomes(after, zone) and not fires.becomes(before, zone)):
                    found.append(rule)
        for name, inside in changes.lists.items():
            for rule in self.program.list_rules.get(name, ()):
                fires = self.program.rules[rule].fires
                if isinstance(fires, ListFires) and fires.enters is inside:
                    found.append(rule)
        return found

    # ------------------------------------------------------------------ timers
    def _go_off(self, timer: timers.Timer) -> None:
        _, kind, what = timer
        self.timers_changed = True
        c = self.context
        match kind:
            case "run":
                self.steps.proceed(what)
            case "silence":
                _, event, event_id, captured = timers.take_silence(c.state, what)
                self.steps.trigger(self.program.rules[what], event, event_id, None, captured or {})
            case "ignored":
                _, event, captured = timers.take_ignored(c.state, what)
                self.steps.trigger(self.program.rules[what], event, None, None, captured or {})
            case "calendar":
                timers.calendar_fired(self.program, c, what)
                self.steps.trigger(self.program.rules[what], EMPTY, None, None)
            case "member":
                self._look_at_segment(what)

    def _look_at_segment(self, index: int) -> None:
        assert self.context.state.members is not None
        was = self.context.state.members[index][0]
        inside = timers.look_at_segment(self.program, self.context, index)
        fires = self.program.rules[index].fires
        assert isinstance(fires, SegmentFires)
        if inside is not was and fires.enters is inside:
            self.steps.trigger(self.program.rules[index], EMPTY, None, None)

    def _arm_calendars(self) -> None:
        self.timers_changed = True
        timers.arm_calendars(self.program, self.context)

    # ------------------------------------------------------------------ what rules cause
    def emit(self, wire: str, properties: dict[str, Value]) -> None:
        """Queue an event that a rule emits, unless nothing can come of it."""
        if self.program.plan(wire) is not None or self._must_look():
            self._queue.append((wire, properties, None))

    def sent(self, run: Run, channel: str, variant: str | None) -> None:
        """Queue the event `sent` of a send, unless nothing can come of it."""
        if self.program.plan("sent") is not None or self._must_look():
            properties: dict[str, Value] = {"rule": self.rule(run).name, "step": run.step + 1, "channel": channel}
            if variant is not None:
                properties["variant"] = variant
            self._queue.append(("sent", properties, None))

    def changed(self, changes: profiles.Changes) -> None:
        """Queue the triggers of a change that a rule made; calendar triggers heed it at once."""
        if not changes or not self._watches_profile:
            return
        if self.program.calendar_rules:
            self._arm_calendars()
        self._queue.append((None, EMPTY, changes))

    # ------------------------------------------------------------------ decisions
    def rule(self, run: Run) -> CompiledRule:
        return self.program.rules[run.rule]

    def decide(
        self, run: Run, action: CompiledAction, place: int, status: str, reason: str | None = None, **told: Any
    ) -> None:
        """Record the decision about the action at `place` (from 0) of the step at which a run stands."""
        c, rule = self.context, self.program.rules[run.rule]
        user = c.state.user
        self.decisions.append(
            Decision(
                user=user,
                rule=rule.name,
                step=run.step + 1,
                action=action.kind,
                status=status,
                time=c.now,
                triggered=run.triggered,
                due=run.due,
                key=delivery_key(user, rule.name, run, place),
                reason=reason,
                channel=action.channel.name if isinstance(action, SendAction) else None,
                target=action.target,
                event_id=run.event_id,
                title=rule.title,
                **told,
            )
        )
        if rule.is_old and status == "sent":
            self.old_expiries[self.decisions[-1].key] = rule.steps[run.step].expires
        if self.watch is not None and status == "sent" and action.kind == "send":
            self.watch.sent(self.decisions[-1])

    def _note_odd(self, _: Context, place: int, a: Value, b: Value) -> None:
        self.observations.note_odd(place, a, b)
