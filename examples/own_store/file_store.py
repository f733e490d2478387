"""A store in one file, which is written anew by each transaction: for some hundred users, and to show what a store is.

All tables are one object.  A transaction works on a copy of it; when it ends well, the copy takes the place of the
file, and when it raises, it is let go.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from attrs import evolve

from trigdsl.store.bodies import mentions
from trigdsl.store.errors import StoreError, StoreTaken, StoreTooNew
from trigdsl.store.protocol import DEAD, LEASED, READY, Delivery, Erased, HeldRow, NewDelivery, RejectRow, StateRow

FORM = 1
T = TypeVar("T")


class Tables(msgspec.Struct):
    """All that the store keeps; `last` is the last number that was given to a row."""

    form: int = FORM
    epoch: int = 0
    last: int = 0
    metas: dict[str, bytes] = {}
    layouts: dict[int, bytes] = {}
    states: dict[str, tuple[int | None, bytes]] = {}
    links: dict[str, str] = {}
    held: dict[int, HeldRow] = {}
    rejects: dict[int, RejectRow] = {}
    decisions: dict[int, tuple[str, bytes]] = {}
    outbox: dict[int, Delivery] = {}


class FileStore:
    """Keeps the protocol of `trigdsl.store.protocol.Store` in the file at a path."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._read()

    @property
    def name(self) -> str:
        return str(self.path)

    def _read(self) -> Tables:
        try:
            data = self.path.read_bytes()
            form = msgspec.msgpack.decode(data)["form"]
            if form > FORM:
                raise StoreTooNew(self.name, form, FORM)
            return msgspec.msgpack.decode(data, type=Tables)
        except FileNotFoundError:
            return Tables()
        except (OSError, msgspec.MsgspecError) as error:
            raise StoreError(f"{self.name}: cannot be read as a store: {error}") from error

    def _write(self, tables: Tables) -> None:
        new = self.path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.write(msgspec.msgpack.encode(tables))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            raise StoreError(f"{self.name}: cannot be written: {error}") from error

    def open(self) -> int:
        with self.transaction() as t:
            t.tables.epoch += 1
            return t.tables.epoch

    @contextmanager
    def transaction(self, epoch: int | None = None) -> Iterator[FileTransaction]:
        with self._lock:
            tables = self._read()
            if epoch is not None and epoch != tables.epoch:
                raise StoreTaken(self.name)
            before = msgspec.msgpack.encode(tables)
            yield FileTransaction(tables)
            if msgspec.msgpack.encode(tables) != before:
                self._write(tables)

    def vacuum(self) -> None:
        """Nothing: what was erased is not in the file that took the place of the one before."""

    def close(self) -> None:
        """Nothing: no file stays open."""


