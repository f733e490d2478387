"""The engine of a session: users under a clock that stands still until it is moved, and all that happened to them.

It is made anew from the journal of a session as often as need be: the same acts always give the same world.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.duplicates import forget_before, is_duplicate
from trigdsl.engine.invariants import Watch
from trigdsl.engine.links import user_of
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.engine.tracing import Entry, Trace, TracingMachine
from trigdsl.engine.zones import Zone
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.origins import Origins
from trigdsl.explainer.reasons import Reasons
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value
from trigdsl.model.violations import Violation
from trigdsl.repl.texts import Texts
from trigdsl.store.adopting import adopt_all
from trigdsl.store.fates import NEW_TEXT
from trigdsl.tester.timeline import zone_of


@frozen(eq=False)
class Ruled:
    """Other rules are live from now on."""

    texts: Texts
    program: Program
    checked: CheckedProgram


@frozen
class Known:
    """What is known of a user before anything happens to them; it triggers nothing."""

    user: str
    profile: Mapping[str, Value]
    lists: frozenset[str]


@frozen
class Moved:
    """The clock went on; all that was due until then, or at that very moment, happened."""

    to: Micros


@frozen
class Set:
    """The clock was put somewhere, before anything happened."""

    to: Micros


Act = Ruled | Known | Moved | Set | Input
"""What can be done to a world."""


@frozen(eq=False)
class Epoch:
    """The time during which the rules stayed the same, and the trace of what happened in it."""

    ruled: Ruled
    trace: Trace

    def reasons(self) -> Reasons:
        """Finds reasons in the trace as it is now."""
        return Reasons(Origins(self.trace, Clauses(self.ruled.checked), self.ruled.program.event_names))


@frozen
class Mark:
    """How much had happened at some point."""

    epochs: int
    entries: int
    decisions: int
    violations: int


class World:
    """The users, the clock and the rules. `decisions` are all that were made, in their order."""

    def __init__(self, ruled: Ruled, now: Micros) -> None:
        self.now = now
        self.decisions: list[Decision] = []
        self.violations: list[Violation] = []
        self.inputs: list[Input] = []
        self.epochs = [Epoch(ruled, Trace())]
        self.clockwork = self._clockwork()
        self.known: dict[str, Known] = {}

    def _clockwork(self) -> Clockwork:
        epoch = self.epochs[-1]
        machine = TracingMachine(epoch.ruled.program, epoch.trace)
        machine.watch = Watch(machine, self.violations.append) if machine.program.invariants else None
        return Clockwork(epoch.ruled.program, machine=machine)

    # ------------------------------------------------------------------ what it is now
    @property
    def program(self) -> Program:
        return self.epochs[-1].ruled.program

    @property
    def checked(self) -> CheckedProgram:
        return self.epochs[-1].ruled.checked

    @property
    def texts(self) -> Texts:
        return self.epochs[-1].ruled.texts

    @property
    def began(self) -> bool:
        """Whether anything happened, after which the clock cannot be put back."""
        return bool(self.inputs)

    @property
    def users(self) -> list[str]:
        """All users of whom something is known, in the order of their names."""
        return sorted(self.clockwork.states)

    def state(self, user: str) -> State | None:
        """What is kept of a user (of whom an alias will do)."""
        return self.clockwork.states.get(user_of(self.clockwork.links, user))

    def user_of(self, user: str) -> str:
        """The id by which a user is known."""
        return user_of(self.clockwork.links, user)

    def zone(self, user: str) -> Zone:
        """The zone in which a user's times are meant."""
        state = self.state(user)
        return zone_of((state.profile if state is not None else None) or {}, self.program)

    def next_due(self) -> Micros | None:
        """The moment at which something is due next, of any user."""
        moments = (state.due for state in self.clockwork.states.values())
        return min((at for at in moments if at is not None), default=None)

    # ------------------------------------------------------------------ what happens
    def do(self, act: Act) -> None:
        """Let something happen. Times must not go back."""
        match act:
            case Ruled():
                self._adopt(act)
            case Known():
                self._know(act)
            case Set():
                self.now = act.to
            case Moved():
                self._run(act.to)
                self.now = act.to
            case _:
                self._take(act)

    def _adopt(self, ruled: Ruled) -> None:
        before = self.clockwork
        self.epochs.append(Epoch(ruled, Trace()))
        self.clockwork = self._clockwork()
        self.clockwork.machine.observations.taken_aliases = before.machine.observations.taken_aliases
        self._note(adopt_all(before, self.clockwork, NEW_TEXT, self.now), traced=False)
        self._note(self.clockwork.flush())

    def _know(self, known: Known) -> None:
        self.known[known.user] = known
        self.clockwork.states.pop(known.user, None)
        self.clockwork.set_profile(known.user, dict(known.profile))
        self.clockwork.state(known.user).lists = set(known.lists) or None

    def _take(self, given: Input) -> None:
        self._run(given.time - 1)
        self.now = given.time
        if given.id is not None:
            state = self.clockwork.state(given.user)
            state.ids = state.ids or {}
            forget_before(state.ids, self.now)
            if is_duplicate(state.ids, given.id, given.time):
                return
        self.inputs.append(given)
        self.clockwork.handle(given)
        self._note(self.clockwork.flush())

    def _run(self, until: Micros) -> None:
        self._note(list(self.clockwork.run_timers(until)))

    def _note(self, decisions: list[Decision], *, traced: bool = True) -> None:
        self.decisions += decisions
        if not traced:
            # What ends with the rules it came from is told by the trace of the new ones.
            self.epochs[-1].trace.entries.extend(self._ended(one) for one in decisions)

    def _ended(self, decision: Decision) -> Entry:
        return Entry(
            kind="ended", user=decision.user, time=decision.time, zone=self.zone(decision.user), decision=decision
        )

    # ------------------------------------------------------------------ what happened
    def mark(self) -> Mark:
        """The present point in all that happens."""
        entries = len(self.epochs[-1].trace.entries)
        return Mark(len(self.epochs), entries, len(self.decisions), len(self.violations))

    def since(self, mark: Mark) -> Iterator[tuple[Epoch, Entry]]:
        """What happened after a mark, in its order."""
        for number, epoch in enumerate(self.epochs[mark.epochs - 1 :]):
            start = mark.entries if number == 0 else 0
            yield from ((epoch, entry) for entry in epoch.trace.entries[start:])

    def pending(self, user: str | None = None) -> list[Entry]:
        """What waits, as the entries of a trace; nothing is noted."""
        trace = self.epochs[-1].trace
        count = len(trace.entries)
        self.clockwork.pending(None if user is None else [user])
        found = trace.entries[count:]
        del trace.entries[count:]
        return sorted(found, key=lambda one: (one.time, one.user))
