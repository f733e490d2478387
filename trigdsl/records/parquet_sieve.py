"""A batch of Parquet rows → those of its rows that may matter; the others are counted without becoming Python values.

Which rows may pass is told by `passing`: events by their names, and by bounds of one property where that is all that
decides.  A row of which anything is unusual is kept, so that it is read, used or rejected like any other.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field
from pyarrow import types

from trigdsl.model.values import FIRST_INSTANT, Micros
from trigdsl.records.columns import Layout
from trigdsl.records.native import RESERVED
from trigdsl.records.parquet_types import timestamp_unit
from trigdsl.records.passing import Bound, Passing

_ORDERS = {">": pc.greater, ">=": pc.greater_equal, "<": pc.less, "<=": pc.less_equal}


@define
class ParquetSieve:
    """Lets the rows of one file pass; `suits` tells whether its columns allow that at all."""

    layout: Layout
    passing: Passing
    parts: dict[str, int] = field(init=False)
    properties: dict[tuple[str, ...], int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.parts = {part: index for index, part in self.layout.parts}
        self.properties = {path: index for index, part, path in self.layout.paths if part == "properties"}

    def suits(self, schema: Any) -> bool:
        """Whether rows hold only user, time, event, id and plain properties, so that nothing else can be said."""
        if not {"user", "time", "event"} <= self.parts.keys() <= {"user", "time", "event", "id"}:
            return False
        if len(self.properties) < len(self.layout.paths) or self._is_nested_in_another():
            return False
        time_at = self.parts["time"]
        kinds = [schema.field(index).type for index in range(len(schema))]
        plain = all(index == time_at or _is_plain(_values(kind)) for index, kind in enumerate(kinds))
        texts = all(_is_text(_values(kinds[self.parts[part]])) for part in ("user", "event"))
        return (
            plain and texts and timestamp_unit(kinds[time_at]) in (1_000_000, 1_000, 1) and not self.passing.is_sorted
        )

    def sift(self, batch: Any) -> tuple[Any, list[int] | None]:
        """The rows that may matter, and their places in the batch (None: all of them)."""
        try:
            # Text that is no UTF-8 shows only when it is read.
            batch.validate(full=True)
            times = self.times(batch)
        except pa.ArrowInvalid:
            return batch, None
        passes = pc.and_(self.is_usual(batch, times), pc.invert(self._matters(batch)))
        self.let_pass(batch, times, passes)
        keeps = pc.invert(passes)
        return batch.filter(keeps), pc.indices_nonzero(keeps).to_pylist()

    def times(self, batch: Any) -> Any:
        """The times as microseconds since 1970; raises ArrowInvalid for what overflows."""
        column = batch.column(self.parts["time"])
        unit = timestamp_unit(column.type)
        assert unit is not None
        return pc.multiply_checked(column.cast("int64"), pa.scalar(round(unit), "int64"))

    def is_usual(self, batch: Any, times: Any) -> Any:
        """Which rows have user, event and time, no id, and no number that is none: only such may pass."""
        in_range = pc.and_(
            pc.greater_equal(times, pa.scalar(FIRST_INSTANT, "int64")),
            pc.less_equal(times, pa.scalar(self.passing.until, "int64")),
        )
        usual = pc.fill_null(in_range, False)
        for part in ("user", "event"):
            usual = pc.and_(usual, _has_text(batch.column(self.parts[part])))
        if "id" in self.parts:
            usual = pc.and_(usual, pc.is_null(batch.column(self.parts["id"])))
        for column in batch.columns:
            if types.is_floating(column.type) and column.null_count < len(column):
                usual = pc.and_(usual, pc.fill_null(pc.invert(pc.is_inf(column)), True))
        return usual

    def _matters(self, batch: Any) -> Any:
        """Which rows may matter, by name and bounds."""
        events = as_dictionary(batch.column(self.parts["event"]))
        names = events.dictionary.to_pylist()
        whole = [not self.may_pass(name) or self._always_matters(name) for name in names]
        matters = pc.fill_null(pc.take(pa.array(whole, pa.bool_()), events.indices), True)
        for code, name in enumerate(names):
            if not whole[code] and self.passing.judge.bounds(name):
                of_name = pc.fill_null(pc.equal(events.indices, pa.scalar(code, events.indices.type)), False)
                matters = pc.or_(matters, pc.and_(of_name, self.may_matter(batch, name)))
        return matters

    def may_pass(self, name: str | None) -> bool:
        """Whether events of that name are any that may pass or matter; who uses another is to be told of it."""
        if name is None or name in RESERVED or not name:
            return False
        self.passing.meet(name)
        return True

    def may_matter(self, batch: Any, name: str) -> Any:
        """Which rows may matter, if their event has that name: a mask, or one boolean for all."""
        bounds = self.passing.judge.bounds(name)
        if bounds is None:
            return pa.scalar(self.passing.tests[name] is not None)
        matters = pa.scalar(False)
        for bound in bounds:
            matters = pc.or_(matters, self._exceeds(batch, bound))
        return matters

    def _always_matters(self, name: str) -> bool:
        """Whether all events of a name matter, as far as can be told without reading them."""
        return self.passing.tests[name] is not None and self.passing.judge.bounds(name) is None

    def _exceeds(self, batch: Any, bound: Bound) -> Any:
        """Which rows may be beyond a bound: of a column that holds no numbers, all with a value, for the warning."""
        path, operator, number = bound
        inside = self.inside(path)
        if inside:
            return reduce(pc.or_, [pc.is_valid(batch.column(index)) for index in inside])
        if path not in self.properties:
            return pa.scalar(False)
        column = batch.column(self.properties[path])
        if types.is_null(column.type):
            return pa.scalar(False)
        if types.is_integer(column.type):
            if types.is_uint64(column.type):
                return pc.is_valid(column)  # may be above every int64
            limit = pa.scalar(_whole(operator, number), "int64")
            return pc.fill_null(_ORDERS[operator](column.cast("int64"), limit), False)
        if types.is_floating(column.type):
            return pc.fill_null(_ORDERS[operator](column.cast("float64"), pa.scalar(float(number))), False)
        return pc.is_valid(column)

    def inside(self, path: tuple[str, ...]) -> list[int]:
        """The columns of what is in a property: who compares such a record with a number must be told."""
        return [index for other, index in self.properties.items() if other != path and other[: len(path)] == path]

    def let_pass(self, batch: Any, times: Any, passes: Any) -> None:
        """Count the rows that pass: events by name, users, the first and the last time."""
        passing, past = self.passing, times.filter(passes)
        if not len(past):
            return
        bounds = pc.min_max(past)
        first: Micros = bounds["min"].as_py()
        last: Micros = bounds["max"].as_py()
        passing.first, passing.last = min(passing.first, first), max(passing.last, last)
        events = as_dictionary(batch.column(self.parts["event"]))
        names = events.dictionary.to_pylist()
        for counted in pc.value_counts(events.indices.filter(passes)).to_pylist():
            name = names[counted["values"]]
            passing.events[name] = passing.events.get(name, 0) + counted["counts"]
        users = batch.column(self.parts["user"]).filter(passes)
        passing.user_columns.append(decoded(pc.unique(users)).cast(pa.string()))

    def _is_nested_in_another(self) -> bool:
        paths = self.properties
        return any(path[:length] in paths for path in paths for length in range(1, len(path)))


def _values(kind: Any) -> Any:
    return kind.value_type if types.is_dictionary(kind) else kind


def _is_text(kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_plain(kind: Any) -> bool:
    """Whether every value of a type that is not infinite is one of the language as it stands."""
    return bool(
        _is_text(kind)
        or types.is_boolean(kind)
        or types.is_integer(kind)
        or types.is_null(kind)
        or types.is_float32(kind)
        or types.is_float64(kind)
    )


def as_dictionary(column: Any) -> Any:
    """A column with a dictionary."""
    return column if types.is_dictionary(column.type) else column.dictionary_encode()


def _has_text(column: Any) -> Any:
    """Which rows have a text that is not empty; of a dictionary each text is looked at once."""
    if types.is_dictionary(column.type):
        return pc.fill_null(_has_text(column.dictionary).take(column.indices), False)
    return pc.fill_null(pc.greater(pc.binary_length(column), 0), False)


def decoded(column: Any) -> Any:
    """A column without its dictionary."""
    return column.cast(column.type.value_type) if types.is_dictionary(column.type) else column


def _whole(operator: str, number: float) -> int:
    """The whole number that bounds whole numbers as a number does: above 1.5 is above 1, at least 1.5 at least 2."""
    return math.floor(number) if operator in (">", "<=") else math.ceil(number)
