"""States of an engine in memory: those of users who have not come for long rest as bytes.

A state as objects takes four times as much room as its bytes, and Python's garbage collector goes through every one
of them again and again.  The bytes never leave the process, so they are Python's own (`marshal`), which are made and
read several times quicker than those of `codec`.

Most records are of no concern to what waits for their user: they only count, and are known again by their id.  So the
larger part of a state that is asked for again stays bytes until something of it is asked for.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, MutableMapping
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from trigdsl.engine.state import Run, State

MOST_AWAKE = 200_000
"""How many states are kept as objects, about: those that were touched last."""

_AWAKE = b""
"""What stands for the bytes of a state that is an object now."""

_parts_of = attrgetter(
    "profile", "lists", "history", "silences", "ignored", "calendar", "members", "limits", "caps", "goals", "starts",
    "watched",
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
    try:
        rest = _rest_of(state) if state.__class__ is Dozing else _packed(state)
        return marshal.dumps((state.seq, state.due, state.first, state.ids, rest))
    except ValueError:
        return state


def awakened(user: str, data: bytes) -> State:
    """The state of a user that was at rest."""
    seq, due, first, ids, rest = marshal.loads(data)
    if rest:
        state: State = _new(Dozing)
        _set_rest(state, rest)
        state.user = user
    else:
        state = State(user)
    state.seq, state.due, state.first, state.ids = seq, due, first, ids
    return state


# ------------------------------------------------------------------------ the larger part
_HISTORY, _RUNS = 1, 2
"""What there is in the bytes of the larger part: their last one tells it, so that it can be asked for unread."""


def _packed(state: State) -> bytes:
    """The bytes of all but what is asked for with each record; none when there is nothing."""
    parts = _parts_of(state)
    if state.runs is None and parts == _NO_PARTS:
        return b""
    runs = None if state.runs is None else [_run_parts_of(run) for run in state.runs]
    held = (state.history is not None) * _HISTORY + (runs is not None) * _RUNS
    return marshal.dumps((*parts, runs)) + held.to_bytes(1, "little")


def _open(state: State) -> None:
    """Make the bytes of a state's larger part what they stand for: it is a state like all others then."""
    parts = marshal.loads(_rest_of(state))
    state.__class__ = State
    (
        state.profile, state.lists, state.history, state.silences, state.ignored, state.calendar, state.members,
        state.limits, state.caps, state.goals, state.starts, state.watched, runs,
    ) = parts  # fmt: skip
    state.runs = None if runs is None else [_run(run) for run in runs]


def _run(parts: tuple[Any, ...]) -> Run:
    run: Run = _new(Run)
    (
        run.rule, run.seq, run.number, run.triggered, run.event, run.event_id, run.key, run.captured, run.chain,
        run.holdout, run.step, run.armed, run.due, run.wake, run.waiting, run.counted, run.started_goal, run.started_as,
    ) = parts  # fmt: skip
    return run


def _opening(name: str) -> property:
    """A slot that is there once the state has been opened."""
    slot = State.__dict__[name]

    def get(state: State) -> Any:
        _open(state)
        return slot.__get__(state)

    def put(state: State, value: Any) -> None:
        _open(state)
        slot.__set__(state, value)

    return property(get, put)


def _perhaps_opening(name: str, held: int) -> property:
    """A slot of which it is known unopened whether it holds None."""
    opening = _opening(name)

    def get(state: State) -> Any:
        return opening.__get__(state) if _rest_of(state)[-1] & held else None

    return property(get, opening.fset)


class Dozing(State):
    """A state whose larger part is bytes; it opens by itself when any of that is asked for or set.

    It has the slots of a state, so that it can become one: `watched` holds the bytes meanwhile, the others of the
    larger part nothing.
    """

    __slots__ = ()

    if not TYPE_CHECKING:
        profile, lists, silences, ignored, calendar, members, limits, caps, goals, starts, watched = (
            _opening(name)
            for name in (
                "profile", "lists", "silences", "ignored", "calendar", "members", "limits", "caps", "goals", "starts",
                "watched",
            )
        )  # fmt: skip
        history, runs = _perhaps_opening("history", _HISTORY), _perhaps_opening("runs", _RUNS)


_new = object.__new__
_slots = State.__dict__
_rest_of, _set_rest = _slots["watched"].__get__, _slots["watched"].__set__
_NO_PARTS = _parts_of(State(""))
