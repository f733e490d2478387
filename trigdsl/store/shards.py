"""A PostgreSQL store that several processes share: who has which shard, and the inbox that leads to them.

A shard has a row, with the one that owns it, until when by the server's clock, and an epoch that grows with every new
owner.  A transaction of a shard begins with that row, under its lock and with the epoch that it had been given; so
whoever lost a shard while standing still can keep nothing of what they go on doing.

Records reach a shard through the inbox.  Who puts some in holds the row of shard 0 until the end, so that the numbers
of the inbox are in the order of commits: everyone sees the same records before the same others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from attrs import frozen
from psycopg import Connection

from trigdsl.store.errors import LeaseLost, StoreError
from trigdsl.store.postgres import PostgresStore
from trigdsl.store.postgres_rows import PostgresTransaction

RECORD, ADVANCE, FORGET, GIVE, TAKE = range(5)
"""What an item of the inbox asks of the shard's owner."""

Item: TypeAlias = tuple[int, int, bytes]
"""An item of the inbox: the shard it is for, what it asks, and its body."""

_MAY_FEED = "SELECT 1 FROM shards WHERE shard = 0 FOR UPDATE"
_OWNS = (
    "UPDATE shards SET expires = clock_timestamp() + make_interval(secs => %s) WHERE shard = %s AND epoch = %s"
    " RETURNING shard"
)

_TAKE_HELD = """
UPDATE held SET shard = %s, number = n.number
FROM (SELECT id, %s + row_number() OVER (ORDER BY number) AS number FROM held WHERE shard = %s AND user_id = ANY(%s)) n
WHERE held.id = n.id
"""


@frozen(kw_only=True)
class Lease:
    """Who has a shard, None when nobody does, and for how many seconds from now at the least."""

    shard: int
    owner: str | None
    seconds: float


