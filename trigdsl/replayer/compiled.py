"""All inputs of a replay under a flat program → its decisions, found by the compiled kernel.

It decides what `FlatReplay` decides.  What each input does is found out here, in the order of time; what happened to
users stays columns of numbers from then on.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from attrs import frozen

from trigdsl.engine.flat import Enders, FlatRule
from trigdsl.engine.flat_tables import Tables
from trigdsl.engine.flat_user import FlatRun
from trigdsl.engine.machine import Machine
from trigdsl.engine.zones import Zone, zone
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value
from trigdsl.native.decisions import Decisions
from trigdsl.native.happened import Happened
from trigdsl.native.names import Names
from trigdsl.records.coded import Coded, Doing
from trigdsl.records.effects import EventRows
from trigdsl.records.packing import Arrived
from trigdsl.replayer.flat import Found, decision_of
from trigdsl.replayer.flat_inputs import NOTHING, inputs_under
from trigdsl.replayer.summary import Shown


@frozen(eq=False)
class Decided:
    """What a kernel decided, in order: `users` are in order of their names, `ids` those of events by number.

    `met` are all users of whom anything was heard.
    """

    met: Names
    users: Names
    found: Decisions
    pending: Decisions
    ids: dict[int, str]
    reached: int


class CompiledReplay:
    """Runs a flat program over inputs, as `FlatReplay` does. Decisions that are not `shown` are not made."""

    def __init__(self, tables: Tables, machine: Machine, shown: Shown, *, notes_zones: bool = True) -> None:
        self._tables = tables
        self._machine = machine
        self._shown = shown
        self._inputs = inputs_under(tables.program, machine, notes_zones=notes_zones)
        self._names = Names()
        self._happened = Happened()
        self._zones: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._triggering = bytearray()

    def set_profile(self, user: str, attributes: dict[str, Value]) -> None:
        """Give a user attributes before everything else."""
        if (found := self._inputs.set_profile(user, attributes)) is not None:
            self._zones[user] = self._tables.zone(found)

    def decisions(self, inputs: Iterable[Input], until: Micros | None) -> Iterator[Decision]:
        """The decisions up to and including `until`, then what is pending, in their defined order."""
        for at, user, _, run, status, reason in self.found(inputs, until):
            yield decision_of(at, user, run, status, reason)

    def found(self, inputs: Iterable[Input], until: Micros | None, rows: EventRows | None = None) -> Iterator[Found]:
        """The same before decisions are made of it; there are no `rows`, which nobody makes for compiled code."""
        assert rows is None
        decided = self.decided(inputs, until)
        kinds, users, ids = self._tables.kinds, decided.users, decided.ids
        for of_them in (decided.found, decided.pending):
            for place, (at, user, kind, number, triggered, due, event, _) in enumerate(of_them):
                rule, status, reason = kinds[kind].rule, kinds[kind].status, kinds[kind].reason
                run = FlatRun(rule, 0, number, triggered, due, ids.get(event), triggered)
                yield at, users[user], place, run, status, reason

    def decided(self, inputs: Iterable[Input], until: Micros | None, coded: Coded | None = None) -> Decided:
        """What is decided up to and including `until`, and what is pending then."""
        if coded is not None:
            self._take_coded(coded)
        self._take(inputs)
        names, tables = self._names, self._tables
        wanted = self._happened.marked(self._triggering, len(names))
        users, ranks = names.ordered(wanted)
        self._happened.group(ranks, len(users))
        zones = array("i", [tables.zone(self._inputs.default)]) * len(users)
        for user, changed in self._zones.items():
            if (number := users.find(user)) >= 0:
                zones[number] = changed
        runs = array("q", bytes(8 * len(tables.program.rules)))
        found, pending = tables.kernel.decide(
            self._happened,
            zones,
            until is not None,
            until or 0,
            bytes(self._shown.shows_kind(kind.status, kind.rule.rule.name) for kind in tables.kinds),
            self._users_shown(users),
            runs,
        )
        for rule, count in enumerate(runs):
            if count:
                self._machine.observations.runs[tables.program.rules[rule].index] += count
        return Decided(names, users, found, pending, self._ids, tables.kernel.reached)

    def _users_shown(self, users: Names) -> bytes | None:
        if not self._shown.users:
            return None
        numbers = {users[number]: number for number in range(len(users))}
        shown = bytearray(len(users))
        for user in self._shown.users & numbers.keys():
            shown[numbers[user]] = 1
        return bytes(shown)

    def _take(self, inputs: Iterable[Input]) -> None:
        """Find out what each input triggers and ends."""
        does, effect, add = self._inputs.does, self._effect, self._happened.add
        number, ids, happened = self._names.number, self._ids, self._happened
        for arrival, given in enumerate(inputs):
            if (done := does(given)) is not None:
                if given.id is not None:
                    ids[len(happened)] = given.id
                at = given.arrival if given.__class__ is Arrived else arrival
                add(number(given.user), given.time, at, effect(*done))

    def _take_coded(self, coded: Coded) -> None:
        """Take what readers found out."""
        of_users = coded.users(self._names)
        of_effects = [array("i", map(self._effect_of, doings)) for doings in coded.doings()]
        for reader, users, times, arrivals, effects in coded.columns():
            self._happened.extend(users, times, arrivals, effects, of_users[reader], of_effects[reader])

    def _effect_of(self, doing: Doing) -> int:
        event, fired, name = doing
        changed = None if name is None else zone(name)
        enders = self._inputs.plan(event)[1] if event is not None else NOTHING
        return self._effect(enders, self._inputs.rules(fired), changed, ())

    def _effect(
        self, enders: Enders, rules: tuple[FlatRule, ...], zone: Zone | None, silent: tuple[FlatRule, ...]
    ) -> int:
        number = self._tables.effect(enders, rules, zone, silent)
        if number == len(self._triggering):
            self._triggering.append(bool(rules or silent))
        return number
