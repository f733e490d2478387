"""Events of the past → the history of a running engine, where rules ask what they did not ask before.

The history is found by a replay in which no rule runs, and merged into what is kept since.  Nothing is triggered or
ended by it, and nothing is decided anew: from now on rules know more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice

from attrs import frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, instant
from trigdsl.replayer.histories import fillable, histories
from trigdsl.store.gaps import Since, write_gaps
from trigdsl.store.keeper import USERS_AT_ONCE, Keeper
from trigdsl.store.layouts import layout_of
from trigdsl.store.packing import decode, encode
from trigdsl.store.protocol import Transaction

_PROGRESS = "backfilled up to"


@frozen(kw_only=True)
class Gap:
    """Something that rules ask of history, of which is known only what came after `since`.

    `what` is what is asked, as `trig plan` names it; `rules` ask it.  It is not `fillable` when only the engine makes
    it (`sent`), so that no file of events tells it.
    """

    what: str
    rules: tuple[str, ...]
    since: datetime
    fillable: bool


@frozen(kw_only=True)
class Backfilled:
    """What a backfill did: which gaps it closed, with how many events, for how many users.

    `later` counts records after all gaps, which the engine has taken in itself.
    """

    closed: tuple[Gap, ...] = ()
    users: int = 0
    events: int = 0
    later: int = 0


def gaps_of(program: Program, since: Since) -> tuple[Gap, ...]:
    """The gaps in what a program asks of history, in its order."""
    can = fillable(program)
    names = [rule.name for rule in program.rules]
    return tuple(
        Gap(
            what=slot.key,
            rules=tuple(
                dict.fromkeys(names[rule] for rule, slots in sorted(program.slot_uses.items()) if number in slots)
            ),
            since=instant(since[slot.key]),
            fillable=number in can,
        )
        for number, slot in enumerate(layout_of(program).slots)
        if slot.key in since
    )


@frozen(kw_only=True)
class Backfill:
    """One backfill of an engine that runs a program with these users, with a store or (`keeper` None) without."""

    program: Program
    clockwork: Clockwork
    keeper: Keeper | None
    transaction: Callable[[], AbstractContextManager[Transaction | None]]
    now: Micros

    def fill(self, inputs: Iterable[Input], since: Since) -> Backfilled:
        """Close all gaps that events can close.

        With a store it is done for some hundred users at a time, each time in one transaction.  One that was
        interrupted goes on with the users that are left, and so wants the same records again.
        """
        closed = tuple(gap for gap in gaps_of(self.program, since) if gap.fillable)
        if not closed:
            return Backfilled()
        keys = {gap.what for gap in closed}
        numbers = {n: since[slot.key] for n, slot in enumerate(layout_of(self.program).slots) if slot.key in keys}
        last, later = max(numbers.values()), 0

        def counted() -> Iterator[Input]:
            nonlocal later
            for given in inputs:
                later += given.time > last
                yield given

        found = histories(self.program, counted(), numbers)
        users = sorted(user for user, state in found.states.items() if state.history is not None)
        self._fill(users, found.states, numbers)
        with self.transaction() as t:
            if t is not None:
                write_gaps(t, {key: at for key, at in since.items() if key not in keys})
                t.set_meta(_PROGRESS, encode(None))
        return Backfilled(closed=closed, users=len(users), events=found.stats.events, later=later)

    def _fill(self, users: list[str], states: Mapping[str, State], numbers: Mapping[int, Micros]) -> None:
        with self.transaction() as t:
            kept = None if t is None else t.meta(_PROGRESS)
            done = None if kept is None else decode(kept)
        left = iter(users if done is None else [user for user in users if user > done])
        while batch := list(islice(left, USERS_AT_ONCE)):
            with self.transaction() as t:
                if self.keeper is not None:
                    self.keeper.wake_users(batch)
                for user in batch:
                    self.clockwork.take_history(user, states[user], numbers, self.now)
                if t is not None:
                    t.set_meta(_PROGRESS, encode(batch[-1]))
