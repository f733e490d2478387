"""A DataFrame of records → the decisions about them as a DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trigdsl.distributed.deciding import Deciding
from trigdsl.distributed.needs import Needs, needs_of
from trigdsl.distributed.rows import PART_BITS, Reading
from trigdsl.distributed.rules import travelling
from trigdsl.distributed.spark_replay import SparkRecords, SparkReplay
from trigdsl.distributed.spark_tables import SparkTable, quoted_name
from trigdsl.engine.program import Program
from trigdsl.model.values import Micros
from trigdsl.records.forms import check_columns
from trigdsl.records.times import parse_time
from trigdsl.replayer.results import decision_schema

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_FILE, _ROW, _NUMBER = "__file", "__row", "__number"


def replay(
    frame: DataFrame,
    program: Program,
    *,
    until: str | int | float | datetime | None = None,
    drain: bool = False,
    columns: Mapping[str, str] | None = None,
    order: str | None = None,
    profiles: str | None = None,
    partitions: int | None = None,
    on_reject: Callable[[str, str], None] | None = None,
) -> DataFrame:
    """Run a program over the rows of a DataFrame; the decisions as another, in any order.

    Its columns are those of a table of records: `user`, `time`, `event`, `id`, `set.P`, and all others are properties;
    `columns` maps `user`, `time`, … to other names.  The result has the columns of `Decisions.to_arrow`.

    Equal times of a user go by `order`, a column of whole numbers that is no property.  Without it, rows of files go by
    file name and place, and others by the place in their partition, which is as lasting as the partitions are.

    The clock stops at the last record, at `until` (an instant; records after it are not handled), or with `drain` when
    nothing is armed any more.  `profiles` is a file of attributes that hold before everything else, which workers can
    read.  `partitions` is how many there are when users have been brought together, by the number of rows if not given.
    A record that cannot be used is left out, and handed to `on_reject` as JSON with the reason.

    What is to be known before anybody decides is found out at once, all else when the result is asked for.  Raises
    ValueError for rules that call functions of the host, for a stream, and for columns that are not there.
    """
    check_columns(columns)
    if frame.isStreaming:
        raise ValueError("a stream has no last record: replay wants a DataFrame that is bounded")
    stop = None if until is None else parse_time(until)[0]
    program_text = travelling(program)
    table = table_of(frame, order, columns or {}, needs_of(program), stop)
    records = SparkRecords(Reading(program_text, columns or {}, stop), profiles=profiles, table=table)
    one = SparkReplay(frame.sparkSession, records, Deciding(program=program_text, last=None, until=stop, drain=drain))
    one.prepare()
    if on_reject is not None:
        for told in one.reports:
            for reject in told.part.rejects:
                on_reject(reject.record, reject.reason)
    decided = one.decisions(partitions)
    return decided.where(decided.report.isNull()).select(*decision_schema().names)


def table_of(
    frame: DataFrame, order: str | None, columns: Mapping[str, str], needs: Needs, until: Micros | None
) -> SparkTable:
    """The rows of a DataFrame with their order of arrival; raises ValueError for a column that is not there."""
    names = tuple(name for name in frame.columns if name != order)
    if order is not None:
        if order not in frame.columns:
            raise ValueError(f"there is no column `{order}` for the order of arrival, only {', '.join(frame.columns)}")
        return SparkTable(frame, names, frame[quoted_name(order)].cast("long"), columns, needs, until)
    held, arrival = _by_file(frame) or (frame, _by_partition())
    return SparkTable(held, names, arrival, columns, needs, until)


def _by_partition() -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.monotonically_increasing_id()


def _by_file(frame: DataFrame) -> tuple[DataFrame, Column] | None:
    """The rows with file and place, if they come from files that tell: the same however Spark splits them."""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as F  # noqa: N812

    places: Any = {_ROW: F.col("_metadata.row_index"), _FILE: F.col("_metadata.file_path")}
    try:
        placed = frame.withColumns(places)
        placed.schema  # noqa: B018 - where Spark is remote, what is wrong shows when it is asked
    except AnalysisException:
        return None
    files = sorted(row[0] for row in placed.select(_FILE).distinct().collect())
    numbers = frame.sparkSession.createDataFrame(list(zip(files, range(len(files)), strict=True)), _NUMBERS)
    held = placed.join(F.broadcast(numbers), _FILE)
    return held, F.shiftleft(_NUMBER, PART_BITS) + F.col(_ROW) + 1


_NUMBERS = f"{_FILE} string, {_NUMBER} long"
