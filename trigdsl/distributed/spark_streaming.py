"""A streaming DataFrame of records and a program → a streaming DataFrame of decisions, by Spark's `transformWithState`.

Spark keeps of each user the bytes that `streaming_kept` tells, and one timer.  A batch calls on every user that has
records or whose timer is due, once for each; what happens then is `streaming`'s.  Three stages, all of them lazy:

1. `spark_streaming_rows` reads records in each partition as a replay reads files, and tells their users and times;
2. the watermark: the latest time of all records and ticks, less the lateness;
3. `transformWithState` by program and user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from pyspark.sql import Row
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.streaming.stateful_processor import ExpiredTimerInfo, StatefulProcessor, StatefulProcessorHandle

from trigdsl.distributed.rules import compiled, travelling
from trigdsl.distributed.spark_streaming_forms import FORMS, Form
from trigdsl.distributed.spark_streaming_rows import ROWS, joined_by, reading, ticking
from trigdsl.distributed.streaming import MILLISECOND, Step, UserStream
from trigdsl.engine.program import Program
from trigdsl.model.durations import parse_duration
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.store.bodies import decode_input
from trigdsl.store.fates import check_policy

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KEPT = "kept"
"""The name of the one variable that Spark keeps of each user."""

_PROVIDER = "spark.sql.streaming.stateStore.providerClass"
_ROCKSDB = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"

Programs = Mapping[str, Program]
"""Programs by the names that records give in their column `program`."""


def stream(
    df: DataFrame,
    program: Program | Programs,
    *,
    lateness: str = "0s",
    columns: Mapping[str, str] | None = None,
    order: str | None = None,
    ticks: DataFrame | None = None,
    initial: DataFrame | None = None,
    links: DataFrame | None = None,
    on_edit: str | None = None,
    form: str = "columns",
    rejects: bool = False,
) -> DataFrame:
    """The decisions of a program over a stream of records, as `Engine` makes them, each once.

    `df` has the columns of a table of records (`user`, `time`, `event`, …; see `trig replay`), or one column
    `value` with a JSON record in each row, in any form that `trig replay` reads.  `columns` is its `--map`.  A record
    that is `lateness` or less behind the latest one of all still finds its place; decisions come that much later.
    Of records of one user and time the order is that of the column `order` (numbers) if one is named, such as the
    offset in a partition of Kafka, else that of the rows in their batch.

    `ticks` has a column `time` of timestamps that move time on while no record comes; see `clock`.  `initial` is
    what `states_of` or `states_from_file` give: users' states to begin with.  `on_edit` is `Engine.reload`'s.  `links`
    are ids that are known to be others', with the columns `alias` and `user`: records of an `alias` are its `user`'s.

    `form` is how decisions come: `columns`, `json` (columns `user`, `key`, and `value`, a line of JSON), or `stored`
    (the same with a decision's bytes, and when it expires, for `to_outbox`).  With `rejects`, records that cannot be
    used or come late are rows too, with a column `kind` (`decision`, `rejected`), a `reason` and the `record`.

    With programs by name, `df` has a column `program` that says which is a record's; decisions have it too.

    Raises ValueError for what is no form, policy or length of time, and for a program that calls host functions.
    """
    check_policy(on_edit)
    if form not in FORMS:
        raise ValueError(f"`form` is `{form}`: wanted is one of {', '.join(FORMS)}")
    named = not isinstance(program, Program)
    programs = {"": program} if isinstance(program, Program) else program
    travelled = {name: travelling(one) for name, one in programs.items()}
    wait = -(-parse_duration(lateness) // MILLISECOND)
    _use_rocksdb(df.sparkSession)
    rows = reading(df, columns, order, tuple(travelled) if named else None)
    if links is not None:
        rows = joined_by(rows, links)
    if ticks is not None:
        rows = rows.unionByName(ticking(ticks))
    rows = rows.withWatermark("moment", f"{wait} milliseconds").select(*(name for name in ROWS if name != "moment"))
    out = FORMS[form]
    made = rows.groupBy("program", "user").transformWithState(
        _Users(travelled, on_edit, form),
        out.schema,
        "Append",
        "EventTime",
        initialState=None if initial is None else _initial(initial),
    )
    hidden = [] if named else ["program"]
    if not rejects:
        made, hidden = made.where(F.col("kind") == "decision"), [*hidden, "kind", "record"]
    return made.drop(*hidden)


def clock(spark: SparkSession, *, behind: str = "0s", rows_per_second: int = 1) -> DataFrame:
    """Ticks of the wall clock, `behind` it by so much: silent users' timers go off though no record comes.

    Records that come later than `behind` and the lateness together are late then, as are those of a source that is
    read behind time: catch up without ticks.
    """
    ticks = spark.readStream.format("rate").option("rowsPerSecond", rows_per_second).load()
    return behind_it(ticks, behind)


def behind_it(ticks: DataFrame, behind: str) -> DataFrame:
    """Ticks so much before the moments in a column `timestamp`."""
    seconds, rest = divmod(parse_duration(behind), 1_000_000)
    wait = F.expr(f"make_dt_interval(0, 0, 0, {seconds}.{rest:06})")
    return ticks.select((F.col("timestamp") - wait).alias("time"))


def _use_rocksdb(spark: SparkSession) -> None:
    """`transformWithState` runs on this one provider; the session is told so unless somebody chose another."""
    chosen = spark.conf.get(_PROVIDER, "") or ""
    if not chosen or "HDFSBackedStateStoreProvider" in chosen:
        spark.conf.set(_PROVIDER, _ROCKSDB)


def _initial(states: DataFrame) -> Any:
    if "program" not in states.columns:
        states = states.withColumn("program", F.lit(""))
    return states.select("program", "user", KEPT).groupBy("program", "user")


class _Users(StatefulProcessor):
    """Calls on the users of a partition: the text of their program travels, and each worker compiles it once."""

    def __init__(self, travelled: Mapping[str, bytes], on_edit: str | None, form: str) -> None:
        self._travelled = dict(travelled)
        self._policy = on_edit
        self._form_name = form

    def init(self, handle: StatefulProcessorHandle) -> None:
        self._handle = handle
        self._kept = handle.getValueState(KEPT, "value binary")
        self._form: Form = FORMS[self._form_name]

    def handleInputRows(self, key: Any, rows: Iterator[Row], timerValues: Any) -> Iterator[Row]:  # noqa: N802, N803
        program, user = key
        if user is None:
            # What could not be read, and ticks, which have done their work.
            yield from (self._form.rejected(None, None, row.reason, row.record) for row in rows if row.reason)
            return
        inputs = [_input(user, row) for row in sorted(rows, key=_arrival)]
        yield from self._step(program, user, inputs, timerValues)

    def handleExpiredTimer(  # noqa: N802
        self,
        key: Any,
        timerValues: Any,  # noqa: N803
        expiredTimerInfo: ExpiredTimerInfo,  # noqa: N803
    ) -> Iterator[Row]:
        program, user = key
        yield from self._step(program, user, [], timerValues, fired=expiredTimerInfo.getExpiryTimeInMs())

    def handleInitialState(self, key: Any, initialState: Row, timerValues: Any) -> None:  # noqa: N802, N803
        program, user = key
        adopted = self._stream(program).adopt(user, bytes(initialState[KEPT]))
        # The timer of another query is none of this one's.
        self._keep(adopted, None)

    def close(self) -> None:
        """Nothing is to be closed."""

    def _step(
        self, program: str, user: str, inputs: list[Any], timer_values: Any, fired: int | None = None
    ) -> Iterator[Row]:
        found = self._kept.get()
        kept = None if found is None else bytes(found[0])
        step = self._stream(program).step(user, kept, inputs, _time(timer_values))
        # A timer that has just gone off goes by itself.
        if kept is not None or step.kept is not None:
            self._keep(step, None if step.was == fired else step.was)
        for decision, expires in zip(step.decisions, step.expires, strict=True):
            yield self._form.decided(program, decision, expires)
        for refused in step.refused:
            yield self._form.rejected(program, user, refused.reason, refused.text)

    def _keep(self, step: Step, was: int | None) -> None:
        """Keep what is to be kept, and set the timer in the place of the one that was set."""
        if step.kept is None:
            self._kept.clear()
        else:
            self._kept.update((step.kept,))
        if step.wake != was:
            if was is not None:
                self._handle.deleteTimer(was)
            if step.wake is not None:
                self._handle.registerTimer(step.wake)

    def _stream(self, program: str) -> UserStream:
        return _stream_of(self._travelled[program], self._policy)


@lru_cache(maxsize=512)
def _stream_of(travelled: bytes, policy: str) -> UserStream:
    """A worker takes all steps of a program, one after the other, with one of these, in whatever batch."""
    return UserStream(compiled(travelled), policy)


def _input(user: str, row: Row) -> Input:
    """The record of a row, under the ids that are known for those that it came with."""
    given = decode_input(bytes(row.body))
    if given.user == user and given.alias == row.alias:
        return given
    return replace(given, user=user, alias=row.alias)


def _arrival(row: Row) -> tuple[int, int]:
    return row.arrival, row.part


def _time(timer_values: Any) -> Micros | None:
    """The watermark; None as long as there is none, which Spark tells as 1970."""
    watermark: int = timer_values.getCurrentWatermarkInMs()
    return watermark * MILLISECOND if watermark > 0 else None
