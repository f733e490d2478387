"""Rows of some users, sorted by user, time and arrival → their decisions as columns, and a report of what was counted.

This is what a distributed engine runs in each of its processes.  Users are independent of each other, so a process
needs nothing of another's but the moment at which the clock stops, which is known before anybody decides.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from trigdsl.distributed.groups import GROUP_ROWS, groups
from trigdsl.distributed.reports import Report, observed
from trigdsl.distributed.rows import PROFILE
from trigdsl.distributed.rules import compiled
from trigdsl.distributed.tables import TableLayout, inputs_of_columns
from trigdsl.engine.flat import flat
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.records.effects import EventRows
from trigdsl.records.packing import Arrived, unpacked
from trigdsl.records.passing import Passing
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.flat import decision_of
from trigdsl.replayer.placing import PlacedObservations, PlacedProfiles, PlacedViolations, Profile
from trigdsl.replayer.results import decision_columns, decision_schema
from trigdsl.replayer.summary import MOST_VIOLATIONS, Shown, key_of, reaches
from trigdsl.replayer.writing import line_of

_BATCH = 8_192
_by_arrival = attrgetter("arrival")
_by_time_and_arrival = attrgetter("time", "arrival")


def output_schema() -> pa.Schema:
    """The columns of what `decide` yields: those of `decision_schema`, and three more.

    `number` orders the decisions of a user of one time; `line` is the decision as a line of JSON, where lines are asked
    for.  A row that has a `report` is no decision: it holds what `report_of` reads.
    """
    fields = [one.with_nullable(True) for one in decision_schema()]
    more = [pa.field("number", pa.int64()), pa.field("line", pa.string()), pa.field("report", pa.binary())]
    return pa.schema([*fields, *more])


@frozen(kw_only=True)
class Deciding:
    """What is decided: for which program (as `travelling` made it), until when, and what is wanted of it.

    `last` is the time of the last input of all users.  `table` tells what columns hold records that are not packed.
    `plain` says that no record has an id or an alias, so that a user with many is gone through record by record.
    """

    program: bytes
    last: Micros | None
    until: Micros | None = None
    drain: bool = False
    invariants: bool = False
    shown: Shown = field(factory=Shown)
    lines: bool = False
    columns: bool = True
    table: TableLayout | None = None
    plain: bool = False


def decide(asked: Deciding, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The decisions of all users of the batches, as they are found; at the end one row with a report."""
    report = Report()
    schema = output_schema()
    # Under rules of the simplest shape that heed no past, what rows do is told by columns: these are few bytes each.
    rules = None if asked.invariants else flat(compiled(asked.program))
    long = asked.plain and (rules is None or rules.asks_past)
    for group in groups(batches, GROUP_ROWS, long=long):
        of_group = _Group(asked, report)
        decisions = of_group.decisions(group) if isinstance(group, pa.Table) else of_group.one_by_one(group)
        while part := list(islice(decisions, _BATCH)):
            yield _columns(asked, schema, part)
    yield report_row(report)


def report_row(report: Report) -> pa.RecordBatch:
    """A report as a row among decisions."""
    schema = output_schema()
    told = [pa.nulls(1, one.type) for one in islice(schema, len(schema) - 1)]
    return pa.RecordBatch.from_arrays([*told, pa.array([pickle.dumps(report)], pa.binary())], schema=schema)


def report_of(row: bytes) -> Report:
    """The report of one process."""
    told: Report = pickle.loads(row)
    return told


