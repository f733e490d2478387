"""An engine that several processes run together on one PostgreSQL store."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from threading import Event as Signal
from threading import RLock
from typing import Any
from uuid import uuid4

from trigdsl.embedding import Position
from trigdsl.engine.links import user_of
from trigdsl.engine.program import Program
from trigdsl.living import LiveClock
from trigdsl.model.decisions import Decision
from trigdsl.model.durations import parse_duration
from trigdsl.model.inputs import Input
from trigdsl.model.values import SECOND
from trigdsl.model.violations import Violation
from trigdsl.records.errors import BadRecord
from trigdsl.records.objects import Event, input_from, owner_of, record_text
from trigdsl.records.times import parse_time
from trigdsl.sharing.asleep import clockwork_of
from trigdsl.sharing.routing import Routing
from trigdsl.sharing.shard import ShardEngine
from trigdsl.store.again import again
from trigdsl.store.errors import LeaseLost, StoreError
from trigdsl.store.keeper import held_inputs
from trigdsl.store.layouts import layout_of
from trigdsl.store.packing import decode, encode
from trigdsl.store.personal import export_user, shown_state
from trigdsl.store.postgres import PostgresStore
from trigdsl.store.protocol import RejectRow
from trigdsl.store.shards import ADVANCE, FORGET, Lease, Shards, ShardStore

SHARDS = 16
LEAST_LEASE = SECOND


class SharedEngine:
    """Runs a program in several processes at once, which share the users of a PostgreSQL store.

    Users are divided into `shards`, whose number stays with the store.  Any process may `feed` any record: it goes into
    the store's inbox, in one transaction, and the process that has the user's shard decides when it `work`s.  Each
    process has a fair share of the shards for as long as it renews their `lease` (such as `"15s"`, at least `"1s"`) by
    working; those of one that died or stands still are taken over when it is over, and what that one may still be
    doing is not kept.

    Records are handled in the order in which they were put in, in each shard; each shard has a clock of its own, which
    moves with its records and with `advance`.  `lateness`, `log`, `on_reject`, `on_violation` and `on_edit` are as in
    `Engine`.  What is to be delivered is in the outbox of `store`, from which any process may deliver.

    Safe to use from several threads; calls take turns.
    """

    def __init__(
        self,
        program: Program,
        store: str,
        *,
        shards: int = SHARDS,
        lease: str = "15s",
        lateness: str | None = None,
        on_reject: Callable[[Any, str], None] | None = None,
        on_violation: Callable[[Violation], None] | None = None,
        log: bool = False,
        on_edit: str | None = None,
    ) -> None:
        length = parse_duration(lease)
        if length < LEAST_LEASE:
            raise ValueError(f"`lease` is `{lease}`: wanted is at least 1s")
        if shards < 1:
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
        self._engines: dict[int, ShardEngine] = {}
        self._epochs: dict[int, int] = {}
        self._renewed = float("-inf")
        self._has_done = False
        self._lock = RLock()

    def __enter__(self) -> SharedEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up the shards, so that others have them at once, and close the store."""
        with self._lock:
            self._engines.clear()
            try:
                self._shards.leave(self.owner)
            finally:
                self.store.close()

    # ------------------------------------------------------------------ records in
    def feed(self, record: Mapping[str, Any] | Event) -> None:
        """Put one record into the inbox."""
        self.feed_many((record,))

    def feed_many(
        self, records: Iterable[Mapping[str, Any] | Event], *, source: str = "", position: Position = None
    ) -> None:
        """Put records into the inbox, in one transaction; those that cannot be used are kept as rejects.

        `position` tells where their `source` is after them, and lasts with them: see `position`.
        """
        given = list(records)
        usable: list[Input] = []
        refused: list[tuple[Any, str]] = []
        for record in given:
            try:
                usable.append(input_from(record))
            except BadRecord as error:
                refused.append((record, str(error)))
        self._put(usable, refused, source, position)
        if self._on_reject is not None:
            for record, reason in refused:
                self._on_reject(record, reason)

    @again
    def _put(self, usable: list[Input], refused: list[tuple[Any, str]], source: str, position: Position) -> None:
        with self._shards.feeding() as t:
            ids = [given.user for given in usable] + [given.alias for given in usable if given.alias is not None]
            routing = Routing(t, self._shards.count, ids)
            for given in usable:
                routing.add(given)
            t.put(routing.items)
            t.reject(
                RejectRow(
                    user=owner_of(record), reason=why, record=record_text(record).encode("utf-8", "surrogatepass")
                )
                for record, why in refused
            )
            if position is not None:
                t.note_position(source, encode(position))

    @again
    def position(self, source: str = "") -> Position:
        """What the last `feed_many` of a source gave as its position."""
        kept = self._shards.position(source)
        return None if kept is None else decode(kept)

    @again
    def advance(self, time: str | int | float | datetime) -> None:
        """Move the clocks of all shards to a time, after the records that were put in before.

        A shard whose clock is beyond it already is left as it is.  Raises ValueError for what is no time.
        """
        until, _ = parse_time(time)
        with self._shards.feeding() as t:
            t.put([(shard, ADVANCE, encode(until)) for shard in range(1, self._shards.count + 1)])

    @again
    def forget(self, user: str) -> None:
        """Have everything erased that is kept of a user and of all their ids, after the records put in before."""
        with self._shards.feeding() as t:
            t.put([(Routing(t, self._shards.count, [user]).shard(user), FORGET, encode(user))])

    # ------------------------------------------------------------------ work
    @property
    def shards(self) -> list[int]:
        """The shards that this process has, as far as it knows."""
        with self._lock:
            return sorted(self._epochs)

    @again
    def leases(self) -> list[Lease]:
        """Who has each of the shards, by the store."""
        return self._shards.leases()

    def work(self, limit: int = 500) -> list[Decision]:
        """Renew the shards' leases when it is time, and do what the inbox asks of them; the decisions made.

        Of each shard at most so many items are done.  A shard that was lost is left to who has it now.  Raises
        StoreError when the store fails; what was not done is done the next time.
        """
        with self._lock:
            self._renew()
            self._has_done = False
            decisions: list[Decision] = []
            for shard, items in self._waiting_items(limit).items():
                self._renew()
                decisions += self._with_engine(shard, partial(self._do, items))
            return decisions

    def _do(self, items: list[Any], engine: ShardEngine) -> list[Decision]:
        before = engine.position
        decisions = engine.do(items)
        self._has_done = self._has_done or engine.position != before
        return decisions

    @again
    def _waiting_items(self, limit: int) -> dict[int, list[Any]]:
        by_shard: dict[int, list[Any]] = {}
        if self._epochs:
            for number, item in self._shards.inbox(sorted(self._epochs), limit):
                by_shard.setdefault(item[0], []).append((number, item))
        return by_shard

    def _with_engine(self, shard: int, do: Callable[[ShardEngine], list[Decision]]) -> list[Decision]:
        """What is done with a shard's engine, nothing when the shard was lost; one that fails is opened anew."""
        if shard not in self._epochs:
            return []
        try:
            if shard not in self._engines:
                store = ShardStore(self._shards, shard, self._epochs[shard])
                self._engines[shard] = ShardEngine(self.program, store=store, **self._options)
            return do(self._engines[shard])
        except LeaseLost:
            self._lose(shard)
            return []
        except StoreError:
            self._engines.pop(shard, None)
            raise

    def _lose(self, shard: int) -> None:
        self._epochs.pop(shard, None)
        self._engines.pop(shard, None)

    def _renew(self) -> None:
        """Claim what makes a fair share, and renew the rest, three times in each lease."""
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
        """
        while not stop.is_set():
            try:
                decisions = self.work()
                if behind is not None:
                    decisions += self._tick(behind)
                if decisions and on_decisions is not None:
                    on_decisions(decisions)
                if self._has_done:
                    continue
            except Exception as error:
                if on_error is not None:
                    on_error(error)
            stop.wait(idle)

    def _tick(self, behind: str) -> list[Decision]:
        """Let go off what is due by now in the shards whose inbox is empty."""
        with self._lock:
            made: list[Decision] = []
            busy = self._waiting_items(1)

            def tick(engine: ShardEngine) -> list[Decision]:
                LiveClock(engine, on_decisions=made.extend, behind=behind).tick()
                return []

            for shard in sorted(set(self._epochs) - set(busy)):
                self._renew()
                self._with_engine(shard, tick)
            return made

    # ------------------------------------------------------------------ looking
    @again
    def backlog(self) -> dict[int, int]:
        """How many items wait in the inbox, by shard."""
        return self._shards.waiting()

    @again
    def pending(self, user: str) -> list[Decision]:
        """What waits for a user, as `Engine.pending`; what is in the inbox is not counted in."""
        with self.store.transaction() as t:
            return clockwork_of(self.program, t, user).pending([user])

    @again
    def state(self, user: str) -> dict[str, Any] | None:
        """All that rules know of a user, as `Engine.state`."""
        with self.store.transaction() as t:
            clockwork = clockwork_of(self.program, t, user)
            state = clockwork.states.get(user_of(clockwork.links, user))
            return None if state is None else shown_state(clockwork.program, state)

    @again
    def export(self, user: str) -> dict[str, Any]:
        """Everything that is kept of a user, as `Engine.export`."""
        with self.store.transaction() as t:
            held = [decoded for _, _, decoded in held_inputs(t)]
            return export_user(clockwork_of(self.program, t, user), t, user, held)

    @again
    def rejects(self, after: int = 0, limit: int = 1000) -> list[tuple[int, RejectRow]]:
        """Records that could not be used, as `Engine.rejects`."""
        with self.store.transaction() as t:
            return t.rejects(after, limit)
