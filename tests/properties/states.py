"""Ways to put states away between two inputs and to take them up again: as plain data, as bytes, in a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.engine.state import Run, State
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.store.codec import decode_state, encode_state

SCALARS = {type(None), bool, int, float, str, datetime, date, timedelta}


def plain_states(program: Program, inputs: Sequence[Input]) -> tuple[list[Decision], list[Decision]]:
    """The decisions of inputs that are sorted by time, and those that are pending at the end.

    AssertionError for a state that is no plain data.
    """
    clockwork = Clockwork(program)
    made: list[Decision] = []
    for given in inputs:
        made += clockwork.run_timers(given.time - 1)
        clockwork.handle(given)
        wake_anew(clockwork)
    made += clockwork.run_timers(inputs[-1].time)
    wake_anew(clockwork)
    return made, clockwork.pending()


def wake_anew(clockwork: Clockwork) -> None:
    """Put a copy in the place of every state, which shares nothing with it."""
    for user, state in clockwork.states.items():
        clockwork.states[user] = read_state(written_state(state))


def written_state(state: State) -> dict[str, Any]:
    slots: dict[str, Any] = {name: getattr(state, name) for name in State.__slots__}
    runs = [{name: getattr(run, name) for name in Run.__slots__} for run in slots["runs"] or ()]
    return copied({**slots, "runs": runs})  # type: ignore[no-any-return]


def read_state(slots: dict[str, Any]) -> State:
    state = State(slots["user"])
    for name, held in slots.items():
        setattr(state, name, held)
    state.runs = [read_run(run) for run in slots["runs"]] or None
    return state


def read_run(slots: dict[str, Any]) -> Run:
    run: Run = Run.__new__(Run)
    for name, held in slots.items():
        setattr(run, name, held)
    return run


def copied(value: Any) -> Any:
    """A copy all the way down of what is plain data; AssertionError for anything else."""
    if type(value) in SCALARS:
        return value
    if type(value) is dict:
        return {copied(key): copied(held) for key, held in value.items()}
    assert type(value) in (list, tuple, set), f"no plain data: {value!r}"
    return type(value)(map(copied, value))


class Sleeping(dict[str, State]):
    """States that go through their bytes each time one is asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.naps = 0

    def get(self, user: str, default: Any = None) -> Any:
        if user not in self:
            return default
        data = encode_state(self._program, 1, self[user])
        self[user] = decode_state(self._program, data)
        assert encode_state(self._program, 1, self[user]) == data
        self.naps += 1
        return self[user]

    def pop(self, user: str, default: Any = None) -> Any:
        self.get(user)
        return super().pop(user, default)
