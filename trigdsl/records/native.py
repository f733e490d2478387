"""A record as a Python dict → Input, with the reason where it cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any

from trigdsl.model.inputs import Input
from trigdsl.model.values import Value
from trigdsl.records.errors import BadRecord
from trigdsl.records.forms import members, native_form
from trigdsl.records.plain import DEEPEST, LARGEST, is_text, plain_record
from trigdsl.records.times import parse_time
from trigdsl.records.wording import kind_of, quoted

__all__ = ["RESERVED", "BadRecord", "input_of", "name_text", "timed_input"]

RESERVED = frozenset(("sent", "ignored"))
"""The events that only the engine itself makes."""


def _taker() -> Callable[[dict[Any, Any]], Input | None] | None:
    """What takes records that are written in the ordinary way; None where it was not compiled."""
    try:
        from trigdsl.native.records import Taker
    except ImportError:
        return None
    return Taker(Input, parse_time, RESERVED, DEEPEST).take


take = _taker()
"""Takes a record as it is in nearly all cases, in a tenth of the time; None for one that needs a further look."""


def input_of(record: Mapping[str, object]) -> Input:
    """The input that one record says: native, Segment or CloudEvents form, with JSON or Python values.

    `time` may be a datetime too; a naive one, like text without an offset, is UTC.  The input holds deep
    copies, so the caller may change the record afterwards.  Raises BadRecord with the reason.
    """
    if take is not None and record.__class__ is dict and (taken := take(record)) is not None:
        return taken
    if not isinstance(record, Mapping):
        raise BadRecord(f"a record is wanted, this is {kind_of(record)}")
    if "batch" not in record:
        return timed_input(record)[0]
    held = list(members(record))
    if len(held) != 1:
        raise BadRecord(f"a batch of {len(held)} records: hand them over one by one")
    return timed_input(held[0])[0]


def timed_input(record: object, columns: Mapping[str, str] | None = None, plain: bool = False) -> tuple[Input, bool]:
    """The input of one record (no batch), and whether its time was taken as UTC for want of an offset.

    With `plain` its values are known to be those of the language, and the input may hold them as they are.
    """
    if not isinstance(record, Mapping):
        raise BadRecord(f"a record is wanted, this is {kind_of(record)}")
    native = native_form(record, columns)
    user = name_text(native, "user")
    if user is None:
        raise BadRecord("no `user`")
    at = native.get("time")
    if at is None or _is_missing(at):
        raise BadRecord("no `time`")
    time, naive = parse_time(at)
    event = _event(native)
    set_, add, remove = _record(native, "set", plain), _texts(native, "add"), _texts(native, "remove")
    properties = _record(native, "properties", plain)
    alias = name_text(native, "alias")
    if event is None:
        if set_ is None and add is None and remove is None and alias is None:
            raise BadRecord("nothing to do: none of `event`, `set`, `add`, `remove` and `alias`")
        properties = None
    return Input(user, time, event, properties, set_, add, remove, name_text(native, "id"), alias), naive


def name_text(record: Mapping[str, object], key: str) -> str | None:
    """The text of `user`, `id` or `alias`; a number is taken as its text, whole ones without `.0`.

    An empty `id` or `alias` is none; an empty `user` is a BadRecord.
    """
    value: Any = record.get(key)
    if value is None:
        return None
    if value.__class__ is str and value and value.isascii():
        return str(value)
    if isinstance(value, str):
        if not is_text(value):
            raise BadRecord(f"`{key}` holds half of a surrogate pair, which is no character")
        if not value and key == "user":
            raise BadRecord("`user` is empty text")
        return str(value) or None
    if _is_missing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -LARGEST <= value <= LARGEST:
        raise BadRecord(f"`{key}` is {_kind(value)}, text or a number is wanted")
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 2**53):
        return repr(float(value))
    return str(int(value))


def _kind(value: object) -> str:
    beyond = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "beyond the range of a double" if beyond else kind_of(value)


def _is_missing(value: object) -> bool:
    return value is None or (value.__class__ is not str and isinstance(value, float) and isnan(value))


def _event(record: Mapping[str, object]) -> str | None:
    event: Any = record.get("event")
    if event.__class__ is str and event and event not in RESERVED and event.isascii():
        return str(event)
    if _is_missing(event):
        return None
    if not isinstance(event, str):
        raise BadRecord(f"`event` is {kind_of(event)}, text is wanted")
    if not event:
        raise BadRecord("`event` is empty text")
    if event in RESERVED:
        raise BadRecord(f"an event named {quoted(event)}, which only the engine itself makes")
    if not is_text(event):
        raise BadRecord("`event` holds half of a surrogate pair, which is no character")
    return str(event)


def _record(record: Mapping[str, object], key: str, plain: bool) -> dict[str, Value] | None:
    value = record.get(key)
    if value is None or _is_missing(value):
        return None
    if not isinstance(value, Mapping):
        raise BadRecord(f"`{key}` is {kind_of(value)}, a record is wanted")
    return value if plain and isinstance(value, dict) else plain_record(value, key)


def _texts(record: Mapping[str, object], key: str) -> list[str] | None:
    value = record.get(key)
    if value is None or _is_missing(value):
        return None
    if not isinstance(value, (list, tuple)):
        raise BadRecord(f"`{key}` is {kind_of(value)}, a list of texts is wanted")
    for text in value:
        if not isinstance(text, str) or not is_text(text):
            raise BadRecord(f"`{key}` has {kind_of(text)} in it, a list of texts is wanted")
    return [str(text) for text in value]
