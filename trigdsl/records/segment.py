"""Segment records (also RudderStack's) → the native form.

| `type` | becomes |
|---|---|
| `track` | an event of the name in `event`, with its `properties` |
| `page`, `screen` | an event `page` or `screen`; top-level `name` and `category` go into its properties |
| `identify` | `set` of its `traits` (of `context.traits` where it has none) |
| `group` | an event `group`: its `traits`, and `groupId` |
| `alias` | `previousId` (else `anonymousId`) is an `alias` of the user |

In all of them an `anonymousId` beside another `userId` is an alias of that user.
The user is `userId`, else `anonymousId`; the time `timestamp`, else `originalTimestamp`, `sentAt`,
`receivedAt`; the id `messageId`.
"""

from __future__ import annotations

from collections.abc import Mapping

from trigdsl.records.errors import BadRecord
from trigdsl.records.wording import kind_of

TYPES = frozenset(("track", "identify", "page", "screen", "group", "alias"))
SIGNS = ("userId", "anonymousId", "messageId")
"""Keys that a Segment record has and others hardly do."""
LACKING = {
    "user": "no user: neither `userId` nor `anonymousId`",
    "time": "no time: none of `timestamp`, `originalTimestamp`, `sentAt` and `receivedAt`",
}

_USERS = ("userId", "anonymousId")
_ALIASES = ("previousId", "anonymousId")
_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")


def segment_type(record: Mapping[str, object]) -> str | None:
    """The record's `type`, in lower case as some senders do not write it, when it is one of Segment's."""
    kind = record.get("type")
    return lowered if isinstance(kind, str) and (lowered := kind.lower()) in TYPES else None


def from_segment(record: Mapping[str, object], kind: str) -> dict[str, object]:
    """The native form of a Segment record of type `kind`; raises BadRecord when it can have none."""
    native = {
        "user": _first(record, _USERS),
        "time": _first(record, _TIMES),
        "id": record.get("messageId"),
    }
    alias = _first(record, _ALIASES if kind == "alias" else _ALIASES[1:])
    if alias != native["user"] or kind == "alias":
        native["alias"] = alias
    return native | _contents(record, kind)


def _contents(record: Mapping[str, object], kind: str) -> dict[str, object]:
    if kind == "alias":
        if _first(record, _ALIASES) is None:
            raise BadRecord("an `alias` without `previousId`, the id that becomes the user's")
        return {}
    if kind == "identify":
        return {"set": _traits(record)}
    if kind == "group":
        return {"event": kind, "properties": _traits(record) | _held(record, ("groupId",))}
    properties = _record(record, "properties")
    if kind != "track":
        return {"event": kind, "properties": properties | _held(record, ("name", "category"))}
    if record.get("event") is None:
        raise BadRecord("a `track` without `event`, the name of what happened")
    return {"event": record["event"], "properties": properties}


def _traits(record: Mapping[str, object]) -> dict[object, object]:
    traits = _record(record, "traits")
    context = record.get("context")
    return traits or (_record(context, "traits") if isinstance(context, Mapping) else {})


def _record(record: Mapping[str, object], name: str) -> dict[object, object]:
    held = record.get(name)
    if held is None:
        return {}
    if not isinstance(held, Mapping):
        raise BadRecord(f"`{name}` is {kind_of(held)}, a record is wanted")
    return dict(held)


def _held(record: Mapping[str, object], names: tuple[str, ...]) -> dict[object, object]:
    return {name: record[name] for name in names if record.get(name) not in (None, "")}


def _first(record: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((held for name in names if (held := record.get(name)) not in (None, "")), None)
