"""What the compiled kernel decided → batches of lines as bytes, for another process → the lines of all shards in order.

The first batch of a shard tells its users, the others decisions; see `trigdsl.native.batches`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from trigdsl.engine.flat import flat
from trigdsl.engine.flat_tables import Tables, tables_of
from trigdsl.engine.program import Program
from trigdsl.native.lines import Lines
from trigdsl.native.merging import Merger
from trigdsl.native.names import Names
from trigdsl.replayer.compiled import Decided
from trigdsl.replayer.flat_lines import parts_of
from trigdsl.replayer.summary import Key

_BATCH = 1_024
"""Decisions in a batch: few enough that their lines stay in a processor's cache from one copy to the next."""

Merged: TypeAlias = tuple[Counter[Key], tuple[memoryview]]
"""How many decisions there are of each kind, in the order of their first ones; and their lines in one."""


def batches_of(tables: Tables, decided: Decided, writes: bool) -> Iterator[bytes]:
    """What was decided, in batches; without lines unless it `writes`."""
    offsets, names = decided.users.packed()
    yield len(offsets).to_bytes(8, "little") + offsets + names
    lines = Lines(_parts(tables))
    ids = {event: b',"event_id":' + msgspec.json.encode(said) for event, said in decided.ids.items()}
    for pending, decisions in enumerate((decided.found, decided.pending)):
        for start in range(0, len(decisions), _BATCH):
            yield lines.batch(decisions, start, start + _BATCH, decided.users, ids, bool(pending), writes)


def merged_lines(
    program: Program, users: Sequence[bytes | memoryview], streams: Sequence[Iterator[bytes | memoryview]]
) -> Iterator[Merged]:
    """The lines of all shards, whose users were told and whose other batches come in streams.

    Lines are there until the next are asked for.
    """
    simple = flat(program)
    tables = None if simple is None else tables_of(simple)
    assert tables is not None
    keys = [parts_of(kind.rule, kind.status, kind.reason)[0] for kind in tables.kinds]
    merger = Merger(map(_names, users), array("q", bytes(8 * len(keys))))
    while True:
        while (shard := merger.wanting()) is not None:
            merger.give(shard, next(streams[shard], None))
        lines, counts = merger.take()
        if not counts:
            return
        yield Counter({keys[kind]: count for kind, count in counts}), (lines,)


def _names(data: bytes | memoryview) -> Names:
    """The users that the first batch of a shard tells."""
    length = int.from_bytes(data[:8], "little")
    names = Names()
    view = memoryview(data)
    names.numbers(array("i", view[8 : 8 + length].tobytes()), view[8 + length :])
    return names


def _parts(tables: Tables) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    for kind in tables.kinds:
        _, before, between, after = parts_of(kind.rule, kind.status, kind.reason)
        yield before.encode(), between.encode(), after.encode(), kind.rule.rule.name.encode()
