"""The engine inside a host application: records as they happen → decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heapify
from typing import Any

from msgspec.structs import replace

from trigdsl.backfilling import Backfill, Backfilled, Gap, gaps_of
from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.links import user_of
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.intake import Intake, Position
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.records.objects import Event
from trigdsl.standing import Standing, standing
from trigdsl.store.adopting import adopt_all
from trigdsl.store.again import again
from trigdsl.store.bodies import decode_decision
from trigdsl.store.fates import check_policy
from trigdsl.store.gaps import gaps_after
from trigdsl.store.keeper import hold_anew
from trigdsl.store.layouts import layout_of
from trigdsl.store.personal import ALL, Forgotten, export_user, forget_user, shown_state
from trigdsl.store.protocol import Transaction
from trigdsl.store.resting import RestingStates
from trigdsl.store.running import program_after

__all__ = ["Engine", "Position"]


class Engine(Intake):
    """Runs a program over records as they come.

    Without a `store` everything is in memory and goes with the engine.  With one, such as `"sqlite:///state.db"`, what
    a call takes in and what comes of it is one transaction: when the call returns it lasts, and an engine that opens
    the store later goes on from there.  Of several engines on one store only the one that opened it last may write.

    The clock is the caller's: it moves with the records' times and with `advance`, never by itself.  A record
    before the clock is late: it is rejected, unless `lateness` (such as `"10m"`) holds records back that
    long, so that it still finds its place; decisions come that much later then.  A record that cannot be used
    is rejected: counted in `rejected`, handed to `on_reject` with the reason, and nothing else is disturbed.  A store
    keeps it (see `rejects`).

    A record with an `alias` makes another id this user's from then on, and merges what is kept for the two.

    With `on_violation` the program's invariants are checked: it gets each send that breaks one, at once.
    With `log` a store keeps all decisions, not only those that are to be delivered.  `on_edit` is
    what `reload` has, for a store that another program wrote to.  An `observer` is told what happens.

    Safe to use from several threads; calls take turns.
    """

    # ------------------------------------------------------------------ users
    @again
    def merge(self, user: str, other: str) -> list[Decision]:
        """Make another id this user's from now on, as a record with that `alias` does, and merge what is kept.

        The decisions are those that end what cannot go on twice.  Raises ValueError when the id was made
        another user's before.
        """
        with self._lock:
            with self._transaction():
                decisions = self._merged(user, other)
            self._observer.decided(decisions)
            return decisions

    def _merged(self, user: str, other: str) -> list[Decision]:
        self._clockwork.merge(user, other, self._now())
        return self._note(self._clockwork.flush())

    @property
    def refused_aliases(self) -> int:
        """How many records had an alias that was another user's already: the first link holds."""
        return self._past_refused + self._clockwork.machine.observations.taken_aliases

    @again
    def user_of(self, user: str) -> str:
        """The id by which a user is known: the same, if it was never made another's."""
        with self._transaction():
            return user_of(self._clockwork.links, user)

    @again
    def pending(self, user: str) -> list[Decision]:
        """What waits for a user, as decisions with status `pending`, in the order in which it is due."""
        with self._transaction():
            return self._clockwork.pending([user])

    @again
    def state(self, user: str) -> dict[str, Any] | None:
        """All that rules know of a user, in JSON's values with instants as text; None when there is nothing."""
        with self._transaction():
            state = self._clockwork.states.get(user_of(self._clockwork.links, user))
            return None if state is None else shown_state(self.program, state)

    @again
    def explain(self, user: str, rule: str) -> Standing:
        """How a rule stands for a user now: what waits and for what, which limits and caps are full and until when.

        With a store that keeps a log also what was decided of late, and why.  Raises ValueError for a rule that there
        is not.
        """
        with self._transaction() as t:
            known = user_of(self._clockwork.links, user)
            state = self._clockwork.states.get(known) or State(known)
            bodies = [] if t is None else t.logged(known, 0, ALL)
            log = [decode_decision(body) for _, body in bodies]
            return standing(self.program, rule, state, self._clock, self._clockwork.pending([known]), log)

    @again
    def export(self, user: str) -> dict[str, Any]:
        """Everything that is kept of a user, in JSON's values: for the person who asks what is known of them."""
        with self._transaction() as t:
            held = [given for _, _, given in sorted(self._held, key=lambda one: one[:2])]
            return export_user(self._clockwork, t, user, held)

    @again
    def forget(self, user: str) -> Forgotten:
        """Erase everything that is kept of a user and of all their ids, and tell what it was.

        Nothing of it can be asked for any more.  A store's files give back the room, and hold no byte of it, after
        `engine.store.vacuum()`.
        """
        with self._transaction() as t:
            return self._forgotten(t, user)

    def _forgotten(self, t: Transaction | None, user: str) -> Forgotten:
        forgotten = forget_user(self._clockwork, t, user)
        dropped = sum(one[2].user in forgotten.ids for one in self._held)
        kept = [one for one in self._held if one[2].user not in forgotten.ids]
        self._held = [
            one if one[2].alias not in forgotten.ids else (*one[:2], replace(one[2], alias=None)) for one in kept
        ]
        if t is not None:
            hold_anew(t, [new for old, new in zip(kept, self._held, strict=True) if new is not old])
        heapify(self._held)
        return forgotten if t is not None else forgotten.with_held(dropped)

    # ------------------------------------------------------------------ other rules
    def reload(self, program: Program, *, on_edit: str | None = None) -> list[Decision]:
        """Go on with other rules; the decisions are those that end runs which cannot go on.

        A rule is known by its name.  Runs of a rule whose text is as it was are left alone; those of a rule that is
        gone end.  Of a rule that was changed, its clause `on edit` tells what becomes of its runs: `keep` (the default:
        they go on by the text by which they started), `retime` (they take the new text, and their step is timed anew),
        `cancel`; `on_edit` stands in place of all these clauses.  What rules ask of history anew starts empty: `gaps`
        tells it, `backfill` fills it.
        """
        check_policy(on_edit)
        with self._lock, self._observer.span("reload"):
            warnings, refused = self.data_warnings(), self.refused_aliases
            if self.store is not None:
                self._run(program, on_edit)
                decisions = self._adopt(on_edit)
            else:
                running = program_after(self.program, self._clockwork.states.values(), program, on_edit)
                clockwork = Clockwork(running, self._on_violation)
                clockwork.states = RestingStates()
                decisions = adopt_all(self._clockwork, clockwork, on_edit, self._now())
                before, after = layout_of(self.program), layout_of(running)
                self._gaps = gaps_after(before, after, self._gaps, self._now())
                self._clockwork, self.program = clockwork, running
            self._past_warnings, self._past_refused = warnings, refused
            self._observer.decided(decisions)
            return decisions

    def gaps(self) -> tuple[Gap, ...]:
        """What the rules ask of history that is known only since they ask it, see `reload`."""
        with self._lock:
            return gaps_of(self.program, self._gaps)

    def backfill(
        self, records: Iterable[Mapping[str, Any] | Event], *, on_reject: Callable[[Any, str], None] | None = None
    ) -> Backfilled:
        """Close gaps in the history with the records of the past, in any order; nothing is triggered by them.

        Records after a gap are left out, since the engine has taken them in itself.  One that cannot be used is
        handed to `on_reject` with the reason.  With a store, one that was interrupted is to be repeated with the same
        records, and goes on.
        """

        def inputs() -> Iterator[Input]:
            for record in records:
                given, reason = self._read(record)
                if given is not None:
                    yield given
                elif on_reject is not None:
                    on_reject(record, reason)

        return self.backfill_inputs(inputs())

    def backfill_inputs(self, inputs: Iterable[Input]) -> Backfilled:
        """`backfill` with records that are read already."""
        with self._lock, self._observer.span("backfill"):
            job = Backfill(
                program=self.program,
                clockwork=self._clockwork,
                keeper=self._keeper,
                transaction=self._transaction,
                now=self._now(),
            )
            done = job.fill(inputs, self._gaps)
            closed = {gap.what for gap in done.closed}
            self._gaps = {what: since for what, since in self._gaps.items() if what not in closed}
            return done
