"""The decisions of a replay: taken one by one, or all as a data frame, an Arrow table or a display."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.values import Value

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

BATCH = 65_536
"""Decisions that are made columns together."""


class Decisions(Iterator[Decision]):
    """Decisions in their order, made as they are asked for.

    It is an iterator, and holds nothing of what was taken from it.  `to_arrow`, `to_pandas`, `to_polars`, `len` and a
    notebook's display want all that are left: these are then held, so that they can be asked for again, and still be
    taken one by one.

    Any decisions can be given, such as those of `Engine.feed_many`.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._left = iter(decisions)
        self._held: list[Decision] | None = None

    def __next__(self) -> Decision:
        return next(self._left)

    def __len__(self) -> int:
        return len(self._all())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<Decisions, to be taken>" if self._held is None else f"<Decisions: {len(self._held)}>"

    def _all(self) -> list[Decision]:
        if self._held is None:
            self._held = list(self._left)
            self._left = iter(self._held)
        return self._held

    def to_arrow(self) -> pyarrow.Table:
        """A table of the columns that `decision_schema` tells. Needs the extra `parquet`."""
        import pyarrow

        schema = decision_schema()
        decisions = iter(self._all())
        batches = []
        while part := list(islice(decisions, BATCH)):
            batches.append(pyarrow.RecordBatch.from_arrays(decision_columns(part), schema=schema))
        return pyarrow.Table.from_batches(batches, schema)

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas data frame of the columns of `to_arrow`. Needs the extra `notebook`."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """A Polars data frame of the columns of `to_arrow`. Needs the extra `notebook`."""
        import polars

        frame = polars.from_arrow(self.to_arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    def _repr_html_(self) -> str:
        from trigdsl.display.decisions import decisions_html

        return decisions_html(self._all())


def decision_schema() -> pyarrow.Schema:
    """The columns of decisions in a table: the keys of their JSON form.

    Instants are microseconds in UTC.  `fields` and `value`, which hold anything, are JSON text.  A key that does not
    apply is null; so is the `value` of an attribute that was removed, whose JSON text is `null`.
    """
    import pyarrow

    instant, text = pyarrow.timestamp("us", "UTC"), pyarrow.string()
    types = {"step": pyarrow.int32(), "time": instant, "triggered": instant, "due": instant}
    always = ("user", "rule", "step", "action", "status", "time", "triggered", "due", "key")
    return pyarrow.schema([pyarrow.field(name, types.get(name, text), name not in always) for name in _COLUMNS])


def decision_columns(decisions: list[Decision]) -> list[pyarrow.Array]:
    """Some decisions as the columns of `decision_schema`."""
    import pyarrow

    schema = decision_schema()
    return [pyarrow.array(_column(name, decisions), schema.field(name).type) for name in schema.names]


_COLUMNS = (
    "user",
    "rule",
    "step",
    "action",
    "channel",
    "target",
    "status",
    "reason",
    "time",
    "triggered",
    "due",
    "variant",
    "text",
    "fields",
    "value",
    "event_id",
    "title",
    "key",
)


def _column(name: str, decisions: list[Decision]) -> list[Any]:
    if name == "fields":
        return [None if one.fields is None else _json(one.fields) for one in decisions]
    if name == "value":
        return [_json(one.value) if one.has_value else None for one in decisions]
    return [getattr(one, name) for one in decisions]


def _json(value: Value) -> str:
    return json.dumps(json_value(value), ensure_ascii=False)


def decision_cells(decision: Decision) -> dict[str, Any]:
    """One decision as a row of `decision_schema`, instants as whole microseconds."""
    return {name: _column(name, [decision])[0] for name in _COLUMNS}
