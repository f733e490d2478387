"""An engine that several processes run together on one PostgreSQL store."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from trigdsl.embedding import Position
from trigdsl.engine.links import TakenAlias, user_of
from trigdsl.engine.state import State
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import instant
from trigdsl.records.errors import BadRecord
from trigdsl.records.objects import Event, input_from, owner_of, record_text
from trigdsl.records.times import parse_time
from trigdsl.sharing.answers import forgotten_of, new_ticket, take_answer
from trigdsl.sharing.asleep import clocks_of, clockwork_of
from trigdsl.sharing.resizing import resize
from trigdsl.sharing.routing import Routing, has_alias, shard_holding
from trigdsl.sharing.worker import Worker
from trigdsl.standing import Standing, standing
from trigdsl.store.again import again
from trigdsl.store.bodies import decode_decision
from trigdsl.store.inbox import ADVANCE, FORGET, MERGE, OPEN
from trigdsl.store.keeper import held_inputs
from trigdsl.store.packing import decode, encode
from trigdsl.store.personal import ALL, Forgotten, export_user, shown_state
from trigdsl.store.protocol import RejectRow

PATIENCE = 30.0
"""How many seconds `merge`, `forget` and `change_shards` wait, unless they are told."""

_PAUSE = 0.01


class SharedEngine(Worker):
    """Runs a program in several processes at once, which share the users of a PostgreSQL store.

    Users are divided into `shards`: 16 in a new store, if it is left out; `change_shards` changes their number.  Any
    process may `feed` any record: it goes into the store's inbox, in one transaction, and the process that has the
    user's shard decides when it `work`s.  Each process has a fair share of the shards for as long as it renews their
    `lease` (such as `"15s"`, at least `"1s"`) by working; those of one that died or stands still are taken over when
    it is over, and what that one may still be doing is not kept.

    Records are handled in the order in which they were put in, in each shard; each shard has a clock of its own, which
    moves with its records and with `advance`.  `lateness`, `log`, `on_reject`, `on_violation` and `on_edit` are as in
    `Engine`; the two functions may be called from any thread that feeds or works.  What is to be delivered is in the
    outbox of `store`, from which any process may deliver.

    Safe to use from several threads.  Those that feed, look and work at once do so on connections of their own, one for
    each; of those that work each has other shards in hand.
    """

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
        with self._shards.feeding(alone=any(map(has_alias, usable))) as t:
            ids = [given.user for given in usable] + [given.alias for given in usable if given.alias is not None]
            routing = Routing(t, ids)
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
            t.put([(shard, ADVANCE, encode(until)) for shard in range(1, t.shard_count() + 1)])

    # ------------------------------------------------------------------ what is waited for
    def merge(self, user: str, other: str, *, within: float = PATIENCE) -> None:
        """Make another id this user's, after the records put in before, and merge what is kept, as `Engine.merge`.

        Comes back when it is done; the decisions are with those of `work` in the process that did it.  It is done by
        the processes that have the two shards, each step in a transaction that lasts; this one works meanwhile if it
        has shards.  Raises ValueError when the id is another user's already, and TimeoutError when it was not done
        `within` so many seconds: then it stays in the inbox, and is done later.
        """
        if self._told(self._ask_merge(user, other), f"`{other}` was not merged with `{user}`", within):
            raise TakenAlias(other, self.user_of(other))

    @again
    def _ask_merge(self, user: str, other: str) -> str:
        ticket = new_ticket()
        with self._shards.feeding(alone=True) as t:
            routing = Routing(t, [user, other])
            routing.unite(user, other)
            routing.put(user, MERGE, encode([user, other, ticket]))
            t.put(routing.items)
        return ticket

    def forget(self, user: str, *, within: float = PATIENCE) -> Forgotten:
        """Erase everything that is kept of a user and of all their ids, and tell what it was, as `Engine.forget`.

        It comes after the records put in before.  Comes back when it is done, and raises TimeoutError, as `merge`.
        """
        ticket, ids = self._ask_forget(user)
        return forgotten_of(self._told(ticket, f"`{user}` was not forgotten", within), ids)

    @again
    def _ask_forget(self, user: str) -> tuple[str, list[str]]:
        ticket = new_ticket()
        with self._shards.feeding() as t:
            routing = Routing(t, [user])
            routing.put(user, FORGET, encode([user, ticket]))
            t.put(routing.items)
            return ticket, routing.group(user)

    def _told(self, ticket: str, failure: str, within: float) -> Any:
        """What the owner of a shard tells of what it was asked; while it is waited for, this process works."""
        until = time.monotonic() + within
        while True:
            is_told, told = self._answer(ticket)
            if is_told:
                return told
            if time.monotonic() >= until:
                raise TimeoutError(
                    f"{self.store.name}: {failure} within {within:g} s; it stays in the inbox, and is done when the "
                    f"process that has the shard comes to it ({self._who()})"
                )
            if not (self.shards and self._work_aside()):
                time.sleep(_PAUSE)

    @again
    def _answer(self, ticket: str) -> tuple[bool, Any]:
        with self._shards.looking() as t:
            return take_answer(t, ticket)

    def _who(self) -> str:
        idle = [lease.shard for lease in self.leases() if lease.owner is None]
        return "all shards have an owner" if not idle else f"no process has shards {', '.join(map(str, idle))}"

    def change_shards(self, shards: int, *, within: float = PATIENCE) -> None:
        """Divide the users into another number of shards, while all processes run on.

        Whoever feeds waits meanwhile.  First the inbox is worked off, by whoever has the shards; then all users get
        their new places in one transaction, and the processes claim the new shards.  The clock of each new shard is the
        latest of the old ones, and timers due before it go off next, in order.  Raises TimeoutError when the inbox is
        not empty `within` so many seconds, and StoreError when shards were written to by different rules; then nothing
        has changed.
        """
        if shards < 1:
            raise ValueError(f"`shards` is {shards}: wanted is at least 1")
        self._open_all()
        resize(self._shards, shards, lambda: bool(self.shards) and self._work_aside(), within)
        with self._lock:
            # The shards that this process had are gone, at once and not only when their leases are over.
            self._renewed = float("-inf")

    @again
    def _open_all(self) -> None:
        """Have the owner of each shard go on with what other rules may have written there."""
        with self._shards.feeding() as t:
            t.put([(shard, OPEN, encode(None)) for shard in range(1, t.shard_count() + 1)])

    # ------------------------------------------------------------------ looking
    @again
    def backlog(self) -> dict[int, int]:
        """How many items wait in the inbox, by shard."""
        return self._shards.waiting()

    @again
    def clocks(self) -> dict[int, datetime | None]:
        """The time up to which everything is decided, by shard: None before its first record."""
        with self._shards.looking() as t:
            found = clocks_of(t)
        return {shard: None if at is None else instant(at) for shard, at in found.items()}

    @property
    @again
    def next_due(self) -> datetime | None:
        """When the next timer is due, or the next record held back has its place, as `Engine.next_due`."""
        due = self._shards.next_due()
        return None if due is None else instant(due)

    @again
    def user_of(self, user: str) -> str:
        """The id by which a user is known, as `Engine.user_of`."""
        with self._shards.looking() as t:
            return user_of(clockwork_of(self.program, t, user).links, user)

    @again
    def pending(self, user: str) -> list[Decision]:
        """What waits for a user, as `Engine.pending`; what is in the inbox is not counted in."""
        with self._shards.looking() as t:
            return clockwork_of(self.program, t, user).pending([user])

    @again
    def state(self, user: str) -> dict[str, Any] | None:
        """All that rules know of a user, as `Engine.state`."""
        with self._shards.looking() as t:
            clockwork = clockwork_of(self.program, t, user)
            state = clockwork.states.get(user_of(clockwork.links, user))
            return None if state is None else shown_state(clockwork.program, state)

    @again
    def explain(self, user: str, rule: str) -> Standing:
        """How a rule stands for a user at the clock of their shard, as `Engine.explain`."""
        with self._shards.looking() as t:
            clockwork = clockwork_of(self.program, t, user)
            known = user_of(clockwork.links, user)
            state = clockwork.states.get(known) or State(known)
            log = [decode_decision(body) for _, body in t.logged(known, 0, ALL)]
            now = clocks_of(t)[shard_holding(t, known)]
            return standing(clockwork.program, rule, state, now, clockwork.pending([known]), log)

    @again
    def export(self, user: str) -> dict[str, Any]:
        """Everything that is kept of a user, as `Engine.export`."""
        with self._shards.looking() as t:
            held = [decoded for _, _, decoded in held_inputs(t)]
            return export_user(clockwork_of(self.program, t, user), t, user, held)

    @again
    def rejects(self, after: int = 0, limit: int = 1000) -> list[tuple[int, RejectRow]]:
        """Records that could not be used, as `Engine.rejects`."""
        with self._shards.looking() as t:
            return t.rejects(after, limit)
