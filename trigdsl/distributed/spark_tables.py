"""A DataFrame of records → what Spark itself can say of its rows: which are usual, which may matter, what is counted.

A row is usual if it is an event with user, time and name and with no value that is none of the language.  Of usual rows
those that may matter are handed on with the columns that are needed; the others are only counted.  Rows that are not
usual are read in Python, whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from math import ceil, floor, inf
from operator import or_
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from trigdsl.distributed.needs import Needs, Path
from trigdsl.distributed.tables import TableLayout
from trigdsl.engine.program import Bound
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros
from trigdsl.records.columns import Layout, input_layout
from trigdsl.records.native import RESERVED

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Type: TypeAlias = Any
"""A data type of Spark."""

ORDER = "__order"
"""The column of the order of arrival, in rows that are read in Python."""

_RECORDS = ("properties", "set", "add", "remove")


@frozen
class SparkTable:
    """The rows of a DataFrame, of which `names` are the table's columns.

    `order` is what they arrived by, equal wherever it is asked for.
    """

    frame: DataFrame
    names: tuple[str, ...]
    order: Column
    columns: Mapping[str, str]
    needs: Needs
    until: Micros | None

    @property
    def layout(self) -> Layout:
        """Where the parts of a record stand; raises UnreadableFile when a column is missing."""
        return input_layout(self.names, self.columns)

    def suits(self) -> bool:
        """Whether Spark can tell of any row that it is usual: user, event and id are text, the time is an instant."""
        from pyspark.sql import types

        parts = self._parts
        if "event" not in parts or "alias" in parts:
            return False
        texts = all(
            type(self._kind(parts[part])) is types.StringType for part in ("user", "event", "id") if part in parts
        )
        return texts and isinstance(self._kind(parts["time"]), types.TimestampType | types.TimestampNTZType)

    @property
    def is_naive(self) -> bool:
        """Whether the times have no zone."""
        from pyspark.sql import types

        return isinstance(self._kind(self._parts["time"]), types.TimestampNTZType)

    @property
    def has_ids(self) -> bool:
        """Whether records may have ids, so that one may come twice."""
        return "id" in self._parts

    # ------------------------------------------------------------------ rows
    def unusual(self) -> DataFrame:
        """The rows that are to be read in Python, whole, with their order; columns are known by their place."""
        from pyspark.sql import functions as F  # noqa: N812

        whole = [self._column(index).alias(f"c{index}") for index in range(len(self.names))]
        found = self.frame.where(~F.coalesce(self._is_usual(), F.lit(False))) if self.suits() else self.frame
        return found.select(*whole, self.order.alias(ORDER))

    def kept(self) -> DataFrame:
        """The usual rows that may matter: the columns of record rows, and `c1`, `c2`, … as `table_layout` says."""
        from pyspark.sql import functions as F  # noqa: N812

        usual = self.frame.where(self._is_usual()).where(self._is_kept())
        id_at = self._parts.get("id")
        held = [
            self._column(self._parts["user"]).alias("key"),
            self._time.alias("time"),
            self.order.alias("arrival"),
            (F.lit(None).cast("string") if id_at is None else self._column(id_at)).alias("id"),
        ]
        return usual.select(*held, *(self._column(index).alias(f"c{index}") for index in self._needed()))

    def table_layout(self, user: str) -> TableLayout:
        """What the columns of `kept` hold, when column `user` holds the user."""
        names = self.names
        fields = {user: names[self._parts["user"]], "time": names[self._parts["time"]]}
        if "id" in self._parts:
            fields["id"] = names[self._parts["id"]]
        return TableLayout({**fields, **{f"c{index}": names[index] for index in self._needed()}}, self.columns, "time")

    def users(self) -> DataFrame:
        """The users of usual rows until the end, as column `key`, many times each."""
        usual = self.frame.where(self._is_usual()).where(self._in_time())
        return usual.select(self._column(self._parts["user"]).alias("key"))

    # ------------------------------------------------------------------ what is counted
    def facts(self) -> DataFrame:
        """What is to be known before anybody decides, one row for each event's name (null: of unusual rows).

        Columns: `event`; `passed`, `first`, `last`: the number of rows that are only counted, and their span; `kept`:
        the number of those that may matter; `latest`: the time of the last usual row without an id; `ids`: the number
        of rows with one; `unusual`: that of rows that are read in Python.
        """
        from pyspark.sql import functions as F  # noqa: N812

        usual = F.coalesce(self._is_usual(), F.lit(False))
        kept = usual & F.coalesce(self._is_kept(), F.lit(False))
        passed = usual & self._in_time() & ~kept
        has_id = F.lit(False) if "id" not in self._parts else self._column(self._parts["id"]).isNotNull()
        rows = self.frame.select(
            F.when(usual, self._column(self._parts["event"])).alias("event"),
            self._time.alias("time"),
            passed.alias("is_passed"),
            kept.alias("is_kept"),
            usual.alias("is_usual"),
            (usual & has_id).alias("has_id"),
        )
        return rows.groupBy("event").agg(
            F.count_if("is_passed").alias("passed"),
            F.min(F.when(F.col("is_passed"), F.col("time"))).alias("first"),
            F.max(F.when(F.col("is_passed"), F.col("time"))).alias("last"),
            F.count_if("is_kept").alias("kept"),
            F.max(F.when(F.col("is_usual") & ~F.col("has_id"), F.col("time"))).alias("latest"),
            F.count_if("has_id").alias("ids"),
            F.count_if(~F.col("is_usual")).alias("unusual"),
        )

    # ------------------------------------------------------------------ conditions
    def _is_usual(self) -> Column:
        from pyspark.sql import functions as F  # noqa: N812

        user, event = (self._column(self._parts[part]) for part in ("user", "event"))
        usual = user.isNotNull() & (user != "") & event.isNotNull() & (event != "") & ~event.isin(*sorted(RESERVED))
        usual &= self._time.between(FIRST_INSTANT, LAST_INSTANT)
        for index in sorted(set().union(*(self.layout.columns_of(part) for part in _RECORDS)) - self._properties()):
            usual &= self._column(index).isNull()
        for index in sorted(self._properties()):
            odd = is_odd(self._column(index), self._kind(index))
            if odd is not None:
                usual &= F.coalesce(~odd, F.lit(True))
        for one, other in self._in_each_other():
            usual &= self._column(one).isNull() | self._column(other).isNull()
        return usual

    def _is_kept(self) -> Column:
        from pyspark.sql import functions as F  # noqa: N812

        event = self._column(self._parts["event"])
        wanted = self.needs.events
        if wanted is None:
            matters = F.lit(True)
        else:
            whole = [one.event for one in wanted if one.bounds is None or not self._can_tell(one.bounds)]
            tests = [event.isin(*whole)] if whole else []
            others = {one.event: self._beyond(one.bounds) for one in wanted if one.bounds and one.event not in whole}
            tests += [(event == name) & beyond for name, beyond in others.items() if beyond is not None]
            matters = reduce(or_, tests) if tests else F.lit(False)
        if self.until is not None:
            matters &= self._in_time()
        return matters if "id" not in self._parts else matters | self._column(self._parts["id"]).isNotNull()

    def _in_time(self) -> Column:
        from pyspark.sql import functions as F  # noqa: N812

        return F.lit(True) if self.until is None else self._time <= self.until

    def _can_tell(self, bounds: tuple[Bound, ...]) -> bool:
        """Whether Spark can see all that bounds are about: not in JSON text nor in maps."""
        from pyspark.sql import types

        return not any(isinstance(kind, types.MapType) for path, _, _ in bounds for _, kind in self._under_way(path))

    def _under_way(self, path: Path) -> Iterator[tuple[Path, Type]]:
        """The columns of properties that lead to a path, and their types."""
        for index, part, own in self.layout.paths:
            if part == "properties" and own == path[: len(own)]:
                yield own, self._kind(index)

    def _beyond(self, bounds: tuple[Bound, ...]) -> Column | None:
        """Which rows may be beyond one of some bounds; None when there is no column for any."""
        tests = []
        for path, operator, number in bounds:
            for index, part, own in self.layout.paths:
                if part == "properties" and own == path[: len(own)]:
                    found = _inside(self._column(index), self._kind(index), path[len(own) :])
                    if found is not None:
                        tests.append(_exceeds(*found, operator, number))
        return reduce(or_, tests) if tests else None

    # ------------------------------------------------------------------ columns
    @property
    def _parts(self) -> dict[str, int]:
        return {part: index for index, part in self.layout.parts}

    @property
    def _time(self) -> Column:
        at = self._parts["time"]
        return micros_of(self._column(at), self._kind(at))

    def _column(self, index: int) -> Column:
        return self.frame[quoted_name(self.names[index])]

    def _kind(self, index: int) -> Type:
        return self.frame.schema[self.names[index]].dataType

    def _needed(self) -> list[int]:
        own = {self._parts[part] for part in ("user", "time", "id") if part in self._parts}
        return [index for index in self.needs.columns(self.layout) if index not in own]

    def _properties(self) -> set[int]:
        return {index for index, part, _ in self.layout.paths if part == "properties"}

    def _in_each_other(self) -> list[tuple[int, int]]:
        held = [(index, path) for index, part, path in self.layout.paths if part == "properties"]
        return [
            (one, other)
            for one, path in held
            for other, longer in held
            if one != other and path == longer[: len(path)] and (len(path) < len(longer) or one < other)
        ]


def quoted_name(name: str) -> str:
    """A column's name as Spark reads it literally."""
    return f"`{name.replace('`', '``')}`"


