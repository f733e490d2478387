"""What is kept of one user, records that came, and how far time has come → decisions, and what is kept then.

An unbounded stream comes in batches, in no order.  A record is handled when time (the engine's watermark) has reached
it, so that all that came before, from wherever, has its place; a timer goes off when time has passed it, since
records of its very moment go before it.  So what is decided does not depend on how the stream was cut into batches.
A record that comes when time has passed it is late, and rejected, as with `Engine(lateness=…)`.

All of this knows no engine: it is handed bytes and gives bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from attrs import define, evolve, field, frozen

from trigdsl.distributed.streaming_kept import Kept, decode_kept, packed_layout, unpacked_layout
from trigdsl.engine.duplicates import forget_before, is_duplicate
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import OldRule, Program
from trigdsl.engine.state import State
from trigdsl.engine.timers import later
from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, Micros, instant_text
from trigdsl.records.rejects import shown
from trigdsl.store.adopting import Adoption
from trigdsl.store.codec import decode_state, encode_state, read_state
from trigdsl.store.fates import check_policy, with_old_rules
from trigdsl.store.keeper import expiries
from trigdsl.store.layouts import Layout, layout_of
from trigdsl.store.running import old_rules_of
from trigdsl.store.sleeping import is_blank

MILLISECOND: Micros = 1_000

_MOST_WITH_OLD = 64
"""With so many sets of old rules the program is kept compiled."""

ALIAS = (
    "`alias` is not followed here, where users are spread over processes: give all records of a user one id before "
    "they come, or the ids as `links`; the rest of the record counts"
)
"""Why an `alias` is rejected."""


_AT_ONCE = 1
"""A moment, in milliseconds, that time has passed as soon as it is known."""


@frozen
class Refused:
    """A record that was rejected, and why."""

    given: Input
    reason: str

    @property
    def text(self) -> str:
        """The record as JSON, in the native form."""
        parts = {name: held for name, held in msgspec.structs.asdict(self.given).items() if held is not None}
        told = json_value({**parts, "time": instant_text(self.given.time)})
        return shown(msgspec.json.encode(told))


@frozen(kw_only=True)
class Step:
    """What came of one step of one user.

    `expires` has for each decision the moment after which it is not worth delivering, None where there is none.  `kept`
    is what to keep in the place of what was kept, None when that is nothing.  `wake` is the moment, in milliseconds, at
    which the user is to be called on again even if nothing comes, None when there is none; `was` is the one that held
    before.
    """

    decisions: tuple[Decision, ...]
    expires: tuple[Micros | None, ...]
    refused: tuple[Refused, ...]
    kept: bytes | None
    wake: int | None
    was: int | None


@define
class Running:
    """A program that decides, with a machine of its own, and its layout, as it is and as it is kept."""

    program: Program
    machine: Machine
    layout: Layout
    packed: bytes
    expiries: Mapping[tuple[str, int], Micros]

    @classmethod
    def of(cls, program: Program) -> Running:
        """The program with a new machine."""
        layout = layout_of(program)
        return cls(program, Machine(program), layout, packed_layout(layout), expiries(program))

    def taken(self) -> list[tuple[Decision, Micros | None]]:
        """What the machine has decided, taken from it, each with the moment at which it expires."""
        machine = self.machine
        made = [(one, self.expires(one)) for one in machine.decisions]
        machine.decisions = []
        machine.old_expiries.clear()
        return made

    def expires(self, decision: Decision) -> Micros | None:
        """The last moment at which a decision is worth delivering, by the text that its run goes by."""
        old = self.machine.old_expiries
        found = old[decision.key] if decision.key in old else self.expiries.get((decision.rule, decision.step))
        return None if found is None else later(decision.due, found)

    def start_anew(self) -> None:
        """Let go of what the machine was about to do when it failed."""
        self.machine = Machine(self.program)


class UserStream:
    """Takes one step of one user after the other, of any users in any order. Not safe to use from several threads.

    `on_edit` stands, as with `Engine.reload`, in place of what changed rules say of the runs that they had when a state
    was written; each user's state goes on with this program when the user is first called on.
    """

    def __init__(self, program: Program, on_edit: str | None = None) -> None:
        check_policy(on_edit)
        self._now = Running.of(program)
        self._policy = on_edit
        self._with_old: dict[frozenset[OldRule], Running] = {}
        self._adoptions: dict[tuple[bytes, bytes], Adoption] = {}

    def step(self, user: str, kept: bytes | None, arrived: Sequence[Input], time: Micros | None) -> Step:
        """Take in records, in the order of their arrival, and decide what is to be decided up to `time`.

        `time` is the moment before which no record comes any more except late; None while nothing is known of it.
        A record on which the engine fails is rejected, and what comes of the others is as if it had not been.
        """
        before = Kept(layout=self._now.packed) if kept is None else decode_kept(kept)
        failed: dict[int, str] = {}
        while True:
            once = _Once(self, self.running(before), user, before, failed)
            try:
                return once.step(arrived, time)
            except Exception as error:
                once.running.start_anew()
                if once.in_hand is None:
                    raise
                failed[once.in_hand] = f"the engine failed on it: {type(error).__name__}: {error}"

    def running(self, kept: Kept) -> Running:
        """What decides of a user of whom this is kept: the program, with the old rules by which runs go on."""
        if kept.state is None or kept.layout == self._now.packed:
            return self._now
        layout, alone = unpacked_layout(kept.layout), self._now.program
        old = old_rules_of(alone, layout, read_state(kept.state), self._policy)
        if not old:
            return self._now
        found = self._with_old.get(old)
        if found is None:
            if len(self._with_old) >= _MOST_WITH_OLD:
                self._with_old.clear()
            found = self._with_old[old] = Running.of(with_old_rules(alone, old))
        return found

    def adopt(self, user: str, kept: bytes) -> Step:
        """Go on at once with what another program, or a store, kept of a user, at the moment it had come to.

        Where decisions cannot be told yet: they are kept, and the user is to be called on as soon as time is known.
        """
        step = self.step(user, kept, (), None)
        if not step.decisions:
            return step
        left = Kept(layout=self._now.packed) if step.kept is None else decode_kept(step.kept)
        waiting = evolve(left, untold=step.decisions, wake=_AT_ONCE)
        return Step(decisions=(), expires=(), refused=step.refused, kept=waiting.encoded, wake=_AT_ONCE, was=step.was)

    def adoption(self, layout: bytes, running: Running) -> Adoption:
        """From a layout that wrote states to what decides now."""
        found = self._adoptions.get((layout, running.packed))
        if found is None:
            old = unpacked_layout(layout)
            found = Adoption(program=running.program, old=old, new=running.layout, policy=self._policy)
            self._adoptions[layout, running.packed] = found
        return found


@define
class _Once:
    """One try of one step of one user; `failed` are the numbers of records to leave out, and why."""

    stream: UserStream
    running: Running
    user: str
    before: Kept
    failed: dict[int, str]
    in_hand: int | None = None
    _state: State = field(init=False)
    _number: int = field(init=False)
    _held: list[tuple[int, Input]] = field(init=False)
    _made: list[tuple[Decision, Micros | None]] = field(factory=list)
    _refused: list[Refused] = field(factory=list)

    def step(self, arrived: Sequence[Input], time: Micros | None) -> Step:
        self._held, self._number = list(self.before.held), self.before.arrived
        self._made += [(one, self.running.expires(one)) for one in self.before.untold]
        clock = _latest(self.before.clock, time)
        self._state = self._go_on(FIRST_INSTANT if clock is None else clock)
        for given in arrived:
            self._take(given, clock)
        if clock is not None:
            self._decide(clock)
        return self._done(clock)

    def _go_on(self, now: Micros) -> State:
        """The state as it was kept; one that another program wrote goes on with this one."""
        data, running = self.before.state, self.running
        if data is None:
            return State(self.user)
        if self.before.layout == running.packed:
            return decode_state(running.program, data)
        adopted = self.stream.adoption(self.before.layout, running).adopt(read_state(data))
        running.machine.adopt(adopted.state, now, adopted.retimed)
        self._made += running.taken()
        self._made += [(one, None) for one in adopted.decisions(now)]
        return adopted.state

    def _take(self, given: Input, clock: Micros | None) -> None:
        """Take a record in: it is late, came twice, or waits for its time."""
        if given.alias is not None:
            if given.alias != self.user:
                self._refused.append(Refused(given, ALIAS))
            if given.is_only_alias:
                return
            given = msgspec.structs.replace(given, alias=None)
        if clock is not None and given.time < clock:
            reason = f"late: `time` is before {instant_text(clock)}, up to which everything is decided"
            self._refused.append(Refused(given, reason))
        elif not self._came_twice(given, clock):
            self._number += 1
            self._held.append((self._number, given))

    def _came_twice(self, given: Input, clock: Micros | None) -> bool:
        if given.id is None:
            return False
        if self._state.ids is None:
            self._state.ids = {}
        if clock is not None:
            forget_before(self._state.ids, clock)
        return is_duplicate(self._state.ids, given.id, given.time)

    def _decide(self, clock: Micros) -> None:
        """Handle the records up to and including a moment, and let the timers before it go off, each at its own."""
        machine, state = self.running.machine, self._state
        due = [row for row in self._held if row[1].time <= clock]
        self._held = [row for row in self._held if row[1].time > clock]
        for number, given in sorted(due, key=_by_time):
            machine.run_timers(state, given.time - 1)
            if number in self.failed:
                self._refused.append(Refused(given, self.failed[number]))
                continue
            self.in_hand = number
            machine.handle(state, given)
            self.in_hand = None
        machine.run_timers(state, clock - 1)
        self._made += self.running.taken()

    def _done(self, clock: Micros | None) -> Step:
        state, wake = self._state, self._wake()
        kept = Kept(
            layout=self.running.packed,
            clock=clock,
            wake=wake,
            arrived=self._number,
            held=tuple(self._held),
            state=None if is_blank(state) else encode_state(self.running.program, 0, state),
        )
        return Step(
            decisions=tuple(decision for decision, _ in self._made),
            expires=tuple(expires for _, expires in self._made),
            refused=tuple(self._refused),
            kept=None if kept.is_nothing else kept.encoded,
            wake=wake,
            was=self.before.wake,
        )

    def _wake(self) -> int | None:
        """The first whole millisecond at which there is something to do: time must have passed a timer's moment."""
        moments = [given.time for _, given in self._held]
        if self._state.due is not None:
            moments.append(self._state.due + 1)
        return -(-min(moments) // MILLISECOND) if moments else None


def _latest(one: Micros | None, other: Micros | None) -> Micros | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _by_time(row: tuple[int, Input]) -> tuple[Micros, int]:
    return row[1].time, row[0]
