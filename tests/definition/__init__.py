"""The definition of the language as a program: slow and plain, sharing nothing with the engine but the syntax tree.

A user's whole history is kept in a list, every question to it is a scan, timers are looked for among all that may
be due.  `decisions` replays records and gives the decisions as dicts, in the form in which `trig replay` writes them
(without `key`, `event_id` and `title`).  Hashes are not part of it: `share(rule, user, kind)` says where in [0, 100)
a user lies, for the kinds `holdout` and `variant`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file

from .machine import drain as drain_clock
from .machine import finish, handle_input, run_timers
from .moments import DAY
from .program import Program
from .runs import Share, User
from .values import plain

__all__ = ["decisions"]


def decisions(
    text: str,
    records: Iterable[dict[str, Any]],
    drain: bool = False,
    until: str | None = None,
    share: Share = lambda rule, user, kind: 50.0,
) -> list[dict[str, Any]]:
    """The decisions of a program over records of the native form, by time, user, and the order they were made."""
    parsed = parse_file(Source("<definition>", text))
    program = Program.of(parsed.file)
    users: dict[str, User] = {}
    inputs = usable(records)
    end = read_time(until) if until else max((at for at, _, _ in inputs), default=None)
    for at, name, given in inputs:
        if end and at <= end:
            user = users.setdefault(name, User(program, name, share, first_input=at, now=at))
            run_timers(user, lambda timer, at=at: timer.at < at)  # type: ignore[misc]
            user.now = at
            handle_input(user, given)
    for user in users.values():
        run_timers(user, lambda timer: end is not None and timer.at <= end)
        if drain and end:
            drain_clock(user, end + 366 * DAY)
        finish(user)
    found = [one for name in sorted(users) for one in users[name].decisions]
    ordered = sorted(found, key=lambda one: (one["time"], one["user"]))
    return [plain(one) for one in ordered]


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
    """The records that can be used, duplicates dropped, by time and then arrival: (time, user, record)."""
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
    return sorted(kept, key=lambda one: one[0])
