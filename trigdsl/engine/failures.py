"""Timers on which the machine fails: which one it was, and how it is left out, so that it holds nobody up.

A machine fails on a timer only by a mistake of its own or of a host's function that returns what is no value.  Whoever
drives it takes back what the timer did, if it can, has it left out, and lets the timers go off again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from trigdsl.engine import timers
from trigdsl.engine.state import State
from trigdsl.model.decisions import json_value
from trigdsl.model.values import Micros, Value, instant_text

if TYPE_CHECKING:
    from trigdsl.engine.machine import Machine

Mark: TypeAlias = tuple[str, str, Any]
"""What a timer is known by, when the timers go off again: its user, its kind, and its run or its rule and moment."""


@frozen(kw_only=True)
class FailedTimer:
    """A timer on which the machine failed: `kind` is step, silence, ignored, calendar or member.

    `told` is what else there is to tell of it: the step, when its run was triggered and by what.
    """

    user: str
    time: Micros
    kind: str
    rule: str
    told: dict[str, Value]

    def to_dict(self) -> dict[str, Any]:
        """The same as a record that a store of rejects can keep."""
        return {
            "user": self.user,
            "time": instant_text(self.time),
            "timer": self.kind,
            "rule": self.rule,
            **self.told,
        }


class Failures:
    """What one machine failed on, and leaves out from then on until `forget`.

    `check` is called with a user's state after each of its timers, and raises when what came of it cannot be kept.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._failed: tuple[Mark, FailedTimer] | None = None
        self._left_out: dict[Mark, int] = {}
        self.check: Callable[[State], None] | None = None

    def forget(self) -> None:
        """Leave nothing out any more."""
        self._failed, self.check = None, None
        self._left_out.clear()

    def note(self, state: State, timer: timers.Timer) -> None:
        """The machine has failed on a timer of a user."""
        self._failed = _mark(state, timer), self._described(state, timer)

    @property
    def is_of_timer(self) -> bool:
        """Whether it was a timer on which the machine failed last."""
        return self._failed is not None

    def forgive(self) -> bool:
        """Whether it was a timer on which the machine failed last, which goes off again then."""
        was, self._failed = self._failed is not None, None
        return was

    def leave_out(self) -> FailedTimer | None:
        """Leave out the timer on which the machine failed just now; None when it was none, or nothing helps."""
        failed, self._failed = self._failed, None
        if failed is None:
            return None
        mark, timer = failed
        self._left_out[mark] = self._left_out.get(mark, 0) + 1
        # A calendar or a membership whose next moment cannot be found is not looked at again: that is a second way.
        ways = 2 if timer.kind in ("calendar", "member") else 1
        return timer if self._left_out[mark] <= ways else None

    def is_left_out(self, state: State, timer: timers.Timer) -> bool:
        """Pass over a timer that is to be left out: False when it is to go off."""
        times = self._left_out.get(_mark(state, timer), 0) if self._left_out else 0
        if times:
            self._pass_over(state, timer, for_ever=times > 1)
        return times > 0

    def _pass_over(self, state: State, timer: timers.Timer, *, for_ever: bool) -> None:
        machine, (_, kind, what) = self._machine, timer
        machine.timers_changed = True
        match kind:
            case "run":
                machine.decide(what, machine.rule(what).steps[what.step].actions[0], 0, "cancelled", "failed")
                machine.steps.remove(what)
            case "silence":
                timers.take_silence(state, what)
            case "ignored":
                timers.take_ignored(state, what)
            case "calendar" | "member":
                kept: Any = state.calendar if kind == "calendar" else state.members
                if for_ever:
                    kept[what] = [None, None, kept[what][2]] if kind == "calendar" else [kept[what][0], None]
                elif kind == "calendar":
                    timers.calendar_fired(machine.program, machine.context, what)
                else:
                    timers.look_at_segment(machine.program, machine.context, what)

    def _described(self, state: State, timer: timers.Timer) -> FailedTimer:
        (time, *_), kind, what = timer
        rules = self._machine.program.rules
        if kind != "run":
            return FailedTimer(user=state.user, time=time, kind=kind, rule=rules[what].name, told={})
        told: dict[str, Any] = {
            "step": what.step + 1,
            "triggered": instant_text(what.triggered),
        }
        # What brings the engine to fail may be nested so deep that it cannot be told.
        with suppress(RecursionError):
            told["event"] = json_value(what.event)
        if what.event_id is not None:
            told["event_id"] = what.event_id
        return FailedTimer(user=state.user, time=time, kind="step", rule=rules[what.rule].name, told=told)


def _mark(state: State, timer: timers.Timer) -> Mark:
    (time, *_), kind, what = timer
    return state.user, kind, what.seq if kind == "run" else (what, time)
