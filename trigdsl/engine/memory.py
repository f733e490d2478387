"""An event that came → what is kept of it: history, and what waits for silence, for answers and for goals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trigdsl.engine import timers
from trigdsl.engine.fires import IgnoredFires, SilenceFires
from trigdsl.engine.program import EventPlan
from trigdsl.model.values import Value

if TYPE_CHECKING:
    from trigdsl.engine.machine import Machine


class Memory:
    """Takes events into the state of the machine's present user."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._c = machine.context

    def remember(self, plan: EventPlan, properties: dict[str, Value], event_id: str | None, seq: int) -> None:
        """Take an event into the history, and into what waits for silence, for answers and for goals."""
        c, state = self._c, self._c.state
        if plan.keeps:
            if state.history is None:
                state.history = c.history = [None] * len(self._machine.program.slots)
            c.event = c.trigger = properties
            for test, keep in plan.keeps:
                if test is None or test(c):
                    keep(c, state.history)
        if plan.watches and self._machine.watch is not None:
            self._machine.watch.event(plan, properties)
        c.seq = seq
        for rule, test in plan.silences:
            if self._machine.holds(test, properties):
                self.start_silence(rule, properties, event_id)
        if plan.sends or plan.answers:
            self.note_answers(plan, properties)
        if plan.goals and state.goals:
            self.note_goals(plan, properties)

    def start_silence(self, index: int, properties: dict[str, Value], event_id: str | None) -> None:
        """Start the silence of a rule anew."""
        rule, state = self._machine.program.rules[index], self._c.state
        assert isinstance(rule.fires, SilenceFires)
        self._machine.timers_changed = True
        if state.silences is None:
            state.silences = {}
        moment = timers.later(self._c.now, rule.fires.length)
        state.silences[index] = [
            moment,
            properties,
            event_id,
            self._machine.steps.captured(rule) if rule.captures else None,
        ]

    def note_answers(self, plan: EventPlan, properties: dict[str, Value]) -> None:
        """Note a send that may come to be ignored, and an answer to one."""
        state = self._c.state
        self._machine.timers_changed = True
        for index, test in plan.answers:
            if state.ignored and index in state.ignored and self._machine.holds(test, properties):
                del state.ignored[index]
        for index, test in plan.sends:
            if self._machine.holds(test, properties):
                rule = self._machine.program.rules[index]
                assert isinstance(rule.fires, IgnoredFires)
                if state.ignored is None:
                    state.ignored = {}
                captured = self._machine.steps.captured(rule) if rule.captures else None
                moment = timers.later(self._c.now, rule.fires.length)
                state.ignored.setdefault(index, []).append([moment, properties, captured])
        if not state.ignored:
            state.ignored = None

    def note_goals(self, plan: EventPlan, properties: dict[str, Value]) -> None:
        """Count the runs whose goal is met."""
        c, state = self._c, self._c.state
        tests = dict(plan.goals)
        left = []
        for goal in state.goals or ():
            rule, deadline, variant, control, event = goal
            if deadline < c.now:
                continue
            if rule in tests and self._machine.holds(tests[rule], properties, event):
                self._machine.observations.converted[rule, variant, control] += 1
            else:
                left.append(goal)
        state.goals = left or None
