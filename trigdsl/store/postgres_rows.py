"""A transaction on the tables of a store in PostgreSQL: where many rows go at once, they go as arrays.

The statements of `sql` serve where rows are few; this replaces those that an engine makes for every batch, and those
that tell one shard from another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from psycopg import Connection, Cursor
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.types.string import StrDumper

from trigdsl.model.values import Micros
from trigdsl.store.protocol import HeldRow, NewDelivery, RejectRow, StateRow
from trigdsl.store.sql import SqlTransaction

_SAVE = (
    "INSERT INTO states (user_id, shard, due, body)"
    " SELECT u, %s, d, b FROM unnest(%s::text[], %s::bigint[], %b::bytea[]) AS t (u, d, b)"
    " ON CONFLICT (user_id) DO UPDATE SET shard = excluded.shard, due = excluded.due, body = excluded.body"
)
_ENQUEUE = (
    "INSERT INTO outbox (user_id, delivery_key, channel, time, expires, body)"
    " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %b::bytea[])"
    " ON CONFLICT (delivery_key) DO NOTHING"
)


# ------------------------------------------------------------------------ texts
# A text in PostgreSQL cannot hold U+0000.  Two characters stand for it, and for the first of these two; like this,
# texts sort as they did, and what has neither stands as it is.
def _stored(text: str) -> str:
    return text.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01")


def _restored(text: str) -> str:
    return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01")


class _TextDumper(StrDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_stored(obj) if "\x00" in obj or "\x01" in obj else obj)


class _TextLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        return _restored(text) if "\x01" in text else text


def adapt(connection: Connection[Any]) -> None:
    """Let a connection take every text that an engine has."""
    connection.adapters.register_dumper(str, _TextDumper)
    connection.adapters.register_loader("text", _TextLoader)


# ------------------------------------------------------------------------ statements
@cache
def _with_percents(statement: str) -> str:
    return statement.replace("?", "%s")


class _Driver:
    """A connection of psycopg as `sql` asks for one; `mark` is called before it writes."""

    def __init__(self, connection: Connection[Any], mark: Callable[[], None]) -> None:
        self._connection = connection
        self._mark = mark

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor[Any]:
        if not statement.startswith("SELECT"):
            self._mark()
        return self._connection.execute(_with_percents(statement), parameters, binary=True)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        some = list(rows)
        if some:
            self._mark()
            self._connection.cursor().executemany(_with_percents(statement), some)


class PostgresTransaction(SqlTransaction):
    """The reads and writes of a transaction for one shard; shard 0 sees the users of all."""

    def __init__(self, connection: Connection[Any], shard: int, mark: Callable[[], None]) -> None:
        super().__init__(_Driver(connection, mark))
        self.shard = shard

    _MENTIONS = "position(?::bytea in body) > 0"

    # ------------------------------------------------------------------ meta and layouts
    def meta(self, name: str) -> bytes | None:
        found = self._run("SELECT value FROM meta WHERE shard = ? AND name = ?", (self.shard, name)).fetchone()
        return None if found is None else found[0]

    def set_meta(self, name: str, value: bytes) -> None:
        self._run(
            "INSERT INTO meta (shard, name, value) VALUES (?, ?, ?)"
            " ON CONFLICT (shard, name) DO UPDATE SET value = excluded.value",
            (self.shard, name, value),
        )

    def add_layout(self, layout: bytes) -> int:
        select = "SELECT number FROM layouts WHERE sha256(body) = sha256(?)"
        if (found := self._run(select, (layout,)).fetchone()) is None:
            self._run("INSERT INTO layouts (body) VALUES (?) ON CONFLICT (sha256(body)) DO NOTHING", (layout,))
            found = self._run(select, (layout,)).fetchone()
        number: int = found[0]
        return number

    # ------------------------------------------------------------------ states
    def save(self, rows: Iterable[StateRow]) -> None:
        latest = {user: (user, due, body) for user, due, body in rows}
        self._many(_SAVE, [*latest.values()], 3, self.shard)

    def delete(self, users: Iterable[str]) -> None:
        self._run("DELETE FROM states WHERE user_id = ANY(%s::text[])", (list(users),))

    def users(self, after: str, limit: int) -> list[tuple[str, bytes]]:
        if self.shard == 0:
            return super().users(after, limit)
        rows = self._run(
            "SELECT user_id, body FROM states WHERE shard = ? AND user_id > ? ORDER BY user_id LIMIT ?",
            (self.shard, after, limit),
        )
        return list(rows.fetchall())

    def due(self, after: Micros | None, until: Micros, limit: int | None) -> list[tuple[Micros, str]]:
        text, parameters = "SELECT due, user_id FROM states WHERE shard = ? AND due <= ?", [self.shard, until]
        if after is not None:
            text += " AND due > ?"
            parameters.append(after)
        text += " ORDER BY due, user_id"
        if limit is not None:
            text += " LIMIT ?"
            parameters.append(limit)
        return list(self._run(text, parameters).fetchall())

    def next_due(self) -> Micros | None:
        found = self._run(
            "SELECT due FROM states WHERE shard = ? AND due IS NOT NULL ORDER BY due LIMIT 1", (self.shard,)
        ).fetchone()
        return None if found is None else found[0]

    # ------------------------------------------------------------------ held, rejects, decisions
    def hold(self, rows: Iterable[HeldRow]) -> None:
        self._many(
            "INSERT INTO held (shard, number, time, user_id, body)"
            " SELECT %s, t.* FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %b::bytea[]) AS t",
            [(row.number, row.time, row.user, row.body) for row in rows],
            4,
            self.shard,
        )

    def held(self) -> list[HeldRow]:
        where = "shard = ?" if self.shard else "shard >= ?"
        rows = self._run(
            f"SELECT number, time, user_id, body FROM held WHERE {where} ORDER BY time, number", (self.shard,)
        ).fetchall()
        return [HeldRow(number=number, time=time, user=user, body=body) for number, time, user, body in rows]

    def release(self, numbers: Iterable[int]) -> None:
        self._run("DELETE FROM held WHERE shard = %s AND number = ANY(%s::bigint[])", (self.shard, list(numbers)))

    def reject(self, rows: Iterable[RejectRow]) -> None:
        self._many(
            "INSERT INTO rejects (user_id, reason, body) SELECT * FROM unnest(%s::text[], %s::text[], %b::bytea[])",
            [(row.user, row.reason, row.record) for row in rows],
            3,
        )

    def log(self, rows: Iterable[tuple[str, bytes]]) -> None:
        self._many("INSERT INTO decisions (user_id, body) SELECT * FROM unnest(%s::text[], %b::bytea[])", list(rows), 2)

    # ------------------------------------------------------------------ outbox
    def enqueue(self, rows: Iterable[NewDelivery]) -> None:
        self._many(_ENQUEUE, [(row.user, row.key, row.channel, row.time, row.expires, row.body) for row in rows], 6)

    _LOCK_CLAIMED = " FOR UPDATE OF o SKIP LOCKED"
    """Of processes that claim at once, each takes what no other is taking."""

    # ------------------------------------------------------------------ many at once
    def _many(self, statement: str, rows: Sequence[Sequence[Any]], width: int, *first: Any) -> None:
        """Run a statement whose parameters are some values, then the columns of rows."""
        if rows:
            self._run(statement, (*first, *([row[place] for row in rows] for place in range(width))))

    def _in(self, select: str, keys: Sequence[str]) -> Any:
        return self._run(f"{select} = ANY(%s::text[])", (list(keys),)).fetchall() if keys else ()
