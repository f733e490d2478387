"""A machine that also tells when in its instant each decision was made, so that those of two machines can be ordered.

Of one user at one instant, inputs come before timers, each in an order that does not depend on what other rules do
(section by section as the machine handles them).  So what two parts of a program decide, that decide nothing for each
other, is in the order of one machine again when always the earlier turn of the two that are next is taken.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from trigdsl.engine.action_types import CompiledAction
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.engine.state import Run, State
from trigdsl.engine.timers import Timer, run_key
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros

Turn: TypeAlias = tuple[int, int, int, int]
"""0, an input's arrival, what it does (`ENDS`, ...), a rule; or 1, a timer's priority (negated), its rule, 0."""

ENDS, TRIGGERS, CAUSES = 0, 1, 2
"""What an input does in this order: it ends runs, it triggers rules, and what these caused is handled."""

_FIRST: Turn = (-1, 0, 0, 0)


class TurnMachine(Machine):
    """Decides as the plain machine does. Ask for the turn of each of its decisions, once.

    Set `arrival` to the number of the input that is handed to it next.

    A timer that is armed for the present instant may stand before one that has gone off already: what comes of it was
    made after that one all the same, so no turn is earlier than those before it.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.arrival = 0
        self._turns: dict[int, Turn] = {}
        # Of the present user and instant.
        self._of: tuple[str, Micros] | None = None
        self._latest = _FIRST
        self._timer: Turn | None = None
        self._is_caused = False

    def handle(self, state: State, given: Input) -> None:
        self._timer, self._is_caused = None, False
        super().handle(state, given)

    def decide(
        self, run: Run, action: CompiledAction, place: int, status: str, reason: str | None = None, **told: Any
    ) -> None:
        super().decide(run, action, place, status, reason, **told)
        self._turns[id(self.decisions[-1])] = (
            self._of_timer(run) if status == "pending" else self._taken(self._turn(run, status, reason))
        )

    def turn_of(self, decision: Decision) -> Turn:
        """The turn of a decision; it is forgotten then. Raises KeyError the second time."""
        return self._turns.pop(id(decision))

    def _go_off(self, timer: Timer) -> None:
        (_, priority, rule, *_), _, _ = timer
        # Noted even if nothing is decided: what follows comes after it.
        self._timer = self._taken((1, priority, rule, 0))
        super()._go_off(timer)

    def _settle(self, *, calendars: bool = True) -> None:
        self._is_caused = True
        super()._settle(calendars=calendars)

    def _turn(self, run: Run, status: str, reason: str | None) -> Turn:
        if self._timer is not None:
            return self._timer
        if self._is_caused:
            return 0, self.arrival, CAUSES, 0
        return 0, self.arrival, phase_of(status, reason), self.rule(run).living

    def _of_timer(self, run: Run) -> Turn:
        _, priority, rule, *_ = run_key(self.program, run)
        return 1, priority, rule, 0

    def _taken(self, turn: Turn) -> Turn:
        """The turn, or the latest before it at this instant of the user."""
        of = self.context.state.user, self.context.now
        self._latest = turn if of != self._of else max(turn, self._latest)
        self._of = of
        return self._latest


def phase_of(status: str, reason: str | None) -> int:
    """In which phase of an input a decision is made that it brings about."""
    return ENDS if status == "cancelled" and reason != "restarted" else TRIGGERS
