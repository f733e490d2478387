"""A replay as somebody asked for it → decisions written and a summary, by way of Apache Spark.

The same as `trigdsl.replayer.job` does on one machine, and told in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pyarrow as pa
from attrs import evolve, frozen

from trigdsl.distributed.deciding import Deciding
from trigdsl.distributed.needs import needs_of
from trigdsl.distributed.reports import Report
from trigdsl.distributed.rows import PART_BITS, PROFILES, TABLE, Reading
from trigdsl.distributed.rules import travelling
from trigdsl.distributed.shards import is_for_kernel
from trigdsl.distributed.spark_files import SparkFiles, spark_files
from trigdsl.distributed.spark_replay import SparkRecords, SparkReplay, reports_of
from trigdsl.distributed.spark_shards import SparkShards
from trigdsl.distributed.spark_tables import SparkTable
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import STANDARD_INPUT, sources
from trigdsl.records.forms import check_columns
from trigdsl.records.parts import Heeding, PartReport
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import NO_OFFSET, Reject, Reports
from trigdsl.replayer.job import Job, Progress, rejecting, summary_of
from trigdsl.replayer.results import decision_schema
from trigdsl.replayer.split import all_parts
from trigdsl.replayer.stats import Stats
from trigdsl.replayer.summary import Summary, Tally
from trigdsl.replayer.writing import decisions_to_file, decisions_to_stream

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PARQUET = ".parquet"
"""The ending of an output that is a folder of Parquet."""

RANGE_ROWS = 50_000
"""About so many decisions are put in order together, and make one file of a folder of JSON Lines.

