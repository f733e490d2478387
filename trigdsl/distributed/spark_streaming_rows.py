"""Rows of a streaming DataFrame → records, read as a replay reads them, with what Spark must know of them.

Spark must know whose a record is, in which place it arrived, and its time, by which the watermark moves.  What cannot
be read goes on as a row too, without a user, so that it can be told of; so does a tick, which has a time alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import define, field, frozen
from pyspark.sql import functions as F  # noqa: N812

from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.records.columns import input_layout
from trigdsl.records.errors import BadRecord, UnreadableFile
from trigdsl.records.forms import check_columns
from trigdsl.records.json_lines import JsonLines, decoded_line
from trigdsl.records.objects import record_text
from trigdsl.records.parquet_rows import ArrowRows, inputs_of
from trigdsl.records.rejects import Reject, Reports, shown
from trigdsl.records.times import parse_time
from trigdsl.store.bodies import encode_input

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROWS = {
    "program": "string",
    "user": "string",
    "alias": "string",
    "moment": "timestamp",
    "arrival": "bigint",
    "part": "int",
    "body": "binary",
    "reason": "string",
    "record": "string",
}
"""The columns of records on their way.

`alias` is the other id that a record gives its user, `part` the place in an envelope of several, `body` a record as a
store holds it back, `reason` why there is none.
"""

_ARROW = pa.schema(
    [
        ("program", pa.string()),
        ("user", pa.string()),
        ("alias", pa.string()),
        ("moment", pa.timestamp("us", "UTC")),
        ("arrival", pa.int64()),
        ("part", pa.int32()),
        ("body", pa.binary()),
        ("reason", pa.string()),
        ("record", pa.string()),
    ]
)

_PROGRAM, _VALUE = "program", "value"
_OF_PARTITION = 1 << 33
"""A partition of a batch has fewer rows than this."""


def reading(
    df: DataFrame, columns: Mapping[str, str] | None, order: str | None, programs: tuple[str, ...] | None
) -> DataFrame:
    """The records of a DataFrame, in the columns of `ROWS`; `programs` are the names of those there are, if named.

    Raises ValueError for a DataFrame that lacks a column which is wanted.
    """
    check_columns(columns)
    names = list(df.columns)
    for wanted, why in ((order, "`order` names"), (_PROGRAM if programs else None, "programs by name want")):
        if wanted is not None and wanted not in names:
            raise ValueError(f"{why} a column `{wanted}`: the DataFrame has {', '.join(f'`{one}`' for one in names)}")
    is_json = _is_json(names, columns)
    if is_json:
        names = [name for name in names if name in (_VALUE, order, programs and _PROGRAM)]
        df = df.select(*(_column(name) for name in names))
    how = Reading(columns, order, programs, is_json, tuple(names))
    if not is_json:
        try:
            input_layout([name for name in names if name not in how.apart], columns)
        except UnreadableFile as error:
            raise ValueError(f"the DataFrame {error}, or give records as JSON in a column `value`") from None

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return how.read(batches)

    # A dot in a name would be taken for a field of a struct.
    numbered = df.toDF(*(f"c{place}" for place in range(len(names))))
    return numbered.mapInArrow(read, ", ".join(f"{name} {kind}" for name, kind in ROWS.items()))


def ticking(ticks: DataFrame) -> DataFrame:
    """Ticks in the columns of `ROWS`: they have a moment and nothing else.

    Raises ValueError when there is no column `time`.
    """
    if "time" not in ticks.columns:
        raise ValueError("`ticks` wants a column `time` of timestamps")
    cells = [
        F.col("time").cast("timestamp").alias(name) if name == "moment" else F.lit(None).cast(kind).alias(name)
        for name, kind in ROWS.items()
    ]
    return ticks.select(*cells)


def joined_by(rows: DataFrame, links: DataFrame) -> DataFrame:
    """The records with users and aliases that are one id for each user: `links` are ids with the user that they are.

    Raises ValueError when `links` lack a column, give one id to two users, or have a user that is an id of another's.
    """
    if not {"alias", "user"} <= set(links.columns):
        raise ValueError("`links` wants the columns `alias`, an id, and `user`, whose it is")
    known = (
        links.select(F.col("alias").alias("__id"), F.col("user").alias("__known")).where("__id != __known").distinct()
    )
    twice = known.groupBy("__id").count().where("count > 1").first()
    if twice is not None:
        raise ValueError(f"`links` gives the id `{twice[0]}` to more than one user: an id is one user's")
    further = known.join(known.select(F.col("__id").alias("__next")), F.col("__known") == F.col("__next")).first()
    if further is not None:
        raise ValueError(
            f"`links` says that `{further[0]}` is `{further[1]}`, which is another's id: "
            "give each id the user that it is in the end"
        )
    for name in ("user", "alias"):
        found = rows.join(F.broadcast(known), rows[name] == F.col("__id"), "left")
        rows = found.withColumn(name, F.coalesce("__known", name)).drop("__id", "__known")
    return rows


def _column(name: str) -> Any:
    return F.col("`" + name.replace("`", "``") + "`")


def _is_json(names: Sequence[str], columns: Mapping[str, str] | None) -> bool:
    user = (columns or {}).get("user", "user")
    return _VALUE in names and not {user, "user"} & set(names)


@frozen
class Reading:
    """How rows are read.

    `columns` is `--map`, `order` the column of their order, `programs` are those that are named, `names` the columns'.
    """

    columns: Mapping[str, str] | None
    order: str | None
    programs: tuple[str, ...] | None
    is_json: bool
    names: tuple[str, ...]

    @property
    def apart(self) -> tuple[str, ...]:
        """The columns that are no part of a record."""
        return tuple(name for name in (self.order, _PROGRAM if self.programs else None) if name is not None)

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of one partition, batch by batch."""
        first = _partition() * _OF_PARTITION
        for batch in batches:
            rows = _Rows(self, batch.rename_columns(list(self.names)), first)
            if self.is_json:
                rows.of_json()
            else:
                rows.of_columns()
            first += batch.num_rows
            yield rows.taken()


