"""An input → what it does under a flat program, as far as its event, properties and profile tell.

`PastInputs` does so for a program that asks about the past: it keeps each user's profile and history as they are.
"""

from __future__ import annotations

from typing import TypeAlias

from trigdsl.engine.context import EMPTY
from trigdsl.engine.flat import Enders, FlatProgram, FlatRule, triggered
from trigdsl.engine.machine import Machine
from trigdsl.engine.observations import Observations
from trigdsl.engine.profiles import Changes, set_attribute
from trigdsl.engine.program import CompiledRule, EventPlan, Program
from trigdsl.engine.state import State
from trigdsl.engine.steps import Steps
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.inputs import Input
from trigdsl.model.values import Value

Does: TypeAlias = tuple[Enders, tuple[FlatRule, ...], "Zone | None", tuple[FlatRule, ...]]
"""What an input ends, the rules it triggers, the user's zone if it changed, and the rules whose silence starts anew."""

NOTHING: Enders = {}
"""What an event ends that ends nothing."""


class FlatInputs:
    """Finds out what inputs do; `machine` is that of the same program, whose observations get what is odd.

    They get names that are no time zones only if it `notes_zones`.
    """

    def __init__(self, program: FlatProgram, machine: Machine, *, notes_zones: bool = True) -> None:
        self._program = program
        self._machine = machine
        self._notes_zones = notes_zones
        self.default = program.program.zone or UTC
        self._plans: dict[str, tuple[EventPlan | None, Enders]] = {}
        self._sets: dict[tuple[int, ...], tuple[FlatRule, ...]] = {(): ()}
        machine.context.state = State("")

    def does(self, given: Input) -> Does | None:
        """What an input does; None: nothing."""
        changed = self.zone_set(given.set) if given.set else None
        plan, enders = self.plan(given.event) if given.event is not None else (None, NOTHING)
        rules = self._triggered(plan, given.properties or EMPTY) if plan is not None and plan.triggers else ()
        if not (rules or enders or changed is not None):
            return None
        return enders, rules, changed, ()

    def set_profile(self, _: str, attributes: dict[str, Value]) -> Zone | None:
        """Give a user attributes before everything else: the zone from then on, None when it stays as it is."""
        return self.zone_set(attributes)

    def plan(self, event: str) -> tuple[EventPlan | None, Enders]:
        """The plan of an event, and what it ends: always the same object for a name."""
        found = self._plans.get(event)
        if found is None:
            plan = self._program.program.plan(event)
            found = self._plans[event] = plan, NOTHING if plan is None else self._program.enders(plan)
        return found

    def rules(self, fired: tuple[int, ...]) -> tuple[FlatRule, ...]:
        """The rules of some numbers."""
        made = self._sets.get(fired)
        if made is None:
            made = self._sets[fired] = tuple(self._program.by_index[index] for index in fired)
        return made

    def zone_set(self, attributes: dict[str, Value]) -> Zone | None:
        """The user's zone from now on; None when it stays as it is."""
        if "timezone" not in attributes:
            return None
        name = attributes["timezone"]
        found = zone(name) if isinstance(name, str) else None
        if found is None and name is not None and self._notes_zones:
            self._machine.observations.note_zone(name)
        return found or self.default

    def _triggered(self, plan: EventPlan, properties: dict[str, Value]) -> tuple[FlatRule, ...]:
        """The rules that an event triggers; values that do not fit are noted, as the machine does."""
        fired = triggered(self._program.program, plan, self._machine.context, properties)
        return self.rules(fired)


class PastInputs(FlatInputs):
    """The same where more than an event's properties decides.

    Nothing that rules do changes what conditions ask, so a machine that starts no run says what each input triggers.
    """

    def __init__(self, program: FlatProgram, machine: Machine) -> None:
        super().__init__(program, machine)
        self._finder = _Finder(program.program, machine.observations)
        self._states: dict[str, State] = {}

    def does(self, given: Input) -> Does | None:
        user, finder = given.user, self._finder
        state = self._states.get(user)
        if state is None:
            state = self._states[user] = State(user)
        enders = NOTHING
        if given.event is not None:
            plan, enders = self._plans.get(given.event) or self.plan(given.event)
        is_event_alone = given.set is None and given.add is None and given.remove is None
        if given.event is None or plan is None or plan.react is None or not is_event_alone:
            finder.handle(state, given)
        else:  # most inputs: what `handle` does with them, but for timers, of which there are none
            c = finder.context
            c.state, c.now, c.history, c.rule = state, given.time, state.history, None
            plan.react(finder, plan, given.event, given.properties or EMPTY, given.id)
        rules: tuple[FlatRule, ...] = ()
        silent: tuple[FlatRule, ...] = ()
        if fired := finder.fired:
            rules = self.rules(tuple(fired))
            fired.clear()
        if state.silences is not None:
            silent = self.rules(tuple(state.silences))
            state.silences = None
        changed = finder.context.zone if given.set and "timezone" in given.set else None
        if not (rules or enders or silent or changed is not None):
            return None
        return enders, rules, changed, silent

    def set_profile(self, user: str, attributes: dict[str, Value]) -> Zone | None:
        state = self._states.setdefault(user, State(user))
        for name, value in attributes.items():
            if not set_attribute(state, name, value, Changes()):
                self._finder.observations.note_zone(value)
        self._finder.context.state = state
        return self._finder.context.zone if "timezone" in attributes else None


class _Finder(Machine):
    """A machine that keeps profiles and history, and of the rules only finds out which are triggered: `fired`."""

    def __init__(self, program: Program, observations: Observations) -> None:
        super().__init__(program)
        self.observations = observations
        self.fired: list[int] = []
        self.steps = _FindingSteps(self)


class _FindingSteps(Steps):
    _machine: _Finder

    def start(self, rule: CompiledRule, event: dict[str, Value], event_id: str | None) -> None:
        self._machine.fired.append(rule.index)


def inputs_under(program: FlatProgram, machine: Machine, *, notes_zones: bool = True) -> FlatInputs:
    """What finds out what inputs do under a flat program."""
    if program.asks_past:
        return PastInputs(program, machine)
    return FlatInputs(program, machine, notes_zones=notes_zones)
