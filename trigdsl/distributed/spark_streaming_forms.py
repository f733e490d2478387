"""Decisions and rejected records → rows of Spark, in the form that a sink wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen
from pyspark.sql import Row
from pyspark.sql.types import (
    BinaryType,
    DataType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros, instant
from trigdsl.replayer.results import decision_cells, decision_schema
from trigdsl.store.bodies import encode_decision

INSTANTS = ("time", "triggered", "due")

_ABOUT = ("kind", "program")
_REJECT = ("reason", "record")
_TYPES: dict[str, DataType] = {"step": IntegerType(), **dict.fromkeys(INSTANTS, TimestampType())}


def _columns(decision: Decision, _: Micros | None) -> dict[str, Any]:
    cells = decision_cells(decision)
    return cells | {name: instant(cells[name]) for name in INSTANTS}


def _json(decision: Decision, _: Micros | None) -> dict[str, Any]:
    line = msgspec.json.encode(decision.to_dict()).decode()
    return {"user": decision.user, "key": decision.key, "value": line}


def _stored(decision: Decision, expires: Micros | None) -> dict[str, Any]:
    return {"user": decision.user, "key": decision.key, "value": encode_decision(decision), "expires": expires}


_Cells = Callable[[Decision, Micros | None], dict[str, Any]]


@frozen
class Form:
    """The columns of a form, of which the first two are `kind` and `program`, and what a decision is in them."""

    schema: StructType
    _cells: _Cells

    def decided(self, program: str, decision: Decision, expires: Micros | None) -> Row:
        """The row of a decision that is worth delivering until some moment."""
        return self._row({"kind": "decision", "program": program, **self._cells(decision, expires)})

    def rejected(self, program: str | None, user: str | None, reason: str, record: str) -> Row:
        """The row of a record that was rejected."""
        told = {"kind": "rejected", "program": program, "user": user, "reason": reason, "record": record}
        return self._row(told)

    def _row(self, cells: dict[str, Any]) -> Row:
        return Row(**{name: cells.get(name) for name in self.schema.names})


def _form(names: tuple[str, ...], cells: _Cells, types: dict[str, DataType]) -> Form:
    every = dict.fromkeys((*_ABOUT, *names, *_REJECT))
    return Form(StructType([StructField(name, types.get(name, StringType())) for name in every]), cells)


FORMS: dict[str, Form] = {
    "columns": _form(tuple(decision_schema().names), _columns, _TYPES),
    "json": _form(("user", "key", "value"), _json, {}),
    "stored": _form(("user", "key", "value", "expires"), _stored, {"value": BinaryType(), "expires": LongType()}),
}
"""The forms in which decisions can come, by name."""
