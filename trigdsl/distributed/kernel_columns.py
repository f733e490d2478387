"""Batches of decisions as the compiled kernel hands them over → columns, without a Python object for each decision.

See `trigdsl.native.batches` for the bytes of a batch, and `trigdsl.replayer.line_batches` for who makes them.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen
from pyarrow import json

from trigdsl.distributed.deciding import output_schema
from trigdsl.distributed.reports import Report
from trigdsl.engine.flat import flat
from trigdsl.engine.flat_tables import Kind, tables_of
from trigdsl.engine.program import Program
from trigdsl.replayer.flat_lines import parts_of
from trigdsl.replayer.results import decision_schema
from trigdsl.replayer.summary import Key

NOT_COMPILED = "this worker lacks the compiled parts of trigdsl that the driver has: install the same package on both"
"""What is wrong where a program that the driver's kernel decides comes to a worker that has none."""

_HEADER, _ENTRY = 16, 24


@frozen
class Kinds:
    """What the numbers of kinds mean: how each is counted, and its status."""

    keys: list[Key]
    statuses: pa.Array


def kinds_of(program: Program) -> Kinds:
    """The kinds of a program that the kernel decides; RuntimeError where there is no kernel."""
    simple = flat(program)
    tables = None if simple is None else tables_of(simple)
    if tables is None:
        raise RuntimeError(NOT_COMPILED)
    found: list[Kind] = tables.kinds
    keys = [parts_of(kind.rule, kind.status, kind.reason)[0] for kind in found]
    return Kinds(keys, pa.array([kind.status for kind in found], pa.string()))


def users_of(told: bytes | memoryview) -> pa.Array:
    """The names of users, from the first batch of a shard."""
    view = memoryview(told)
    length = int.from_bytes(view[:8], "little")
    offsets, names = pa.py_buffer(view[8 : 8 + length]), pa.py_buffer(view[8 + length :])
    return pa.StringArray.from_buffers(length // 4 - 1, offsets, names)


class KernelBatch:
    """One batch of decisions; `first` is the number of its first one among those of the shard."""

    def __init__(self, batch: bytes | memoryview, users: pa.Array, first: int) -> None:
        held = memoryview(batch)
        self.rows = int.from_bytes(held[:8], "little")
        self._pending = bool(int.from_bytes(held[8:_HEADER], "little"))
        self._first = first
        entries = held[_HEADER : _HEADER + self.rows * _ENTRY]
        self._times, self._lengths = _every(entries, pa.int64(), 0, 3), _every(entries, pa.int64(), 2, 3)
        self._users = users.take(_every(entries, pa.int32(), 2, 6))
        self._kinds = _every(entries, pa.int32(), 3, 6)
        self._lines = held[_HEADER + self.rows * _ENTRY :]

    def count(self, kinds: Kinds, report: Report) -> None:
        """Count the decisions by kind."""
        for counted in pc.value_counts(self._kinds).to_pylist():
            kind, number = counted["values"], counted["counts"]
            row = pc.index(self._kinds, pa.scalar(kind, pa.int32())).as_py()
            at = int(self._pending), self._times[row].as_py(), self._users[row].as_py(), self._first + row
            report.count(kinds.keys[kind], at, number)

    def columns(self, kinds: Kinds, *, lines: bool, columns: bool) -> pa.RecordBatch:
        """The columns of `deciding.output_schema`: those of decisions, or of them only what puts lines in order."""
        schema = output_schema()
        told: dict[str, Any] = {"number": pa.array(range(self._first, self._first + self.rows), pa.int64())}
        if columns:
            read = self._read()
            told |= {name: read.column(name).combine_chunks() for name in read.schema.names}
        else:
            told |= {"user": self._users, "status": kinds.statuses.take(self._kinds)}
            told["time"] = self._times.cast(schema.field("time").type)
        if lines:
            told["line"] = self._texts()
        made = [told[one.name] if one.name in told else pa.nulls(self.rows, one.type) for one in schema]
        return pa.RecordBatch.from_arrays(made, schema=schema)

    def _texts(self) -> pa.Array:
        """The lines, without their line feeds."""
        ends = pc.cumulative_sum(self._lengths.cast(pa.int32()))
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
        whole = pa.StringArray.from_buffers(self.rows, offsets.buffers()[1], pa.py_buffer(self._lines))
        return pc.utf8_rtrim(whole, "\n")

    def _read(self) -> pa.Table:
        """What the lines hold, as columns."""
        how = json.ParseOptions(explicit_schema=decision_schema(), unexpected_field_behavior="error")
        block = json.ReadOptions(block_size=max(len(self._lines), 1), use_threads=False)
        return json.read_json(pa.BufferReader(pa.py_buffer(self._lines)), block, how)


def _every(data: memoryview, kind: Any, first: int, step: int) -> pa.Array:
    """Each `step`-th number of some that lie one after the other."""
    count = len(data) * 8 // kind.bit_width
    numbers = pa.Array.from_buffers(kind, count, [None, pa.py_buffer(data)])
    return numbers.take(pa.array(range(first, count, step), pa.int64()))
