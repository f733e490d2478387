"""The engine of one shard: it does what the items of the inbox ask, each together with taking it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import heapify
from itertools import groupby
from typing import Any

from trigdsl.embedding import Engine
from trigdsl.engine.links import TakenAlias
from trigdsl.model.decisions import Decision
from trigdsl.model.values import instant
from trigdsl.sharing.answers import answer, told_of
from trigdsl.sharing.routing import fingerprint
from trigdsl.store import inbox
from trigdsl.store.again import again
from trigdsl.store.bodies import decode_input
from trigdsl.store.errors import StoreError
from trigdsl.store.fates import OldRulesWantedError
from trigdsl.store.inbox import Item, ShardTransaction
from trigdsl.store.keeper import held_inputs
from trigdsl.store.packing import decode
from trigdsl.store.personal import ids_of
from trigdsl.store.protocol import Transaction


class ShardEngine(Engine):
    """An engine whose `position` is the number of the last item of the inbox that it did."""

    @contextmanager
    def _transaction(self) -> Iterator[Transaction | None]:
        with super()._transaction() as t:
            before = self._position
            yield t
            if self._position != before and isinstance(self._position, int):
                assert isinstance(t, ShardTransaction)
                t.take_out(self._position)

    def do(self, items: Sequence[tuple[int, Item]]) -> list[Decision]:
        """Do items in their order, up to one that must wait for another shard."""
        decisions: list[Decision] = []
        # A connection that was lost may have left items that have been done; their numbers tell.
        left = [one for one in items if not isinstance(self._position, int) or one[0] > self._position]
        for kind, group in groupby(left, key=lambda one: one[1][1]):
            if kind == inbox.RECORD:
                some = list(group)
                given: list[Any] = [decode_input(item[2]) for _, item in some]
                decisions += self.feed_many(given, position=some[-1][0])
                continue
            for number, item in group:
                made = self._do_one(number, kind, decode(item[2]))
                if made is None:
                    return decisions
                decisions += made
        return decisions

    def _do_one(self, number: int, kind: int, body: Any) -> list[Decision] | None:
        """Do an item that is no record; None when it must wait."""
        match kind:
            case inbox.ADVANCE:
                made = self.advance(instant(body)) if self._clock is None or body >= self._clock else []
                return made + self.feed_many((), position=number)
            case inbox.FORGET:
                return self._forget_one(number, *body)
            case inbox.GIVE:
                return self._give(number, *body)
            case inbox.TAKE:
                return self._take_over(number, *body)
            case inbox.MERGE:
                return self._merge_one(number, *body)
            case inbox.OPEN:
                return self.feed_many((), position=number)
        raise StoreError(f"an item of kind {kind} is in the inbox, which a newer trigdsl put there: upgrade trigdsl")

    @again
    def _forget_one(self, number: int, user: str, ticket: str) -> list[Decision]:
        """Erase a user, and let nothing tell their ids where it is kept who is where."""
        with self._transaction() as t:
            assert isinstance(t, ShardTransaction)
            t.hide({one: fingerprint(one) for one in ids_of(self._clockwork, t, user)})
            answer(t, ticket, told_of(self._forgotten(t, user)))
            self._position = number
        return []

    @again
    def _merge_one(self, number: int, user: str, other: str, ticket: str) -> list[Decision]:
        """Make an id a user's, all that is kept of whom is in this shard by now."""
        with self._transaction() as t:
            assert isinstance(t, ShardTransaction)
            assert self._keeper is not None
            # Loaded before anything changes.
            self._keeper.wake_users([user, other])
            decisions, is_taken = [], False
            try:
                decisions = self._merged(user, other)
            except TakenAlias:
                is_taken = True
            answer(t, ticket, is_taken)
            self._position = number
        self._observer.decided(decisions)
        return decisions

    @again
    def _give(self, number: int, ids: list[str], move: str, to: int) -> list[Decision]:
        """Let users go to another shard, with the records of theirs that are held back."""
        with self._transaction() as t:
            assert isinstance(t, ShardTransaction)
            assert self._keeper is not None
            self._keeper.states.drop(ids)
            self._held = [one for one in self._held if one[2].user not in ids]
            heapify(self._held)
            t.give(ids, move, to)
            self._position = number
        return []

    def _take_over(self, number: int, ids: list[str], move: str) -> list[Decision] | None:
        """Take users over from another shard, None when it has not given them yet.

        A record of theirs on which the engine fails is left out, as one that is fed, and so is a timer.
        """
        made = self._leaving_out((), lambda: self._taken_with_old_rules(number, ids, move))
        self._tell_refused()
        return made

    def _taken_with_old_rules(self, number: int, ids: list[str], move: str) -> list[Decision] | None:
        before: list[Decision] = []
        while True:
            try:
                made = self._taken_over(number, ids, move)
                return None if made is None else before + made
            except OldRulesWantedError as wanted:
                # Runs come that go on by rules as they were, of which this shard has had none.
                self._run(self.program, self._on_edit, wanted.rules)
                before += self._adopt(self._on_edit)

    @again
    def _taken_over(self, number: int, ids: list[str], move: str) -> list[Decision] | None:
        with self._transaction() as t:
            assert isinstance(t, ShardTransaction)
            assert self._keeper is not None
            if not t.has_come(move):
                return None
            self._begin()
            self._keeper.states.drop(ids)
            self._keeper.links.forget()
            decisions = self._keeper.adopt_rows(t, t.take(ids, self._arrived), self._on_edit, self._now())
            self._held = held_inputs(t)
            heapify(self._held)
            self._arrived = max([self._arrived, *(one[1] for one in self._held)])
            if self._latest is not None:
                decisions += self._note(list(self._release(self._latest - self._lateness)))
            self._position = number
        return decisions
