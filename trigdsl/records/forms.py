"""A record in any known form → records in the native form: which form it is, and `--map`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from trigdsl.records import cloudevents, segment
from trigdsl.records.cloudevents import from_cloudevent, is_cloudevent
from trigdsl.records.errors import BadRecord
from trigdsl.records.segment import from_segment, segment_type

Record = Mapping[str, object]
Columns = Mapping[str, str]

NAMES = ("user", "time", "event", "properties", "set", "add", "remove", "id", "alias")
"""The keys of the native form."""
_ACTS = ("event", "set", "add", "remove", "alias")


def check_columns(columns: Columns | None) -> None:
    """Raises ValueError when `columns` maps something that is no part of a record."""
    for name in columns or ():
        if name not in NAMES:
            close = get_close_matches(name, NAMES, 1)
            hint = f"did you mean `{close[0]}`?" if close else "what can is " + ", ".join(f"`{one}`" for one in NAMES)
            raise ValueError(f"`{name}` cannot be mapped: {hint}")


def members(record: Record) -> Iterator[object]:
    """The records of a batch envelope (`{"batch": [...]}`), or the record itself.

    A member without a time takes the envelope's `sentAt`, as Segment's own libraries mean it.
    """
    batch = record.get("batch")
    if not isinstance(batch, list) or record.get("user") is not None:
        yield record
        return
    for member in batch:
        if isinstance(member, Mapping) and "sentAt" in record:
            yield {"sentAt": record["sentAt"], **member}
        else:
            yield member


def native_form(record: Record, columns: Columns | None = None) -> Record:
    """The record in the native form, whichever it has; `columns` overrides where a part is found.

    Raises BadRecord when its form cannot be made into a native one.
    """
    if columns is None and record.get("event") is not None and record.get("user") is not None:
        return record
    found = mapped(record, columns) if columns else {}
    if record.get("user") is not None and any(record.get(name) is not None for name in _ACTS):
        return {**record, **found} if found else record
    if is_cloudevent(record):
        return _complete({**from_cloudevent(record), **found}, cloudevents.LACKING)
    if (kind := segment_type(record)) and (not found.get("user") or any(record.get(sign) for sign in segment.SIGNS)):
        return _complete({**from_segment(record, kind), **found}, segment.LACKING)
    return {**record, **found} if found else record


def _complete(native: Record, lacking: Mapping[str, str]) -> Record:
    """The record itself; raises BadRecord in the words of its own form when it has no user or time."""
    for part, words in lacking.items():
        if native.get(part) is None:
            raise BadRecord(words)
    return native


def mapped(record: Record, columns: Columns) -> dict[str, object]:
    """The parts that `columns` names and the record has."""
    return {name: found[0] for name, path in columns.items() if (found := _at(record, path))}


def _at(record: Record, path: str) -> tuple[object] | None:
    """What stands at a key, or at a dotted path of keys; None when there is no such key."""
    if path in record:
        return (record[path],)
    here: object = record
    for key in path.split("."):
        if not isinstance(here, Mapping) or key not in here:
            return None
        here = here[key]
    return (here,)
