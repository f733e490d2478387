"""An engine's users, timers and records in a store: loaded as they are touched, saved in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.engine.timers import later
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.store.adopting import Adoption
from trigdsl.store.bodies import decode_input, encode_decision, encode_input
from trigdsl.store.codec import layout_number, read_state
from trigdsl.store.gaps import gaps_after, read_gaps, write_gaps
from trigdsl.store.layouts import Layout, decode_layout, layout_of
from trigdsl.store.protocol import HeldRow, NewDelivery, RejectRow, Store, Transaction
from trigdsl.store.sleeping import SleepingLinks, SleepingStates

MOST_AWAKE = 20_000
"""How many users' states are kept in memory between transactions."""

USERS_AT_ONCE = 500
"""How many users' states are adopted in one transaction."""

DUE_AT_ONCE = 2_000
"""How many timers are looked up at once."""


class Keeper:
    """What of an engine lasts. Use it in one thread at a time.

    It takes over the states, links and timers of the engine's clockwork; they may be touched in a `transaction` only.
    """

    def __init__(self, store: Store, epoch: int, clockwork: Clockwork, *, log: bool) -> None:
        self.store = store
        self._clockwork = clockwork
        self._log = log
        self._expires = expiries(clockwork.program)
        self._horizon: Micros | None = None
        self._held: dict[int, Input] = {}
        self._released: list[int] = []
        self._rejects: list[RejectRow] = []
        self._decisions: list[Decision] = []
        self.gaps: dict[str, Micros] = {}
        self._adoptions: dict[int, Adoption] = {}
        self._epoch = epoch
        self._program_layout = layout_of(clockwork.program)
        with store.transaction(self._epoch) as t:
            self.layout = t.add_layout(self._program_layout.encoded)
        self.states = SleepingStates(clockwork.program, self.layout)
        self.links = SleepingLinks()
        clockwork.states, clockwork.links = self.states, self.links

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All that happens in it lasts, or, when it raises, none of it does."""
        try:
            with self.store.transaction(self._epoch) as t:
                self.states.transaction = self.links.transaction = t
                yield t
                self.flush(t)
        except BaseException:
            self._forget()
            raise
        finally:
            self.states.transaction = self.links.transaction = None
            self._clockwork.forget_timers()
            self._horizon = None
        self.states.trim(MOST_AWAKE)
        self.links.trim(MOST_AWAKE)

    # ------------------------------------------------------------------ another program's states
    def adopt(self, policy: str | None, now: Micros) -> list[Decision]:
        """Go on with the states that other programs wrote, some hundred in a transaction; the runs that end with it.

        When it is interrupted, those that are left are adopted when the store is opened next.
        """
        with self.store.transaction(self._epoch) as t:
            written = t.meta("layout")
            self.gaps = read_gaps(t)
            if written == b"%d" % self.layout:
                return []
            if written is not None and written != b"0":
                self.gaps = gaps_after(decode_layout(t.layouts()[int(written)]), self._program_layout, self.gaps, now)
                write_gaps(t, self.gaps)
            # From here until all are adopted, states of several layouts stand side by side.
            t.set_meta("layout", b"0")
        decisions: list[Decision] = []
        last: str | None = "" if written is not None else None
        while last is not None:
            with self.transaction() as t:
                rows = t.users(last, USERS_AT_ONCE)
                decisions += self.adopt_rows(t, rows, policy, now)
                last = rows[-1][0] if rows else None
        with self.store.transaction(self._epoch) as t:
            t.set_meta("layout", b"%d" % self.layout)
        return decisions

    def adopt_rows(
        self, t: Transaction, rows: list[tuple[str, bytes]], policy: str | None, now: Micros
    ) -> list[Decision]:
        """Go on with those of these states that other programs wrote; the runs that end with it.

        Raises OldRulesWantedError when runs go on by old rules that the program was not compiled with.
        """
        decisions: list[Decision] = []
        for user, body in rows:
            parts = read_state(body)
            number = layout_number(parts)
            if number != self.layout:
                if number not in self._adoptions:
                    old = decode_layout(t.layouts()[number])
                    self._adoptions[number] = self._adoption(old, policy)
                self.states.wrote(user, body)
                decisions += self._adopted(self._adoptions[number], user, parts, now)
        return decisions

    def _adoption(self, old: Layout, policy: str | None) -> Adoption:
        return Adoption(program=self._clockwork.program, old=old, new=self._program_layout, policy=policy)

    def _adopted(self, adoption: Adoption, user: str, parts: list[Any], now: Micros) -> list[Decision]:
        adopted = adoption.adopt(parts)
        self._clockwork.machine.adopt(adopted.state, now, adopted.retimed)
        self.states[user] = adopted.state
        decisions = adopted.decisions(now)
        self.decided(decisions)
        return decisions

    # ------------------------------------------------------------------ in a transaction
    def wake(self, inputs: Iterable[Input]) -> None:
        """Load all that these inputs will ask for."""
        users = {given.user for given in inputs}
        users.update(given.alias for given in inputs if given.alias is not None)
        self.wake_users(users)

    def wake_users(self, users: Iterable[str]) -> None:
        """Load the states of these users, of whom some may be known by other ids."""
        known = list(users)
        self.links.wake(known)
        self.states.wake(known if not self.links else {self._known(user) for user in known})

    def _known(self, user: str) -> str:
        while (known := self.links.get(user)) is not None:
            user = known
        return user

    def expect_timers(self, until: Micros) -> Micros:
        """Have the clockwork heed the next timers; the moment, at most `until`, up to which it then knows all."""
        if self.knows_timers(until):
            return until
        t = self.states._asked
        found = t.due(self._horizon, until, DUE_AT_ONCE)
        if len(found) < DUE_AT_ONCE:
            self._horizon = until
        else:
            # All of one moment go off together, by user; so those of the last one are left for the next time.
            last = found[-1][0]
            whole = [timer for timer in found if timer[0] < last]
            found = whole or t.due(last - 1, last, None)
            self._horizon = found[-1][0]
        self.states.wake(user for _, user in found)
        self._clockwork.expect(found)
        return self._horizon

    def knows_timers(self, until: Micros) -> bool:
        """Whether the clockwork heeds all timers up to and including a time, so that none need be looked up."""
        return self._horizon is not None and self._horizon >= until

    def spare(self) -> None:
        """Save what changed in between when too much is awake, so that a long transaction needs no more memory."""
        if len(self.states) > 2 * MOST_AWAKE:
            self.states.flush()
            self.states.trim(MOST_AWAKE)

    def hold(self, number: int, given: Input) -> None:
        """A record is held back for its place."""
        self._held[number] = given

    def release(self, number: int) -> None:
        """A record that was held back has been handled."""
        if self._held.pop(number, None) is None:
            self._released.append(number)

    def reject(self, user: str | None, reason: str, record: bytes) -> None:
        self._rejects.append(RejectRow(user=user, reason=reason, record=record))

    def decided(self, decisions: list[Decision]) -> None:
        """Decisions have been made: what is to be delivered goes to the outbox."""
        self._decisions += decisions

    def check(self, state: State) -> None:
        """Raise what keeping a user's state, and what was decided just now, would raise."""
        self.states.check(state)
        for decision in self._clockwork.machine.decisions:
            encode_decision(decision)

    # ------------------------------------------------------------------ its end
    def flush(self, t: Transaction) -> None:
        """Write all that is to last."""
        self.states.flush()
        self.links.flush()
        if self._held:
            t.hold([_held_row(number, given) for number, given in self._held.items()])
        if self._released:
            t.release(self._released)
        if self._rejects:
            t.reject(self._rejects)
        if self._decisions:
            self._write_decisions(t)
        self._clear()

    def _write_decisions(self, t: Transaction) -> None:
        bodies = [(one, encode_decision(one)) for one in self._decisions if self._log or is_delivered(one)]
        if self._log:
            t.log([(one.user, body) for one, body in bodies])
        t.enqueue([delivery_of(one, body, self._expiry(one)) for one, body in bodies if is_delivered(one)])

    def _expiry(self, decision: Decision) -> Micros | None:
        """How long after it was due a decision is worth delivering, by the rule that its run goes by."""
        old = self._clockwork.machine.old_expiries
        return old[decision.key] if decision.key in old else self._expires.get((decision.rule, decision.step))

    def _forget(self) -> None:
        self.states.forget()
        self.links.forget()
        self._clockwork.machine.decisions = []
        self._clockwork.machine.abandon()
        self._clear()

    def _clear(self) -> None:
        self._held, self._released, self._rejects, self._decisions = {}, [], [], []
        self._clockwork.machine.old_expiries.clear()


