"""A PostgreSQL store that several processes share: who has which shard, and the inbox that leads to them.

A shard has a row, with the one that owns it, until when by the server's clock, and an epoch that grows with every new
owner.  A transaction of a shard begins with that row, under its lock and with the epoch that it had been given; so
whoever lost a shard while standing still can keep nothing of what they go on doing.

Records reach a shard through the inbox, see `inbox`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen
from psycopg import Connection

from trigdsl.model.values import Micros
from trigdsl.store.errors import LeaseLost, StoreError
from trigdsl.store.inbox import Feeding, Item, ShardTransaction
from trigdsl.store.pool import Pool
from trigdsl.store.postgres import PostgresStore
from trigdsl.store.resharding import Moving

SHARDS = 16
"""How many shards a new store has, unless it is told."""

_ALONE = "SELECT 1 FROM shards WHERE shard = 0 FOR UPDATE"
_OWNS = (
    "UPDATE shards SET expires = clock_timestamp() + make_interval(secs => %s) WHERE shard = %s AND epoch = %s"
    " RETURNING shard"
)


@frozen(kw_only=True)
class Lease:
    """Who has a shard, None when nobody does, and for how many seconds from now at the least."""

    shard: int
    owner: str | None
    seconds: float


class Shards:
    """The shards of a store. `lease` is how many seconds an owner may stand still before others take over."""

    def __init__(self, store: PostgresStore, count: int | None, lease: float) -> None:
        self.name = store.name
        self.schema = store.schema
        self.lease = lease
        self._pool = Pool(store)
        self._agree(count)

    def close(self) -> None:
        self._pool.close()

    def vacuum(self) -> None:
        """Give back room, see `Store.vacuum`."""
        with self._pool.lent() as store:
            store.vacuum()

    @contextmanager
    def _asking(self) -> Iterator[Connection[Any]]:
        """A connection in a transaction that only reads."""
        with self._pool.lent() as store, store.connection_in(marks=False) as connection:
            yield connection

    @contextmanager
    def _writing(self, begin: str | None = None) -> Iterator[Connection[Any]]:
        with self._pool.lent() as store, store.connection_in(begin) as connection:
            yield connection

    def _agree(self, count: int | None) -> None:
        """Make the shards of a new store; of one that has some, `count` must be theirs, if it is told."""
        with self._writing(_ALONE) as connection:
            (found,) = _one(connection.execute("SELECT count(*) FROM shards WHERE shard > 0"))
            if not found and connection.execute("SELECT 1 FROM states LIMIT 1").fetchone():
                raise StoreError(f"{self.name}: an engine that does not share wrote to this store: give another schema")
            if not found:
                connection.execute("INSERT INTO shards (shard) SELECT generate_series(1, %s)", (count or SHARDS,))
            elif count is not None and found != count:
                raise StoreError(
                    f"{self.name}: this store has {found} shards, not {count}: leave `shards` out to take what it has, "
                    f"or have their number changed by `SharedEngine.change_shards`"
                )

    # ------------------------------------------------------------------ who has which
    def claim(self, owner: str) -> dict[int, int]:
        """Renew what an owner has, give up or claim what makes it a fair share: shard → epoch of all it has then.

        Each of those who live has as many as the others, or one more.  What another transaction holds just now is left
        for the next time.
        """
        with self._writing() as connection:
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
            (count,) = _one(run("SELECT count(*) FROM shards WHERE shard > 0"))
            share, more = divmod(count, len(names))
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
        with self._writing() as connection:
            connection.execute("UPDATE shards SET owner = NULL, expires = NULL WHERE owner = %s", (owner,))
            connection.execute("DELETE FROM members WHERE owner = %s", (owner,))

    def leases(self) -> list[Lease]:
        """Who has each of the shards."""
        with self._asking() as connection:
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
    def feeding(self, *, alone: bool = False) -> Iterator[Feeding]:
        """A transaction that puts items into the inbox; `alone`: no other one is under way, in any process."""
        begin = Feeding.BEGIN_ALONE if alone else Feeding.BEGIN_TOGETHER
        with (
            self._pool.lent() as store,
            store.connection_in(begin, (Feeding.space(self.schema),)) as connection,
        ):
            yield Feeding(connection, store.mark, self.schema, alone=alone)

    @contextmanager
    def moving(self) -> Iterator[Moving]:
        """A transaction in which users get other places; nobody puts anything in until its end."""
        with (
            self._pool.lent() as store,
            store.connection_in(Feeding.BEGIN_ALONE, (Feeding.space(self.schema),)) as connection,
        ):
            yield Moving(connection, store.mark, self.schema, alone=True)

    @contextmanager
    def looking(self) -> Iterator[Feeding]:
        """A transaction that sees the users of all shards, and puts nothing in."""
        with self._pool.lent() as store, store.connection_in(marks=False) as connection:
            yield Feeding(connection, store.mark, self.schema, alone=False)

    @contextmanager
    def owning(self, shard: int, epoch: int) -> Iterator[ShardTransaction]:
        """A transaction of the owner of a shard. Raises LeaseLost when another has it."""
        with (
            self._pool.lent() as store,
            store.connection_in(
                _OWNS, (self.lease, shard, epoch), taken=LeaseLost(self.name, shard), marks=False
            ) as connection,
        ):
            yield ShardTransaction(connection, shard, store.mark)

    def inbox(self, shards: Sequence[int], limit: int) -> list[tuple[int, Item]]:
        """The first so many items of each of these shards, by number."""
        with self._asking() as connection:
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
        with self.looking() as t:
            return t.waiting()

    def position(self, source: str) -> bytes | None:
        """What was kept as the position of a source of records."""
        with self._asking() as connection:
            row = connection.execute("SELECT position FROM sources WHERE source = %s", (source,)).fetchone()
        return None if row is None else bytes(row[0])

    def next_due(self) -> Micros | None:
        """When the next timer of all users is due, or the next record held back has its place."""
        with self._asking() as connection:
            rows = connection.execute(
                "SELECT min(d.due) FROM shards s, LATERAL (SELECT due FROM states WHERE states.shard = s.shard"
                " AND due IS NOT NULL ORDER BY due LIMIT 1) AS d UNION ALL SELECT min(time) FROM held"
            ).fetchall()
        return min((at for (at,) in rows if at is not None), default=None)


class ShardStore:
    """A shard as the store of an engine, for as long as its owner has it under that epoch."""

    def __init__(self, shards: Shards, shard: int, epoch: int) -> None:
        self._shards = shards
        self.shard = shard
        self.epoch = epoch

    @property
    def name(self) -> str:
        return f"{self._shards.name}, shard {self.shard}"

    def open(self) -> int:
        return self.epoch

    @contextmanager
    def transaction(self, epoch: int | None = None) -> Iterator[ShardTransaction]:
        with self._shards.owning(self.shard, self.epoch) as t:
            yield t

    def vacuum(self) -> None:
        self._shards.vacuum()

    def close(self) -> None:
        """Nothing: the connection is that of all shards."""


def _one(cursor: Any) -> tuple[Any, ...]:
    row: tuple[Any, ...] = cursor.fetchone()
    return row
