"""Rows of Parquet → what their events do, looked at by compiled code, once each: see `parquet_effects`.

Where one property with numbers decides what an event does, it is found out once for each stretch of numbers that decide
alike; else once for each combination of values, as it is without compiled code.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from math import ceil, floor, inf, nextafter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import define
from pyarrow import types

from trigdsl.model.values import FIRST_INSTANT
from trigdsl.native.sifting import infinite
from trigdsl.records.columns import touch
from trigdsl.records.event_rows import texts_of
from trigdsl.records.parquet_effects import EffectRows
from trigdsl.records.parquet_sieve import ParquetSieve, as_dictionary
from trigdsl.records.parquet_types import timestamp_unit

if TYPE_CHECKING:
    from trigdsl.native.sifting import Act, Column

_NOTHING, _UNUSUAL, _OPEN = -1, -2, -3


@define
class CodedRows(EffectRows):
    """The same, with rows that go to the coder of `passing`."""

    def _sorted_out(self, batch: Any, sieve: ParquetSieve, first: int) -> tuple[Any, list[int]]:
        """None, since rows of a batch that do something went to the coder; and the places of those that are unusual."""
        coder, passing = self.passing.coder, self.passing
        assert coder is not None
        try:
            # Text that is no UTF-8 shows only when it is read.
            batch.validate(full=True)
        except pa.ArrowInvalid:
            return None, list(range(batch.num_rows))
        users, events = (as_dictionary(batch.column(sieve.parts[part])) for part in ("user", "event"))
        times = batch.column(sieve.parts["time"])
        names = events.dictionary.to_pylist()
        acts = [self._act(name, batch, sieve) for name in names]
        scale = round(timestamp_unit(times.type) or 1)
        sifter = coder.sifter
        odd, left = sifter.sift(
            codes_of(users),
            *texts_of(users.dictionary),
            codes_of(events),
            _column(times),
            batch.num_rows,
            scale,
            FIRST_INSTANT,
            passing.until,
            infinite([_column(column) for column in batch.columns if _is_double(column.type)], batch.num_rows),
            acts,
            coder.arrivals.start + first,
        )
        for code, rows in enumerate(left):
            if rows:
                effects = self._effects_at(names[code], batch, rows, sieve)
                odd += sifter.settle(code, array("q", rows), array("i", effects))
        for code, name in enumerate(names):
            if count := sifter.count(code):
                passing.events[name] = passing.events.get(name, 0) + count
        if sifter.first <= sifter.last:
            passing.first, passing.last = min(passing.first, sifter.first), max(passing.last, sifter.last)
        return None, sorted(odd)

    def _act(self, name: str | None, batch: Any, sieve: ParquetSieve) -> Act:
        """What events of a name do, as the sifter has it."""
        if name is None or not sieve.may_pass(name):
            return _UNUSUAL
        effects = self._effects
        read = effects.reads(name)
        if () in read:
            # Whoever wants it wants it as it is.
            return _UNUSUAL
        at = [index for path, index in sieve.properties.items() if any(touch(path, each) for each in read)]
        if not at:
            return _known(self._number(name, effects.triggered(name, {})))
        turns = effects.turns(name)
        if len(at) > 1 or turns is None:
            return _OPEN
        column = batch.column(at[0])
        samples = _samples(turns, column.type)
        if samples is None:
            return _OPEN
        schema = pa.schema([batch.schema.field(at[0])])
        cells = [(sample,) for sample in samples]
        found = [_known(self._number(name, rules)) for rules in self._triggered(name, schema, cells, at, sieve.layout)]
        return _column(column), array("d", turns), array("i", found[:-1]), found[-1]

    def _effects_at(self, name: str, batch: Any, rows: list[int], sieve: ParquetSieve) -> Iterator[int]:
        """What the events of some rows do."""
        places = pa.array(rows, "int64")
        if self._effects.ends(name):
            return map(_known, self._effects_of(name, batch, places, sieve).to_pylist())
        may = sieve.may_matter(batch, name)
        mask = may.take(places) if isinstance(may, pa.Array) else pa.array([may.as_py()] * len(rows))
        doing = places.filter(mask)
        found = iter(self._effects_of(name, batch, doing, sieve).to_pylist() if len(doing) else [])
        return (_known(next(found)) if matters else _NOTHING for matters in mask.to_pylist())

    def _number(self, event: str, rules: tuple[int, ...] | None) -> int | None:
        if rules is None:
            return None
        if not rules and not self._effects.ends(event):
            return _NOTHING
        assert self.passing.coder is not None
        return self.passing.coder.number((event, rules, None))


def _known(number: int | None) -> int:
    return _UNUSUAL if number is None else number


def _is_double(kind: Any) -> bool:
    return bool(types.is_float64(kind) or types.is_float32(kind))


def _samples(turns: tuple[float, ...], kind: Any) -> list[float | None] | None:
    """A number of a column's type below all turns, at the first, between it and the second, ..., above all; and None.

    Where there is no such number it is any.  None for a type whose numbers are not told apart by turns alone.
    """
    found: list[float | None]
    if types.is_float64(kind):
        found = [nextafter(turns[0], -inf)] if turns else [0.0]
        for turn in turns:
            found += [turn, nextafter(turn, inf)]
    elif types.is_signed_integer(kind):
        found = [ceil(turns[0]) - 1] if turns else [0]
        for turn in turns:
            found += [round(turn), floor(turn) + 1]
    else:
        return None
    return [*found, None]


def codes_of(column: Any) -> Column:
    """The places of texts as the sifter has them, which are signed."""
    codes = column.indices
    return _column(codes if types.is_signed_integer(codes.type) else codes.cast("int64"))


def _column(column: Any) -> Column:
    """A column of numbers as the sifter has it."""
    valid, values = column.buffers()
    width = column.type.bit_width // 8
    data = memoryview(values or b"").cast("B")[column.offset * width :]
    bits = None if valid is None or not column.null_count else memoryview(valid).cast("B")
    return data, bits, column.offset, -width if types.is_floating(column.type) else width
