"""A machine that also keeps a trace: what was tried, what came of it and what it came from.

It decides as the plain machine does, which knows nothing of traces and so pays nothing for them: the same code
runs, and notes are taken around it.  Only where the plain machine decides several triggers in one go, this one takes
them one after another, which the compiler allows wherever it joined them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, frozen

from trigdsl.engine import profiles, timers
from trigdsl.engine.action_types import CompiledAction, SendAction
from trigdsl.engine.actions import Actions
from trigdsl.engine.context import Test
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import CompiledRule, Ender, EventPlan, PartKey, Program, RuleEnders
from trigdsl.engine.sieve import OpenSieve
from trigdsl.engine.state import Run, State
from trigdsl.engine.steps import MOST_RUNS, Steps, key_at
from trigdsl.engine.windows import next_opening
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value


@frozen
class Seen:
    """The value that one part of a condition had: the number of its node, its text, None for unknown or missing."""

    node: int
    text: str
    value: Value


@define(kw_only=True)
class Entry:
    """One thing that happened to the user, at its place in the trace.

    | kind | what it tells |
    |---|---|
    | `input` | a record was handled: `given` |
    | `caused` | what a rule did takes effect: `name` and `properties` of an event, or `changes` |
    | `timer` | a moment came: `name` is run, silence, ignored, calendar or member |
    | `tried` | a trigger was tried; `outcome`: started, or what refused it |
    | `armed` | a step of a run was armed, and is due at `until` |
    | `waits` | a step that is due waits until `until`; `opens` is when its window opens, None: never |
    | `decision` | a decision was made |

    `cause` is the place of the entry that this one came from.  `seen` are the parts of the condition that was
    asked, `chosen` those of the conditions of its variants, `filled` the places of what a cap counted, `times` what
    a limit counted, `clauses` the nodes that ended a run.  `run` is (rule, moment of its trigger, number at that
    moment), `place` that of the action in its step.
    `passes` tells that a window of a watched segment passes at this very moment, whatever came.

    A trigger is refused by: where, ordinal, condition, campaign, for each, limit, pending (a run is unfinished),
    restart (the chain of restarts is too old), full (too many runs are unfinished).
    """

    kind: str
    user: str
    time: Micros
    zone: Zone
    cause: int | None = None
    rule: int | None = None
    step: int | None = None
    run: tuple[int, Micros, int] | None = None
    given: Input | None = None
    name: str | None = None
    properties: dict[str, Value] | None = None
    changes: profiles.Changes | None = None
    outcome: str | None = None
    clauses: tuple[int, ...] = ()
    place: int = 0
    passes: bool = False
    seen: tuple[Seen, ...] = ()
    chosen: tuple[Seen, ...] = ()
    until: Micros | None = None
    opens: Micros | None = None
    decision: Decision | None = None
    filled: tuple[int, ...] = ()
    times: tuple[Micros, ...] = ()


class Trace:
    """The entries for the users that are wanted, in the order in which things happened."""

    def __init__(self, wanted: Callable[[str], bool] = lambda _: True) -> None:
        self.entries: list[Entry] = []
        self.wanted = wanted
        self.cause: int | None = None
        """The place of the input or timer, or what a rule caused, that is being handled."""

    def note(self, entry: Entry) -> int:
        """Append an entry; its place."""
        if entry.cause is None:
            entry.cause = self.cause
        self.entries.append(entry)
        return len(self.entries) - 1


class TracingMachine(Machine):
    """A machine that writes into a trace what happens to the users that it wants."""

    goes_through_parts = True

    def __init__(self, program: Program, trace: Trace) -> None:
        super().__init__(_one_after_another(program))
        self.sieve = OpenSieve(self.program)
        self.trace = trace
        self.steps = TracingSteps(self)
        self.actions = TracingActions(self)
        self.cap_sends: dict[tuple[str, int], list[int]] = {}
        """Places of the sends that a cap of a user counted."""
        self.noted_caps: tuple[int, ...] = ()
        self._causes: deque[int | None] = deque()
        self._is_input = False
        self._enders: Mapping[int, RuleEnders] = {}
        self._ended_by: tuple[int, ...] = ()

    @property
    def wants(self) -> bool:
        """Whether the present user's trace is wanted."""
        return self.trace.wanted(self.context.state.user)

    def note(self, kind: str, **told: Any) -> int:
        """Append an entry about the present user at the present moment; its place."""
        c = self.context
        return self.trace.note(Entry(kind=kind, user=c.state.user, time=c.now, zone=c.zone, **told))

    def seen(self, what: str, owner: str | int, place: int = 0) -> tuple[Seen, ...]:
        """The values that the parts of a condition have now."""
        found: list[Seen] = []
        number = 0
        key: PartKey = (what, owner, place, number)
        while key in self.program.parts:
            found += [Seen(part.node, part.text, part.evaluate(self.context)) for part in self.program.parts[key]]
            number += 1
            key = (what, owner, place, number)
        return tuple(found)

    # ------------------------------------------------------------------ what comes in
    def handle(self, state: State, given: Input) -> None:
        self._bind(state, given.time)
        self._is_input = True
        self.trace.cause = None
        if self.wants:
            self.trace.cause = self.note("input", given=given)
        super().handle(state, given)
        self._is_input = False
        self.trace.cause = None

    def _go_off(self, timer: timers.Timer) -> None:
        _, kind, what = timer
        self.trace.cause = None
        if self.wants:
            if kind == "run":
                told: dict[str, Any] = {"rule": what.rule, "run": _name(what), "step": what.step}
            else:
                told = {"rule": what}
            self.trace.cause = self.note("timer", name=kind, **told)
        super()._go_off(timer)

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
        if self._is_input:
            self._is_input = False
        else:
            self.trace.cause = self._causes.popleft()
            if self.wants:
                self.trace.cause = self.note("caused", name=name, properties=properties, changes=changes)
        if self.trace.cause is not None:
            self.trace.entries[self.trace.cause].passes = self._must_look()
        super()._react(name, properties, event_id, plan, changes, is_first=is_first)

    def pending(self, state: State) -> None:
        self.trace.cause = None
        super().pending(state)

    # ------------------------------------------------------------------ what rules cause
    def emit(self, wire: str, properties: dict[str, Value]) -> None:
        super().emit(wire, properties)
        self._note_queued()

    def sent(self, run: Run, channel: str, variant: str | None) -> None:
        super().sent(run, channel, variant)
        self._note_queued()

    def changed(self, changes: profiles.Changes) -> None:
        super().changed(changes)
        self._note_queued()

    def _note_queued(self) -> None:
        """What was queued, if it was, came from the decision made last."""
        while len(self._causes) < len(self._queue):
            self._causes.append(len(self.trace.entries) - 1 if self.wants else None)

    # ------------------------------------------------------------------ triggers and decisions
    def end_runs(self, plan: EventPlan, properties: dict[str, Value]) -> None:
        self._enders = plan.enders
        super().end_runs(plan, properties)

    def _ends(self, ender: Ender, run: Run, properties: dict[str, Value]) -> bool:
        """Also finds the other clauses that end the run by the same event: each alone would have done so."""
        if not super()._ends(ender, run, properties):
            return False
        if self.wants:
            enders = self._enders[run.rule]
            every = (*enders.unless.get(run.step, ()), *enders.stop_on)
            self._ended_by = tuple(one.node for one in every if super(TracingMachine, self)._ends(one, run, properties))
        return True

    def end(self, run: Run, reason: str) -> None:
        super().end(run, reason)
        self._ended_by = ()

    def _is_fired(self, index: int, test: Test | None, properties: dict[str, Value]) -> bool:
        fired = super()._is_fired(index, test, properties)
        if not fired and self.wants:
            passes = self.holds(test, properties)
            seen = () if passes else self.seen("where", index)
            if passes or seen:
                self.note("tried", rule=index, outcome="ordinal" if passes else "where", seen=seen)
        return fired

    def decide(
        self, run: Run, action: CompiledAction, place: int, status: str, reason: str | None = None, **told: Any
    ) -> None:
        super().decide(run, action, place, status, reason, **told)
        if not self.wants:
            return
        number = self.note(
            "decision",
            rule=run.rule,
            step=run.step,
            run=_name(run),
            decision=self.decisions[-1],
            clauses=self._ended_by,
            place=place,
            seen=self._seen_for(run, action, status, reason),
            chosen=self._chosen_for(run, action, status, reason),
            filled=self._filled(action, status, reason),
            times=limit_times(self.context.state, run.rule, run.key) if reason == "limit" else (),
        )
        for cap in self.noted_caps:
            self.cap_sends.setdefault((self.context.state.user, cap), []).append(number)
        self.noted_caps = ()

    def _seen_for(self, run: Run, action: CompiledAction, status: str, reason: str | None) -> tuple[Seen, ...]:
        """The parts of the conditions that the decision hung on."""
        if status in ("cancelled", "pending"):
            return ()
        if reason == "requires" and isinstance(action, SendAction):
            return self.seen("requires", action.channel.name)
        return self.seen("guard", run.rule, run.step)

    def _chosen_for(self, run: Run, action: CompiledAction, status: str, reason: str | None) -> tuple[Seen, ...]:
        """The parts of the conditions by which a variant was chosen, or none was."""
        if not isinstance(action, SendAction) or action.by_share:
            return ()
        was_chosen = status in ("sent", "control", "capped") or reason in ("no variant", "too long")
        return self.seen("when", run.rule, run.step) if was_chosen else ()

    def _filled(self, action: CompiledAction, status: str, reason: str | None) -> tuple[int, ...]:
        """The sends that filled the cap that held one back."""
        if status != "capped" or not isinstance(action, SendAction):
            return ()
        cap = next(one for one in action.caps if one.label == reason)
        sends = self.cap_sends.get((self.context.state.user, cap.number), [])
        return tuple(sends[-cap.count :]) if cap.count else ()