class _Group:
    """The users of one group; what is counted of them goes into a report."""

    def __init__(self, asked: Deciding, report: Report) -> None:
        self._asked = asked
        self._report = report
        self._program = compiled(asked.program)
        self._observations = PlacedObservations()
        self._violations = PlacedViolations(self._observations, MOST_VIOLATIONS)

    def decisions(self, group: pa.Table) -> Iterator[tuple[int, Decision]]:
        """The decisions that are shown, in order, with their numbers."""
        asked = self._asked
        profiles, inputs, columns = _sorted_out(group)
        passing = Passing()
        replay = self._replay(profiles, passing)
        joins = any(given.alias is not None for given in inputs)
        passing.effects = None if joins or replay.is_divided else replay.effects
        self._observations.inputs_only = replay.takes_short_cut and not joins
        rows: list[EventRows] = []
        passing.on_rows = rows.append
        if columns.num_rows and asked.table is not None:
            inputs += inputs_of_columns(asked.table, columns, passing)
        # Whoever came first counts, of records with one id and of ids of one user.
        inputs.sort(key=_by_arrival)
        replay.gather(inputs)
        yield from self._shown(_decided(replay, asked.last, self._observations, rows))
        self._tell(replay)

    def one_by_one(self, tables: Iterator[pa.Table]) -> Iterator[tuple[int, Decision]]:
        """The same of one user's rows, none of which is held when it is handled."""
        profiles: list[Profile] = []
        first: list[Arrived | Input] = []
        for table in tables:
            # Profiles come before everything else.
            some, first = self._in_order(table)
            profiles += some
            if first:
                break
        replay = self._replay(profiles, Passing(), flatly=False)
        others = (given for table in tables for given in self._in_order(table)[1])
        yield from self._shown(replay.one_by_one(chain(first, others), self._asked.last, self._observations.through))
        self._tell(replay)

    def _in_order(self, table: pa.Table) -> tuple[list[Profile], list[Arrived | Input]]:
        profiles, inputs, columns = _sorted_out(table)
        if columns.num_rows and self._asked.table is not None:
            inputs += inputs_of_columns(self._asked.table, columns, Passing())
            inputs.sort(key=_by_time_and_arrival)
        return profiles, inputs

    def _replay(self, profiles: list[Profile], passing: Passing, *, flatly: bool = True) -> Replay:
        asked, observations = self._asked, self._observations
        replay = Replay(
            self._program,
            (),
            until=asked.until,
            drain=asked.drain,
            passing=passing,
            profiles=PlacedProfiles(observations, profiles),
            on_violation=self._violations if asked.invariants else None,
            shown=asked.shown,
            flatly=flatly,
        )
        replay.machine.observations = observations
        observations.machine = replay.machine
        return replay

    def _tell(self, replay: Replay) -> None:
        """Put what was counted into the report."""
        self._observations.machine = None
        told = Report(stats=replay.stats, observations=self._observations)
        observed(self._violations, told)
        self._report.add(told)

    def _shown(self, decisions: Iterable[Decision]) -> Iterator[tuple[int, Decision]]:
        report, shown = self._report, self._asked.shown
        reached = set()
        for number, decision in enumerate(decisions):
            if decision in shown:
                pending = int(decision.status == "pending")
                report.count(key_of(decision), (pending, decision.time, decision.user, number))
                if reaches(decision):
                    reached.add(decision.user)
                yield number, decision
        report.reached += len(reached)


def _decided(
    replay: Replay, last: Micros | None, observations: PlacedObservations, rows: list[EventRows]
) -> Iterator[Decision]:
    from trigdsl.records.event_rows import joined

    found = replay.found(last, observations.through, joined(rows) if rows else None)
    if found is None:
        return replay.decisions(last, observations.through)
    return (decision_of(at, user, run, status, reason) for at, user, _, run, status, reason in found)


def _sorted_out(group: pa.Table) -> tuple[list[Profile], list[Arrived | Input], pa.Table]:
    """The profiles of a group, its records that are packed, and the rows whose columns are to be read."""
    of_columns = pc.is_null(group.column("packed"))
    is_profile = pc.fill_null(pc.equal(group.column("kind"), PROFILE), False)
    profiles = [
        (number, given.user, given.set or {})
        for number, given in zip(*_unpacked(group.filter(is_profile)), strict=True)
    ]
    numbers, inputs = _unpacked(group.filter(pc.invert(pc.or_(of_columns, is_profile))))
    for number, given in zip(numbers, inputs, strict=True):
        given.arrival = number
    return sorted(profiles, key=lambda one: one[0]), list(inputs), group.filter(of_columns)


def _unpacked(rows: pa.Table) -> tuple[list[int], list[Arrived]]:
    held = [unpacked(data)[0] for data in rows.column("packed").to_pylist()]
    return rows.column("arrival").to_pylist(), held


def _columns(asked: Deciding, schema: pa.Schema, part: list[tuple[int, Decision]]) -> pa.RecordBatch:
    decisions = [decision for _, decision in part]
    if asked.columns:
        columns: list[Any] = decision_columns(decisions)
    else:
        wanted = {"user": "user", "status": "status", "time": "time"}
        columns = [
            pa.array([getattr(one, wanted[field.name]) for one in decisions], field.type)
            if field.name in wanted
            else pa.nulls(len(part), field.type)
            for field in decision_schema()
        ]
    columns.append(pa.array([number for number, _ in part], pa.int64()))
    lines = [line_of(one).decode().rstrip("\n") for one in decisions] if asked.lines else [None] * len(part)
    columns += [pa.array(lines, pa.string()), pa.nulls(len(part), pa.binary())]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
