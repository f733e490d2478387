"""Records and timers of a running engine: taken in, decided, and kept, each call one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from heapq import heapify, heappop, heappush
from threading import RLock
from typing import Any, Self, TypeAlias, TypeVar

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.duplicates import forget_before, is_duplicate
from trigdsl.engine.failures import FailedTimer
from trigdsl.engine.program import OldRule, Program
from trigdsl.model.decisions import Decision
from trigdsl.model.durations import parse_duration
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, Micros, instant
from trigdsl.model.violations import Violation
from trigdsl.observing.observer import Observer, Rejection, RejectKind, careful
from trigdsl.records.errors import BadRecord
from trigdsl.records.objects import Event, input_from, owner_of, record_text
from trigdsl.records.times import parse_time
from trigdsl.replayer.stats import DataWarning, data_warnings
from trigdsl.store.again import again
from trigdsl.store.bodies import decode_numbers, encode_numbers
from trigdsl.store.errors import StoreError
from trigdsl.store.fates import check_policy, with_old_rules
from trigdsl.store.gaps import Since
from trigdsl.store.keeper import Keeper, held_inputs
from trigdsl.store.opening import open_store
from trigdsl.store.protocol import RejectRow, Store, Transaction
from trigdsl.store.resting import RestingStates
from trigdsl.store.running import running_program

T = TypeVar("T")

Position: TypeAlias = "str | int | bytes | None"
"""Where a source of records is: whatever the host needs to go on from there."""


class Intake:
    """What takes records in and moves the clock, for `Engine`, which tells how."""

    def __init__(
        self,
        program: Program,
        *,
        store: str | Store | None = None,
        lateness: str | None = None,
        on_reject: Callable[[Any, str], None] | None = None,
        on_violation: Callable[[Violation], None] | None = None,
        log: bool = False,
        on_edit: str | None = None,
        observer: Observer | None = None,
    ) -> None:
        check_policy(on_edit)
        self.store = open_store(store) if isinstance(store, str) else store
        self.rejected = 0
        self.duplicates = 0
        self._lock = RLock()
        self._lateness: Micros = 0 if lateness is None else parse_duration(lateness)
        self._on_reject = on_reject
        self._on_violation = on_violation
        self._observer = careful(observer)
        self._gaps: Since = {}
        self._refused: list[tuple[Any, Rejection]] = []
        self._past_warnings: tuple[DataWarning, ...] = ()
        self._past_refused = 0
        self._clock: Micros | None = None
        self._latest: Micros | None = None
        self._held: list[tuple[Micros, int, Input]] = []
        self._arrived = 0
        self._position: Position = None
        self._ahead: Micros = FIRST_INSTANT
        self._log = log
        self._on_edit = on_edit
        self._is_stale = False
        self._failed_on: dict[int | None, str] = {}
        self._failed_timers: list[tuple[FailedTimer, Exception]] = []
        self._in_hand: int | None = None
        self._places: dict[int, int] = {}
        self._keeper: Keeper | None = None
        self._run(program, on_edit)
        self._restore()
        self._observer.decided(self._adopt(on_edit))

    def _run(self, program: Program, on_edit: str | None, also: Iterable[OldRule] = ()) -> None:
        """Run a program from now on, with the old rules by which runs go on; their states the keeper must adopt."""
        if self.store is None:
            self.program = with_old_rules(program, ())
            self._clockwork = Clockwork(self.program, self._on_violation)
            self._clockwork.states = RestingStates()
            return
        epoch = self.store.open()
        running = running_program(self.store, epoch, program, on_edit, also)
        clockwork = Clockwork(running, self._on_violation)
        self._keeper = Keeper(self.store, epoch, clockwork, log=self._log)
        self._clockwork, self.program = clockwork, running

    def _adopt(self, on_edit: str | None) -> list[Decision]:
        """Go on with what is in the store; the runs that end with it."""
        if self._keeper is None:
            return []
        decisions = self._keeper.adopt(on_edit, self._now())
        self._gaps = self._keeper.gaps
        return decisions

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store. Everything that lasts is in it already."""
        if self.store is not None:
            with self._lock:
                self.store.close()

    # ------------------------------------------------------------------ the clock
    @property
    def clock(self) -> datetime | None:
        """The time up to which everything is decided, None before the first record."""
        return None if self._clock is None else instant(self._clock)

    @property
    @again
    def next_due(self) -> datetime | None:
        """When to call `advance` next: no timer is due before, and no record held back. None when there is none."""
        with self._transaction() as t:
            due = self._clockwork.next_due if t is None else t.next_due()
            moments = [at for at in (due, self._held[0][0] if self._held else None) if at is not None]
        return instant(min(moments)) if moments else None

    @property
    def position(self) -> Position:
        """What the last `feed_many` that had a `position` gave: where its source was then."""
        return self._position

    def advance(self, time: str | int | float | datetime) -> list[Decision]:
        """Move the clock: the decisions of all timers up to and including that time.

        Records held back until then are handled first.  Raises ValueError for a time before the clock, and for
        one that is none.  With a store it is done in parts, each of which lasts.
        """
        until, _ = parse_time(time)
        with self._lock, self._observer.span("advance"):
            if self._clock is not None and until < self._clock:
                raise ValueError(f"the clock is at {instant(self._clock).isoformat()} already and cannot go back")
            decisions, bound = self._leaving_out((), lambda: self._release_all(until)), FIRST_INSTANT
            self._tell_refused()
            while bound < until:
                bound, made = self._leaving_out((), lambda: self._run_part(until))
                decisions += made
                self._tell_refused()
            self._observer.decided(decisions)
            return decisions

    @again
    def _release_all(self, until: Micros) -> list[Decision]:
        with self._transaction():
            self._begin()
            return self._note(list(self._release(until)))

    @again
    def _run_part(self, until: Micros) -> tuple[Micros, list[Decision]]:
        """Let the next timers go off; up to when these were all, and what came of it."""
        with self._transaction():
            self._begin()
            bound = until if self._keeper is None else self._keeper.expect_timers(until)
            decisions = self._note(list(self._go_off(bound)))
            self._clock = bound if self._clock is None else max(bound, self._clock)
            return bound, decisions

    # ------------------------------------------------------------------ records
    def feed(self, record: Mapping[str, Any] | Event) -> list[Decision]:
        """Take one record in; the decisions made at once, and those of timers due before its time."""
        if self._keeper is not None:
            return self.feed_many((record,))
        with self._lock, self._observer.span("feed", records=1):
            return self._tell_taken(self._arrived, self.duplicates, self._take_one(record))

    def feed_many(self, records: Iterable[Mapping[str, Any] | Event], *, position: Position = None) -> list[Decision]:
        """Take records in, one after another; what `feed` would give of each.

        With a store they are one transaction, which is much faster.  `position` tells where their source is after
        them: it lasts with what they did, so that after a failure the source is read on from `position`, and no
        record is taken twice or left out.
        """
        given = list(records)
        with self._lock, self._observer.span("feed", records=len(given)):
            arrived, duplicates = self._arrived, self.duplicates
            if self._keeper is None:
                decisions = self._take_all(given, position)
            else:
                decisions = self._leaving_out(given, lambda: self._take(given, position))
            return self._tell_taken(arrived, duplicates, decisions)

    def _tell_taken(self, arrived: int, duplicates: int, decisions: list[Decision]) -> list[Decision]:
        """Tell what came of records, before which so many had arrived and so many were duplicates."""
        taken_again = self.duplicates - duplicates
        self._observer.took(self._arrived - arrived + taken_again, taken_again)
        if decisions:
            self._observer.decided(decisions)
        if self._refused:
            self._tell_refused()
        return decisions

    def _take_all(self, records: Sequence[Any], position: Position) -> list[Decision]:
        """Take records in that need not last."""
        decisions: list[Decision] = []
        for record in records:
            decisions += self._take_one(record)
        if position is not None:
            self._position = position
        return decisions

    def _take_one(self, record: Any) -> list[Decision]:
        """Take a record in that need not last."""
        try:
            given = input_from(record)
        except BadRecord as error:
            self._reject(record, "unusable", str(error))
            return []
        return self._take_in(record, given)

    @again
    def _take(self, records: Sequence[Any], position: Position) -> list[Decision]:
        with self._transaction():
            self._begin()
            read = [(record, *self._read(record, place)) for place, record in enumerate(records)]
            if self._keeper is not None:
                usable = [given for _, given, _ in read if given is not None]
                self._keeper.wake(usable)
                self._ahead = max((given.time for given in usable), default=FIRST_INSTANT) - self._lateness
            decisions: list[Decision] = []
            self._places = {}
            for place, (record, given, reason) in enumerate(read):
                if given is None:
                    self._reject(record, "failed" if place in self._failed_on else "unusable", reason)
                else:
                    self._places[self._arrived + 1] = place
                    decisions += self._take_in(record, given)
            if position is not None:
                self._position = position
            return self._note(decisions)

    def _leaving_out(self, records: Sequence[Any], call: Callable[[], T]) -> T:
        """What a call gives, again when the engine failed on a record or a timer: that one does not hold others up."""
        self._failed_on, self._places = {}, {}
        self._failed_timers = []
        failures = self._clockwork.machine.failures
        failures.forget()
        try:
            while True:
                try:
                    return call()
                except StoreError:
                    raise
                except Exception as error:
                    if self._keeper is None or not self._leave_out(records, error):
                        raise
        finally:
            failures.forget()

    def _begin(self) -> None:
        """Begin a call, perhaps again: timers that are left out are rejects."""
        self._in_hand = None
        for timer, error in self._failed_timers:
            self._reject_timer(timer, error)

    def _reject_timer(self, timer: FailedTimer, error: Exception) -> None:
        self._reject(timer.to_dict(), "failed", _failure_text(error, "a timer"))

    def _leave_out(self, records: Sequence[Any], error: Exception) -> bool:
        """Find what the engine failed on, to be left out the next time; False when there is nothing."""
        assert self._keeper is not None
        failures = self._clockwork.machine.failures
        if failures.is_of_timer:
            timer = failures.leave_out()
            if timer is None:
                return False
            if all(timer != one for one, _ in self._failed_timers):
                self._failed_timers.append((timer, error))
            return True
        if self._in_hand is not None:
            # One that was held back is known by its number, one of this call by its place in it.
            place = self._places.get(self._in_hand)
            failed = {-self._in_hand if place is None else place: error}
        elif failures.check is None:
            # Something cannot be kept, perhaps what came of a timer: the next time that is looked at after each.
            failures.check = self._keeper.check
            return True
        else:
            failed = {place: why for place, one in enumerate(records) if (why := self._failure_of(one)) is not None}
        new: dict[int | None, str] = {
            which: _failure_text(why) for which, why in failed.items() if which not in self._failed_on
        }
        self._failed_on |= new
        return bool(new)

    @again
    def _failure_of(self, record: Any) -> Exception | None:
        """How the engine fails on a record alone, in a transaction that comes to nothing."""
        given, _ = self._read(record)
        try:
            with self._transaction() as t:
                assert self._keeper is not None
                assert t is not None
                if given is not None:
                    self._note(self._take_in(record, given))
                self._keeper.flush(t)
                raise _UndoneError
        except (StoreError, _UndoneError) as error:
            if isinstance(error, StoreError):
                raise
            return None
        except Exception as error:
            return None if self._clockwork.machine.failures.forgive() else error

    def _read(self, record: Any, place: int | None = None) -> tuple[Input | None, str]:
        if place in self._failed_on:
            return None, self._failed_on[place]
        try:
            return input_from(record), ""
        except BadRecord as error:
            return None, str(error)

    def _take_in(self, record: Any, given: Input) -> list[Decision]:
        if self._clock is not None and given.time < self._clock:
            reason = f"late: `time` is before the engine's clock, {instant(self._clock).isoformat()}"
            self._reject(record, "late", reason, self._clock - given.time)
            return []
        if self._is_duplicate(given):
            self.duplicates += 1
            return []
        self._arrived += 1
        if self._latest is None or self._latest < given.time:
            self._latest = given.time
        if not self._held and given.time <= self._latest - self._lateness:
            return self._handle(given)
        heappush(self._held, (given.time, self._arrived, given))
        if self._keeper is not None:
            self._keeper.hold(self._arrived, given)
        return list(self._release(self._latest - self._lateness))

    def _handle(self, given: Input) -> list[Decision]:
        """Handle a record that need not be held back, for want of any that may come before it."""
        clockwork, time = self._clockwork, given.time
        self._clock = time
        decisions = [] if self._is_quiet(time - 1) else list(self._run_timers(time - 1))
        self._in_hand = self._arrived
        clockwork.handle(given)
        self._in_hand = None
        return decisions + clockwork.flush() if decisions else clockwork.flush()

    def _release(self, until: Micros) -> Iterator[Decision]:
        """Handle the records held back up to and including a time."""
        while self._held and self._held[0][0] <= until:
            _, number, given = heappop(self._held)
            # A shard may get records of users that come to it from another, whose clock was behind.
            self._clock = given.time if self._clock is None else max(given.time, self._clock)
            if not self._is_quiet(given.time - 1):
                yield from self._run_timers(given.time - 1)
            if -number in self._failed_on:
                self._reject(given, "failed", self._failed_on[-number])
            else:
                self._in_hand = number
                self._clockwork.handle(given)
                yield from self._clockwork.flush()
                self._in_hand = None
            if self._keeper is not None:
                self._keeper.release(number)

    def _is_quiet(self, until: Micros) -> bool:
        """Whether it is known already that no timer goes off up to and including a time."""
        due = self._clockwork.next_due
        return (due is None or due > until) and (self._keeper is None or self._keeper.knows_timers(until))

    def _run_timers(self, until: Micros) -> Iterator[Decision]:
        """Let all timers up to and including a time go off, those that sleep in the store too."""
        if self._keeper is None:
            yield from self._go_off(until)
            return
        bound: Micros | None = None
        while bound is None or bound < until:
            bound = min(self._keeper.expect_timers(max(until, self._ahead)), until)
            yield from self._clockwork.run_timers(bound)
            self._keeper.spare()

    def _go_off(self, until: Micros) -> Iterator[Decision]:
        """Let the timers go off that the clockwork knows; without a store nothing is taken back of one that fails."""
        if self._keeper is not None:
            return self._clockwork.run_timers(until)
        return self._clockwork.run_timers_past(until, self._reject_timer)

    def _is_duplicate(self, given: Input) -> bool:
        if given.id is None:
            return False
        state = self._clockwork.state(given.user)
        if state.ids is None:
            state.ids = {}
        if self._clock is not None:
            forget_before(state.ids, self._clock)
        return is_duplicate(state.ids, given.id, given.time)

    def _reject(self, record: object, kind: RejectKind, reason: str, late_by: Micros | None = None) -> None:
        user = owner_of(record)
        self.rejected += 1
        self._refused.append((record, Rejection(kind=kind, user=user, reason=reason, late_by=late_by)))
        if self._keeper is not None:
            self._keeper.reject(user, reason, record_text(record).encode("utf-8", "surrogatepass"))

    def _tell_refused(self) -> None:
        refused, self._refused = self._refused, []
        for record, rejection in refused:
            self._observer.rejected(rejection)
            if self._on_reject is not None:
                self._on_reject(record, rejection.reason)

    @again
    def rejects(self, after: int = 0, limit: int = 1000) -> list[tuple[int, RejectRow]]:
        """Records that could not be used and were kept in the store, by number, those greater than `after`."""
        with self._transaction() as t:
            return [] if t is None else t.rejects(after, limit)

    def data_warnings(self) -> tuple[DataWarning, ...]:
        """Values that did not fit where a rule reads them, since this engine was made: where, and how often."""
        with self._lock:
            return (*self._past_warnings, *data_warnings(self._clockwork.machine.observations, self.program))

    def _now(self) -> Micros:
        return FIRST_INSTANT if self._clock is None else self._clock

    # ------------------------------------------------------------------ what lasts
    @contextmanager
    def _transaction(self) -> Iterator[Transaction | None]:
        """What happens in it lasts when it has ended, if there is a store; if it raises, nothing has happened."""
        with self._lock:
            if self._keeper is None:
                yield None
                return
            if self._is_stale:
                self._restore()
            before, refused = self._numbers(), len(self._refused)
            try:
                with self._keeper.transaction() as t:
                    yield t
                    if (after := self._numbers()) != before:
                        t.set_meta("engine", encode_numbers(after))
            except BaseException:
                del self._refused[refused:]
                # A store that cannot be read now is read before the next transaction.
                self._is_stale = True
                with suppress(StoreError):
                    self._restore()
                raise

    def _numbers(self) -> list[Any]:
        return [self._clock, self._latest, self._arrived, self.rejected, self.duplicates, self._position]

    def _restore(self) -> None:
        """Take over what the store has of the engine itself."""
        if self._keeper is None:
            return
        with self._keeper.transaction() as t:
            kept = t.meta("engine")
            numbers: list[Any] = [None, None, 0, 0, 0, None] if kept is None else decode_numbers(kept)
            self._clock, self._latest, self._arrived, self.rejected, self.duplicates, self._position = numbers
            self._held = held_inputs(t)
            heapify(self._held)
        self._is_stale = False

    def _note(self, decisions: list[Decision]) -> list[Decision]:
        if self._keeper is not None:
            self._keeper.decided(decisions)
        return decisions


class _UndoneError(Exception):
    """Ends a transaction of which nothing is to last."""


def _failure_text(error: Exception, what: str = "it") -> str:
    return f"the engine failed on {what}: {type(error).__name__}: {error}"
