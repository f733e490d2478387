"""Batches of rows sorted by user → tables with all rows of some users each, of a size that is quick to go through.

A user may have more rows than anybody wants to hold: those can be had table by table instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

GROUP_ROWS = 1 << 16
"""A group ends with a user, in the batch with which it has at least so many rows."""

Long: TypeAlias = "Iterator[pa.Table]"
"""The rows of one user, in order; to be gone through before the next group is asked for."""


def groups(
    batches: Iterable[pa.RecordBatch], rows: int = GROUP_ROWS, *, long: bool = False
) -> Iterator[pa.Table | Long]:
    """The groups, in order; batches are sorted by their column `key`, and one user may fill many of them.

    With `long`, a user who goes on where a group has so many rows is a group of tables.
    """
    source = _Source(batches)
    held: list[pa.RecordBatch] = []
    count = 0
    last: object = None
    while (batch := source.next()) is not None:
        keys = batch.column("key")
        cut = _last_key_starts(keys)
        if held and keys[0].as_py() == last:
            if long and count >= rows:
                others, own = _without_last(held)
                if others:
                    yield pa.Table.from_batches(others)
                source.put_back(batch)
                going_on = _of_one_user(own, source, last)
                yield going_on
                for _ in going_on:
                    pass  # whoever took it may have left some
                held, count = [], 0
                continue
            if not cut:
                cut = -1
        if cut >= 0 and count + cut >= rows:
            if cut:
                held.append(batch.slice(0, cut))
            if held:
                yield pa.Table.from_batches(held)
            held, count, batch = [], 0, batch.slice(cut)
        held.append(batch)
        count += batch.num_rows
        last = keys[-1].as_py()
    if held:
        yield pa.Table.from_batches(held)


class _Source:
    """Batches that have rows, one of which can be put back."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._left = iter(batches)
        self._back: deque[pa.RecordBatch] = deque()

    def next(self) -> pa.RecordBatch | None:
        """The next one; None where there is none."""
        if self._back:
            return self._back.popleft()
        return next((batch for batch in self._left if batch.num_rows), None)

    def put_back(self, batch: pa.RecordBatch) -> None:
        self._back.append(batch)


def _of_one_user(own: list[pa.RecordBatch], source: _Source, user: object) -> Iterator[pa.Table]:
    """Some rows of a user, then all that follow; the first row of another goes back."""
    for batch in own:
        yield pa.Table.from_batches([batch])
    while (batch := source.next()) is not None:
        end = pc.index(pc.equal(batch.column("key"), pa.scalar(user, batch.schema.field("key").type)), False).as_py()
        if end:
            yield pa.Table.from_batches([batch if end < 0 else batch.slice(0, end)])
        if end >= 0:
            source.put_back(batch.slice(end))
            return


def _without_last(held: list[pa.RecordBatch]) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    """Batches without the rows of their last user, and these."""
    user = held[-1].column("key")[-1]
    for place, batch in enumerate(held):
        start = pc.index(batch.column("key"), user).as_py()
        if start >= 0:
            others = [*held[:place], batch.slice(0, start)] if start else held[:place]
            return others, [batch.slice(start), *held[place + 1 :]]
    raise AssertionError("the last row is its user's")


def _last_key_starts(keys: pa.Array) -> int:
    """Where the rows of the last user begin; 0 when the whole batch is theirs, or may end a user's."""
    found: int = pc.index(keys, keys[-1]).as_py()
    return found
