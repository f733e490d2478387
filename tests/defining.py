"""A program's text and records of the native form → what the definition decides.

What a record may say, in which forms its time comes and which records are duplicates is no part of the language, and so
this stands beside `definition/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from definition.machine import decide
from definition.values import plain

from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file


def decisions(
    text: str,
    records: Iterable[dict[str, Any]],
    drain: bool = False,
    until: str | None = None,
    share: Callable[[str, str, str], float] = lambda rule, user, kind: 50.0,
) -> list[dict[str, Any]]:
    """The decisions of a program over records, in order, until a moment, else until the last usable record."""
    parsed = parse_file(Source("<definition>", text))
    inputs = usable(records)
    end = read_time(until) if until else max((at for at, _, _ in inputs), default=None)
    found: list[dict[str, Any]] = []
    for user in sorted({name for _, name, _ in inputs}):
        theirs = [(at, record) for at, name, record in inputs if name == user and end and at <= end]
        found += decide(parsed.file, user, theirs, end, drain, share) if theirs else []
    return [plain(one) for one in sorted(found, key=lambda one: one["time"])]


def read_time(value: Any) -> datetime | None:
    """The time of a record: RFC 3339 (UTC without an offset), Unix seconds, or milliseconds above 10^11."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", value):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def is_usable(record: dict[str, Any]) -> bool:
    """Whether a record says something, and nothing of a wrong type."""
    kinds: dict[str, Any] = {"event": str, "properties": dict, "set": dict, "add": list, "remove": list}
    given = {key: record[key] for key in kinds if record.get(key) is not None}
    listed = [name for key in ("add", "remove") for name in given.get(key) or ()]
    return (
        all(isinstance(value, kinds[key]) for key, value in given.items())
        and all(isinstance(name, str) for name in listed)
        and given.get("event") not in ("sent", "ignored", "")
        and bool(given.keys() - {"properties"})
    )


def usable(records: Iterable[dict[str, Any]]) -> list[tuple[datetime, str, dict[str, Any]]]:
    """The records that can be used, duplicates dropped, as they arrived: (time, user, record)."""
    kept: list[tuple[datetime, str, dict[str, Any]]] = []
    for record in records:
        at, user = read_time(record.get("time")), record.get("user")
        if at is None or isinstance(user, bool) or not isinstance(user, (str, int, float)) or not is_usable(record):
            continue
        again = record.get("id") is not None and any(
            (name, other.get("id")) == (str(user), record["id"]) and abs(at - then) <= timedelta(days=7)
            for then, name, other in kept
        )
        if not again and str(user):
            kept.append((at, str(user), record))
    return kept
