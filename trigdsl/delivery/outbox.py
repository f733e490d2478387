"""The outbox of a store: what is to be delivered is handed to a sink until it arrives, or is given up with a reason.

A delivery is handed over at least once: a process that dies between handing over and noting it leaves it to be handed
over again, with the same `key`.  A sink that leaves out keys it has seen delivers exactly once.

Of each user only the earliest delivery that has not arrived is handed over, so that they arrive in order; what was
given up, and what waits on a channel that is paused, does not hold up the others.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from threading import Event as Signal
from typing import Protocol

from attrs import field, frozen

from trigdsl.delivery.limits import TimedOut, TimeLimit
from trigdsl.delivery.rates import WentOut, parse_rate
from trigdsl.model.decisions import Decision
from trigdsl.model.durations import parse_duration
from trigdsl.model.values import SECOND, Micros
from trigdsl.observing.observer import Observer, careful
from trigdsl.store.again import again
from trigdsl.store.bodies import decode_decision
from trigdsl.store.errors import StoreFull, StoreInDoubt, StoreLost
from trigdsl.store.packing import decode, encode
from trigdsl.store.protocol import DEAD, LEASED, READY, Delivery, Store, Transaction

_PAUSED = "paused channels"
_IDLE = 0.2


@frozen(kw_only=True)
class Handover:
    """A delivery that is being handed over, for the time of its lease: `attempt` counts from 1."""

    number: int
    key: str
    channel: str
    attempt: int
    decision: Decision


class Undeliverable(Exception):  # noqa: N818
    """A sink raises it for what will never arrive: it is given up at once, with this reason."""


class Sink(Protocol):
    """Takes a delivery out into the world; when it returns, the delivery has arrived, when it raises it has not."""

    def __call__(self, handover: Handover, /) -> None: ...


@frozen(kw_only=True)
class Backoff:
    """How long to wait before the next attempt: twice as long each time, a random part of it left out.

    `first` and `longest` are microseconds.  Of each wait the second half is drawn, so that what failed together is
    not tried together.  After `attempts` it is given up.
    """

    first: Micros = SECOND
    longest: Micros = 3600 * SECOND
    attempts: int = 12
    draw: Callable[[], float] = field(default=random.random, repr=False)

    def wait(self, attempt: int) -> Micros:
        """How long to wait after an attempt that failed, in microseconds; the first attempt is 1."""
        whole = min(self.first << min(attempt - 1, 40), self.longest)
        return whole // 2 + int(whole / 2 * self.draw())


@frozen(kw_only=True)
class Backlog:
    """How many deliveries of a channel wait, are being handed over, and were given up."""

    waiting: int = 0
    leased: int = 0
    dead: int = 0


def _wall_clock() -> Micros:
    return time.time_ns() // 1000


class Outbox:
    """Hands over what a store's outbox holds. Safe to use from several threads and beside the engine.

    `rates` bound channels (`{"sms": "10 per second"}`), calls of host functions being the channel `call`; all processes
    that deliver from the store are counted together, so they need the same rates and clocks that agree.  What is
    older than `missed_after` (such as `"1d"`), or whose step's `expires` has passed, is given up and not handed over.
    A handover that is neither acknowledged nor refused within `lease` counts as lost, and is made again.  `now` is
    the clock that all of this goes by: the wall clock, in microseconds.

    A sink that takes more than `timeout` seconds of real time (at most half of `lease`; by default there is no limit)
    has failed in that attempt.  It then runs in threads; one that is late goes on by itself, so it may still have its
    effect, even beside the next attempt.  When many such are still running, nothing more is handed over until one ends.

    An `observer` is told what arrives and what does not.
    """

    def __init__(
        self,
        store: Store,
        *,
        rates: Mapping[str, str] | None = None,
        backoff: Backoff | None = None,
        missed_after: str | None = None,
        lease: str = "1m",
        timeout: float | None = None,
        now: Callable[[], Micros] = _wall_clock,
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._rates = {channel: parse_rate(text) for channel, text in (rates or {}).items()}
        self._backoff = backoff or Backoff()
        self._missed_after = None if missed_after is None else parse_duration(missed_after)
        self._lease = parse_duration(lease)
        if timeout is not None and not 0 < timeout * SECOND <= self._lease // 2:
            raise ValueError(f"`timeout` is {timeout:g} s and `lease` {lease}: wanted is at most half of the lease")
        self._limit = None if timeout is None else TimeLimit(timeout)
        self._now = now
        self._observer = careful(observer)

    # ------------------------------------------------------------------ host-driven
    @again
    def claim(self, limit: int = 100) -> list[Handover]:
        """Take deliveries that may go now, at most one for each user; each is to be `ack`ed or `nack`ed."""
        now = self._now()
        old: list[tuple[Delivery, str]] = []
        with self._store.transaction() as t:
            rows = t.claim(now, now + self._lease, self._paused(t), limit)
            went_out = WentOut(t)
            claimed = [_handover(row) for row in rows if self._may_go(t, row, now, went_out, old)]
            went_out.save()
        for row, reason in old:
            self._observer.undelivered(row.channel, row.attempts, reason, dead=True)
        return claimed

    def _may_go(
        self, t: Transaction, row: Delivery, now: Micros, went_out: WentOut, old: list[tuple[Delivery, str]]
    ) -> bool:
        """Whether a delivery is still in time, and its channel has room; else it is put back, or given up (`old`)."""
        reason = self._too_old(row, now)
        if reason is not None:
            t.put_back(row.number, row.attempts, now, reason, counts=False, dead=True)
            old.append((row, reason))
            return False
        rate = self._rates.get(row.channel)
        if rate is None:
            return True
        free = went_out.free_at(row.channel, rate, now)
        if free > now:
            t.put_back(row.number, row.attempts, free, row.reason or "rate limit", counts=False, dead=False)
            return False
        went_out.note(row.channel, rate, now)
        return True

    def _too_old(self, row: Delivery, now: Micros) -> str | None:
        if row.expires is not None and now > row.expires:
            return "expired"
        if self._missed_after is not None and now > row.time + self._missed_after:
            return "missed"
        return None

    @again
    def ack(self, handover: Handover) -> bool:
        """It has arrived. False when its lease was over and it was taken again, or was erased meanwhile."""
        with self._store.transaction() as t:
            settled = t.settle(handover.number, handover.attempt)
        if settled:
            self._tell(handover, None)
        return settled

    @again
    def nack(self, handover: Handover, reason: str, *, give_up: bool = False) -> bool:
        """It has not arrived: it is tried again later, or given up when it was tried often enough.  As `ack`."""
        failure = _Failure(reason, give_up)
        with self._store.transaction() as t:
            noted = self._failed(t, handover, failure)
        if noted:
            self._tell(handover, failure)
        return noted

    def _failed(self, t: Transaction, handover: Handover, failure: _Failure) -> bool:
        now, dead = self._now(), self._is_dead(handover, failure)
        after = now if dead else now + self._backoff.wait(handover.attempt)
        return t.put_back(handover.number, handover.attempt, after, failure.reason, counts=True, dead=dead)

    def _is_dead(self, handover: Handover, failure: _Failure) -> bool:
        return failure.give_up or handover.attempt >= self._backoff.attempts

    def _tell(self, handover: Handover, failure: _Failure | None) -> None:
        """Tell the observer what became of a handover."""
        channel, attempt = handover.channel, handover.attempt
        if failure is None:
            self._observer.delivered(channel, attempt, self._now() - handover.decision.time)
        else:
            self._observer.undelivered(channel, attempt, failure.reason, dead=self._is_dead(handover, failure))

    # ------------------------------------------------------------------ with a sink
    def deliver(self, sink: Sink, limit: int = 100) -> int:
        """Hand over what may go now, one after another; how many arrived. What a sink raises is its reason.

        What became of them is noted in one transaction at the end, or when half of the lease is over; the rest is
        left for the next time then.
        """
        if self._is_spent:
            return 0
        claimed, half = self.claim(limit), self._now() + self._lease // 2
        outcomes = []
        for handover in claimed:
            if self._now() > half or self._is_spent:
                break
            outcomes.append((handover, self._hand_over(sink, handover)))
        if not claimed:
            return 0
        return self._note(outcomes, claimed[len(outcomes) :])

    @property
    def _is_spent(self) -> bool:
        return self._limit is not None and self._limit.is_spent

    @again
    def _note(self, outcomes: list[tuple[Handover, _Failure | None]], left: list[Handover]) -> int:
        """Keep what became of deliveries, and put back those that were left; how many arrived."""
        noted: list[tuple[Handover, _Failure | None]] = []
        with self._store.transaction() as t:
            for handover, failure in outcomes:
                if failure is None:
                    held = t.settle(handover.number, handover.attempt)
                else:
                    held = self._failed(t, handover, failure)
                if held:
                    noted.append((handover, failure))
            for handover in left:
                t.put_back(handover.number, handover.attempt, self._now(), "no time", counts=False, dead=False)
        for handover, failure in noted:
            self._tell(handover, failure)
        return sum(failure is None for _, failure in noted)

    def _hand_over(self, sink: Sink, handover: Handover) -> _Failure | None:
        """Why it has not arrived, None when it has."""
        try:
            with self._observer.span("deliver", channel=handover.channel, attempt=handover.attempt):
                if self._limit is None:
                    sink(handover)
                else:
                    self._limit.call(lambda: sink(handover))
        except TimedOut as error:
            return _Failure(str(error), give_up=False)
        except Undeliverable as error:
            return _Failure(str(error) or "undeliverable", give_up=True)
        except Exception as error:
            return _Failure(f"{type(error).__name__}: {error}", give_up=False)
        return None

    def run(self, sink: Sink, stop: Signal, *, idle: float = _IDLE) -> None:
        """Deliver until `stop` is set; looks again after `idle` seconds when nothing arrived, or the store is away or
        full."""
        while not stop.is_set():
            try:
                arrived = self.deliver(sink)
            except (StoreLost, StoreInDoubt, StoreFull):
                arrived = 0
            if not arrived:
                stop.wait(idle)

    # ------------------------------------------------------------------ channels
    def pause(self, channel: str) -> None:
        """Hand over nothing more on a channel until `resume`; it lasts in the store."""
        self._set_paused(lambda paused: paused | {channel})

    def resume(self, channel: str) -> None:
        """Hand over again on a channel, in order, what has waited; does nothing when it is not paused."""
        self._set_paused(lambda paused: paused - {channel})

    @property
    @again
    def paused(self) -> list[str]:
        """The channels that are paused."""
        with self._store.transaction() as t:
            return self._paused(t)

    def _paused(self, t: Transaction) -> list[str]:
        kept = t.meta(_PAUSED)
        return [] if kept is None else list(decode(kept))

    @again
    def _set_paused(self, change: Callable[[set[str]], Iterable[str]]) -> None:
        with self._store.transaction() as t:
            t.set_meta(_PAUSED, encode(sorted(change(set(self._paused(t))))))

    # ------------------------------------------------------------------ looking
    @again
    def backlog(self) -> dict[str, Backlog]:
        """How much waits, by channel."""
        with self._store.transaction() as t:
            counts = Counter(t.counts())
        return {
            channel: Backlog(waiting=counts[channel, READY], leased=counts[channel, LEASED], dead=counts[channel, DEAD])
            for channel in sorted({channel for channel, _ in counts})
        }

    @again
    def dead(self, after: int = 0, limit: int = 1000) -> list[tuple[Handover, str]]:
        """Deliveries that were given up, and why, by number, those greater than `after`."""
        with self._store.transaction() as t:
            return [(_handover(row), row.reason or "") for row in t.deliveries(None, DEAD, after, limit)]

    @again
    def revive(self, number: int) -> bool:
        """Try a delivery again that was given up. False when there is none of that number."""
        with self._store.transaction() as t:
            return t.revive(number)


@frozen
class _Failure:
    """Why a delivery has not arrived, and whether it never will."""

    reason: str
    give_up: bool


def _handover(row: Delivery) -> Handover:
    return Handover(
        number=row.number,
        key=row.key,
        channel=row.channel,
        attempt=row.attempts,
        decision=decode_decision(row.body),
    )
