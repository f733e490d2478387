"""A row group of Parquet → whether any of its rows can matter, as far as the file tells without being read.

Its statistics tell the least and the greatest event, time and number, and that nothing is missing.  Where no event
between those is one that a rule names, or no number is beyond what conditions ask for, the rows are only counted: of
them the users are read, and the events if there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen
from pyarrow import types

from trigdsl.model.values import FIRST_INSTANT, Micros, micros
from trigdsl.records.columns import Layout
from trigdsl.records.event_rows import texts_of
from trigdsl.records.native import RESERVED
from trigdsl.records.parquet_rows import SIFTED_ROWS, ParquetTable
from trigdsl.records.parquet_sieve import ParquetSieve, as_dictionary, decoded
from trigdsl.records.passing import Bound, Passing

_MOST_ROWS = 4 * SIFTED_ROWS
"""More are not held at a time: a larger row group is read as others are."""
_PARTS = ("user", "time", "event")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


@frozen
class Span:
    """The least and the greatest value of a column, or something below and above; nothing is missing."""

    least: Any
    greatest: Any


@define
class IdleGroup:
    """Counts the rows of a row group in `passing` if none of them can matter or is unusual.

    Text of properties is looked at only if it `reads_texts`: that it is no UTF-8 makes its rows unusual.
    """

    table: ParquetTable
    layout: Layout
    passing: Passing
    reads_texts: bool
    _sieve: ParquetSieve = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._sieve = ParquetSieve(self.layout, self.passing)

    def pass_all(self) -> bool:
        """Count all rows; False, and nothing is done, when they must be read."""
        spans = self._spans()
        if spans is None or self._may_matter(spans["event"]):
            return False
        events = spans["event"]
        event = events.least if events.least == events.greatest else None
        batches = list(self.table.batches(SIFTED_ROWS, self._wanted(with_events=event is None)))
        if not all(map(_is_sound, batches)):
            return False
        self._count_times(spans["time"])
        for batch in batches:
            self._count_events(batch, event)
            self._count_users(batch.column(self.table.names[self._sieve.parts["user"]]))
        return True

    # ------------------------------------------------------------------ what the file tells
    def _spans(self) -> dict[str, Span] | None:
        """The spans of users, times and events, all of which are usual; None where that is not known."""
        parts = self._sieve.parts
        if parts.keys() != set(_PARTS) or not self._sieve.suits(self.table.schema) or self.table.rows > _MOST_ROWS:
            return None
        spans = {part: self._span(parts[part]) for part in _PARTS}
        user, time, event = (spans[part] for part in _PARTS)
        if user is None or time is None or event is None or not user.least or not event.least:
            return None
        first, last = _instant(time.least), _instant(time.greatest)
        if first is None or last is None or first < FIRST_INSTANT or last > self.passing.until:
            return None
        if any(self.table.may_be_infinite(index) for index in self._sieve.properties.values()):
            return None
        return {"time": Span(first, last), "event": event}

    def _span(self, index: int) -> Span | None:
        found = self.table.statistics(index)
        if found is None or not found.has_null_count or found.null_count or not found.has_min_max:
            return None
        try:
            return Span(found.min, found.max)
        except (ValueError, OverflowError):
            return None

    def _may_matter(self, events: Span) -> bool:
        """Whether an event of a name in this span may matter, or must be told of."""
        names = self.passing.judge.names
        if names is None or any(events.least <= name <= events.greatest for name in RESERVED):
            return True
        return any(events.least <= name <= events.greatest and self._name_may_matter(name) for name in names)

    def _name_may_matter(self, name: str) -> bool:
        judge = self.passing.judge
        if judge.test(name) is None:
            return False
        bounds = judge.bounds(name)
        return bounds is None or any(map(self._may_exceed, bounds))

    def _may_exceed(self, bound: Bound) -> bool:
        """Whether some value may be beyond a bound, or is none that is compared with numbers."""
        path, operator, number = bound
        index = self._sieve.properties.get(path)
        if self._sieve.inside(path):
            return True
        if index is None:
            return False
        kind, found = self.table.schema.field(index).type, self.table.statistics(index)
        if found is not None and found.has_null_count and found.null_count == self.table.rows:
            return False
        if found is None or not found.has_min_max or not _is_number(kind):
            return True
        return _ORDERS[operator](found.max if operator in (">", ">=") else found.min, number)

    # ------------------------------------------------------------------ what is read
    def _wanted(self, *, with_events: bool) -> list[str]:
        """The columns that are read, in their order."""
        parts = self._sieve.parts
        wanted = {parts["user"], *([parts["event"]] if with_events else [])}
        if self.reads_texts:
            wanted |= {index for index, kind in enumerate(self.table.schema.types) if _is_text(kind)}
        return [self.table.names[index] for index in sorted(wanted)]

    def _count_times(self, times: Span) -> None:
        passing = self.passing
        passing.first, passing.last = min(passing.first, times.least), max(passing.last, times.greatest)

    def _count_events(self, batch: Any, event: str | None) -> None:
        for name, count in _counts(batch, self.table.names[self._sieve.parts["event"]], event):
            self.passing.meet(name)
            self.passing.events[name] = self.passing.events.get(name, 0) + count

    def _count_users(self, users: Any) -> None:
        coder = self.passing.coder
        if coder is None:
            self.passing.user_columns.append(decoded(pc.unique(users)).cast(pa.string()))
            return
        from trigdsl.records.parquet_coded import codes_of

        users = as_dictionary(users)
        coder.sifter.meet_users(codes_of(users), *texts_of(users.dictionary), len(users))


def _counts(batch: Any, column: str, event: str | None) -> Iterator[tuple[str, int]]:
    if event is not None:
        yield event, batch.num_rows
        return
    events = as_dictionary(batch.column(column))
    names = events.dictionary.to_pylist()
    for counted in pc.value_counts(events.indices).to_pylist():
        yield names[counted["values"]], counted["counts"]


def _is_sound(batch: Any) -> bool:
    """Whether nothing is missing after all, and all text is UTF-8."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _instant(time: object) -> Micros | None:
    if not isinstance(time, datetime):
        return None
    return micros(time if time.tzinfo else time.replace(tzinfo=UTC))


def _is_number(kind: Any) -> bool:
    return bool((types.is_integer(kind) and not types.is_uint64(kind)) or types.is_floating(kind))


def _is_text(kind: Any) -> bool:
    held = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(held) or types.is_large_string(held))