class Shards:
    """The shards of a store. `lease` is how many seconds an owner may stand still before others take over."""

    def __init__(self, store: PostgresStore, count: int, lease: float) -> None:
        self.store = store
        self.lease = lease
        self.count = self._agree(count)

    def _agree(self, count: int) -> int:
        """Make the shards of a new store; of one that has some, `count` must be theirs."""
        with self.store.connection_in(_MAY_FEED) as connection:
            (found,) = _one(connection.execute("SELECT count(*) FROM shards WHERE shard > 0"))
            if not found and connection.execute("SELECT 1 FROM states LIMIT 1").fetchone():
                raise StoreError(
                    f"{self.store.name}: an engine that does not share wrote to this store: give another schema"
                )
            if not found:
                connection.execute("INSERT INTO shards (shard) SELECT generate_series(1, %s)", (count,))
            elif found != count:
                raise StoreError(f"{self.store.name}: this store has {found} shards, not {count}: their number stays")
        return count

    # ------------------------------------------------------------------ who has which
    def claim(self, owner: str) -> dict[int, int]:
        """Renew what an owner has, give up or claim what makes it a fair share: shard → epoch of all it has then.

        Each of those who live has as many as the others, or one more.  What another transaction holds just now is left
        for the next time.
        """
        with self.store.connection_in() as connection:
            run = connection.execute
            run(
                "INSERT INTO members VALUES (%s, clock_timestamp() + make_interval(secs => %s))"
                " ON CONFLICT (owner) DO UPDATE SET expires = excluded.expires",
                (owner, self.lease),
            )
            run(
                "DELETE FROM members WHERE owner IN (SELECT owner FROM members WHERE expires < clock_timestamp()"
                " FOR UPDATE SKIP LOCKED)"
            )
            names = [name for (name,) in run("SELECT owner FROM members ORDER BY owner").fetchall()]
            share, more = divmod(self.count, len(names))
            share += names.index(owner) < more
            mine = run(
                "UPDATE shards SET expires = clock_timestamp() + make_interval(secs => %s) WHERE owner = %s"
                " AND shard > 0 RETURNING shard, epoch",
                (self.lease, owner),
            ).fetchall()
            mine.sort()
            self._free(connection, mine[share:])
            if len(mine) < share:
                mine += self._claimed(connection, owner, share - len(mine))
            return dict(mine[:share])

    def _free(self, connection: Connection[Any], some: Sequence[tuple[int, int]]) -> None:
        for shard, epoch in some:
            connection.execute(
                "UPDATE shards SET owner = NULL, expires = NULL WHERE shard = %s AND epoch = %s", (shard, epoch)
            )

    def _claimed(self, connection: Connection[Any], owner: str, most: int) -> list[tuple[int, int]]:
        return connection.execute(
            "UPDATE shards SET owner = %s, epoch = epoch + 1,"
            " expires = clock_timestamp() + make_interval(secs => %s)"
            " WHERE shard IN (SELECT shard FROM shards WHERE shard > 0"
            " AND (owner IS NULL OR expires < clock_timestamp()) ORDER BY shard LIMIT %s FOR UPDATE SKIP LOCKED)"
            " RETURNING shard, epoch",
            (owner, self.lease, most),
        ).fetchall()

    def leave(self, owner: str) -> None:
        """Give up all that an owner has."""
        with self.store.connection_in() as connection:
            connection.execute("UPDATE shards SET owner = NULL, expires = NULL WHERE owner = %s", (owner,))
            connection.execute("DELETE FROM members WHERE owner = %s", (owner,))

    def leases(self) -> list[Lease]:
        """Who has each of the shards."""
        with self.store.connection_in(marks=False) as connection:
            rows = connection.execute(
                "SELECT shard, owner, extract(epoch FROM expires - clock_timestamp())::float8 FROM shards"
                " WHERE shard > 0 ORDER BY shard"
            ).fetchall()
        return [
            Lease(shard=shard, owner=owner if left is not None and left > 0 else None, seconds=max(left or 0.0, 0.0))
            for shard, owner, left in rows
        ]

    # ------------------------------------------------------------------ the inbox
    @contextmanager
    def feeding(self) -> Iterator[Feeding]:
        """A transaction that puts items into the inbox, of one process at a time."""
        with self.store.connection_in(_MAY_FEED) as connection:
            yield Feeding(connection, self.store.mark)

    def inbox(self, shards: Sequence[int], limit: int) -> list[tuple[int, Item]]:
        """The first so many items of each of these shards, by number."""
        with self.store.connection_in(marks=False) as connection:
            rows = connection.execute(
                "SELECT i.number, i.shard, i.kind, i.body FROM unnest(%s::int[]) AS s (shard),"
                " LATERAL (SELECT * FROM inbox WHERE inbox.shard = s.shard ORDER BY number LIMIT %s) AS i"
                " ORDER BY i.number",
                (list(shards), limit),
                binary=True,
            ).fetchall()
        return [(number, (shard, kind, body)) for number, shard, kind, body in rows]

    def waiting(self) -> dict[int, int]:
        """How many items wait, by shard."""
        with self.store.connection_in(marks=False) as connection:
            return dict(
                connection.execute("SELECT shard, count(*) FROM inbox GROUP BY shard ORDER BY shard").fetchall()
            )

    def position(self, source: str) -> bytes | None:
        """What was kept as the position of a source of records."""
        with self.store.connection_in(marks=False) as connection:
            row = connection.execute("SELECT position FROM sources WHERE source = %s", (source,)).fetchone()
        return None if row is None else bytes(row[0])


