"""Parts of files, or batches of columns → record rows: records as a table that any engine can sort by user and time.

A row is a record that may matter, read and packed; or a profile; or names a user of whom records were let pass.  What
else was found on the way is told in rows of kind `REPORT`, one for each part.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
from attrs import define, field, frozen

from trigdsl.distributed.rules import compiled
from trigdsl.engine.sieve import Sieve
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros
from trigdsl.records.columns import input_layout
from trigdsl.records.packing import Arrived, packed
from trigdsl.records.parquet_rows import ArrowRows, inputs_of
from trigdsl.records.parts import Part, PartReading, PartReport
from trigdsl.records.passing import Passing
from trigdsl.records.profiles import read_profiles
from trigdsl.records.rejects import Reject, Reports

RECORD, PROFILE, PASSED, REPORT = range(4)
"""The kinds of rows."""

ROWS = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("time", pa.int64()),
        pa.field("arrival", pa.int64()),
        pa.field("id", pa.string()),
        pa.field("kind", pa.int32()),
        pa.field("packed", pa.binary()),
    ]
)
"""The columns of record rows: the user, microseconds, the order of arrival, the record's id, the kind, the rest."""

PROFILES, TABLE = -1, -2
"""The numbers of reports that are not of a part of a file."""

PART_BITS = 40
"""An arrival is the number of the part and that of the record in it, in one integer."""
_BATCH = 8_192

Claims: TypeAlias = dict[tuple[str, str], tuple[Micros, int, int]]
"""By user and alias: time and arrival of the first record that says so, and how many there are."""


@frozen
class Reading:
    """How records are read: for which program (as `travelling` made it), how far, and under which names."""

    program: bytes
    columns: Mapping[str, str]
    until: Micros | None = None


@frozen
class RowsReport:
    """What was found in one part beside records: see `PartReport`; and who is said to be whom."""

    number: int
    part: PartReport
    claims: Claims


@define
class _Rows:
    """Rows that are gathered, batch by batch."""

    number: int
    claims: Claims = field(factory=dict)
    _held: list[tuple[str | None, Micros, int, str | None, int, bytes]] = field(factory=list)
    _count: int = 0

    def add(self, given: Input) -> None:
        """One record; one that has an arrival keeps it, within its part."""
        self._count = given.arrival if isinstance(given, Arrived) else self._count + 1
        arrival = self._count if self.number < 0 else self.number << PART_BITS | self._count
        if given.alias is not None:
            _claim(self.claims, (given.user, given.alias), (given.time, arrival, 1))
        self._held.append((given.user, given.time, arrival, given.id, RECORD, packed([given])))

    def add_profile(self, user: str, data: bytes) -> None:
        self._count += 1
        self._held.append((user, FIRST_INSTANT - 1, self._count, None, PROFILE, data))

    def finish(self, users: Iterable[str], report: PartReport) -> None:
        self._held += ((user, LAST_INSTANT, 0, None, PASSED, b"") for user in users)
        told = RowsReport(self.number, report, self.claims)
        self._held.append((None, LAST_INSTANT, 0, None, REPORT, pickle.dumps(told)))

    def full(self) -> Iterator[pa.RecordBatch]:
        """The batch that is full, if one is."""
        if len(self._held) >= _BATCH:
            yield self.taken()

    def taken(self) -> pa.RecordBatch:
        held, self._held = self._held, []
        columns = zip(*held, strict=True) if held else ([] for _ in ROWS)
        return pa.RecordBatch.from_arrays(
            [pa.array(column, kind.type) for column, kind in zip(columns, ROWS, strict=True)], schema=ROWS
        )


def rows_of_parts(reading: Reading, parts: Mapping[int, Part], numbers: Iterable[int]) -> Iterator[pa.RecordBatch]:
    """The rows of the parts of some numbers."""
    for number in numbers:
        passing = _passing(reading)
        part = PartReading(parts[number], reading.columns, passing)
        rows = _Rows(number)
        for inputs in part.batches():
            for given in inputs:
                rows.add(given)
                yield from rows.full()
        rows.finish(passing.all_users(), part.report(set()))
        yield rows.taken()


def rows_of_profiles(path: str, columns: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    """The rows of a file of profiles."""
    rejects: list[Reject] = []
    rows = _Rows(PROFILES)
    for user, attributes in read_profiles(path, columns, rejects.append):
        rows.add_profile(user, packed([Input(user, 0, set=attributes)]))
        yield from rows.full()
    rows.finish((), PartReport(0, 0, rejects, [], {}, set(), LAST_INSTANT, FIRST_INSTANT))
    yield rows.taken()


def rows_of_columns(
    reading: Reading, names: Sequence[str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The rows of batches of columns of these names; one more column, the last, tells the order of arrival.

    Its number is the line of a reject, whose file has no name.
    """
    rejects: list[Reject] = []
    warnings: list[tuple[str, str]] = []
    reports = Reports("", rejects.append, lambda what, where: warnings.append((what, where)))
    rows = _Rows(TABLE)
    for batch in batches:
        *columns, order = batch.columns
        held = pa.RecordBatch.from_arrays(columns, names)
        orders, table = order.to_pylist(), ArrowRows(held.schema)
        for given, arrival in inputs_of(table, input_layout(table.names, reading.columns), held, orders, reports):
            rows.add(arrived(given, arrival))
            yield from rows.full()
    rows.finish((), PartReport(0, 0, rejects, warnings, {}, set(), LAST_INSTANT, FIRST_INSTANT))
    yield rows.taken()


def arrived(given: Input, arrival: int) -> Arrived:
    """An input with its arrival."""
    parts = (given.user, given.time, given.event, given.properties, given.set, given.add, given.remove, given.id)
    return Arrived(*parts, given.alias, arrival)


def merged_claims(reports: Iterable[RowsReport]) -> Claims:
    """The claims of all parts."""
    found: Claims = {}
    for report in reports:
        for pair, claim in report.claims.items():
            _claim(found, pair, claim)
    return found


def _claim(claims: Claims, pair: tuple[str, str], claim: tuple[Micros, int, int]) -> None:
    known = claims.get(pair)
    if known is None:
        claims[pair] = claim
    else:
        claims[pair] = (*min(known[:2], claim[:2]), known[2] + claim[2])


def _passing(reading: Reading) -> Passing:
    until = LAST_INSTANT if reading.until is None else reading.until
    return Passing(judge=Sieve(compiled(reading.program)), until=until)


def report_of(row: Any) -> RowsReport:
    """The report that the bytes of a row of kind `REPORT` hold."""
    told: RowsReport = pickle.loads(row)
    return told
