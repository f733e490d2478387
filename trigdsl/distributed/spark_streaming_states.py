"""Users' states in a checkpoint of Spark, or in a file of `trig state` → states to begin a stream with; and to a file.

A DataFrame of states has the columns `program` (where programs are named), `user` and `kept`, the bytes of
`streaming_kept`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import define, field
from pyspark.sql import functions as F  # noqa: N812

from trigdsl.distributed.spark_streaming import KEPT
from trigdsl.distributed.streaming import MILLISECOND
from trigdsl.distributed.streaming_kept import Kept, decode_kept, packed_layout, unpacked_layout
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.store.bodies import decode_input, encode_input
from trigdsl.store.layouts import decode_layout
from trigdsl.store.moving import (
    BadStateFile,
    End,
    Header,
    HeldLine,
    LayoutLine,
    Line,
    LinkLine,
    StateLine,
    line_of,
    renumbered,
    write_lines,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SCHEMA = "user string, kept binary"


# ------------------------------------------------------------------------ from a checkpoint
def states_of(spark: SparkSession, checkpoint: str) -> DataFrame:
    """The states that a query has in its checkpoint: to begin another query with (`initial`), or to look at.

    The query must not run meanwhile.
    """
    read = spark.read.format("statestore").option("stateVarName", KEPT).load(checkpoint)
    return read.select("key.program", "key.user", F.col("value.value").alias(KEPT))


def watermark_of(spark: SparkSession, checkpoint: str) -> Micros | None:
    """The moment up to which a query has decided everything, in microseconds; None before the first."""
    path = f"{checkpoint}/offsets"
    rows = spark.read.text(path).where(F.col("value").contains("batchWatermarkMs"))
    numbered = rows.select(F.regexp_extract(F.input_file_name(), r"/(\d+)$", 1).cast("long").alias("batch"), "value")
    last = numbered.orderBy(F.col("batch").desc()).first()
    watermark = 0 if last is None else json.loads(last.value)["batchWatermarkMs"]
    return watermark * MILLISECOND if watermark > 0 else None


def export_checkpoint(spark: SparkSession, checkpoint: str, path: str, program: str | None = None) -> End:
    """Write a file, as `trig state export` does, of the states that a query has in its checkpoint; how many.

    `program` is the one that is wanted where programs are named.  Raises ValueError when it is to be said.
    """
    states = states_of(spark, checkpoint)
    names = [row.program for row in states.select("program").distinct().collect()]
    if program is None and len(names) > 1:
        raise ValueError(f"there are states of {', '.join(f'`{name}`' for name in sorted(names))}: say which `program`")
    wanted = states if program is None else states.where(F.col("program") == program)
    kept = (decode_pair(row) for row in wanted.toLocalIterator())
    return write_lines(path, lines_of(kept, watermark_of(spark, checkpoint)))


def decode_pair(row: Any) -> tuple[str, Kept]:
    """A user and what is kept."""
    return row.user, decode_kept(bytes(row[KEPT]))


def lines_of(states: Iterable[tuple[str, Kept]], clock: Micros | None) -> Iterator[Line]:
    """The lines of a file of states, but for the end."""
    yield Header(clock=clock, latest=clock)
    layouts: dict[bytes, int] = {}
    held: list[tuple[int, Input]] = []
    for user, kept in states:
        held += kept.held
        if kept.state is None:
            continue
        if kept.layout not in layouts:
            layouts[kept.layout] = len(layouts) + 1
            yield LayoutLine(layouts[kept.layout], unpacked_layout(kept.layout).encoded)
        number = layouts[kept.layout]
        yield StateLine(user, number, renumbered(kept.state, number), due_of(kept))
    # The numbers of a user's records go on from each other, and those of others make no difference.
    for number, (_, given) in enumerate(held, 1):
        yield HeldLine(number, given.time, given.user, encode_input(given))