class FileTransaction:
    """The reads and writes of one transaction, on tables that are its own until it ends."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def _add(self, table: dict[int, T], rows: Iterable[T]) -> None:
        for row in rows:
            self.tables.last += 1
            table[self.tables.last] = row

    # ------------------------------------------------------------------ meta and layouts
    def meta(self, name: str) -> bytes | None:
        return self.tables.metas.get(name)

    def set_meta(self, name: str, value: bytes) -> None:
        self.tables.metas[name] = value

    def layouts(self) -> dict[int, bytes]:
        return dict(self.tables.layouts)

    def add_layout(self, layout: bytes) -> int:
        numbers = {body: number for number, body in self.tables.layouts.items()}
        if layout not in numbers:
            numbers[layout] = len(numbers) + 1
            self.tables.layouts[numbers[layout]] = layout
        return numbers[layout]

    # ------------------------------------------------------------------ states and links
    def load(self, users: Sequence[str]) -> dict[str, bytes]:
        return {user: self.tables.states[user][1] for user in users if user in self.tables.states}

    def save(self, rows: Iterable[StateRow]) -> None:
        self.tables.states.update((user, (due, body)) for user, due, body in rows)

    def delete(self, users: Iterable[str]) -> None:
        for user in users:
            self.tables.states.pop(user, None)

    def users(self, after: str, limit: int) -> list[tuple[str, bytes]]:
        found = sorted(user for user in self.tables.states if user > after)
        return [(user, self.tables.states[user][1]) for user in found[:limit]]

    def due(self, after: int | None, until: int, limit: int | None) -> list[tuple[int, str]]:
        timers = ((due, user) for user, (due, _) in self.tables.states.items() if due is not None)
        return sorted(one for one in timers if one[0] <= until and (after is None or one[0] > after))[:limit]

    def next_due(self) -> int | None:
        return min((due for due, _ in self.tables.states.values() if due is not None), default=None)

    def has_links(self) -> bool:
        return bool(self.tables.links)

    def links(self, aliases: Sequence[str]) -> dict[str, str]:
        return {alias: self.tables.links[alias] for alias in aliases if alias in self.tables.links}

    def all_links(self, after: str, limit: int) -> list[tuple[str, str]]:
        return sorted(one for one in self.tables.links.items() if one[0] > after)[:limit]

    def link(self, links: Iterable[tuple[str, str]]) -> None:
        self.tables.links.update(links)

    def aliases(self, user: str) -> list[str]:
        return sorted(alias for alias, owner in self.tables.links.items() if owner == user)

    # ------------------------------------------------------------------ records and decisions
    def hold(self, rows: Iterable[HeldRow]) -> None:
        self.tables.held.update((row.number, row) for row in rows)

    def held(self) -> list[HeldRow]:
        return sorted(self.tables.held.values(), key=lambda row: (row.time, row.number))

    def release(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.tables.held.pop(number, None)

    def reject(self, rows: Iterable[RejectRow]) -> None:
        self._add(self.tables.rejects, rows)

    def rejects(self, after: int, limit: int) -> list[tuple[int, RejectRow]]:
        return [one for one in self.tables.rejects.items() if one[0] > after][:limit]

    def clear_rejects(self, upto: int) -> None:
        self.tables.rejects = {number: row for number, row in self.tables.rejects.items() if number > upto}

    def log(self, rows: Iterable[tuple[str, bytes]]) -> None:
        self._add(self.tables.decisions, rows)

    def logged(self, user: str | None, after: int, limit: int) -> list[tuple[int, bytes]]:
        rows = self.tables.decisions.items()
        return [(number, body) for number, (who, body) in rows if number > after and user in (None, who)][:limit]

    # ------------------------------------------------------------------ outbox
    def enqueue(self, rows: Iterable[NewDelivery]) -> None:
        keys = {row.key for row in self.tables.outbox.values()}
        for row in rows:
            if row.key not in keys:
                keys.add(row.key)
                self.tables.last += 1
                columns = {name: getattr(row, name) for name in ("user", "key", "channel", "time", "expires", "body")}
                self.tables.outbox[self.tables.last] = Delivery(
                    number=self.tables.last, status=READY, attempts=0, after=0, reason=None, **columns
                )

    def claim(self, now: int, lease: int, paused: Sequence[str], limit: int) -> list[Delivery]:
        claimed: list[Delivery] = []
        users: set[str] = set()
        for row in self.tables.outbox.values():
            if row.status == DEAD or row.channel in paused or row.user in users:
                continue
            users.add(row.user)
            if row.after <= now and len(claimed) < limit:
                claimed.append(evolve(row, status=LEASED, attempts=row.attempts + 1, after=lease))
        self.tables.outbox.update((row.number, row) for row in claimed)
        return claimed

    def settle(self, number: int, attempts: int) -> bool:
        if not self._is_leased(number, attempts):
            return False
        del self.tables.outbox[number]
        return True

    def put_back(self, number: int, attempts: int, after: int, reason: str, *, counts: bool, dead: bool) -> bool:
        if not self._is_leased(number, attempts):
            return False
        self._set(number, status=DEAD if dead else READY, after=after, reason=reason, attempts=attempts - (not counts))
        return True

    def _is_leased(self, number: int, attempts: int) -> bool:
        row = self.tables.outbox.get(number)
        return row is not None and row.status == LEASED and row.attempts == attempts

    def _set(self, number: int, **columns: Any) -> None:
        self.tables.outbox[number] = evolve(self.tables.outbox[number], **columns)

    def deliveries(self, user: str | None, status: int | None, after: int, limit: int) -> list[Delivery]:
        rows = (row for number, row in self.tables.outbox.items() if number > after)
        return [row for row in rows if user in (None, row.user) and status in (None, row.status)][:limit]

    def revive(self, number: int) -> bool:
        row = self.tables.outbox.get(number)
        if row is None or row.status != DEAD:
            return False
        self._set(number, status=READY, attempts=0, after=0)
        return True

    def counts(self) -> dict[tuple[str, int], int]:
        return dict(Counter((row.channel, row.status) for row in self.tables.outbox.values()))

    # ------------------------------------------------------------------ erasing
    def erase(self, users: Sequence[str]) -> Erased:
        tables = self.tables
        told = {told for user in users for told in mentions(user)}

        def is_theirs(_: int, row: RejectRow) -> bool:
            return row.user in users or any(one in row.record for one in told)

        return Erased(
            states=_drop(tables.states, lambda user, _: user in users),
            links=_drop(tables.links, lambda alias, _: alias in users),
            held=_drop(tables.held, lambda _, row: row.user in users),
            deliveries=_drop(tables.outbox, lambda _, row: row.user in users),
            decisions=_drop(tables.decisions, lambda _, row: row[0] in users),
            rejects=_drop(tables.rejects, is_theirs),
        )


def _drop(table: dict[Any, Any], is_theirs: Any) -> int:
    """Take out rows; how many."""
    gone = [key for key, row in table.items() if is_theirs(key, row)]
    for key in gone:
        del table[key]
    return len(gone)
