"""What happened in one test, as far as coverage asks: from a trace that also notes the values of more conditions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field, frozen

from trigdsl.engine.invariants import OnViolation, Watch
from trigdsl.engine.program import CompiledAction, Program, SendAction, Test
from trigdsl.engine.state import Run
from trigdsl.engine.tracing import Entry, Trace, TracingMachine
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros, Value


@frozen
class Asked:
    """A part of a condition that was asked, when, and its value (None: unknown or missing)."""

    time: Micros
    value: Value


@frozen
class Came:
    """An event that came, from outside or from a rule: `name` is the one on the wire."""

    time: Micros
    name: str
    properties: dict[str, Value]


@frozen
class Tried:
    """A trigger of a rule that was tried, with the event it was tried for (None without one)."""

    time: Micros
    outcome: str
    event: Came | None


@frozen
class Armed:
    """A step that was armed, and when it is due."""

    time: Micros
    due: Micros


@frozen
class Decided:
    """A decision, the zone of the user then, and the nodes of the clauses that ended the run."""

    decision: Decision
    zone: Zone
    clauses: tuple[int, ...]


@frozen
class Waited:
    """A step whose window was closed when it was due, and when that opens (None: never)."""

    due: Micros
    opens: Micros | None


@define
class Record:
    """What happened in one test: rules go by their number, steps by (rule, place from 0), parts by their node."""

    asked: dict[int, list[Asked]] = field(factory=lambda: defaultdict(list))
    events: list[Came] = field(factory=list)
    tried: dict[int, list[Tried]] = field(factory=lambda: defaultdict(list))
    armed: dict[tuple[int, int], list[Armed]] = field(factory=lambda: defaultdict(list))
    waited: dict[tuple[int, int], list[Waited]] = field(factory=lambda: defaultdict(list))
    decided: dict[tuple[int, int], list[Decided]] = field(factory=lambda: defaultdict(list))

    def of_rule(self, rule: int) -> Iterator[Decided]:
        """All decisions of a rule."""
        for (index, _), decided in self.decided.items():
            if index == rule:
                yield from decided

    def every(self) -> Iterator[Decided]:
        """All decisions."""
        for decided in self.decided.values():
            yield from decided


class Recording:
    """Records one test; `machine` makes the machine that runs it."""

    def __init__(self) -> None:
        self._trace = Trace()
        self._asked: dict[int, list[Asked]] = defaultdict(list)

    def machine(self, program: Program, on_violation: OnViolation) -> TracingMachine:
        return _RecordingMachine(program, on_violation, self._trace, self._asked)

    def record(self) -> Record:
        """What happened, when the test is over."""
        record = Record(asked=self._asked)
        came: dict[int, Came] = {}
        for place, entry in enumerate(self._trace.entries):
            _note(record, came, place, entry)
        return record


def _note(record: Record, came: dict[int, Came], place: int, entry: Entry) -> None:
    for part in entry.seen:
        record.asked[part.node].append(Asked(entry.time, part.value))
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
            record.tried[entry.rule].append(Tried(entry.time, entry.outcome or "", event))
        case "armed":
            record.armed[_step(entry)].append(Armed(entry.time, entry.until or 0))
        case "waits":
            record.waited[_step(entry)].append(Waited(entry.time, entry.opens))
        case "decision":
            assert entry.decision is not None
            record.decided[_step(entry)].append(Decided(entry.decision, entry.zone, entry.clauses))


def _step(entry: Entry) -> tuple[int, int]:
    assert entry.rule is not None
    assert entry.step is not None
    return entry.rule, entry.step


class _RecordingMachine(TracingMachine):
    """A tracing machine that also notes what conditions were when they let a rule pass, and checks invariants."""

    def __init__(
        self, program: Program, on_violation: OnViolation, trace: Trace, asked: dict[int, list[Asked]]
    ) -> None:
        super().__init__(program, trace)
        self.watch = Watch(self, on_violation) if program.invariants else None
        self._asked = asked

    def _is_fired(self, index: int, test: Test | None, properties: dict[str, Value]) -> bool:
        fired = super()._is_fired(index, test, properties)
        if fired and self.holds(test, properties):
            self._ask("where", index)
        return fired

    def decide(
        self, run: Run, action: CompiledAction, place: int, status: str, reason: str | None = None, **told: Any
    ) -> None:
        if isinstance(action, SendAction) and status in ("sent", "control", "capped"):
            self._ask("requires", action.channel.name)
            self._ask("when", run.rule, run.step)
        super().decide(run, action, place, status, reason, **told)

    def _ask(self, what: str, owner: str | int, place: int = 0) -> None:
        for part in self.seen(what, owner, place):
            self._asked[part.node].append(Asked(self.context.now, part.value))


def times_of(events: Iterable[Came], names: frozenset[str]) -> list[Micros]:
    """When events of these names came."""
    return [event.time for event in events if event.name in names]
