"""A shared engine for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Event as Signal
from typing import Any

from trigdsl.embedding import Position
from trigdsl.engine.program import Program
from trigdsl.living import AsyncLooks, in_thread
from trigdsl.model.decisions import Decision
from trigdsl.model.violations import Violation
from trigdsl.records.objects import Event
from trigdsl.sharing.shared import PATIENCE, SharedEngine
from trigdsl.store.personal import Forgotten
from trigdsl.store.shards import Lease


class AsyncSharedEngine(AsyncLooks[SharedEngine]):
    """A `SharedEngine` for asyncio: its calls run in threads, so that the event loop does not wait for the store.

    Every method does what the engine's method of that name does; `next_due`, for which the store is asked, is awaited
    too.  Making one opens the store, and waits for it.  Calls that are awaited at once are made at once, each on a
    connection of its own.  The functions that it is given are called in the threads of the calls.  `engine` is the
    engine itself.
    """

    def __init__(
        self,
        program: Program,
        store: str,
        *,
        shards: int | None = None,
        lease: str = "15s",
        lateness: str | None = None,
        on_reject: Callable[[Any, str], None] | None = None,
        on_violation: Callable[[Violation], None] | None = None,
        log: bool = False,
        on_edit: str | None = None,
    ) -> None:
        self.engine = SharedEngine(
            program,
            store,
            shards=shards,
            lease=lease,
            lateness=lateness,
            on_reject=on_reject,
            on_violation=on_violation,
            log=log,
            on_edit=on_edit,
        )

    # ------------------------------------------------------------------ records in
    async def feed(self, record: Mapping[str, Any] | Event) -> None:
        """As `SharedEngine.feed`."""
        await in_thread(self.engine.feed, record)

    async def feed_many(
        self, records: Iterable[Mapping[str, Any] | Event], *, source: str = "", position: Position = None
    ) -> None:
        """As `SharedEngine.feed_many`."""
        await in_thread(self.engine.feed_many, records, source=source, position=position)

    async def position(self, source: str = "") -> Position:
        """As `SharedEngine.position`."""
        return await in_thread(self.engine.position, source)

    async def advance(self, time: str | int | float | datetime) -> None:
        """As `SharedEngine.advance`."""
        await in_thread(self.engine.advance, time)

    # ------------------------------------------------------------------ work
    @property
    def shards(self) -> list[int]:
        """As `SharedEngine.shards`."""
        return self.engine.shards

    async def leases(self) -> list[Lease]:
        """As `SharedEngine.leases`."""
        return await in_thread(self.engine.leases)

    async def work(self, limit: int = 500) -> list[Decision]:
        """As `SharedEngine.work`."""
        return await in_thread(self.engine.work, limit)

    async def run(
        self,
        *,
        behind: str | None = None,
        idle: float = 0.1,
        on_decisions: Callable[[list[Decision]], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
    ) -> None:
        """As `SharedEngine.run`, until the task is cancelled: it ends when what is under way is done."""
        import asyncio

        stop = Signal()
        running = asyncio.ensure_future(
            in_thread(self.engine.run, stop, behind=behind, idle=idle, on_decisions=on_decisions, on_error=on_error)
        )
        try:
            await asyncio.shield(running)
        finally:
            stop.set()
            await running

    async def change_shards(self, shards: int, *, within: float = PATIENCE) -> None:
        """As `SharedEngine.change_shards`."""
        await in_thread(self.engine.change_shards, shards, within=within)

    async def backlog(self) -> dict[int, int]:
        """As `SharedEngine.backlog`."""
        return await in_thread(self.engine.backlog)

    async def clocks(self) -> dict[int, datetime | None]:
        """As `SharedEngine.clocks`."""
        return await in_thread(self.engine.clocks)

    # ------------------------------------------------------------------ users
    async def merge(self, user: str, other: str, *, within: float = PATIENCE) -> None:
        """As `SharedEngine.merge`."""
        await in_thread(self.engine.merge, user, other, within=within)

    async def forget(self, user: str, *, within: float = PATIENCE) -> Forgotten:
        """As `SharedEngine.forget`."""
        return await in_thread(self.engine.forget, user, within=within)
