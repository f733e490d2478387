"""Rows of a table as columns, all of them usual → what they do as columns, or inputs where that is not enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from trigdsl.distributed.rows import arrived
from trigdsl.model.inputs import Input
from trigdsl.records.columns import input_layout
from trigdsl.records.effects import EventRows
from trigdsl.records.packing import Arrived
from trigdsl.records.parquet_effects import EffectRows
from trigdsl.records.parquet_rows import ROWS, ArrowTable, inputs_of
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import Reject, Reports


@frozen
class TableLayout:
    """Which columns of rows hold what: `fields` maps our columns to the table's names, `columns` is as in `Job`.

    The time is a whole number of microseconds, and the user and the event are text.
    """

    fields: Mapping[str, str]
    columns: Mapping[str, str]
    time: str


class GroupRows(ArrowTable):
    """The rows of one group."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__(table.schema)
        self._table = table

    def may_be_infinite(self, index: int) -> bool:
        """None is: the engine has kept rows that hold such a number apart."""
        return False

    def batches(self, rows: int = ROWS, columns: list[str] | None = None, *, told: bool = True) -> Iterator[Any]:
        table = self._table if columns is None else self._table.select(columns)
        yield from table.combine_chunks().to_batches(rows)


def inputs_of_columns(layout: TableLayout, rows: pa.Table, passing: Passing) -> list[Input]:
    """The inputs of rows; what rows do goes to `passing` where its effects tell and the columns allow it."""
    arrivals = rows.column("arrival").combine_chunks()
    table = GroupRows(named(layout, rows))
    reports = Reports("table", unexpected)
    if passing.effects is not None:
        effects = EffectRows(table, layout.columns, passing)
        if effects.suits():
            inputs: list[Input] = []
            for found, made in effects.batches(reports):
                assert found is not None, "no coder takes the rows here"
                passing.on_rows(_arrived_rows(found, arrivals))
                inputs += [arrived(given, arrivals[given.arrival - 1].as_py()) for given in made]  # type: ignore[attr-defined]
            return inputs
    return list(inputs_of_rows(table, layout, arrivals, reports))


def inputs_of_rows(table: GroupRows, layout: TableLayout, arrivals: pa.Array, reports: Reports) -> Iterator[Arrived]:
    """The inputs of all rows of a group, one by one."""
    found = input_layout(table.names, layout.columns)
    first = 0
    for batch in table.batches():
        places = arrivals.slice(first, batch.num_rows).to_pylist()
        for given, arrival in inputs_of(table, found, batch, places, reports):
            yield arrived(given, arrival)
        first += batch.num_rows


def named(layout: TableLayout, rows: pa.Table) -> pa.Table:
    """The table's own columns under their own names, times as instants."""
    columns = {}
    for ours, theirs in layout.fields.items():
        column = rows.column(ours)
        columns[theirs] = column.cast(pa.timestamp("us", "UTC")) if ours == layout.time else column
    return pa.table(columns)


def _arrived_rows(found: EventRows, arrivals: pa.Array) -> EventRows:
    """Events whose arrival is the number of their row, from 1 → with the arrival of that row."""
    users, times, numbers, effects = found.rows.columns
    places = pc.subtract(numbers, pa.scalar(1, "int64"))
    columns = [users.cast(pa.string()), times, arrivals.take(places), effects]
    return EventRows(pa.RecordBatch.from_arrays(columns, found.rows.schema.names), found.effects)


def unexpected(reject: Reject) -> None:
    """Raises AssertionError: an engine hands on no row that is to be rejected."""
    raise AssertionError(f"a row that an engine took for usual is none: {reject.reason}: {reject.record}")
