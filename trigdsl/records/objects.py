"""Records as a host has them, dicts and objects → inputs; and what is said of those that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
from attrs import frozen

from trigdsl.model.decisions import json_value
from trigdsl.model.inputs import Input
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of, name_text
from trigdsl.records.plain import plain_value
from trigdsl.records.rejects import MOST_SHOWN

_NAMES = ("user", "time", "event", "properties", "id", "alias")


@frozen(kw_only=True)
class Event:
    """An event as an object: the same as the record of these keys. `time` is as in records, or a datetime."""

    user: str
    time: str | int | float | datetime
    event: str
    properties: Mapping[str, Any] | None = None
    id: str | None = None
    alias: str | None = None


def input_from(record: Mapping[str, Any] | Event | Input) -> Input:
    """The input that a record or an object says. Raises BadRecord with the reason."""
    if isinstance(record, Input):
        return record
    if isinstance(record, Event):
        record = {name: getattr(record, name) for name in _NAMES}
    return input_of(record)


def owner_of(record: object) -> str | None:
    """Whose a record is that cannot be used, if it tells."""
    if isinstance(record, Input | Event):
        return record.user
    with suppress(BadRecord):
        return name_text(record, "user") if isinstance(record, Mapping) else None
    return None


def record_text(record: object) -> str:
    """A record that cannot be used, as text to be kept: JSON if it can be, else what Python shows of it, cut."""
    if isinstance(record, Input):
        record = {name: value for name, value in msgspec.structs.asdict(record).items() if value is not None}
    elif isinstance(record, Event):
        record = {name: getattr(record, name) for name in _NAMES}
    try:
        return msgspec.json.encode(json_value(plain_value(record))).decode()
    except (BadRecord, RecursionError):
        return repr(record)[:MOST_SHOWN]
