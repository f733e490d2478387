"""All inputs of a replay → what two parts of its program decide, the flat rules by the compiled kernel, put in order.

The parts decide nothing for each other (see `compiler.dividing`), so each sees all inputs that matter to it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.flat import FlatEffects, FlatProgram
from trigdsl.engine.flat_tables import Tables
from trigdsl.engine.flat_user import FlatRun
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program
from trigdsl.engine.sieve import MayMatter, Sieve
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value
from trigdsl.records.coded import Coded
from trigdsl.replayer.compiled import CompiledReplay, Decided
from trigdsl.replayer.flat import Found
from trigdsl.replayer.summary import Shown
from trigdsl.replayer.turns import Turn, TurnMachine, phase_of

Watched: TypeAlias = Callable[[Iterable[Input]], Iterable[Input]]
Either: TypeAlias = "Found | Decision"
"""What was found of a flat rule, of which no decision is made before it is wanted; or a decision."""

_Place: TypeAlias = tuple[bool, Micros, str, Turn]


class DividedReplay:
    """Runs a program in two parts: the flat one by its `tables`, and the `rest` by `clockwork`, which others drive."""

    def __init__(self, program: Program, tables: Tables, shown: Shown) -> None:
        division = program.division
        assert division is not None
        assert division.rest is not None
        self._program = program
        self._rest = division.rest
        self._tables = tables
        self._machine = Machine(tables.program.program)
        self.machine = TurnMachine(division.rest)
        """The machine that decides the rest, whose observations are those of both parts."""
        self.clockwork = Clockwork(division.rest, machine=self.machine)
        self._flat = CompiledReplay(tables, self._machine, shown, notes_zones=False)

    @property
    def effects(self) -> DividedEffects:
        """What events do that matter to no other rules than flat ones."""
        return DividedEffects(self._program, self._tables.program, self._rest)

    def set_profile(self, user: str, attributes: dict[str, Value]) -> None:
        """Give a user attributes before everything else."""
        self._flat.set_profile(user, attributes)
        self.clockwork.set_profile(user, attributes)

    def decided(self, inputs: Sequence[Input], until: Micros | None, watched: Watched, coded: Coded | None) -> Decided:
        """What the flat rules decide; there may be more that happened, as it was `coded`."""
        observations = self._machine.observations = self.machine.observations
        was, observations.inputs_only = observations.inputs_only, True
        decided = self._flat.decided(watched(inputs), until, coded)
        observations.inputs_only = was
        return decided

    def of_rest(self, inputs: Iterable[Input]) -> Iterator[Input]:
        """The inputs that matter to the other rules; the machine is told of each when it arrived."""
        machine, sieve = self.machine, self.machine.sieve
        tests: dict[str, MayMatter | None] = {}
        for place, given in enumerate(inputs):
            event = given.event
            if event is not None and not (given.set or given.add or given.remove):
                if event not in tests:
                    tests[event] = sieve.test(event)
                test = tests[event]
                if test is None or not sieve.matters(test, given.properties):
                    continue
            machine.arrival = getattr(given, "arrival", place)
            yield given

    def in_order(self, decided: Decided, rest: Iterable[Decision]) -> Iterator[Either]:
        """What was found of flat rules and the decisions of the rest, each in order, as one machine would have it."""
        found = self._placed(decided)
        one = next(found, None)
        for other in rest:
            there: _Place = other.status == "pending", other.time, other.user, self.machine.turn_of(other)
            while one is not None and one[0] < there:
                yield one[1]
                one = next(found, None)
            yield other
        if one is not None:
            yield one[1]
            yield from (each for _, each in found)

    def _placed(self, decided: Decided) -> Iterator[tuple[_Place, Found]]:
        kinds, users, ids = self._tables.kinds, decided.users, decided.ids
        phases = [phase_of(kind.status, kind.reason) for kind in kinds]
        for pending, of_them in ((False, decided.found), (True, decided.pending)):
            for at, user, kind, number, triggered, due, event, arrival in of_them:
                rule, status, reason = kinds[kind].rule, kinds[kind].status, kinds[kind].reason
                run = FlatRun(rule, 0, number, triggered, due, ids.get(event), triggered)
                if pending or arrival < 0:
                    turn = 1, -rule.priority, rule.index, 0
                else:
                    turn = 0, arrival, phases[kind], rule.index
                name = users[user]
                yield (pending, at, name, turn), (at, name, 0, run, status, reason)


class DividedEffects:
    """What events do that matter to flat rules alone; the others are to be handed on as they are."""

    def __init__(self, program: Program, flat: FlatProgram, rest: Program) -> None:
        self._program = program
        self._flat = FlatEffects(flat)
        self._rest = Sieve(rest)
        self.paths = self._flat.paths

    def reads(self, event: str) -> tuple[tuple[str, ...], ...]:
        """The paths of the properties that decide what an event does; where it is handed on, it is read as a whole."""
        return self._flat.reads(event) if self._rest.test(event) is None else ((),)

    def turns(self, event: str) -> tuple[float, ...] | None:
        """As flat effects have it."""
        return self._flat.turns(event)

    def triggered(self, event: str, properties: dict[str, Value]) -> tuple[int, ...] | None:
        """The flat rules that an event triggers, by number; None when it is to be handed on."""
        return self._flat.triggered(event, properties) if self._rest.test(event) is None else None

    def ends(self, event: str) -> bool:
        """Whether an event of that name may end runs of flat rules."""
        return self._flat.ends(event)
