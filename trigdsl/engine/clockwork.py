"""Many users under one clock: inputs and timers in the order of time → decisions in their defined order.

Decisions are ordered by time, then user, then as they were made for that user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from operator import attrgetter

from trigdsl.engine.due_times import DueTimes
from trigdsl.engine.failures import FailedTimer
from trigdsl.engine.invariants import OnViolation
from trigdsl.engine.links import TakenAlias, link, user_of
from trigdsl.engine.machine import Machine
from trigdsl.engine.profiles import Changes, set_attribute
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.engine.timers import is_armed, next_timer
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value

_by_user = attrgetter("user")
_by_time_and_user = attrgetter("time", "user")


class Clockwork:
    """The states of all users, and their next timers.

    Who drives it hands inputs in order of time, and before the first of a new time lets the timers due before
    it go off with `run_timers`.  `machine` is one that does more than decide, such as one that keeps a trace.
    """

    def __init__(
        self, program: Program, on_violation: OnViolation | None = None, machine: Machine | None = None
    ) -> None:
        self.program = program
        self.machine = machine or Machine(program, on_violation)
        self.states: MutableMapping[str, State] = {}
        """The state of each user; a store puts one in its place that loads them as they are touched."""
        self.links: MutableMapping[str, str] = {}
        """Ids that were merged into users, see `links`."""
        self._due = DueTimes()
        self._is_draining = False

    @property
    def next_due(self) -> Micros | None:
        """A moment no later than the earliest timer, None when there is none."""
        return self._due.first

    def expect(self, timers: Iterable[tuple[Micros, str]]) -> None:
        """Heed timers of users whose states slept; one that has gone off or moved since does no harm."""
        for due, user in timers:
            self._due.push(due, user)

    def forget_timers(self) -> None:
        """Heed no timer any more: they are kept elsewhere, and come back with `expect`."""
        self._due.clear()

    def state(self, user: str) -> State:
        """The state of a user (of whom an alias will do), made when there is none."""
        if self.links:
            user = user_of(self.links, user)
        state = self.states.get(user)
        if state is None:
            state = self.states[user] = State(user)
        return state

    def set_profile(self, user: str, attributes: dict[str, Value]) -> None:
        """Give a user attributes before everything else: nothing is triggered."""
        state = self.state(user)
        for name, value in attributes.items():
            if not set_attribute(state, name, value, Changes()):
                self.machine.observations.note_zone(value)

    def handle(self, given: Input) -> None:
        """Handle one input; its decisions come with the next `flush`."""
        if given.alias is not None:
            self._heed_alias(given, given.alias)
            if given.is_only_alias:
                return
        state = None if self.links else self.states.get(given.user)
        if state is None:
            state = self.state(given.user)
        due = state.due
        try:
            self.machine.handle(state, given)
        except Exception:
            self.machine.abandon()
            raise
        if state.due is not None and state.due != due:
            self._due.push(state.due, state.user)

    def merge(self, user: str, alias: str, now: Micros) -> None:
        """Make an id a user's from `now` on, and the two users' states one; decisions come with the next `flush`.

        Raises TakenAlias when it is another user's already.
        """
        if not link(self.links, user, alias) or (other := self.states.pop(alias, None)) is None:
            return
        into = self.state(user)
        due = into.due
        self.machine.merge(into, other, now)
        if into.due is not None and into.due != due:
            self._due.push(into.due, into.user)

    def take_history(self, user: str, other: State, since: Mapping[int, Micros], now: Micros) -> None:
        """Take over the history that was found for a user, see the machine's `take_history`."""
        state = self.state(user)
        due = state.due
        self.machine.take_history(state, other, since, now)
        if state.due is not None and state.due != due:
            self._due.push(state.due, state.user)

    def _heed_alias(self, given: Input, alias: str) -> None:
        try:
            self.merge(given.user, alias, given.time)
        except TakenAlias:
            self.machine.observations.note_taken(alias)

    def flush(self) -> list[Decision]:
        """The decisions of the present instant made since the last flush, by user."""
        decisions = self.machine.decisions
        if not decisions:
            # Not the machine's own list, in which later ones will be.
            return []
        self.machine.decisions = []
        if len(decisions) > 1:
            decisions.sort(key=_by_user)
        return decisions

    def run_timers(self, until: Micros) -> Iterator[Decision]:
        """All timers up to and including `until`, in the order of time."""
        due_times, machine = self._due, self.machine
        while (timer := due_times.pop(until)) is not None:
            time, user = timer
            state = self.states.get(user)
            if state is None or state.due != time:
                continue
            if machine.decisions and machine.decisions[0].time != time:
                yield from self.flush()
            try:
                machine.run_timers(state, time, calendars=not self._is_draining)
            except Exception:
                due_times.push(time, user)
                raise
            if state.due is not None and (not self._is_draining or is_armed(state)):
                due_times.push(state.due, user)
        yield from self.flush()

    def run_timers_past(self, until: Micros, tell: Callable[[FailedTimer, Exception], None]) -> Iterator[Decision]:
        """`run_timers`; one on which the machine fails is told and left out, with what it has done so far."""
        while True:
            try:
                yield from self.run_timers(until)
            except Exception as error:
                failed = self.machine.failures.leave_out()
                if failed is None:
                    raise
                tell(failed, error)
            else:
                self.machine.failures.forget()
                return

    def drain(self, until: Micros) -> Iterator[Decision]:
        """Let each user's clock run while a step, silence or `ignored` of theirs is armed; calendars stand still.

        Users are independent of each other here too: one who waits for nothing is not taken along.
        """
        self._is_draining = True
        self._due = DueTimes()
        for user, state in self.states.items():
            timer = next_timer(self.program, state, calendars=False) if is_armed(state) else None
            state.due = None if timer is None else timer[0][0]
            if state.due is not None:
                self._due.push(state.due, user)
        yield from self.run_timers(until)

    def pending(self, users: Iterable[str] | None = None) -> list[Decision]:
        """What is still armed, as pending decisions by time, then user."""
        for user in self.states if users is None else users:
            state = self.states.get(user_of(self.links, user))
            if state is not None and state.runs is not None:
                self.machine.pending(state)
        decisions = self.machine.decisions
        self.machine.decisions = []
        return sorted(decisions, key=_by_time_and_user)
