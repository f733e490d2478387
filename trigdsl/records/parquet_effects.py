"""Rows of Parquet → what their events do, as columns: no row that is usual becomes Python values.

Only the columns are read that say who did what when, or that decide what an event does.  What an event does is found
out once for each combination of their values.  Rows of which anything is unusual are read whole, and made inputs of.
Text in a column that nothing reads is not looked at, so it may be no UTF-8.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from trigdsl.model.inputs import Input
from trigdsl.records.columns import Layout, input_layout, touch
from trigdsl.records.effects import Effect, Effects, EventRows
from trigdsl.records.packing import Arrived
from trigdsl.records.parquet_rows import SIFTED_ROWS, ArrowTable, inputs_of
from trigdsl.records.parquet_sieve import ParquetSieve, as_dictionary, decoded
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import Reports
from trigdsl.records.rows import Cells

_PARTS = ("user", "time", "event")
_MOST_KNOWN = 1 << 16
_COLUMNS = ("user", "time", "arrival", "effect")


@define
class EffectRows:
    """Reads the rows of a table, or of one of its row groups; `suits` tells whether its columns allow it.

    What it lets pass, and what it hands on as effects, is counted in `passing`.
    """

    table: ArrowTable
    columns: Mapping[str, str] | None
    passing: Passing
    _effects: Effects = field(init=False)
    _layout: Layout = field(init=False)
    _known: dict[Effect, int] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        assert self.passing.effects is not None
        self._effects = self.passing.effects
        self._layout = input_layout(self.table.names, self.columns)

    def suits(self) -> bool:
        """Whether rows hold nothing but user, time, event and plain properties."""
        parts = {part for _, part in self._layout.parts}
        return parts == set(_PARTS) and ParquetSieve(self._layout, self.passing).suits(self.table.schema)

    def batches(self, reports: Reports) -> Iterator[tuple[EventRows | None, list[Input]]]:
        """What the usual rows do, and the inputs of the unusual ones, whose arrival is the number of their row.

        Rows are None where they went elsewhere.
        """
        names = self._wanted()
        sieve = ParquetSieve(input_layout(names, self.columns), self.passing)
        first = self.table.first_row
        done = 0
        whole = _Whole(self.table)
        for batch in self.table.batches(SIFTED_ROWS, names):
            rows, odd = self._sorted_out(batch, sieve, first + done)
            inputs: list[Input] = []
            for found, places in whole.at([done + place for place in odd]):
                numbers = [first + place for place in places]
                made = inputs_of(self.table, self._layout, found, numbers, reports)
                inputs += [_arrived(given, number) for given, number in made]
            yield None if rows is None else EventRows(rows, list(self._known)), inputs
            done += batch.num_rows

    # ------------------------------------------------------------------ columns
    def _wanted(self) -> list[str]:
        """The columns that are read, in their order."""
        wanted = {index for index, _ in self._layout.parts}
        for index, _, path in self._layout.paths:
            if any(touch(path, read) for read in self._effects.paths) or self.table.may_be_infinite(index):
                wanted.add(index)
        return [self.table.names[index] for index in sorted(wanted)]

    # ------------------------------------------------------------------ rows
    def _sorted_out(self, batch: Any, sieve: ParquetSieve, first: int) -> tuple[Any, list[int]]:
        """The rows of a batch that do something, and the places of those that are unusual."""
        try:
            # Text that is no UTF-8 shows only when it is read.
            batch.validate(full=True)
            times = sieve.times(batch)
        except pa.ArrowInvalid:
            return _no_rows(), list(range(batch.num_rows))
        usual = sieve.is_usual(batch, times)
        events = as_dictionary(batch.column(sieve.parts["event"]))
        found = []
        for code, name in enumerate(events.dictionary.to_pylist()):
            of_name = pc.fill_null(pc.equal(events.indices, pa.scalar(code, events.indices.type)), False)
            if not sieve.may_pass(name):
                usual = pc.and_(usual, pc.invert(of_name))
                continue
            doing = pc.and_(usual, of_name)
            if not self._effects.ends(name):
                doing = pc.and_(doing, sieve.may_matter(batch, name))
            places = pc.indices_nonzero(doing)
            if not len(places):
                continue
            effects = self._effects_of(name, batch, places, sieve)
            odd = pc.is_null(effects)
            if pc.any(odd, min_count=0).as_py():
                usual = _without(usual, places.filter(odd))
            does = pc.fill_null(pc.greater_equal(effects, 0), False)
            found.append((places.filter(does), effects.filter(does)))
        sieve.let_pass(batch, times, usual)
        unusual = pc.indices_nonzero(pc.invert(usual)).to_pylist()
        if not found:
            return _no_rows(), unusual
        places = pa.concat_arrays([each.cast("int64") for each, _ in found])
        users = batch.column(sieve.parts["user"]).take(places)
        arrivals = pc.add(places, pa.scalar(first, "int64"))
        effects = pa.concat_arrays([each for _, each in found])
        made = [as_dictionary(decoded(users).cast(pa.string())), times.take(places), arrivals, effects]
        return pa.RecordBatch.from_arrays(made, _COLUMNS), unusual

    def _effects_of(self, event: str, batch: Any, places: Any, sieve: ParquetSieve) -> Any:
        """What the rows at some places do: the number of an effect, -1 for nothing, null for what must be told."""
        read = self._effects.reads(event)
        at = [index for path, index in sieve.properties.items() if any(touch(path, each) for each in read)]
        if not at:
            return pa.repeat(pa.scalar(self._number(event, self._effects.triggered(event, {})), "int32"), len(places))
        codes = pa.repeat(pa.scalar(0, "int64"), len(places))
        for index in at:
            column = decoded(batch.column(index).take(places)).dictionary_encode(null_encoding="encode")
            codes = pc.add(pc.multiply(codes, len(column.dictionary)), column.indices.cast("int64"))
            codes = codes.dictionary_encode().indices.cast("int64")
        count = pc.max(codes).as_py() + 1
        samples = batch.take(places.take(pc.index_in(pa.array(range(count), "int64"), value_set=codes)))
        read = samples.select(at)
        cells, _ = self.table.cells(read)
        numbers = [self._number(event, rules) for rules in self._triggered(event, read.schema, cells, at, sieve.layout)]
        return pa.array(numbers, "int32").take(codes)

    def _triggered(
        self, event: str, schema: Any, rows: Iterable[Cells], at: Sequence[int], layout: Layout
    ) -> Iterator[tuple[int, ...] | None]:
        """What rows trigger whose columns are those that are read; parts of a file often hold the same values."""
        known = self.passing.triggered
        if len(known) > _MOST_KNOWN:
            known.clear()
        place = {index: here for here, index in enumerate(at)}
        paths = tuple((place[index], part, path) for index, part, path in layout.paths if index in place)
        read = Layout(tuple(schema.names), (), paths)
        of_these = event, paths, tuple(map(str, schema.types))
        for cells in rows:
            key = of_these, tuple(cells)
            if key not in known:
                known[key] = self._effects.triggered(event, read.record(cells).get("properties", {}))  # type: ignore[arg-type]
            yield known[key]

    def _number(self, event: str, rules: tuple[int, ...] | None) -> int | None:
        if rules is None:
            return None
        if not rules and not self._effects.ends(event):
            return -1
        return self._known.setdefault((event, rules), len(self._known))


class _Whole:
    """The rows of a table with all of their columns, of which only a few are wanted, in their order."""

    def __init__(self, table: ArrowTable) -> None:
        self._batches = table.batches(SIFTED_ROWS, told=False)
        self._batch: Any = None
        self._start = self._end = 0

    def at(self, places: list[int]) -> Iterator[tuple[Any, list[int]]]:
        """Batches of the rows at some places (from 0), and these; none before those that were asked for."""
        while places:
            while places[0] >= self._end:
                self._batch = next(self._batches)
                self._start, self._end = self._end, self._end + self._batch.num_rows
            count = bisect_left(places, self._end)
            here, places = places[:count], places[count:]
            yield self._batch.take(pa.array([place - self._start for place in here], "int64")), here


def _without(mask: Any, places: Any) -> Any:
    """A mask that is false at some more places."""
    at = pc.is_in(pa.array(range(len(mask)), places.type), value_set=places)
    return pc.and_(mask, pc.invert(at))


def _arrived(given: Input, number: int) -> Arrived:
    parts = (given.user, given.time, given.event, given.properties, given.set, given.add, given.remove, given.id)
    return Arrived(*parts, given.alias, number)


def _no_rows() -> Any:
    kinds = (pa.dictionary(pa.int32(), pa.string()), pa.int64(), pa.int64(), pa.int32())
    return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in kinds], _COLUMNS)
