"""States of an engine in memory: those of users who have not come for long rest as bytes.

A state as objects takes four times as much room as its bytes, and Python's garbage collector goes through every one
of them again and again.  The bytes never leave the process, so they are Python's own (`marshal`), which are made and
read several times quicker than those of `codec`.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, MutableMapping
from itertools import islice
from operator import attrgetter
from typing import Any

from trigdsl.engine.state import Run, State

MOST_AWAKE = 50000
"""How many states are kept as objects, about: those that were touched last."""

_AWAKE = b""
"""What stands for the bytes of a state that is an object now."""

_parts_of = attrgetter(
    "seq", "due", "profile", "lists", "history", "first", "silences", "ignored", "calendar", "members", "limits",
    "caps", "goals", "starts", "ids", "watched",
)  # fmt: skip
_run_parts_of = attrgetter(
    "rule", "seq", "number", "triggered", "event", "event_id", "key", "captured", "chain", "holdout", "step", "armed",
    "due", "wake", "waiting", "counted", "started_goal", "started_as",
)  # fmt: skip


class RestingStates(MutableMapping[str, State]):
    """User → state.  A state is an object from when it is asked for until many others have been asked for since.

    So whoever asks for one may go on changing it as long as they ask for no more than `most // 4` others.
    """

    def __init__(self, most: int = MOST_AWAKE) -> None:
        self._half = max(most // 2, 1)
        self._latest: dict[str, State] = {}
        self._earlier: dict[str, State] = {}
        self._sleepless: dict[str, State] = {}
        # All users.  It holds nothing but bytes, so that Python's garbage collector leaves the largest dict alone.
        self._resting: dict[str, bytes] = {}
        self._sleepy: Iterator[str] = iter(())

    def get(self, user: str, default: Any = None) -> Any:
        state = self._latest.get(user)
        if state is not None:
            return state
        state = self._earlier.pop(user, None)
        if state is None:
            data = self._resting.get(user)
            if data is None:
                return default
            if data:
                state = awakened(user, data)
                self._resting[user] = _AWAKE
            else:
                state = self._sleepless.pop(user)
        self._admit(user, state)
        return state

    def __getitem__(self, user: str) -> State:
        state: State | None = self.get(user)
        if state is None:
            raise KeyError(user)
        return state

    def __setitem__(self, user: str, state: State) -> None:
        if user in self._latest:
            self._latest[user] = state
            return
        self._earlier.pop(user, None)
        self._sleepless.pop(user, None)
        self._resting[user] = _AWAKE
        self._admit(user, state)

    def __delitem__(self, user: str) -> None:
        del self._resting[user]
        for awake in (self._latest, self._earlier, self._sleepless):
            awake.pop(user, None)

    def __contains__(self, user: object) -> bool:
        return user in self._resting

    def __iter__(self) -> Iterator[str]:
        """All users, as they are now: asking for a state wakes it."""
        return iter(list(self._resting))

    def __len__(self) -> int:
        return len(self._resting)

    def _admit(self, user: str, state: State) -> None:
        """Count a state among the latest; once there are many, for each one two earlier ones rest."""
        latest = self._latest
        if len(latest) >= self._half:
            self._rest(len(self._earlier))
            self._earlier, self._latest = latest, {}
            latest = self._latest
            self._sleepy = iter(list(self._earlier))
        latest[user] = state
        if self._earlier and 2 * len(latest) > self._half:
            self._rest(2)

    def _rest(self, count: int) -> None:
        for user in islice(self._sleepy, count):
            state = self._earlier.pop(user, None)
            if state is not None:
                data = at_rest(state)
                if isinstance(data, bytes):
                    self._resting[user] = data
                else:
                    self._sleepless[user] = data


def at_rest(state: State) -> bytes | State:
    """The bytes of a state; itself when it holds what these cannot hold: dates, instants and durations."""
    runs = None if state.runs is None else [_run_parts_of(run) for run in state.runs]
    try:
        return marshal.dumps((_parts_of(state), runs))
    except ValueError:
        return state


def awakened(user: str, data: bytes) -> State:
    """The state of a user that was at rest."""
    parts, runs = marshal.loads(data)
    state: State = _new(State)
    state.user = user
    state.runs = None if runs is None else [_run(run) for run in runs]
    (
        state.seq, state.due, state.profile, state.lists, state.history, state.first, state.silences, state.ignored,
        state.calendar, state.members, state.limits, state.caps, state.goals, state.starts, state.ids, state.watched,
    ) = parts  # fmt: skip
    return state


def _run(parts: tuple[Any, ...]) -> Run:
    run: Run = _new(Run)
    (
        run.rule, run.seq, run.number, run.triggered, run.event, run.event_id, run.key, run.captured, run.chain,
        run.holdout, run.step, run.armed, run.due, run.wake, run.waiting, run.counted, run.started_goal, run.started_as,
    ) = parts  # fmt: skip
    return run


_new = object.__new__
