"""An input → what it does under a flat program, as far as its event, properties and profile tell."""

from __future__ import annotations

from typing import TypeAlias

from trigdsl.engine.context import EMPTY
from trigdsl.engine.flat import Enders, FlatProgram, FlatRule, triggered
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import EventPlan
from trigdsl.engine.state import State
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.inputs import Input
from trigdsl.model.values import Value

Does: TypeAlias = tuple[Enders, tuple[FlatRule, ...], "Zone | None"]
"""What an input ends, the rules that it triggers, and the user's zone if it changed."""

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
        return enders, rules, changed

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
