"""Rows of records in Spark → the decisions about them, and what was counted: the driver of a replay on Apache Spark.

What is decided is in `deciding`; here it is said in the words of Spark where rows come from, that those of one user
come together in the order of time, and what is to be known before: the moment at which the clock stops, and whose ids
are one user's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import define, evolve, field, frozen

from trigdsl.distributed import deciding, rows, shards
from trigdsl.distributed.deciding import Deciding
from trigdsl.distributed.linking import Linked, linked
from trigdsl.distributed.reports import Report, total
from trigdsl.distributed.rows import PASSED, PROFILE, RECORD, REPORT, Reading, RowsReport
from trigdsl.distributed.rules import compiled
from trigdsl.distributed.shards import is_for_kernel
from trigdsl.distributed.spark_tables import SparkTable
from trigdsl.distributed.tables import TableLayout
from trigdsl.engine.duplicates import SAME_RECORD
from trigdsl.model.values import Micros
from trigdsl.records.parts import Part

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

PARTITION_ROWS = 500_000
"""About so many rows go into a partition."""
DEFAULT_PARTITIONS = "200"
"""What Spark has for `spark.sql.shuffle.partitions` if nobody says anything."""


@frozen
class SparkRecords:
    """All records of a replay: parts of files, a file of profiles, and tables."""

    reading: Reading
    parts: Mapping[int, Part] = field(factory=dict)
    profiles: str | None = None
    table: SparkTable | None = None


@define
class SparkReplay:
    """One replay.  Call `prepare`, then `decisions`, whose rows are those of `deciding.output_schema`."""

    spark: SparkSession
    records: SparkRecords
    asked: Deciding
    reports: list[RowsReport] = field(factory=list)
    facts: list[Row] = field(factory=list)
    linked: Linked = field(factory=Linked)
    _packed: DataFrame | None = None
    _count: int = 0
    _ids: int = 0

    def prepare(self) -> None:
        """Find out all that is to be known before anybody decides."""
        table = self.records.table
        unusual = None
        if table is not None and table.suits():
            self.facts = table.facts().collect()
            self.asked = evolve(self.asked, table=table.table_layout("key"))
            unusual = table.unusual() if any(row.unusual for row in self.facts) else None
        elif table is not None:
            unusual = table.unusual()
        self._packed = self._read(unusual)
        if self._packed is not None:
            found = self._packed.where(self._packed.kind == REPORT).select("packed").collect()
            self.reports = [rows.report_of(row.packed) for row in found]
        self.linked = linked(rows.merged_claims(self.reports))
        if self.linked.groups and self.asked.table is not None and table is not None:
            self.asked = evolve(self.asked, table=table.table_layout("user"))
        last = self._last()
        claimed = any(told.claims for told in self.reports)
        self.asked = evolve(self.asked, last=last, plain=not self._ids and not claimed)

    def decisions(self, partitions: int | None = None) -> DataFrame:
        """The decisions, and a row with a report of each partition.

        Unless it is said how many `partitions` there are, it is by the number of rows, or as
        `spark.sql.shuffle.partitions` says where that is not what Spark itself has for it.
        """
        count = partitions or self._partitions()
        if self._is_for_shards():
            return self._decided_by_shards(count)
        by_user = self._rows(self.linked.groups).repartition(count, "key")
        ordered = by_user.sortWithinPartitions("key", "time", "arrival")
        return ordered.mapInArrow(partial(_decide, self.asked), spark_schema(deciding.output_schema()))

    def _is_for_shards(self) -> bool:
        """Whether the compiled kernel decides about columns; records that came twice are for whoever sorts them."""
        table, asked = self.records.table, self.asked
        if table is None or asked.table is None or table.has_ids or self.records.parts or self.linked.groups:
            return False
        return is_for_kernel(compiled(asked.program), invariants=asked.invariants)

    def _decided_by_shards(self, count: int) -> DataFrame:
        table, reading, layout = self.records.table, self.records.reading, self.asked.table
        assert table is not None
        assert layout is not None
        schema = spark_schema(shards.BLOCKS)
        blocks = table.kept().mapInArrow(partial(_table_blocks, reading, layout, count), schema)
        if (packed := self._packed) is not None:
            held = packed.where(packed.kind.isin(RECORD, PROFILE))
            blocks = blocks.union(held.mapInArrow(partial(_row_blocks, count), schema))
        decide = partial(_decide_shards, self.asked, reading.columns)
        return blocks.repartitionById(count, blocks.shard).mapInArrow(decide, spark_schema(deciding.output_schema()))

    def users(self, _: Report) -> int:
        """How many users the records have; most of them may have none that was decided about."""
        from pyspark.sql import functions as F  # noqa: N812

        frames = []
        if self._has_usual and self.records.table is not None:
            frames.append(self.records.table.users())
        if (packed := self._packed) is not None:
            until = self.records.reading.until
            in_time = F.lit(True) if until is None else packed.time <= until
            frames.append(packed.where((packed.kind == PASSED) | ((packed.kind == RECORD) & in_time)).select("key"))
        if not frames:
            return 0
        names = frames[0] if len(frames) == 1 else frames[0].union(frames[1])
        count: int = self._renamed(names, self.linked.users).distinct().count()
        return count

    def close(self) -> None:
        """Give back what is held."""
        if self._packed is not None:
            self._packed.unpersist()

    def _partitions(self) -> int:
        """Enough that all cores have work, and that no partition is large."""
        said = self.spark.conf.get("spark.sql.shuffle.partitions")
        if said is not None and said != DEFAULT_PARTITIONS:
            return int(said)
        count: int = self._count + sum(row.kept for row in self.facts)
        cores: int = self.spark.sparkContext.defaultParallelism
        return max(cores, -(-count // PARTITION_ROWS))

    # ------------------------------------------------------------------ rows
    @property
    def _has_usual(self) -> bool:
        return self.asked.table is not None

    def _read(self, unusual: DataFrame | None) -> DataFrame | None:
        """Everything that is read in Python, as record rows; read once, and held."""
        records, reading = self.records, self.records.reading
        schema = spark_schema(rows.ROWS)
        frames = []
        if records.profiles is not None:
            one = self.spark.range(0, 1, 1, 1)
            frames.append(one.mapInArrow(partial(_profiles, records.profiles, reading.columns), schema))
        if records.parts:
            numbers = list(records.parts)
            each = self.spark.range(0, len(numbers), 1, len(numbers))
            frames.append(each.mapInArrow(partial(_parts, reading, records.parts, numbers), schema))
        if unusual is not None:
            names = () if records.table is None else records.table.names
            frames.append(unusual.mapInArrow(partial(_columns, reading, names), schema))
        if not frames:
            return None
        packed = frames[0]
        for frame in frames[1:]:
            packed = packed.union(frame)
        return packed.persist()

    def _rows(self, names: Mapping[str, str]) -> DataFrame:
        """The records that may matter and the profiles; `names` are other keys for some users."""
        from pyspark.sql import functions as F  # noqa: N812

        frames = []
        if self._has_usual and self.records.table is not None:
            kept = self.records.table.kept()
            frames.append(kept.withColumn("user", F.col("key")) if names else kept)
        if (packed := self._packed) is not None:
            frames.append(packed.where(packed.kind.isin(RECORD, PROFILE)))
        if not frames:
            frames.append(self.spark.createDataFrame([], spark_schema(rows.ROWS)))
        if len(frames) == 1 and self._has_usual:
            # Rows of columns alone: nothing is packed.
            none = {"kind": F.lit(None).cast("int"), "packed": F.lit(None).cast("binary")}
            return self._renamed(frames[0].withColumns(none), names)
        held = frames[0] if len(frames) == 1 else frames[0].unionByName(frames[1], allowMissingColumns=True)
        return self._renamed(held, names)

    def _renamed(self, held: DataFrame, names: Mapping[str, str]) -> DataFrame:
        """The rows with other keys for some."""
        if not names:
            return held
        from pyspark.sql import functions as F  # noqa: N812

        known = self.spark.createDataFrame(list(names.items()), "key string, __known string")
        joined = held.join(F.broadcast(known), "key", "left")
        return joined.withColumn("key", F.coalesce("__known", "key")).drop("__known")

    # ------------------------------------------------------------------ the last input
    def _last(self) -> Micros | None:
        """The time of the last input of all, duplicates left out."""
        from pyspark.sql import functions as F  # noqa: N812

        times = [row.latest for row in self.facts]
        times += [told.part.last for told in self.reports if any(told.part.events.values())]
        ids = sum(row.ids for row in self.facts)
        if (packed := self._packed) is not None:
            records = packed.where(packed.kind == RECORD)
            latest = F.max(F.when(F.col("id").isNull(), F.col("time"))).alias("latest")
            (row,) = records.agg(latest, F.count("id").alias("ids"), F.count("*").alias("all")).collect()
            self._count = row.all
            times.append(row.latest)
            ids += row.ids
        self._ids = ids
        if ids:
            times.append(self._last_with_id())
        return max((time for time in times if time is not None), default=None)

    def _last_with_id(self) -> Micros | None:
        """The time of the last record with an id that is no duplicate: the one that arrived first counts."""
        from pyspark.sql import functions as F  # noqa: N812

        held = self._rows(self.linked.users)
        held = held.where(F.col("id").isNotNull() & (F.coalesce(F.col("kind"), F.lit(RECORD)) == RECORD))
        each = held.groupBy("key", "id").agg(F.sort_array(F.collect_list(F.struct("arrival", "time"))).alias("all"))

        def keep(kept: Any, one: Any) -> Any:
            again = F.exists(kept, lambda time: F.abs(time - one["time"]) <= SAME_RECORD)
            return F.when(again, kept).otherwise(F.concat(kept, F.array(one["time"])))

        kept = F.aggregate("all", F.array().cast("array<bigint>"), keep)
        (row,) = each.agg(F.max(F.array_max(kept)).alias("last")).collect()
        last: Micros | None = row.last
        return last


def reports_of(decided: DataFrame) -> Report:
    """What was counted by all partitions of `SparkReplay.decisions`."""
    found = decided.where(decided.report.isNotNull()).select("report").collect()
    return total(deciding.report_of(row.report) for row in found)


def spark_schema(schema: pa.Schema) -> Any:
    """Columns of Arrow as Spark's."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


# ---------------------------------------------------------------------- what runs in workers
def _decide(asked: Deciding, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return deciding.decide(asked, batches)


def _table_blocks(
    reading: Reading, layout: TableLayout, count: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    from trigdsl.distributed.table_blocks import blocks_of_table

    return blocks_of_table(reading, layout, count, batches)


def _row_blocks(count: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from trigdsl.distributed.table_blocks import blocks_of_rows

    return blocks_of_rows(count, batches)


def _decide_shards(
    asked: Deciding, columns: Mapping[str, str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return shards.decide_shards(asked, columns, batches)


def _parts(
    reading: Reading, parts: Mapping[int, Part], numbers: list[int], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield from rows.rows_of_parts(reading, parts, [numbers[at] for at in batch.column(0).to_pylist()])


def _profiles(path: str, columns: Mapping[str, str], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if batch.num_rows:
            yield from rows.rows_of_profiles(path, columns)


def _columns(reading: Reading, names: tuple[str, ...], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return rows.rows_of_columns(reading, names, batches)
