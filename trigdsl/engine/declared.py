"""What a template sees, with the fields declared `date` and `instant` read as such."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trigdsl.engine.context import Context
from trigdsl.engine.values import as_date, as_instant
from trigdsl.engine.zones import Zone
from trigdsl.model.values import Micros, Value


class DeclaredContext:
    """The names of a context as templates read them; text that is no date or instant is missing there."""

    def __init__(self, c: Context, declared: Iterable[tuple[str, tuple[str, ...], str]]) -> None:
        self.event: dict[str, Value] = c.event
        self.user: dict[str, Value] = c.user
        self.rule_name: str = c.rule_name
        self.rule_title: str | None = c.rule_title
        self.now: Micros = c.now
        self.zone: Zone = c.zone
        self.functions: Mapping[str, Callable[..., Any]] = c.functions
        for root, path, kind in declared:
            read = self._as_date if kind == "date" else as_instant
            if root == "user":
                self.user = _with(self.user, path, read)
            else:
                self.event = _with(self.event, path, read)

    def _as_date(self, value: Value) -> Value:
        return as_date(value, self.zone)


def _with(record: dict[str, Value], path: tuple[str, ...], read: Callable[[Value], Value]) -> dict[str, Value]:
    """A record with what stands at a path read anew; the record itself when nothing stands there."""
    held = record.get(path[0])
    if held is None:
        return record
    if len(path) > 1:
        return {**record, path[0]: _with(held, path[1:], read)} if isinstance(held, dict) else record
    return {**record, path[0]: read(held)}
