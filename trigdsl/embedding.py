"""The engine inside a host application: records as they happen → decisions, and a replay of many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from attrs import frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.duplicates import forget_before, is_duplicate
from trigdsl.engine.links import user_of
from trigdsl.engine.program import Program
from trigdsl.model.decisions import Decision
from trigdsl.model.durations import parse_duration
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, Micros, instant
from trigdsl.model.violations import Violation
from trigdsl.records.native import BadRecord, input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay


@frozen(kw_only=True)
class Event:
    """An event as an object: the same as the record of these keys. `time` is as in records, or a datetime."""

    user: str
    time: str | int | float | datetime
    event: str
    properties: Mapping[str, Any] | None = None
    id: str | None = None
    alias: str | None = None


def _input(record: Mapping[str, Any] | Event | Input) -> Input:
    if isinstance(record, Input):
        return record
    if isinstance(record, Event):
        names = ("user", "time", "event", "properties", "id", "alias")
        record = {name: getattr(record, name) for name in names}
    return input_of(record)


class Engine:
    """Runs a program over records as they come, in memory.

    The clock is the caller's: it moves with the records' times and with `advance`, never by itself.  A record
    before the clock is late: it is rejected, unless `lateness` (such as `"10m"`) holds records back that
    long, so that it still finds its place; decisions come that much later then.  A record that cannot be used
    is rejected: counted in `rejected`, handed to `on_reject` with the reason, and nothing else is disturbed.

    A record with an `alias` makes another id this user's from then on, and merges what is kept for the two.

    With `on_violation` the program's invariants are checked: it gets each send that breaks one, at once.

    Not safe to use from several threads at once.
    """

    def __init__(
        self,
        program: Program,
        *,
        lateness: str | None = None,
        on_reject: Callable[[Any, str], None] | None = None,
        on_violation: Callable[[Violation], None] | None = None,
    ) -> None:
        self.program = program
        self.rejected = 0
        self.duplicates = 0
        self._clockwork = Clockwork(program, on_violation)
        self._lateness: Micros = 0 if lateness is None else parse_duration(lateness)
        self._on_reject = on_reject
        self._clock: Micros | None = None
        self._latest: Micros | None = None
        self._held: list[tuple[Micros, int, Input]] = []
        self._arrived = 0

    @property
    def clock(self) -> datetime | None:
        """The time up to which everything is decided, None before the first record."""
        return None if self._clock is None else instant(self._clock)

    @property
    def next_due(self) -> datetime | None:
        """When to call `advance` next: no timer is due before. None when there is none."""
        due = self._clockwork.next_due
        return None if due is None else instant(due)

    def feed(self, record: Mapping[str, Any] | Event) -> list[Decision]:
        """Take one record in; the decisions made at once, and those of timers due before its time."""
        try:
            given = _input(record)
        except BadRecord as error:
            self._reject(record, str(error))
            return []
        if self._clock is not None and given.time < self._clock:
            self._reject(record, f"late: `time` is before the engine's clock, {instant(self._clock).isoformat()}")
            return []
        if self._is_duplicate(given):
            self.duplicates += 1
            return []
        self._arrived += 1
        heappush(self._held, (given.time, self._arrived, given))
        self._latest = given.time if self._latest is None else max(self._latest, given.time)
        return list(self._release(self._latest - self._lateness))

    def advance(self, time: str | int | float | datetime) -> list[Decision]:
        """Move the clock: the decisions of all timers up to and including that time.

        Records held back until then are handled first.  Raises ValueError for a time before the clock, and for
        one that is none.
        """
        until, _ = parse_time(time)
        if self._clock is not None and until < self._clock:
            raise ValueError(f"the clock is at {instant(self._clock).isoformat()} already and cannot go back")
        decisions = [*self._release(until), *self._clockwork.run_timers(until)]
        self._clock = until
        return decisions

    def merge(self, user: str, other: str) -> list[Decision]:
        """Make another id this user's from now on, as a record with that `alias` does, and merge what is kept.

        The decisions are those that end what cannot go on twice.  Raises ValueError when the id was made
        another user's before.
        """
        self._clockwork.merge(user, other, FIRST_INSTANT if self._clock is None else self._clock)
        return self._clockwork.flush()

    @property
    def refused_aliases(self) -> int:
        """How many records had an alias that was another user's already: the first link holds."""
        return self._clockwork.machine.observations.taken_aliases

    def user_of(self, user: str) -> str:
        """The id by which a user is known: the same, if it was never made another's."""
        return user_of(self._clockwork.links, user)

    def pending(self, user: str) -> list[Decision]:
        """What waits for a user, as decisions with status `pending`, in the order in which it is due."""
        return self._clockwork.pending([user])

    def _release(self, until: Micros) -> Iterator[Decision]:
        """Handle the records held back up to and including a time."""
        while self._held and self._held[0][0] <= until:
            given = heappop(self._held)[2]
            self._clock = given.time
            yield from self._clockwork.run_timers(given.time - 1)
            self._clockwork.handle(given)
            yield from self._clockwork.flush()

    def _is_duplicate(self, given: Input) -> bool:
        if given.id is None:
            return False
        state = self._clockwork.state(given.user)
        if state.ids is None:
            state.ids = {}
        if self._clock is not None:
            forget_before(state.ids, self._clock)
        return is_duplicate(state.ids, given.id, given.time)

    def _reject(self, record: object, reason: str) -> None:
        self.rejected += 1
        if self._on_reject is not None:
            self._on_reject(record, reason)


def replay(
    program: Program,
    records: Iterable[Mapping[str, Any] | Event],
    *,
    until: str | int | float | datetime | None = None,
    drain: bool = False,
    on_reject: Callable[[Any, str], None] | None = None,
    on_violation: Callable[[Violation], None] | None = None,
) -> Iterator[Decision]:
    """Run a program over records in any order; the decisions in their defined order.

    The clock stops at the last record, at `until` (an instant; records after it are not handled), or with
    `drain` when nothing is armed any more.  A record that cannot be used is handed to `on_reject` with the
    reason, and left out.  Ids that an `alias` makes one are one user's from the first record on.  With
    `on_violation` the program's invariants are checked: it gets each send that breaks one.
    """

    def inputs() -> Iterator[Input]:
        for record in records:
            try:
                yield _input(record)
            except BadRecord as error:
                if on_reject is not None:
                    on_reject(record, str(error))

    stop = None if until is None else parse_time(until)[0]
    return iter(Replay(program, inputs(), until=stop, drain=drain, on_violation=on_violation))
