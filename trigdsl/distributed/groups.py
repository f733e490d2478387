"""Batches of rows sorted by user → tables with all rows of some users each, of a size that is quick to go through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

GROUP_ROWS = 1 << 16
"""A group ends with a user, in the batch with which it has at least so many rows."""


def groups(batches: Iterable[pa.RecordBatch], rows: int = GROUP_ROWS) -> Iterator[pa.Table]:
    """The groups, in order; batches are sorted by their column `key`, and one user may fill many of them."""
    held: list[pa.RecordBatch] = []
    count = 0
    last: object = None
    for batch in batches:
        if not batch.num_rows:
            continue
        keys = batch.column("key")
        cut = _last_key_starts(keys)
        if held and not cut and keys[0].as_py() == last:
            cut = -1
        if cut >= 0 and count + cut >= rows:
            if cut:
                held.append(batch.slice(0, cut))
            if held:
                yield pa.Table.from_batches(held)
            held, count, batch = [], 0, batch.slice(cut)  # noqa: PLW2901
        held.append(batch)
        count += batch.num_rows
        last = keys[-1].as_py()
    if held:
        yield pa.Table.from_batches(held)


def _last_key_starts(keys: pa.Array) -> int:
    """Where the rows of the last user begin; 0 when the whole batch is theirs, or may end a user's."""
    found: int = pc.index(keys, keys[-1]).as_py()
    return found
