"""Files of records under a program that the compiled kernel decides → its decisions, by way of Apache Spark.

Each task reads parts of files with the code that reads them on one machine, and hands on what happened to the users of
each shard as columns of numbers (see `shards`).  So nothing is read twice, no row becomes one of the JVM's, and Spark
is left with what it is good at: tasks that may fail, and blocks that come together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
from attrs import define, evolve, field

from trigdsl.distributed import deciding, shards
from trigdsl.distributed.deciding import Deciding
from trigdsl.distributed.linking import Linked
from trigdsl.distributed.reports import Report
from trigdsl.distributed.rows import Reading
from trigdsl.distributed.shards import REPORT_SHARD, BlocksReport
from trigdsl.distributed.spark_replay import DEFAULT_PARTITIONS, SparkRecords, spark_schema
from trigdsl.model.values import Micros
from trigdsl.records.parts import Part

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

TASK_BYTES = 1 << 27
"""About so many bytes of files are read by one task."""

TASKS_PER_CORE = 4
"""As many tasks there are at least for each core, if there are parts enough, so that none waits long for the last."""

SHARD_BYTES = 1 << 27
"""For about so many bytes of files there is a shard."""

MOST_SHARDS = 2_000
"""Each task makes a block for each shard, so there are no more than so many unless somebody asks for them."""


@define
class SparkShards:
    """One replay.  Call `prepare`; then `joins` tells that it is none for shards, else call `decisions`."""

    spark: SparkSession
    records: SparkRecords
    asked: Deciding
    partitions: int | None = None
    reports: list[BlocksReport] = field(factory=list)
    facts: list[Row] = field(factory=list)
    linked: Linked = field(factory=Linked)
    joins: bool = False
    _blocks: DataFrame | None = None
    _shards: int = 0

    def prepare(self) -> None:
        """Read everything, and find out when the clock stops."""
        self._shards = self.partitions or self._count()
        self._blocks = self._read().persist()
        found = self._blocks.where(self._blocks.shard == REPORT_SHARD).select("data").collect()
        self.reports = [shards.report_of(row.data) for row in found]
        self.joins = any(told.joins for told in self.reports)
        if not self.joins:
            self.asked = evolve(self.asked, last=self._last())

    def decisions(self, _: int | None = None) -> DataFrame:
        """The decisions, and a row with a report of each partition."""
        decide = partial(_decide, self.asked, self.records.reading.columns)
        return self._together().mapInArrow(decide, spark_schema(deciding.output_schema()))

    def users(self, report: Report) -> int:
        """How many users the records have: shards know all of theirs."""
        return report.stats.users

    def close(self) -> None:
        """Give back what is held."""
        if self._blocks is not None:
            self._blocks.unpersist()

    def _count(self) -> int:
        """How many shards there are: enough that all cores have work, and that none is large."""
        said = self.spark.conf.get("spark.sql.shuffle.partitions")
        if said is not None and said != DEFAULT_PARTITIONS:
            return int(said)
        size = sum(part.end - part.start for part in self.records.parts.values())
        return max(self._cores, min(-(-size // SHARD_BYTES), MOST_SHARDS))

    @property
    def _cores(self) -> int:
        count: int = self.spark.sparkContext.defaultParallelism
        return count

    def _read(self) -> DataFrame:
        """The blocks of all parts and profiles, with their reports."""
        records, schema = self.records, spark_schema(shards.BLOCKS)
        size = sum(part.end - part.start for part in records.parts.values())
        count = max(-(-size // TASK_BYTES), TASKS_PER_CORE * self._cores)
        tasks = _sliced(list(records.parts), max(len(records.parts) // count, 1))
        each = self.spark.range(0, len(tasks), 1, max(len(tasks), 1))
        found = each.mapInArrow(partial(_parts, records.reading, records.parts, tasks, self._shards), schema)
        if records.profiles is None:
            return found
        one = self.spark.range(0, 1, 1, 1)
        profiles = partial(_profiles, records.profiles, records.reading.columns, self._shards)
        return found.union(one.mapInArrow(profiles, schema))

    def _together(self) -> DataFrame:
        """The blocks, those of a shard in the partition of its number."""
        assert self._blocks is not None
        held = self._blocks.where(self._blocks.shard != REPORT_SHARD)
        return held.repartitionById(self._shards, held.shard)

    def _last(self) -> Micros | None:
        """The time of the last input of all, duplicates left out."""
        times = [told.part.last for told in self.reports if told.part.first <= told.part.last]
        if any(told.inputs for told in self.reports):
            gathered = partial(_gathered, self.records.reading)
            spans = self._together().mapInArrow(gathered, spark_schema(shards.SPANS))
            times += [row.last for row in spans.collect() if row.last is not None]
        return max(times, default=None)


def _sliced(numbers: list[int], length: int) -> list[list[int]]:
    return [numbers[start : start + length] for start in range(0, len(numbers), length)]


# ---------------------------------------------------------------------- what runs in workers
def _decide(asked: Deciding, columns: Mapping[str, str], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return shards.decide_shards(asked, columns, batches)


def _gathered(reading: Reading, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return shards.gathered(reading, batches)


def _parts(
    reading: Reading,
    parts: Mapping[int, Part],
    tasks: list[list[int]],
    count: int,
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for task in batch.column(0).to_pylist():
            yield from shards.blocks_of_parts(reading, parts, tasks[task], count)


def _profiles(
    path: str, columns: Mapping[str, str], count: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if batch.num_rows:
            yield from shards.blocks_of_profiles(path, columns, count)