@define
class _Rows:
    """The rows of one batch, whose rows are numbered from `first` where no column tells their order."""

    how: Reading
    batch: pa.RecordBatch
    first: int
    _made: list[tuple[Any, ...]] = field(factory=list)
    _arrivals: list[int] = field(init=False)
    _programs: list[str | None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        count = self.batch.num_rows
        self._arrivals = list(range(self.first, self.first + count))
        if self.how.order is not None:
            told = self.batch.column(self.how.order).to_pylist()
            self._arrivals = [
                place if order is None else order for place, order in zip(self._arrivals, told, strict=True)
            ]
        self._programs = self.batch.column(_PROGRAM).to_pylist() if self.how.programs else [""] * count

    def of_json(self) -> None:
        """Records that are JSON, each in a row."""
        lines = JsonLines(Reports("stream", self._reject), self.how.columns)
        for place, value in enumerate(self.batch.column(_VALUE).to_pylist()):
            line = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value or b""
            if (tick := _tick(line)) is not None:
                self._made.append((None, None, None, tick, *[None] * 5))
                continue
            for part, given in enumerate(lines.line(line, place)):
                self._add(given, place, part)

    def of_columns(self) -> None:
        """Records whose parts stand in columns."""
        batch = self.batch.drop_columns(list(self.how.apart))
        table = ArrowRows(batch.schema)
        layout = input_layout(table.names, self.how.columns)
        reports = Reports("stream", self._reject)
        for given, place in inputs_of(table, layout, batch, range(batch.num_rows), reports):
            self._add(given, place)

    def _add(self, given: Input, place: int, part: int = 0) -> None:
        program = self._programs[place]
        if self.how.programs and program not in self.how.programs:
            self._made.append((*[None] * 7, f"no program `{program}`", shown(record_text(given))))
            return
        arrival = self._arrivals[place]
        body = encode_input(given)
        self._made.append((program, given.user, given.alias, given.time, arrival, part, body, None, None))

    def _reject(self, reject: Reject) -> None:
        self._made.append((*[None] * 7, reject.reason, reject.record))

    def taken(self) -> pa.RecordBatch:
        """All of them."""
        columns = zip(*self._made, strict=True) if self._made else ([] for _ in _ARROW)
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, _ARROW, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=_ARROW)


def _tick(line: bytes) -> Micros | None:
    """The moment that `{"tick": TIME}` names; None for any other record."""
    if not line.startswith(b'{"tick"'):
        return None
    try:
        record = decoded_line(line)
        return parse_time(record["tick"])[0] if list(record) == ["tick"] else None
    except BadRecord:
        return None


def _partition() -> int:
    """The number of the partition that is being read; 0 outside of a task."""
    from pyspark import TaskContext

    task = TaskContext.get()
    return 0 if task is None else task.partitionId()
