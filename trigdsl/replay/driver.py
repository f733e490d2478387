"""Inputs of many users, in any order → decisions in their defined order, and statistics.

Inputs are handled by time (arrival breaks ties).  A sorted stream is handled as it comes, so that only the
users' states are kept; else all inputs that can matter are gathered first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.duplicates import forget_before, is_duplicate
from trigdsl.engine.program import Program
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, LAST_INSTANT, Micros, Value
from trigdsl.replay.stats import Stats

LONGEST_DRAIN: Micros = 366 * DAY
"""How long after the last input `drain` lets the clock run at the most."""

_FORGET_EVERY = 100_000

_by_time = attrgetter("time")


class Replay:
    """One replay: iterate it once for its decisions; then `stats` is complete.

    The clock stops at the last input (timers due exactly then included), at `until`, or with `drain` when no
    step, silence or `ignored` is armed any more.  With `is_sorted` an input before the one before it is handed
    to `on_late` and left out.  `profiles` are attributes of users that hold before everything else.
    """

    def __init__(
        self,
        program: Program,
        inputs: Iterable[Input],
        *,
        until: Micros | None = None,
        drain: bool = False,
        is_sorted: bool = False,
        profiles: Iterable[tuple[str, dict[str, Value]]] = (),
        on_late: Callable[[Input], None] | None = None,
    ) -> None:
        self.program = program
        self.stats = Stats()
        self._clockwork = Clockwork(program)
        self._inputs = inputs
        self._until = until
        self._drain = drain
        self._is_sorted = is_sorted
        self._profiles = profiles
        self._on_late = on_late
        self._users: set[str] = set()
        self._seen: dict[str, dict[str, list[Micros]]] = {}

    def __iter__(self) -> Iterator[Decision]:
        for user, attributes in self._profiles:
            self._clockwork.set_profile(user, attributes)
        yield from self._handle(self._in_time() if self._is_sorted else self._sorted())
        yield from self._finish()
        self.stats.users = len(self._users)
        self.stats.take(self._clockwork.machine.observations, self.program)

    def _handle(self, inputs: Iterable[Input]) -> Iterator[Decision]:
        clockwork, handle = self._clockwork, self._clockwork.handle
        decisions = clockwork.machine
        now: Micros | None = None
        for given in inputs:
            if given.time != now:
                now = given.time
                if (due := clockwork.next_due) is not None and due < now:
                    yield from clockwork.run_timers(now - 1)
                elif decisions.decisions:
                    yield from clockwork.flush()
            handle(given)

    def _finish(self) -> Iterator[Decision]:
        clockwork = self._clockwork
        last = self._until if self._until is not None else self.stats.last
        if last is not None:
            yield from clockwork.run_timers(last)
            if self._drain:
                yield from clockwork.drain(min(last + LONGEST_DRAIN, LAST_INSTANT))
        yield from clockwork.pending()

    # ------------------------------------------------------------------ inputs
    def _sorted(self) -> list[Input]:
        """All inputs that can matter, by time; those of one time as they arrived."""
        kept = [given for given in self._inputs if not self._is_left_out(given) and self._matters(given)]
        kept.sort(key=_by_time)
        return kept

    def _in_time(self) -> Iterator[Input]:
        """The inputs that matter as they come; one that comes too late is left out."""
        clock: Micros | None = None
        ids = 0
        for given in self._inputs:
            if clock is not None and given.time < clock:
                self.stats.late += 1
                if self._on_late is not None:
                    self._on_late(given)
                continue
            if self._is_left_out(given):
                continue
            clock = given.time
            if given.id is not None:
                ids += 1
                if ids % _FORGET_EVERY == 0:
                    self._forget_ids(clock)
            if self._matters(given):
                yield given

    def _is_left_out(self, given: Input) -> bool:
        """Whether an input comes after the end, or is a duplicate."""
        if self._until is not None and given.time > self._until:
            return True
        if given.id is not None and is_duplicate(self._seen.setdefault(given.user, {}), given.id, given.time):
            self.stats.duplicates += 1
            return True
        return False

    def _forget_ids(self, clock: Micros) -> None:
        for seen in self._seen.values():
            forget_before(seen, clock)
        self._seen = {user: seen for user, seen in self._seen.items() if seen}

    def _matters(self, given: Input) -> bool:
        """Count an input; False when it can set nothing in motion."""
        stats, time, event = self.stats, given.time, given.event
        stats.inputs += 1
        self._users.add(given.user)
        if stats.last is None or time > stats.last:
            stats.last = time
        if stats.first is None or time < stats.first:
            stats.first = time
        if event is None:
            return True
        stats.events += 1
        stats.event_names[event] = stats.event_names.get(event, 0) + 1
        return bool(given.set or given.add or given.remove) or self._clockwork.machine.concerns(event)