def _held_row(number: int, given: Input) -> HeldRow:
    return HeldRow(number=number, time=given.time, user=given.user, body=encode_input(given))


def hold_anew(t: Transaction, held: list[tuple[Micros, int, Input]]) -> None:
    """Keep records that are held back already as they are now."""
    t.release([number for _, number, _ in held])
    t.hold([_held_row(number, given) for _, number, given in held])


def held_inputs(t: Transaction) -> list[tuple[Micros, int, Input]]:
    """The records that are held back, by time and arrival."""
    return [(row.time, row.number, decode_input(row.body)) for row in t.held()]


def is_delivered(decision: Decision) -> bool:
    """Whether a decision is to be handed to the world: a message that is sent, a call that is made."""
    return decision.status == "sent" and decision.action in ("send", "call")


def delivery_of(decision: Decision, body: bytes, expiry: Micros | None) -> NewDelivery:
    """What goes to the outbox of a decision whose bytes are `body`; `expiry` is its step's `expires`, if it has one."""
    return NewDelivery(
        user=decision.user,
        key=decision.key,
        channel=decision.channel or decision.action,
        time=decision.time,
        expires=None if expiry is None else later(decision.due, expiry),
        body=body,
    )


def expiries(program: Program) -> dict[tuple[str, int], Micros]:
    """How long after they are due steps expire, by rule and number."""
    steps = ((rule.name, step) for rule in program.rules if not rule.is_old for step in rule.steps)
    return {(rule, step.number): step.expires for rule, step in steps if step.expires is not None}