class Feeding(PostgresTransaction):
    """What is read and written where records are put into the inbox."""

    def __init__(self, connection: Connection[Any], mark: Callable[[], None]) -> None:
        super().__init__(connection, 0, mark)
        self._sql = connection

    def roots(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of the ids that were made one with others: what tells where all of these are."""
        return dict(self._sql.execute("SELECT id, root FROM homes WHERE id = ANY(%s)", (list(ids),)).fetchall())

    def rename(self, old: str, new: str) -> None:
        """What was kept for an id is for another one: of whom was forgotten, only a fingerprint is kept."""
        self._run("UPDATE homes SET id = ? WHERE id = ?", (new, old))

    def unite(self, user: str, user_root: str, alias: str, alias_root: str) -> list[str]:
        """All ids that are with an alias are with a user from now on; which these are."""
        for one, root in ((user, user_root), (alias, alias_root)):
            self._run("INSERT INTO homes (id, root) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (one, root))
        moved = self._run("UPDATE homes SET root = ? WHERE root = ? RETURNING id", (user_root, alias_root)).fetchall()
        return sorted(one for (one,) in moved)

    def put(self, items: Sequence[Item]) -> None:
        """Put items into the inbox, in their order."""
        self._many(
            "INSERT INTO inbox (shard, kind, body) SELECT * FROM unnest(%s::int[], %s::smallint[], %b::bytea[])",
            items,
            3,
        )

    def note_position(self, source: str, position: bytes) -> None:
        self._run(
            "INSERT INTO sources (source, position) VALUES (?, ?)"
            " ON CONFLICT (source) DO UPDATE SET position = excluded.position",
            (source, position),
        )


class ShardTransaction(PostgresTransaction):
    """The reads and writes of the owner of a shard."""

    def hide(self, names: dict[str, str]) -> None:
        """Keep for ids, where it is told who is where, only what stands in their place."""
        for one, mark in names.items():
            self._run("UPDATE homes SET id = ? WHERE id = ?", (mark, one))

    def take_out(self, number: int) -> None:
        """Items of the inbox up to that number are done."""
        self._run("DELETE FROM inbox WHERE shard = ? AND number <= ?", (self.shard, number))

    def give(self, ids: Sequence[str], move: str, to: int) -> None:
        """Let what is kept of users go to another shard; nobody has it until that shard takes it."""
        # Negative shards are on their way: their timers do not go off.
        for table in ("states", "held"):
            self._run(
                f"UPDATE {table} SET shard = %s WHERE shard = %s AND user_id = ANY(%s)", (-to, self.shard, list(ids))
            )
        self._run("INSERT INTO moves (move) VALUES (?)", (move,))

    def has_come(self, move: str) -> bool:
        """Whether the other shard has given what a move is about. It is known once only."""
        return self._changed("DELETE FROM moves WHERE move = ?", (move,))

    def take(self, ids: Sequence[str], arrived: int) -> list[tuple[str, bytes]]:
        """Take what was given; the states.  Records held back arrive anew, under the numbers after `arrived`."""
        self._run(_TAKE_HELD, (self.shard, arrived, -self.shard, list(ids)))
        rows = self._run(
            "UPDATE states SET shard = %s WHERE shard = %s AND user_id = ANY(%s) RETURNING user_id, body",
            (self.shard, -self.shard, list(ids)),
        )
        return sorted(rows.fetchall())


class ShardStore:
    """A shard as the store of an engine, for as long as its owner has it under that epoch."""

    def __init__(self, shards: Shards, shard: int, epoch: int) -> None:
        self._shards = shards
        self.shard = shard
        self.epoch = epoch

    @property
    def name(self) -> str:
        return f"{self._shards.store.name}, shard {self.shard}"

    def open(self) -> int:
        return self.epoch

    @contextmanager
    def transaction(self, epoch: int | None = None) -> Iterator[ShardTransaction]:
        store = self._shards.store
        given = (self._shards.lease, self.shard, self.epoch)
        lost = LeaseLost(store.name, self.shard)
        with store.connection_in(_OWNS, given, taken=lost, marks=False) as connection:
            yield ShardTransaction(connection, self.shard, store.mark)

    def vacuum(self) -> None:
        self._shards.store.vacuum()

    def close(self) -> None:
        """Nothing: the connection is that of all shards."""


def _one(cursor: Any) -> tuple[Any, ...]:
    row: tuple[Any, ...] = cursor.fetchone()
    return row