def micros_of(column: Column, kind: Type) -> Column:
    """A column of instants as microseconds since 1970; of one without a zone those of UTC, whatever the session's."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types

    if isinstance(kind, types.TimestampType):
        return F.unix_micros(column)
    days, seconds = F.unix_date(column.cast("date")), F.extract(F.lit("SECOND"), column)
    minutes = (days.cast("long") * 24 + F.hour(column)) * 60 + F.minute(column)
    return (minutes * 60_000_000) + (seconds * 1_000_000).cast("long")


def is_odd(column: Column, kind: Type) -> Column | None:
    """Which cells hold something that is no value of the language; None when none can."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types

    if isinstance(kind, types.FloatType | types.DoubleType):
        return column.isin(inf, -inf)
    if isinstance(kind, types.StructType):
        inner = [is_odd(column[field.name], field.dataType) for field in kind.fields]
        tests = [_certainly(one) for one in inner if one is not None]
        return reduce(or_, tests) if tests else None
    if isinstance(kind, types.ArrayType):
        if is_odd(column, kind.elementType) is None:
            return None
        return F.exists(column, lambda one: _certainly(is_odd(one, kind.elementType)))
    if isinstance(kind, types.MapType):
        if type(kind.keyType) is not types.StringType:
            return column.isNotNull()
        return is_odd(F.map_values(column), types.ArrayType(kind.valueType))
    return None


def _certainly(test: Column | None) -> Column:
    """A test that is false where it is unknown."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.lit(False) if test is None else F.coalesce(test, F.lit(False))


def _inside(column: Column, kind: Type, path: Path) -> tuple[Column, Type] | None:
    """What stands at a path in a column; None when its type says that nothing does."""
    from pyspark.sql import types

    for name in path:
        if not isinstance(kind, types.StructType) or name not in kind.names:
            return None
        column, kind = column[name], kind[name].dataType
    return column, kind


def _exceeds(column: Column, kind: Type, operator: str, number: float) -> Column:
    """Which rows may be beyond a bound: of what is no number, all that have a value, for the warning."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types

    if isinstance(kind, types.IntegralType):
        whole = floor(number) if operator in (">", "<=") else ceil(number)
        if not -(2**63) <= whole < 2**63:
            return column.isNotNull()
        limit = F.lit(whole)
    elif isinstance(kind, types.FloatType | types.DoubleType):
        limit = F.lit(float(number))
    else:
        return column.isNotNull()
    tests = {">": column > limit, ">=": column >= limit, "<": column < limit, "<=": column <= limit}
    return tests[operator]
