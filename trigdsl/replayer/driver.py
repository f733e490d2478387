"""Inputs of many users, in any order → decisions in their defined order, and statistics.

Inputs are handled by time (arrival breaks ties).  A sorted stream is handled as it comes, so that only the
users' states are kept; else all inputs that can matter are gathered first.

An alias (see `joining`) joins the histories of two ids from the beginning where all inputs are gathered first; in
a sorted stream it is known only when it comes, and merges what is kept by then (see `merging` in the engine).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.flat import FlatEffects, FlatProgram, flat, flat_part
from trigdsl.engine.flat_tables import tables_of
from trigdsl.engine.invariants import OnViolation
from trigdsl.engine.links import user_of
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.engine.sieve import MayMatter
from trigdsl.engine.state import State
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, FIRST_INSTANT, LAST_INSTANT, Micros, Value
from trigdsl.records.effects import Effects, EventRows
from trigdsl.records.passing import Passing
from trigdsl.replayer.flat import FlatReplay, Found, decision_of
from trigdsl.replayer.joining import Aliases
from trigdsl.replayer.seen import AllSeen, LatelySeen
from trigdsl.replayer.stats import Stats
from trigdsl.replayer.summary import Shown

if TYPE_CHECKING:
    from trigdsl.native.names import Names
    from trigdsl.records.coded import Coded
    from trigdsl.replayer.compiled import CompiledReplay
    from trigdsl.replayer.divided import DividedReplay, Either, Watched

LONGEST_DRAIN: Micros = 366 * DAY
"""How long after the last input `drain` lets the clock run at the most."""

_by_time = attrgetter("time")


class Replay:
    """One replay: iterate it once for its decisions; then `stats` is complete.

    The clock stops at the last input (timers due exactly then included), at `until`, or with `drain` when no
    step, silence or `ignored` is armed any more.  With `is_sorted` an input before the one before it is handed
    to `on_late` and left out.  `profiles` are attributes of users that hold before everything else.
    `on_violation` gets each send that breaks an invariant; without it they are not checked.
    `machine` is one that does more than decide, such as one that keeps a trace.

    A flat program (see `engine.flat`) over inputs that need sorting takes a short cut, unless `flatly` is False or a
    `machine` is given: the compiled kernel's, if it is there and `compiled` is not False.  So do those rules of another
    program that can be divided from the rest, if the kernel is there.  Decisions that are not `shown` may then be left
    out.
    """

    def __init__(
        self,
        program: Program,
        inputs: Iterable[Input],
        *,
        until: Micros | None = None,
        drain: bool = False,
        is_sorted: bool = False,
        profiles: Iterable[tuple[str, dict[str, Value]]] = (),
        on_late: Callable[[Input], None] | None = None,
        passing: Passing | None = None,
        on_violation: OnViolation | None = None,
        machine: Machine | None = None,
        shown: Shown | None = None,
        flatly: bool = True,
        compiled: bool = True,
    ) -> None:
        self.program = program
        self.stats = Stats()
        self._clockwork = Clockwork(program, on_violation, machine)
        self._inputs = inputs
        self._until = until
        self._drain = drain
        self._is_sorted = is_sorted
        self._profiles = profiles
        self._on_late = on_late
        self._passing_by = passing or Passing()
        self._passing_by.judge = self._clockwork.machine.sieve
        self._passing_by.until = LAST_INSTANT if until is None else until
        self._passing_by.is_sorted = is_sorted
        self._passing_by.on_late = self._leave_out
        self._shown = shown or Shown()
        takes_short_cut = flatly and not is_sorted and on_violation is None and machine is None
        self._flat = flat(program) if takes_short_cut else None
        self._tables = tables_of(self._flat) if self._flat is not None and compiled else None
        self._divided = self._division() if takes_short_cut and self._flat is None and compiled else None
        self._users: set[str] = set()
        self._aliases = Aliases()
        self._seen = AllSeen()
        self._gathered: list[Input] = []
        self.reached = 0

    def __iter__(self) -> Iterator[Decision]:
        if self._is_sorted:
            self._set_profiles(self._profiles)
            yield from self._handle(self._useful(LatelySeen(self._clockwork.links).is_duplicate))
            yield from self._finish(self.stats.last)
            self._complete()
        else:
            self.gather()
            yield from self.decisions(self.stats.last)

    def gather(self, inputs: Iterable[Input] | None = None, passing: Passing | None = None) -> None:
        """Read all profiles and inputs, of a replay that is not sorted; `stats` then tells of the inputs.

        Inputs, and what counts those that passed, may be others than those it was made with.
        """
        if inputs is not None:
            self._inputs = inputs
        if passing is not None:
            self._passing_by = passing
        if self._flat is None and self._divided is None:
            self._set_profiles(self._profiles)
        elif isinstance(self._profiles, Iterator):
            self._profiles = list(self._profiles)
        self._gathered = list(self._useful(self._seen.is_duplicate))

    def decisions(
        self,
        last: Micros | None,
        watched: Watched = iter,
    ) -> Iterator[Decision]:
        """The decisions about what was gathered; `last` is the time of the last input of the whole stream.

        `watched` gets the inputs in the order in which they are handled, and gives them on.
        """
        if self._divided is not None and not self._aliases:
            for each in self._either(self._divided, last, watched, None):
                if isinstance(each, Decision):
                    yield each
                else:
                    at, user, _, run, status, reason = each
                    yield decision_of(at, user, run, status, reason)
            return
        inputs, self._gathered = self._gathered, []
        if self._flat is not None and not self._aliases:
            replay, until = self._flat_replay(self._flat, last, is_compiled=True)
            yield from replay.decisions(watched(_in_order(inputs)), until)
        else:
            if self._flat is not None or self._divided is not None:
                # Joined users are for the clockwork alone.
                self._set_profiles(self._profiles)
            if self._aliases:
                self._aliases.heed(self._clockwork)
                inputs = self._aliases.joined(inputs, self._seen, self.stats, self._until)
                last = self.stats.last
            yield from self._handle(watched(_in_order(inputs)))
            yield from self._finish(last)
        self._complete()

    @property
    def is_divided(self) -> bool:
        """Whether the compiled kernel decides for some rules alone, so that `either` can be asked for."""
        return self._divided is not None and not self._aliases

    def either(self, last: Micros | None, watched: Watched, coded: Coded) -> Iterator[Either]:
        """The decisions of the rest, and what `decisions` are made of for the rules that are divided from it.

        What happened to users may be `coded` as far as it matters to these alone; the inputs then are of `Arrived`.
        """
        assert self._divided is not None
        return self._either(self._divided, last, watched, coded)

    def _either(
        self, divided: DividedReplay, last: Micros | None, watched: Watched, coded: Coded | None
    ) -> Iterator[Either]:
        inputs, self._gathered = _in_order(self._gathered), []
        for user, attributes in self._profiles:
            divided.set_profile(user, attributes)
        decided = divided.decided(inputs, self._end(last), watched, coded)
        handled = self._handle(divided.of_rest(watched(inputs)), divided.clockwork)
        yield from divided.in_order(decided, chain(handled, self._finish(last, divided.clockwork)))
        self._complete(decided.met)

    def one_by_one(
        self,
        inputs: Iterable[Input],
        last: Micros | None,
        watched: Callable[[Iterable[Input]], Iterable[Input]] = iter,
    ) -> Iterator[Decision]:
        """What `gather` and `decisions` do, over inputs in the order of time, which are not held.

        None of them may have an id or an alias, and the replay takes no short cut: `flatly` was False.
        """
        assert self._flat is None
        assert self._divided is None
        self._inputs = inputs
        self._set_profiles(self._profiles)
        yield from self._handle(watched(self._useful(_never)))
        yield from self._finish(last)
        self._complete()

    def found(self, last: Micros | None, watched: Watched, rows: EventRows | None) -> Iterator[Found] | None:
        """What `decisions` are made of, where the short cut is taken; None elsewhere, and nothing is done.

        There may be `rows` beside the inputs, which then are of `Arrived`.
        """
        if self._flat is None or self._aliases:
            return None
        return self._found(self._flat, last, watched, rows)

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled kernel decides, so that `batches` can be asked for."""
        return self._tables is not None and not self._aliases

    def batches(self, last: Micros | None, watched: Watched, coded: Coded | None, writes: bool) -> Iterator[bytes]:
        """What `found` would find, as the compiled kernel hands it over (see `line_batches`).

        What happened to users may be `coded`, beside the inputs, which then are of `Arrived`.
        """
        from trigdsl.replayer.compiled import CompiledReplay
        from trigdsl.replayer.line_batches import batches_of

        assert self._flat is not None
        assert self._tables is not None
        inputs, self._gathered = self._gathered, []
        replay, until = self._flat_replay(self._flat, last, is_compiled=True)
        assert isinstance(replay, CompiledReplay)
        decided = replay.decided(watched(_in_order(inputs)), until, coded)
        self.reached = decided.reached
        yield from batches_of(self._tables, decided, writes)
        self._complete(decided.met)

    def _found(
        self,
        program: FlatProgram,
        last: Micros | None,
        watched: Watched,
        rows: EventRows | None,
    ) -> Iterator[Found]:
        inputs, self._gathered = self._gathered, []
        # Rows of columns are for the short cut in Python: the kernel has them coded.
        replay, until = self._flat_replay(program, last, is_compiled=rows is None)
        yield from replay.found(watched(_in_order(inputs)), until, rows)
        self._complete()

    @property
    def links(self) -> Mapping[str, str]:
        """Ids that were found to be other users', when the replay is over."""
        return self._clockwork.links if self._is_sorted else self._aliases.links

    @property
    def states(self) -> Mapping[str, State]:
        """What is kept for each user, when the replay is over and took no short cut."""
        return self._clockwork.states

    @property
    def effects(self) -> Effects | None:
        """What events do, if the short cut is taken unless records join ids, and their properties alone decide."""
        if self._divided is not None:
            return self._divided.effects
        return None if self._flat is None or self._flat.asks_past else FlatEffects(self._flat)

    @property
    def takes_short_cut(self) -> bool:
        """Whether the short cut is taken by all rules, unless records join ids."""
        return self._flat is not None

    @property
    def machine(self) -> Machine:
        """The machine that decides."""
        return self._clockwork.machine if self._divided is None else self._divided.machine

    def _complete(self, met: Names | None = None) -> None:
        """Count what is known when all is decided; `met` are names of more users."""
        links = self.links
        if met is not None:
            for user in self._users:
                met.number(user)
            self.stats.users = len(met)
        else:
            self.stats.users = len({user_of(links, user) for user in self._users} if links else self._users)
        self.stats.take(self.machine.observations, self.program)

    def _division(self) -> DividedReplay | None:
        """How the program is run in two parts; None where it is not."""
        part = flat_part(self.program)
        tables = None if part is None else tables_of(part)
        if tables is None:
            return None
        from trigdsl.replayer.divided import DividedReplay

        divided = DividedReplay(self.program, tables, self._shown)
        divided.machine.observations = self._clockwork.machine.observations
        return divided

    def _flat_replay(
        self, program: FlatProgram, last: Micros | None, *, is_compiled: bool
    ) -> tuple[FlatReplay | CompiledReplay, Micros | None]:
        """The short cut, and when its clock stops."""
        machine = self._clockwork.machine
        replay: FlatReplay | CompiledReplay = FlatReplay(program, machine, self._shown)
        if is_compiled and self._tables is not None:
            from trigdsl.replayer.compiled import CompiledReplay

            replay = CompiledReplay(self._tables, machine, self._shown)
        for user, attributes in self._profiles:
            replay.set_profile(user, attributes)
        machine.observations.inputs_only = True
        return replay, self._end(last)

    def _end(self, last: Micros | None) -> Micros | None:
        """When the clock of the short cut stops."""
        until = self._stop(last)
        return until if until is None or not self._drain else min(until + LONGEST_DRAIN, LAST_INSTANT)

    def _set_profiles(self, profiles: Iterable[tuple[str, dict[str, Value]]]) -> None:
        for user, attributes in profiles:
            self._clockwork.set_profile(user, attributes)

    def _handle(self, inputs: Iterable[Input], clockwork: Clockwork | None = None) -> Iterator[Decision]:
        clockwork = clockwork or self._clockwork
        handle = clockwork.handle
        decisions = clockwork.machine
        now: Micros | None = None
        for given in inputs:
            if given.time != now:
                now = given.time
                if (due := clockwork.next_due) is not None and due < now:
                    yield from clockwork.run_timers(now - 1)
                elif decisions.decisions:
                    yield from clockwork.flush()
            handle(given)

    def _finish(self, last: Micros | None, clockwork: Clockwork | None = None) -> Iterator[Decision]:
        clockwork = clockwork or self._clockwork
        stop = self._stop(last)
        if stop is not None:
            yield from clockwork.run_timers(stop)
            if self._drain:
                yield from clockwork.drain(min(stop + LONGEST_DRAIN, LAST_INSTANT))
        yield from clockwork.pending()

    def _stop(self, last: Micros | None) -> Micros | None:
        """The moment at which the clock stops; None when there was no input."""
        return self._until if self._until is not None else last

    # ------------------------------------------------------------------ inputs
    def _useful(self, is_duplicate: Callable[[Input], bool]) -> Iterator[Input]:
        """The inputs that can matter, as they arrive: none after the end, none twice, none that nothing heeds.

        All that are handled are counted, and a sorted replay leaves out what comes too late.  This runs once
        for each record, so it is one loop over local names.
        """
        stats, names, add_user, until = self.stats, self.stats.event_names, self._users.add, self._until
        sieve = self._clockwork.machine.sieve
        always = sieve.always
        tests: dict[str, MayMatter | None] = {}
        handled = updates = 0
        first, last = LAST_INSTANT, FIRST_INSTANT
        for given in self._inputs:
            time = given.time
            if time < last and self._is_sorted:
                self._leave_out(given)
                continue
            if given.id is not None and is_duplicate(given):
                stats.duplicates += 1
                continue
            if given.alias is not None and not self._is_sorted:
                self._aliases.collect(given)
            # A record after the end still makes a later one with its id a duplicate, and two ids one user.
            if until is not None and time > until:
                continue
            handled += 1
            add_user(given.user)
            if time > last:
                last = time
            if time < first:
                first = time
            event = given.event
            if event is None:
                updates += 1
                yield given
                continue
            if event in tests:
                names[event] += 1
            else:
                names[event] = 1
                tests[event] = sieve.test(event)
            if (
                (test := tests[event]) is always
                or (test is not None and sieve.matters(test, given.properties))
                or given.set
                or given.add
                or given.remove
                or (given.alias and self._is_sorted)
            ):
                yield given
        stats.inputs, stats.events = handled, handled - updates
        self._count_passing(first, last)

    def _count_passing(self, first: Micros, last: Micros) -> None:
        """Count what the reader let pass as if it had been handed on."""
        stats, passing = self.stats, self._passing_by
        for event, count in passing.events.items():
            if count:
                stats.event_names[event] = stats.event_names.get(event, 0) + count
                stats.inputs += count
                stats.events += count
        self._users |= passing.all_users()
        first, last = min(first, passing.first), max(last, passing.last)
        if stats.inputs:
            stats.first, stats.last = first, last

    def _leave_out(self, given: Input) -> None:
        self.stats.late += 1
        if self._on_late is not None:
            self._on_late(given)


def _never(_: Input) -> bool:
    """Whether an input without an id is a duplicate."""
    return False


def _in_order(inputs: list[Input]) -> list[Input]:
    """The inputs by time, those of one time as they arrived."""
    inputs.sort(key=_by_time)
    return inputs
