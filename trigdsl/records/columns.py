"""The column names of a table → where each part of a record stands in a row; a row → a record in the native form.

`user`, `time`, `event`, `id`, `add` and `remove` are themselves, a column `set.P` is the profile attribute P, and
every other column is a property, also with `properties.` before it.  Dots make nested records.  Columns
`properties` and `set` hold whole records.  A column without a name is left out, as is a cell without a value.
Which column is the `alias`, if any, only `--map` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

import msgspec
from attrs import frozen

from trigdsl.records.errors import BadRecord, UnreadableFile
from trigdsl.records.wording import quoted

Path: TypeAlias = tuple[str, ...]

_ITSELF = ("user", "time", "event", "id", "add", "remove")
_RECORDS = ("properties", "set")
_ACTS = ("event", "set", "add", "remove", "alias")
_USUAL = {
    "user": ("user_id", "userid", "customer_id", "customer", "uid", "client_id", "account_id", "anonymous_id"),
    "time": ("timestamp", "ts", "event_time", "datetime", "created_at", "occurred_at", "date", "at"),
    "event": ("event_name", "event_type", "action", "type", "name", "activity"),
}


@frozen
class Layout:
    """Where the parts of a record stand: the column of each part, and of each path into a record."""

    names: tuple[str, ...]
    parts: tuple[tuple[int, str], ...]
    paths: tuple[tuple[int, str, Path], ...]

    def record(self, cells: Sequence[object]) -> dict[str, object]:
        """The native form of a row whose cells hold values, None where there is none.

        Raises BadRecord when a column `a` and a column `a.b` both have a value that cannot stand together.
        """
        made: dict[str, object] = {}
        for index, part in self.parts:
            if (cell := cells[index]) is not None:
                made[part] = _part(part, cell)
        for index, part, path in self.paths:
            if (cell := cells[index]) is not None:
                put(made.setdefault(part, {}), path, cell, self.names[index])
        return made

    def columns_of(self, part: str) -> set[int]:
        """The columns that a part of the record is made from."""
        return {index for index, name in self.parts if name == part} | {
            index for index, name, _ in self.paths if name == part
        }


def input_layout(names: Sequence[str], columns: Mapping[str, str] | None = None) -> Layout:
    """The layout of a table of inputs.

    Raises UnreadableFile when there is no column for the user, for the time, or for anything to do.
    """
    ours = _ours(names, columns)
    layout = _layout(names, ours, "properties")
    for wanted in ("user", "time"):
        if wanted not in ours:
            raise _lacking(wanted, names)
    if not any(part in _ACTS for _, part in layout.parts) and not layout.columns_of("set"):
        raise _lacking("event", names)
    return layout


def profile_layout(names: Sequence[str], columns: Mapping[str, str] | None = None) -> Layout:
    """The layout of a table of profiles: every column but the user's is an attribute, with or without `set.`."""
    ours = {part: index for part, index in _ours(names, columns).items() if part in ("user", "set")}
    if "user" not in ours:
        raise _lacking("user", names)
    return _layout(names, ours, "set")


def _ours(names: Sequence[str], columns: Mapping[str, str] | None) -> dict[str, int]:
    """The column of each part that has one of its own; a mapped name comes before our own."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"has more than one column {quoted(twice[0])}")
    found = {}
    for part in (*_ITSELF, *_RECORDS):
        theirs = (columns or {}).get(part, part)
        name = theirs if theirs in names else part
        if name in names:
            found[part] = list(names).index(name)
    # A column that just happens to be called `alias` may well hold nicknames.
    if columns and columns.get("alias") in names:
        found["alias"] = list(names).index(columns["alias"])
    return found


def _layout(names: Sequence[str], ours: Mapping[str, int], others: str) -> Layout:
    paths = []
    for index, name in enumerate(names):
        if name and index not in ours.values():
            part, path = _path(name, others)
            paths.append((index, part, path))
    # Columns of one record stand together, whole records first, so that dotted ones go into them.
    return Layout(tuple(names), tuple((index, part) for part, index in ours.items()), tuple(paths))


def _path(name: str, others: str) -> tuple[str, Path]:
    keys = tuple(name.split("."))
    if not all(keys):
        return others, (name,)
    if keys[0] in _RECORDS and len(keys) > 1:
        return keys[0], keys[1:]
    return others, keys


def _part(part: str, cell: object) -> object:
    if isinstance(cell, str):
        if part in ("add", "remove"):
            return [name for text in cell.split(";") if (name := text.strip())]
        if part in _RECORDS:
            return _json_record(part, cell)
    return dict(cell) if isinstance(cell, Mapping) else cell


def _json_record(part: str, cell: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(cell, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise BadRecord(f"`{part}` is {quoted(cell)}, a JSON object is wanted") from None


def put(into: object, path: Path, cell: object, column: str) -> None:
    """Put the cell of a column at its path in a record; raises BadRecord when something else is in its way."""
    here = into
    for key in path[:-1]:
        here = here.setdefault(key, {}) if isinstance(here, dict) else None
    if not isinstance(here, dict) or isinstance(here.get(path[-1]), dict):
        raise BadRecord(f"column {quoted(column)} and a column of the same beginning cannot both have a value")
    here[path[-1]] = cell


def touch(one: Path, other: Path) -> bool:
    """Whether one path leads to the other, so that who reads one may see the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _lacking(part: str, names: Iterable[str]) -> UnreadableFile:
    found = [name for name in names if name]
    if len(found) == 1 and (separator := next((one for one in ";\t|" if one in found[0]), None)):
        name = "a tab" if separator == "\t" else f"`{separator}`"
        return UnreadableFile(f"has {name} between its columns: write it with commas")
    close = _closest(part, found)
    columns = ", ".join(quoted(name) for name in found[:20]) + (", …" if len(found) > 20 else "")
    hint = f"`--map {part}={close}`" if close else f"`--map {part}=NAME`"
    return UnreadableFile(f"has no column `{part}`, only {columns or 'none at all'}: say which one it is with {hint}")


def _closest(part: str, names: Sequence[str]) -> str | None:
    lowered = {name.lower().replace(" ", "_").replace("-", "_"): name for name in names}
    for usual in (part, *_USUAL.get(part, ())):
        if usual in lowered:
            return lowered[usual]
    close = get_close_matches(part, lowered, 1)
    return lowered[close[0]] if close else next((name for key, name in lowered.items() if part in key), None)
