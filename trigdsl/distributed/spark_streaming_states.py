"""Users' states in a checkpoint of Spark, or in a file of `trig state` → states to begin a stream with; and to a file.

A DataFrame of states has the columns `program` (where programs are named), `user` and `kept`, the bytes of
`streaming_kept`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import frozen
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
    StateLine,
    line_of,
    renumbered,
    state_line,
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
        yield state_line(user, renumbered(kept.state, number))
    # The numbers of a user's records go on from each other, and those of others make no difference.
    for number, (_, given) in enumerate(held, 1):
        yield HeldLine(number, given.time, given.user, encode_input(given))


# ------------------------------------------------------------------------ from a file
def states_from_file(spark: SparkSession, path: str) -> DataFrame:
    """The states of a file that `trig state export` wrote, to begin a query with (`initial`); its lines are read once.

    Raises BadStateFile for a file that is none or was cut, and for one in which ids became one user: a stream, whose
    users are spread over processes, does not follow these.
    """
    lines = spark.read.text(path)
    rare = [line_of(row.value.encode(), path) for row in lines.where(_is_one_of("header", "layout", "end")).collect()]
    clock, layouts, end = _read_rare(rare, path)
    if end.links:
        raise BadStateFile(
            f"`{path}` has {end.links} ids that became another's: a stream does not follow them, so give all records of"
            " a user one id, and leave out the `link` lines"
        )
    known = lines.where(_is_one_of("state", "held"))
    by_user = known.groupBy(F.get_json_object("value", "$.user").alias("user"))
    gathered = by_user.agg(F.collect_list("value").alias("lines"))
    making = _Making(clock, layouts, path)

    def make(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return making.rows(batches)

    return gathered.mapInArrow(make, _SCHEMA)


def _is_one_of(*kinds: str) -> Any:
    return F.get_json_object("value", "$.kind").isin(*kinds)


def _read_rare(rare: list[Line], path: str) -> tuple[Micros | None, dict[int, bytes], End]:
    headers = [line for line in rare if isinstance(line, Header)]
    ends = [line for line in rare if isinstance(line, End)]
    if len(headers) != 1:
        raise BadStateFile(f"`{path}` has {len(headers)} headers: a file that `trig state export` wrote is wanted")
    if len(ends) != 1:
        raise BadStateFile(f"`{path}` was cut: its last line is not there")
    layouts = {line.number: packed_layout(decode_layout(line.body)) for line in rare if isinstance(line, LayoutLine)}
    return headers[0].clock, layouts, ends[0]


@frozen
class _Making:
    """Makes of the lines of each user what a stream keeps."""

    clock: Micros | None
    layouts: dict[int, bytes]
    path: str

    def rows(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            users, texts = (batch.column(name).to_pylist() for name in ("user", "lines"))
            kept = [self._kept([line_of(text.encode(), self.path) for text in some]) for some in texts]
            yield pa.RecordBatch.from_arrays(
                [pa.array(users, pa.string()), pa.array(kept, pa.binary())], ["user", KEPT]
            )

    def _kept(self, lines: list[Line]) -> bytes:
        states = [line for line in lines if isinstance(line, StateLine)]
        waiting = sorted((line for line in lines if isinstance(line, HeldLine)), key=lambda line: line.number)
        return Kept(
            # Without a state no layout is asked for.
            layout=self.layouts[states[0].layout] if states else b"",
            clock=self.clock,
            arrived=len(waiting),
            held=tuple((place, decode_input(line.body)) for place, line in enumerate(waiting, 1)),
            state=renumbered(states[0].body, 0) if states else None,
        ).encoded