When they go to one file, the driver takes so many at once: it holds some 15 MB then, and Java as much again.
"""


_JOINED = ["number", "lines"]


class OutputExists(Exception):  # noqa: N818
    """The folder that decisions are to be written to is there already."""


def run_on_spark(job: Job, spark: SparkSession, progress: Progress, partitions: int | None = None) -> Summary:
    """Replay by Spark.  `out` is one file of JSON Lines in the defined order, or one that ends in `.parquet` or `/`.

    The latter are folders that workers write, of Parquet in any order, or of JSON Lines whose files are in order.
    Raises what `trigdsl.replayer.job.run` does, ValueError for rules that do not travel, and OutputExists.
    """
    check_columns(job.columns)
    if STANDARD_INPUT in job.events:
        raise ValueError("standard input can be read here alone, and not by workers: give the names of files")
    folder = _folder(job.out)
    if folder is not None and Path(folder).exists():
        raise OutputExists(f"`{folder}` is there already: name another folder for the decisions, or remove it")
    tally = Tally(job.shown)
    with ExitStack() as stack:
        files, replay = _prepared(job, spark, partitions, stack)
        passing = Passing()
        _Told(job, files, replay).tell(passing, rejecting(job, tally, stack), tally, progress)
        decided = replay.decisions(partitions).persist()
        stack.callback(decided.unpersist)
        report = reports_of(decided)
        _write(decided, job.out, sum(count for _, count in report.kinds.values()), progress)
        report.observations.taken_alias = replay.linked.taken
        report.tell(tally, job.program)
        return summary_of(job, tally, _stats(report, passing, replay.users(report)))


def _prepared(
    job: Job, spark: SparkSession, partitions: int | None, stack: ExitStack
) -> tuple[SparkFiles, SparkReplay | SparkShards]:
    """The files and the replay of them, which is closed with the stack, once all is known that is before decisions."""
    found = sources(job.events)
    if is_for_kernel(job.program, invariants=job.invariants):
        files = SparkFiles({}, dict(enumerate(all_parts(found))))
        reading = Reading(travelling(job.program), job.columns, job.until)
        shards = SparkShards(spark, SparkRecords(reading, files.parts, job.profiles), _asked(job), partitions)
        stack.callback(shards.close)
        shards.prepare()
        if not shards.joins:
            return files, shards
        # Users whose ids are joined come together by another way.
        shards.close()
    files = spark_files(found)
    replay = SparkReplay(spark, _records(job, files, spark), _asked(job))
    stack.callback(replay.close)
    replay.prepare()
    return files, replay


def _asked(job: Job) -> Deciding:
    return Deciding(
        program=travelling(job.program),
        last=None,
        until=job.until,
        drain=job.drain,
        invariants=job.invariants,
        shown=job.shown,
        lines=job.out is not None and not _is_parquet(job.out),
        columns=_is_parquet(job.out),
    )


def _records(job: Job, files: SparkFiles, spark: SparkSession) -> SparkRecords:
    table = None
    if files.tables:
        frame, names, order = files.frame(spark)
        table = SparkTable(frame, names, order, job.columns, needs_of(job.program), job.until)
        try:
            table.suits()
        except UnreadableFile as error:
            raise error.of(next(iter(files.tables.values())).path) from None
    return SparkRecords(
        Reading(travelling(job.program), job.columns, job.until),
        files.parts,
        job.profiles,
        table,
    )


# ---------------------------------------------------------------------- what is told of records
@frozen
class _Told:
    """Tells what was found in the files, file by file in their order, as one process would."""

    job: Job
    files: SparkFiles
    replay: SparkReplay | SparkShards

    def tell(self, passing: Passing, on_reject: Callable[[Reject], None], tally: Tally, progress: Progress) -> None:
        """Tell of rejects and warnings; `passing` gets what was only counted. Raises UnreadableFile, RejectedError."""
        heeding = Heeding(passing)
        of_parts = {told.number: told for told in self.replay.reports if told.number in self.files.parts}
        of_tables = self._of_tables()
        for told in self.replay.reports:
            if told.number == PROFILES:
                for reject in told.part.rejects:
                    on_reject(reject)
        for number, part in self.files.sources():
            found = of_parts[number].part if number in of_parts else of_tables[number]
            reports = Reports(part.source.path, on_reject, lambda what, _: tally.record_warning(what))
            heeding.heed(part, found, reports)
            progress.read(found.size)
        for row in self.replay.facts:
            if row.passed:
                passing.events[row.event] = passing.events.get(row.event, 0) + row.passed
                passing.first, passing.last = min(passing.first, row.first), max(passing.last, row.last)

    def _of_tables(self) -> dict[int, PartReport]:
        """A report for each file that Spark read."""
        told = [one for one in self.replay.reports if one.number == TABLE]
        rejects = sorted((reject for one in told for reject in one.part.rejects), key=_line)
        found = {number: list(held) for number, held in groupby(rejects, key=lambda one: _line(one) >> PART_BITS)}
        # In which file a row stood does not matter here: warnings are counted by what they say.
        warnings = [what for one in told for what, _ in one.part.warnings]
        made = {}
        for number, source in self.files.tables.items():
            own = [evolve(one, file=source.path, line=_line(one) & _ROW_MASK) for one in found.get(number, [])]
            of_file = [*([NO_OFFSET] if self.table is not None and self.table.is_naive else []), *warnings]
            warnings = []
            lines = [(what, source.path) for what in of_file]
            made[number] = PartReport(source.size or 0, 0, own, lines, {}, set(), LAST_INSTANT, FIRST_INSTANT)
        return made

    @property
    def table(self) -> SparkTable | None:
        """The table that Spark reads."""
        return self.replay.records.table


_ROW_MASK = (1 << PART_BITS) - 1


def _line(reject: Reject) -> int:
    return reject.line or 0


def _stats(report: Report, passing: Passing, users: int) -> Stats:
    """What was counted of all inputs."""
    stats = report.stats
    passed = {event: count for event, count in passing.events.items() if count}
    for event, count in passed.items():
        stats.event_names[event] = stats.event_names.get(event, 0) + count
        stats.inputs += count
        stats.events += count
    stats.inputs += passing.updates
    if passing.first <= passing.last:
        stats.first = passing.first if stats.first is None else min(stats.first, passing.first)
        stats.last = passing.last if stats.last is None else max(stats.last, passing.last)
    stats.users = users
    return stats


# ---------------------------------------------------------------------- decisions
def _is_parquet(out: str | IO[bytes] | None) -> bool:
    return isinstance(out, str) and out.rstrip("/").endswith(PARQUET)


def _folder(out: str | IO[bytes] | None) -> str | None:
    """The folder that workers are to write; None where there is one file, or nothing."""
    return out if isinstance(out, str) and (_is_parquet(out) or out.endswith("/")) else None


def _write(decided: DataFrame, out: str | IO[bytes] | None, count: int, progress: Progress) -> None:
    """Write so many decisions."""
    if out is None:
        return
    from pyspark.sql import functions as F  # noqa: N812

    made = decided.where(decided.report.isNull())
    if _is_parquet(out):
        made.select(*decision_schema().names).write.parquet(str(Path(str(out)).absolute()))
        return
    places = (F.col("status") == "pending", F.col("time"), F.col("user"), F.col("number"))
    ranges = made.coalesce(1) if count <= RANGE_ROWS else made.repartitionByRange(-(-count // RANGE_ROWS), *places)
    ordered = ranges.sortWithinPartitions(*places).select("line")
    if isinstance(out, str) and out.endswith("/"):
        ordered.write.text(str(Path(out).absolute()))
        return
    with decisions_to_file(out) if isinstance(out, str) else decisions_to_stream(out) as writer:
        for row in ordered.mapInArrow(_joined, "number long, lines binary").toLocalIterator():
            writer.write_lines((row.lines,))
            progress.decision(row.number)


def _joined(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Lines, many in one and each with its line feed: the driver takes them as they are to be written."""
    for batch in batches:
        if batch.num_rows:
            lines = "\n".join([*batch.column(0).to_pylist(), ""]).encode()
            yield pa.RecordBatch.from_arrays([pa.array([batch.num_rows], pa.int64()), pa.array([lines])], _JOINED)
