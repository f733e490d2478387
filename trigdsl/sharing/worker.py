"""The shards that a process has: their leases, their engines, and the work that the inbox asks of them."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from threading import Event as Signal
from threading import Lock, RLock
from typing import Any, Self
from uuid import uuid4

from trigdsl.engine.program import Program
from trigdsl.living import LiveClock
from trigdsl.model.decisions import Decision
from trigdsl.model.durations import parse_duration
from trigdsl.model.values import SECOND
from trigdsl.model.violations import Violation
from trigdsl.sharing.shard import ShardEngine
from trigdsl.store.again import again
from trigdsl.store.errors import LeaseLost, StoreError
from trigdsl.store.fates import check_policy
from trigdsl.store.inbox import Item
from trigdsl.store.layouts import layout_of
from trigdsl.store.postgres import PostgresStore
from trigdsl.store.shards import Lease, Shards, ShardStore

LEAST_LEASE = SECOND


class Worker:
    """What owns shards and does their work, for `SharedEngine`, which tells how."""

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
        check_policy(on_edit)
        length = parse_duration(lease)
        if length < LEAST_LEASE:
            raise ValueError(f"`lease` is `{lease}`: wanted is at least 1s")
        if shards is not None and shards < 1:
            raise ValueError(f"`shards` is {shards}: wanted is at least 1")
        self.program = program
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._lease = length / SECOND
        self.store = PostgresStore(store, idle=self._lease)
        self._shards = Shards(self.store, shards, self._lease)
        with self._shards.feeding() as t:
            # So `trig plan` knows what to compare with.
            t.set_meta("layout", b"%d" % t.add_layout(layout_of(program).encoded))
        self._on_reject = on_reject
        self._options: dict[str, Any] = {
            "lateness": lateness,
            "on_reject": on_reject,
            "on_violation": on_violation,
            "log": log,
            "on_edit": on_edit,
        }
        self._lock = RLock()
        """Guards what is known of the shards; never held while one of them is at work."""
        self._hands: dict[int, Lock] = {}
        """Of each shard the lock that a thread has which has it in hand."""
        self._engines: dict[int, ShardEngine] = {}
        self._epochs: dict[int, int] = {}
        self._renewed = float("-inf")
        self._turns = count()
        self._made: list[Decision] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up the shards, so that others have them at once, and close the store."""
        with self._lock:
            self._engines.clear()
            self._epochs.clear()
            try:
                self._shards.leave(self.owner)
            finally:
                self._shards.close()
                self.store.close()

    # ------------------------------------------------------------------ leases
    @property
    def shards(self) -> list[int]:
        """The shards that this process has, as far as it knows."""
        with self._lock:
            return sorted(self._epochs)

    @again
    def leases(self) -> list[Lease]:
        """Who has each of the shards, by the store."""
        return self._shards.leases()

    def _renew(self) -> None:
        """Claim what makes a fair share, and renew the rest, three times in each lease."""
        with self._lock:
            now = time.monotonic()
            if now - self._renewed < self._lease / 3:
                return
            epochs = self._claim()
            self._renewed = now
            for shard in set(self._engines) - {one for one, epoch in epochs.items() if self._epochs.get(one) == epoch}:
                del self._engines[shard]
            self._epochs = epochs

    @again
    def _claim(self) -> dict[int, int]:
        return self._shards.claim(self.owner)

    # ------------------------------------------------------------------ work
    def work(self, limit: int = 500) -> list[Decision]:
        """Renew the shards' leases when it is time, and do what the inbox asks of them; the decisions made.

        Of each shard at most so many items are done.  A shard that was lost is left to who has it now, one that another
        thread has in hand to that thread.  Raises StoreError when the store fails; what was not done is done the next
        time.
        """
        return self._work(limit)[0]

    def _work(self, limit: int) -> tuple[list[Decision], bool]:
        """What `work` gives, and whether anything was done."""
        self._renew()
        has_done = False
        with self._lock:
            decisions, self._made = self._made, []

        def do(shard: int, engine: ShardEngine) -> None:
            nonlocal has_done
            before = engine.position
            decisions.extend(engine.do(self._items([shard], limit)))
            has_done = has_done or engine.position != before

        try:
            for shard in self._in_turn({item[0] for _, item in self._items(self.shards, 1)}):
                self._renew()
                self._in_hand(shard, partial(do, shard))
        except BaseException:
            # They last already: the next call gives them.
            self._keep(decisions)
            raise
        return decisions, has_done or bool(decisions)

    def _work_aside(self) -> bool:
        """Work while something else is waited for; the next `work` gives the decisions.  Whether anything was done."""
        decisions, has_done = self._work(500)
        self._keep(decisions)
        return has_done

    def _keep(self, decisions: list[Decision]) -> None:
        with self._lock:
            self._made = decisions + self._made

    def _in_turn(self, shards: set[int]) -> list[int]:
        """Shards in an order in which several threads begin at different ones."""
        ordered = sorted(shards)
        start = next(self._turns) % len(ordered) if ordered else 0
        return ordered[start:] + ordered[:start]

    @again
    def _items(self, shards: list[int], limit: int) -> list[tuple[int, Item]]:
        return self._shards.inbox(shards, limit) if shards else []

    @contextmanager
    def _hand(self, shard: int) -> Iterator[bool]:
        """Have a shard in hand, if no other thread has."""
        with self._lock:
            lock = self._hands.setdefault(shard, Lock())
        got = lock.acquire(blocking=False)
        try:
            yield got
        finally:
            if got:
                lock.release()

    def _in_hand(self, shard: int, do: Callable[[ShardEngine], None]) -> None:
        """Do something with a shard's engine; nothing when the shard was lost, or another thread has it in hand."""
        with self._hand(shard) as got:
            if not got:
                return
            with self._lock:
                epoch = self._epochs.get(shard)
            if epoch is None:
                return
            try:
                do(self._engine(shard, epoch))
            except LeaseLost:
                self._lose(shard, epoch)
            except StoreError:
                # One that fails is opened anew.
                with self._lock:
                    self._engines.pop(shard, None)
                raise

    def _engine(self, shard: int, epoch: int) -> ShardEngine:
        """The engine of a shard that this thread has in hand."""
        with self._lock:
            engine = self._engines.get(shard)
        if engine is None:
            engine = ShardEngine(self.program, store=ShardStore(self._shards, shard, epoch), **self._options)
            with self._lock:
                if self._epochs.get(shard) == epoch:
                    self._engines[shard] = engine
        return engine

    def _lose(self, shard: int, epoch: int) -> None:
        with self._lock:
            if self._epochs.get(shard) == epoch:
                del self._epochs[shard]
                self._engines.pop(shard, None)
            # There may be others to claim.
            self._renewed = float("-inf")

    def run(
        self,
        stop: Signal,
        *,
        behind: str | None = None,
        idle: float = 0.1,
        on_decisions: Callable[[list[Decision]], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
    ) -> None:
        """Work until `stop` is set; looks again after `idle` seconds when there was nothing to do.

        With `behind` (such as `"5s"`) the clocks of this process's shards move in real time, that much behind the wall
        clock, whenever their inbox is empty.  Decisions are handed to `on_decisions`; what is raised to `on_error`.
        Several threads may do it at once: each takes shards that no other has in hand, and hands on what it did itself.
        So `on_decisions` may be told of a user's later decision first; the log and the outbox have them in order.
        """
        while not stop.is_set():
            try:
                decisions, has_done = self._work(500)
                if behind is not None:
                    self._tick(behind, decisions)
                if decisions and on_decisions is not None:
                    on_decisions(decisions)
                if has_done:
                    continue
            except Exception as error:
                if on_error is not None:
                    on_error(error)
            stop.wait(idle)

    def _tick(self, behind: str, made: list[Decision]) -> None:
        """Let go off what is due by now in the shards whose inbox is empty, and add what comes of it."""

        def tick(engine: ShardEngine) -> None:
            LiveClock(engine, on_decisions=made.extend, behind=behind).tick()

        try:
            busy = {item[0] for _, item in self._items(self.shards, 1)}
            for shard in self._in_turn(set(self.shards) - busy):
                self._renew()
                self._in_hand(shard, tick)
        except BaseException:
            self._keep(made)
            raise
