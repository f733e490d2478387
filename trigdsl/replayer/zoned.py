"""A machine that also keeps the zone which the user of each decision had when it was made."""

from __future__ import annotations

from typing import Any

from trigdsl.engine.action_types import CompiledAction
from trigdsl.engine.invariants import OnViolation
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.engine.state import Run
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision


class ZonedMachine(Machine):
    """Decides as the plain machine does. Ask for the zone of each of its decisions, once."""

    def __init__(self, program: Program, on_violation: OnViolation | None = None) -> None:
        super().__init__(program, on_violation)
        # By identity: two decisions are never equal and distinct, but to compare them costs more than to make them.
        self._zones: dict[int, Zone] = {}

    def decide(
        self, run: Run, action: CompiledAction, place: int, status: str, reason: str | None = None, **told: Any
    ) -> None:
        super().decide(run, action, place, status, reason, **told)
        self._zones[id(self.decisions[-1])] = self.context.zone

    def zone_of(self, decision: Decision) -> Zone:
        """The zone of the decision's user at its time; it is forgotten then. Raises KeyError the second time."""
        return self._zones.pop(id(decision))
