"""An engine in a live program: a clock that runs its timers in real time, and an engine for asyncio."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Event as Signal
from threading import Thread
from typing import Any, Generic, Protocol, Self, TypeVar

from trigdsl.backfilling import Backfilled, Gap
from trigdsl.embedding import Engine, Position
from trigdsl.engine.program import Program
from trigdsl.model.decisions import Decision
from trigdsl.model.durations import parse_duration
from trigdsl.model.values import SECOND, Micros, instant, micros
from trigdsl.model.violations import Violation
from trigdsl.observing.observer import Observer, careful
from trigdsl.records.objects import Event
from trigdsl.replayer.stats import DataWarning
from trigdsl.standing import Standing
from trigdsl.store.personal import Forgotten
from trigdsl.store.protocol import RejectRow, Store

T = TypeVar("T")

__all__ = ["AsyncEngine", "LiveClock"]


def _wall_clock() -> Micros:
    return time.time_ns() // 1000


class LiveClock:
    """Moves an engine's clock in real time, in a thread of its own: timers go off when they are due.

    The engine's clock stays `behind` the wall clock (such as `"5s"`), so that records which take that long to arrive
    are not late.  It is moved only when something is due, or a record that was held back has its place.  Decisions
    are handed to `on_decisions`; an engine with a store has put into its outbox what is to be delivered, before.
    What `on_decisions` or the store raises is handed to `on_error`, and the clock goes on.

    `now` is the wall clock, in microseconds.  An `observer` is told how late timers ran.  Use it in a `with`, or call
    `start` and `stop`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        on_decisions: Callable[[list[Decision]], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
        behind: str = "1s",
        idle: float = 0.5,
        now: Callable[[], Micros] = _wall_clock,
        observer: Observer | None = None,
    ) -> None:
        self._engine = engine
        self._on_decisions = on_decisions
        self._on_error = on_error
        self._behind = parse_duration(behind)
        self._idle = idle
        self._now = now
        self._observer = careful(observer)
        self._stop = Signal()
        self._thread: Thread | None = None

    def tick(self) -> float:
        """Let go off what is due by now; how many seconds there are until something is due, at most `idle`."""
        until = self._now() - self._behind
        due = self._engine.next_due
        if due is not None and micros(due) <= until and self._may_move(until):
            decisions = self._engine.advance(instant(until))
            self._observer.timers_ran(self._now() - micros(due))
            if decisions and self._on_decisions is not None:
                self._on_decisions(decisions)
            due = self._engine.next_due
        wait = self._idle if due is None else (micros(due) - until) / SECOND
        return min(max(wait, 0.0), self._idle)

    def _may_move(self, until: Micros) -> bool:
        clock = self._engine.clock
        return clock is None or micros(clock) <= until

    def start(self) -> None:
        """Begin; does nothing when it runs."""
        if self._thread is None:
            self._stop.clear()
            self._thread = Thread(target=self._run, name="trigdsl clock", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, when what is under way is done."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                wait = self.tick()
            except Exception as error:
                wait = self._idle
                if self._on_error is not None:
                    self._on_error(error)
            # Never without a pause, so that a host whose clock stands still is not kept busy.
            self._stop.wait(max(wait, 0.001))

    def __enter__(self) -> LiveClock:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


async def in_thread(call: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """What a call gives that may wait, without keeping the event loop waiting."""
    # Imported here: few programs need it, and every `trig` would wait for it.
    import asyncio

    return await asyncio.to_thread(call, *arguments, **options)


class Looks(Protocol):
    """What every engine lets be seen of its users, and how it ends."""

    @property
    def next_due(self) -> datetime | None: ...
    def user_of(self, user: str) -> str: ...
    def pending(self, user: str) -> list[Decision]: ...
    def state(self, user: str) -> dict[str, Any] | None: ...
    def explain(self, user: str, rule: str) -> Standing: ...
    def export(self, user: str) -> dict[str, Any]: ...
    def rejects(self, after: int = 0, limit: int = 1000) -> list[tuple[int, RejectRow]]: ...
    def close(self) -> None: ...


E = TypeVar("E", bound=Looks)


class AsyncLooks(Generic[E]):
    """What engines for asyncio have in common: each call does what that of `engine` does."""

    engine: E

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """As `close` of the engine."""
        await in_thread(self.engine.close)

    async def next_due(self) -> datetime | None:
        """As `next_due` of the engine."""
        return await in_thread(lambda: self.engine.next_due)

    async def user_of(self, user: str) -> str:
        """As `user_of` of the engine."""
        return await in_thread(self.engine.user_of, user)

    async def pending(self, user: str) -> list[Decision]:
        """As `pending` of the engine."""
        return await in_thread(self.engine.pending, user)

    async def state(self, user: str) -> dict[str, Any] | None:
        """As `state` of the engine."""
        return await in_thread(self.engine.state, user)

    async def explain(self, user: str, rule: str) -> Standing:
        """As `explain` of the engine."""
        return await in_thread(self.engine.explain, user, rule)

    async def export(self, user: str) -> dict[str, Any]:
        """As `export` of the engine."""
        return await in_thread(self.engine.export, user)

    async def rejects(self, after: int = 0, limit: int = 1000) -> list[tuple[int, RejectRow]]:
        """As `rejects` of the engine."""
        return await in_thread(self.engine.rejects, after, limit)


class AsyncEngine(AsyncLooks[Engine]):
    """An `Engine` for asyncio: its calls run in a thread, so that the event loop does not wait for the disk.

    Every method does what the engine's method of that name does; `next_due`, for which a store is asked, is awaited
    too.  Making one opens the store, and waits for it.  The functions and the observer that it is given are called in
    the threads of the calls.  A call whose task is cancelled goes on to its end in its thread.  `engine` is the engine
    itself.
    """

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
        self.engine = Engine(
            program,
            store=store,
            lateness=lateness,
            on_reject=on_reject,
            on_violation=on_violation,
            log=log,
            on_edit=on_edit,
            observer=observer,
        )

    # ------------------------------------------------------------------ the clock
    @property
    def clock(self) -> datetime | None:
        """As `Engine.clock`."""
        return self.engine.clock

    @property
    def position(self) -> Position:
        """As `Engine.position`."""
        return self.engine.position

    async def advance(self, time: str | int | float | datetime) -> list[Decision]:
        """As `Engine.advance`."""
        return await in_thread(self.engine.advance, time)

    # ------------------------------------------------------------------ records
    async def feed(self, record: Mapping[str, Any] | Event) -> list[Decision]:
        """As `Engine.feed`."""
        return await in_thread(self.engine.feed, record)

    async def feed_many(
        self, records: Iterable[Mapping[str, Any] | Event], *, position: Position = None
    ) -> list[Decision]:
        """As `Engine.feed_many`."""
        return await in_thread(self.engine.feed_many, records, position=position)

    async def data_warnings(self) -> tuple[DataWarning, ...]:
        """As `Engine.data_warnings`."""
        return await in_thread(self.engine.data_warnings)

    # ------------------------------------------------------------------ users
    async def merge(self, user: str, other: str) -> list[Decision]:
        """As `Engine.merge`."""
        return await in_thread(self.engine.merge, user, other)

    async def forget(self, user: str) -> Forgotten:
        """As `Engine.forget`."""
        return await in_thread(self.engine.forget, user)

    # ------------------------------------------------------------------ other rules
    async def reload(self, program: Program, *, on_edit: str | None = None) -> list[Decision]:
        """As `Engine.reload`."""
        return await in_thread(self.engine.reload, program, on_edit=on_edit)

    async def gaps(self) -> tuple[Gap, ...]:
        """As `Engine.gaps`."""
        return await in_thread(self.engine.gaps)

    async def backfill(
        self, records: Iterable[Mapping[str, Any] | Event], *, on_reject: Callable[[Any, str], None] | None = None
    ) -> Backfilled:
        """As `Engine.backfill`."""
        return await in_thread(self.engine.backfill, records, on_reject=on_reject)
