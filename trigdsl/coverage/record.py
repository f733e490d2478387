"""What happened in one test, as far as coverage asks: from a trace that also notes the values of more conditions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from attrs import define, field, frozen

from trigdsl.coverage.noting import keys, noting
from trigdsl.engine.context import Test
from trigdsl.engine.invariants import OnViolation, Watch
from trigdsl.engine.profiles import Changes
from trigdsl.engine.program import EventPlan, PartKey, Program
from trigdsl.engine.tracing import Entry, Trace, TracingMachine
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import LAST_INSTANT, Micros, Value

RunName: TypeAlias = tuple[int, Micros, int]
"""Which run of a user: rule, moment of its trigger, number at that moment."""


@frozen
class Came:
    """An event that came, from outside or from a rule: `name` is the one on the wire."""

    time: Micros
    name: str
    properties: dict[str, Value]


@frozen
class Asked:
    """A part of a condition that was asked: its value (None: unknown or missing), when, where, and for which event."""

    time: Micros
    value: Value
    event: Came | None
    zone: Zone


@frozen
class Tried:
    """A trigger of a rule that was tried, with the event it was tried for (None without one).

    `outcome` is `started`, or what refused it; `run` names the run that was started as `Decided.run` does.
    """

    time: Micros
    outcome: str
    event: Came | None
    zone: Zone
    run: RunName | None


@frozen
class Armed:
    """A step that was armed, when it is due, and of which run."""

    time: Micros
    due: Micros
    run: RunName | None


@frozen
class Decided:
    """A decision, the zone of the user then, the nodes of the clauses that ended the run, and which run it was."""

    decision: Decision
    zone: Zone
    clauses: tuple[int, ...]
    run: RunName | None
    place: int
    """Its place in the trace."""


@frozen
class Waited:
    """A step whose window was closed when it was due, when that opens (None: never), the user's zone, and which run."""

    due: Micros
    opens: Micros | None
    zone: Zone
    run: RunName | None


@define
class Record:
    """What happened in one test: rules go by their number, steps by (rule, place from 0), parts by (rule, node)."""

    asked: dict[tuple[int, int], list[Asked]] = field(factory=lambda: defaultdict(list))
    events: list[Came] = field(factory=list)
    tried: dict[int, list[Tried]] = field(factory=lambda: defaultdict(list))
    armed: dict[tuple[int, int], list[Armed]] = field(factory=lambda: defaultdict(list))
    waited: dict[tuple[int, int], list[Waited]] = field(factory=lambda: defaultdict(list))
    decided: dict[tuple[int, int], list[Decided]] = field(factory=lambda: defaultdict(list))

    def stood(self, at: tuple[int, int]) -> Iterator[tuple[Micros, Micros]]:
        """From when until when runs stood at a step; those of which nothing was decided stand for ever."""
        ends = {one.run: one.decision.time for one in self.decided.get(at, ()) if one.decision.status != "pending"}
        # What is due at once is armed nowhere, and stands only if its window is closed.
        since = {one.run: one.due for one in self.waited.get(at, ())}
        since |= {one.run: one.time for one in self.armed.get(at, ())}
        return ((time, ends.get(run, LAST_INSTANT)) for run, time in since.items())

    @property
    def rules(self) -> set[int]:
        """The rules of which anything was asked, tried or done."""
        steps = {rule for by_step in (self.armed, self.waited, self.decided) for rule, _ in by_step}
        return steps | {rule for rule, _ in self.asked} | self.tried.keys()

    def in_order(self) -> list[tuple[tuple[int, int], Decided]]:
        """All decisions in the order in which they were made, each with its step."""
        every = [(at, one) for at, decided in self.decided.items() for one in decided]
        return sorted(every, key=lambda told: told[1].place)

    def of_rule(self, rule: int) -> Iterator[Decided]:
        """All decisions of a rule, in the order in which they were made."""
        return (one for (index, _), one in self.in_order() if index == rule)


class Recording:
    """Records one test; `machine` makes the machine that runs it."""

    def __init__(self) -> None:
        self._trace = Trace()
        self._asked: dict[tuple[int, int], list[Asked]] = defaultdict(list)
        self._machine: _RecordingMachine | None = None

    def machine(self, program: Program, on_violation: OnViolation) -> TracingMachine:
        self._machine = _RecordingMachine(program, on_violation, self._trace, self._asked)
        return self._machine

    def record(self) -> Record:
        """What happened, when the test is over: nothing is recorded from then on."""
        if self._machine is not None:
            self._machine.notes.pop(self._machine.context, None)
        record = Record(asked=self._asked)
        came: dict[int, Came] = {}
        for place, entry in enumerate(self._trace.entries):
            _note(record, came, place, entry)
        return record


def _note(record: Record, came: dict[int, Came], place: int, entry: Entry) -> None:
    match entry.kind:
        case "input" if entry.given is not None and entry.given.event is not None:
            came[place] = Came(entry.time, entry.given.event, entry.given.properties or {})
            record.events.append(came[place])
        case "caused" if entry.name is not None:
            came[place] = Came(entry.time, entry.name, entry.properties or {})
            record.events.append(came[place])
        case "tried":
            assert entry.rule is not None
            event = None if entry.cause is None else came.get(entry.cause)
            record.tried[entry.rule].append(Tried(entry.time, entry.outcome or "", event, entry.zone, entry.run))
        case "armed":
            record.armed[_step(entry)].append(Armed(entry.time, entry.until or 0, entry.run))
        case "waits":
            record.waited[_step(entry)].append(Waited(entry.time, entry.opens, entry.zone, entry.run))
        case "decision":
            assert entry.decision is not None
            record.decided[_step(entry)].append(Decided(entry.decision, entry.zone, entry.clauses, entry.run, place))


def _step(entry: Entry) -> tuple[int, int]:
    assert entry.rule is not None
    assert entry.step is not None
    return entry.rule, entry.step


class _RecordingMachine(TracingMachine):
    """A tracing machine that also notes what the parts of conditions were when asked, and checks invariants."""

    def __init__(
        self,
        program: Program,
        on_violation: OnViolation,
        trace: Trace,
        asked: dict[tuple[int, int], list[Asked]],
    ) -> None:
        program, self.notes = noting(program)
        super().__init__(program, trace)
        self.notes[self.context] = self._ask
        self.watch = Watch(self, on_violation) if program.invariants else None
        self._asked = asked
        self._came: Came | None = None

    def _react(
        self,
        name: str | None,
        properties: dict[str, Value],
        event_id: str | None,
        plan: EventPlan | None,
        changes: Changes | None,
        *,
        is_first: bool = False,
    ) -> None:
        self._came = None if name is None else Came(self.context.now, name, properties)
        super()._react(name, properties, event_id, plan, changes, is_first=is_first)
        self._came = None

    def _is_fired(self, index: int, test: Test | None, properties: dict[str, Value]) -> bool:
        fired = super()._is_fired(index, test, properties)
        self.holds(test, properties)
        for key in keys(self.program.parts, "where", index):
            self._ask(index, key)
        return fired

    def _ask(self, rule: int, key: PartKey) -> None:
        for part in self.program.parts[key]:
            value = part.evaluate(self.context)
            self._asked[rule, part.node].append(Asked(self.context.now, value, self._came, self.context.zone))