class TracingSteps(Steps):
    """Steps that note what was tried, armed, and made to wait."""

    _machine: TracingMachine

    def __init__(self, machine: TracingMachine) -> None:
        super().__init__(machine)
        self._began = False
        self._made = False

    def trigger(
        self,
        rule: CompiledRule,
        event: dict[str, Value],
        event_id: str | None,
        seq: int | None,
        captured: dict[int, Any] | None = None,
    ) -> None:
        self._began = False
        super().trigger(rule, event, event_id, seq, captured)
        if not self._began and self._machine.wants:
            seen = self._machine.seen("condition", rule.index)
            self._machine.note("tried", rule=rule.index, outcome="condition", seen=seen)

    def start(self, rule: CompiledRule, event: dict[str, Value], event_id: str | None) -> None:
        self._began = True
        self._made = False
        if not self._machine.wants:
            super().start(rule, event, event_id)
            return
        seen = self._machine.seen("condition", rule.index)
        place = self._machine.note("tried", rule=rule.index, outcome="started", seen=seen)
        super().start(rule, event, event_id)
        if not self._made:
            entry = self._machine.trace.entries[place]
            entry.outcome = self._refusal(rule, event)
            if entry.outcome == "limit":
                key = key_at(event, rule.for_each) if rule.for_each is not None else None
                entry.times = limit_times(self._c.state, rule.index, key)

    def _refusal(self, rule: CompiledRule, event: dict[str, Value]) -> str:
        """Why a trigger that fired, and whose condition holds, started no run."""
        c = self._c
        if (rule.starts is not None and c.now < rule.starts) or (rule.ends is not None and c.now >= rule.ends):
            return "campaign"
        key = None
        if rule.for_each is not None and (key := key_at(event, rule.for_each)) is None:
            return "for each"
        if self._is_limited(rule, key):
            return "limit"
        runs = [run for run in c.state.runs or () if run.rule == rule.index]
        if any(run.key == key for run in runs) and rule.pending != "stack":
            return "pending" if rule.pending == "ignore" else "restart"
        assert len(runs) >= MOST_RUNS
        return "full"

    def _make_run(
        self, rule: CompiledRule, event: dict[str, Value], event_id: str | None, key: str | None, chain: Micros
    ) -> None:
        self._made = True
        starts = self._c.state.starts
        same = starts[1:] if starts is not None and starts[0] == self._c.now else ()
        if self._machine.wants:
            number = same.count(rule.index) + 1
            tried = next(entry for entry in reversed(self._machine.trace.entries) if entry.kind == "tried")
            tried.run = (rule.index, self._c.now, number)
        super()._make_run(rule, event, event_id, key, chain)

    def _arm(self, run: Run) -> bool:
        immediate = super()._arm(run)
        if not immediate and self._machine.wants:
            self._machine.note("armed", rule=run.rule, run=_name(run), step=run.step, until=run.due)
        return immediate

    def _carry_out(self, run: Run) -> bool:
        done = super()._carry_out(run)
        if not done and run.waiting and self._machine.wants and run in (self._c.state.runs or ()):
            step = self._machine.rule(run).steps[run.step]
            opens = next_opening(step.windows, self._c.now, self._c.zone)
            self._machine.note("waits", rule=run.rule, run=_name(run), step=run.step, until=run.wake, opens=opens)
        return done


class TracingActions(Actions):
    """Actions that note which caps a send was counted for."""

    _machine: TracingMachine

    def _note_caps(self, action: SendAction) -> None:
        super()._note_caps(action)
        if self._machine.wants:
            self._machine.noted_caps = tuple(cap.number for cap in action.caps)


def limit_times(state: State, rule: int, key: str | None) -> tuple[Micros, ...]:
    """The times at which runs of a rule counted for its limit, as far as they are kept."""
    return tuple((state.limits or {}).get(rule, {}).get(key, ()))


def _name(run: Run) -> tuple[int, Micros, int]:
    return run.rule, run.triggered, run.number


def _one_after_another(program: Program) -> Program:
    """The program with every trigger decided by itself, so that each can be looked at."""
    plans = {name: evolve(plan, triggered=None) for name, plan in program.plans.items()}
    other = None if program.other is None else evolve(program.other, triggered=None)
    return evolve(program, plans=plans, other=other)
