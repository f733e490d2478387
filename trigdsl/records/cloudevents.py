"""CloudEvents in JSON → the native form.

`type` is the event, `subject` the user, `data` the properties; data that is no record becomes the property
`data`, and `data_base64` a property of that name.
"""

from __future__ import annotations

from collections.abc import Mapping

from trigdsl.records.errors import BadRecord

LACKING = {"user": "no user: a CloudEvent's is its `subject`", "time": "no `time`"}


def is_cloudevent(record: Mapping[str, object]) -> bool:
    """Whether the record says so: it has a `specversion`."""
    return isinstance(record.get("specversion"), str)


def from_cloudevent(record: Mapping[str, object]) -> dict[str, object]:
    """The native form of a CloudEvent; raises BadRecord when it can have none."""
    if record.get("type") in (None, ""):
        raise BadRecord("a CloudEvent without `type`, the name of what happened")
    return {
        "user": record.get("subject"),
        "time": record.get("time"),
        "event": record["type"],
        "id": record.get("id"),
        "properties": _properties(record),
    }


def _properties(record: Mapping[str, object]) -> object:
    data = record.get("data")
    if isinstance(data, Mapping):
        return data
    return {name: record[name] for name in ("data", "data_base64") if record.get(name) is not None}
