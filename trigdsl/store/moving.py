"""A store ⇄ a file of all that its users' future depends on: states, links, records that wait, and the clock.

The file is JSON Lines, form 1 (docs/spark_streaming.md): a header, then layouts, states, links and records, and at the
end how many of each there are, so that a file that was cut is known.  States are the bytes of docs/state.md.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import msgspec

from trigdsl.model.values import Micros
from trigdsl.store.errors import StoreError, StoreTooNew
from trigdsl.store.gaps import read_gaps, write_gaps
from trigdsl.store.packing import decode, encode
from trigdsl.store.protocol import HeldRow, StateRow, Store, Transaction

FORM = 1
"""The form of files that is written."""

_AT_ONCE = 500


class Header(msgspec.Struct, tag="header", tag_field="kind", kw_only=True):
    """The first line. Moments are microseconds; `position` is MessagePack, as a store keeps it; `gaps` as in `gaps`."""

    form: int = FORM
    clock: Micros | None = None
    latest: Micros | None = None
    arrived: int = 0
    rejected: int = 0
    duplicates: int = 0
    position: bytes | None = None
    gaps: dict[str, Micros] = {}


class LayoutLine(msgspec.Struct, tag="layout", tag_field="kind"):
    """A layout, before the states of its number."""

    number: int
    body: bytes


class StateLine(msgspec.Struct, tag="state", tag_field="kind", omit_defaults=True):
    """The state of a user, written by the layout of a number, and when its next timer is due."""

    user: str
    layout: int
    body: bytes
    due: Micros | None = None


class LinkLine(msgspec.Struct, tag="link", tag_field="kind"):
    """An id, and the one that it was linked to."""

    alias: str
    user: str


class HeldLine(msgspec.Struct, tag="held", tag_field="kind"):
    """A record that waits for its time; `number` is that of its arrival."""

    number: int
    time: Micros
    user: str
    body: bytes


class End(msgspec.Struct, tag="end", tag_field="kind"):
    """The last line: how many states, links and records there were."""

    states: int = 0
    links: int = 0
    held: int = 0


Line: TypeAlias = Header | LayoutLine | StateLine | LinkLine | HeldLine | End

_LINE: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Header | LayoutLine | StateLine | LinkLine | HeldLine | End)
_RAW = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


class BadStateFile(ValueError):  # noqa: N818
    """A file of states that cannot be read; the message says why."""


def renumbered(state: bytes, layout: int) -> bytes:
    """The same state under another number of its layout; nothing else of it is read."""
    parts = _RAW(state)
    parts[1] = msgspec.Raw(encode(layout))
    return encode(parts)


def line_bytes(line: Line) -> bytes:
    """A line of a file, with its end."""
    return msgspec.json.encode(line) + b"\n"


def line_of(text: bytes, path: str, number: int = 1) -> Line:
    """The line that some text is. Raises BadStateFile, and StoreTooNew for the header of a newer form."""
    try:
        line = _LINE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadStateFile(
            f"`{path}`, line {number}: {error}; a file that `trig state export` wrote is wanted"
        ) from None
    if isinstance(line, Header) and line.form > FORM:
        raise StoreTooNew(f"`{path}`", line.form, FORM)
    return line


def read_lines(path: str) -> Iterator[Line]:
    """The lines of a file: the header first, the end left out.

    Raises BadStateFile for a file that is none, or that was cut; OSError when it cannot be read.
    """
    found: Counter[type] = Counter()
    with _opened(path, "rb") as file:
        for number, text in enumerate(file, 1):
            line = line_of(text, path, number)
            if (number == 1) is not isinstance(line, Header):
                raise BadStateFile(f"`{path}`, line {number}: a header is wanted at the beginning, and only there")
            if isinstance(line, End):
                if line != counted(found):
                    raise BadStateFile(f"`{path}` was changed: {line} is what it says, {counted(found)} what it holds")
                return
            found[line.__class__] += 1
            yield line
    raise BadStateFile(f"`{path}` was cut: its last line is not there")


def write_lines(path: str, lines: Iterable[Line]) -> End:
    """Write a file of these lines, whose end is added and returned; it is there only when it is whole."""
    found: Counter[type] = Counter()
    part = f"{path}.part"
    with _opened(part, "wb") as file:
        for line in lines:
            found[line.__class__] += 1
            file.write(line_bytes(line))
        end = counted(found)
        file.write(line_bytes(end))
    Path(part).replace(path)
    return end


def counted(found: Counter[type]) -> End:
    """How many there are of each kind."""
    return End(found[StateLine], found[LinkLine], found[HeldLine])


def _opened(path: str, mode: str) -> IO[Any]:
    # The kind is that of the file itself, also while it is written under another name.
    opens: Any = gzip.open if path.removesuffix(".part").endswith(".gz") else open
    file: IO[Any] = opens(path, mode)
    return file


# ------------------------------------------------------------------------ from a store
def export_store(store: Store, path: str) -> End:
    """Write a file of what a store holds, in one transaction; how much there was.

    Deliveries, rejects and the log stay.  Raises StoreError for a store that several processes share.
    """
    with store.transaction() as t:
        return write_lines(path, _lines_of(store, t))


def _lines_of(store: Store, t: Transaction) -> Iterator[Line]:
    kept = t.meta("engine")
    if kept is None and t.users("", 1):
        raise StoreError(f"{store.name}: several processes share this store, each with a clock of its own")
    numbers: list[Any] = [None, None, 0, 0, 0, None] if kept is None else decode(kept)[1:]
    clock, latest, arrived, rejected, duplicates, position = numbers
    yield Header(
        clock=clock,
        latest=latest,
        arrived=arrived,
        rejected=rejected,
        duplicates=duplicates,
        position=None if position is None else encode(position),
        gaps=read_gaps(t),
    )
    yield from (LayoutLine(number, body) for number, body in sorted(t.layouts().items()))
    last: str | None = ""
    while last is not None:
        rows = t.users(last, _AT_ONCE)
        yield from (state_line(user, body) for user, body in rows)
        last = rows[-1][0] if rows else None
    last = ""
    while last is not None:
        links = t.all_links(last, _AT_ONCE)
        yield from (LinkLine(alias, user) for alias, user in links)
        last = links[-1][0] if links else None
    yield from (HeldLine(row.number, row.time, row.user, row.body) for row in t.held())


def state_line(user: str, body: bytes) -> StateLine:
    """The line of a state, whose bytes tell its layout and its next timer."""
    _, layout, _, _, due = (decode(part) for part in (*_RAW(body), b"\xc0", b"\xc0")[:5])
    return StateLine(user, layout, body, due)


# ------------------------------------------------------------------------ to a store
def import_store(path: str, store: Store) -> End:
    """Put what a file holds into a store that holds nothing yet, in one transaction; how much there was.

    Raises StoreError for a store that holds something, BadStateFile for a file that cannot be read.
    """
    with store.transaction() as t:
        _check_empty(store, t)
    # Only now: an engine that is at work on a store which is refused goes on.
    with store.transaction(store.open()) as t:
        _check_empty(store, t)
        return _Import(t).take(read_lines(path))


def _check_empty(store: Store, t: Transaction) -> None:
    if t.meta("engine") is not None or t.users("", 1) or t.all_links("", 1) or t.held():
        raise StoreError(f"{store.name}: this store holds states already: import into a new one")


class _Import:
    """Takes lines into a transaction, some at once."""

    def __init__(self, t: Transaction) -> None:
        self._t = t
        self._layouts: dict[int, int] = {}
        self._found: Counter[type] = Counter()
        self._states: list[StateRow] = []
        self._used: set[int] = set()

    def take(self, lines: Iterable[Line]) -> End:
        for line in lines:
            self._found[line.__class__] += 1
            match line:
                case Header():
                    self._header(line)
                case LayoutLine():
                    self._layouts[line.number] = self._t.add_layout(line.body)
                case StateLine():
                    self._state(line)
                case LinkLine():
                    self._t.link([(line.alias, line.user)])
                case HeldLine():
                    self._t.hold([HeldRow(number=line.number, time=line.time, user=line.user, body=line.body)])
        self._t.save(self._states)
        # Where states of several layouts stand side by side, an engine goes through them all, whoever wrote last.
        written = self._used or set(list(self._layouts.values())[-1:])
        if written:
            self._t.set_meta("layout", b"%d" % next(iter(written)) if len(written) == 1 else b"0")
        return counted(self._found)

    def _header(self, header: Header) -> None:
        position = None if header.position is None else decode(header.position)
        numbers = [header.clock, header.latest, header.arrived, header.rejected, header.duplicates, position]
        self._t.set_meta("engine", encode([1, *numbers]))
        if header.gaps:
            write_gaps(self._t, header.gaps)

    def _state(self, line: StateLine) -> None:
        layout = self._layouts.get(line.layout)
        if layout is None:
            raise BadStateFile(f"the state of `{line.user}` is of a layout {line.layout} that does not come before it")
        self._used.add(layout)
        self._states.append((line.user, line.due, renumbered(line.body, layout)))
        if len(self._states) >= _AT_ONCE:
            self._t.save(self._states)
            self._states = []
