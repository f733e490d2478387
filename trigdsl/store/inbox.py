"""What is read and written of a store that several processes share: by who feeds it, and by who owns a shard.

Who puts items into the inbox holds a lock of each shard that they are for until the end.  So the numbers that a shard's
items have are in the order of commits: who reads some has not missed one before them.  Where users are is read under a
lock that many have at once, and changed under the same lock held alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from zlib import crc32

from psycopg import Connection

from trigdsl.store.postgres_rows import PostgresTransaction

RECORD, ADVANCE, FORGET, GIVE, TAKE, MERGE, OPEN = range(7)
"""What an item of the inbox asks of the shard's owner."""

Item: TypeAlias = tuple[int, int, bytes]
"""An item of the inbox: the shard it is for, what it asks, and its body."""

ANSWER = "answer "
"""Under names that begin so, the owner of a shard keeps what it has to tell of an item, until it is read."""

_TAKE_HELD = """
UPDATE held SET shard = %s, number = n.number
FROM (SELECT id, %s + row_number() OVER (ORDER BY number) AS number FROM held WHERE shard = %s AND user_id = ANY(%s)) n
WHERE held.id = n.id
"""


class Feeding(PostgresTransaction):
    """What is read and written where records are put into the inbox."""

    BEGIN_TOGETHER = "SELECT pg_advisory_xact_lock_shared(%s, 0)"
    BEGIN_ALONE = "SELECT pg_advisory_xact_lock(%s, 0)"

    def __init__(self, connection: Connection[Any], mark: Callable[[], None], schema: str, *, alone: bool) -> None:
        super().__init__(connection, 0, mark)
        self._sql = connection
        self._space = self.space(schema)
        self._is_alone = alone

    @staticmethod
    def space(schema: str) -> int:
        """The number that stands for a schema in the server's advisory locks, of 32 bits with a sign."""
        return crc32(f"trigdsl {schema}".encode()) - 2**31

    def shard_count(self) -> int:
        """How many shards there are."""
        (count,) = self._sql.execute("SELECT count(*) FROM shards WHERE shard > 0").fetchall()[0]
        return int(count)

    def waiting(self) -> dict[int, int]:
        """How many items wait, by shard."""
        return dict(self._run("SELECT shard, count(*) FROM inbox GROUP BY shard ORDER BY shard", ()).fetchall())

    def metas(self, name: str) -> dict[int, bytes]:
        """What is kept under a name for each shard that has something."""
        return dict(self._run("SELECT shard, value FROM meta WHERE name = ? AND shard > 0", (name,)).fetchall())

    def roots(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of the ids that were made one with others: what tells where all of these are."""
        return dict(self._sql.execute("SELECT id, root FROM homes WHERE id = ANY(%s)", (list(ids),)).fetchall())

    def rename(self, old: str, new: str) -> None:
        """What was kept for an id is for another one: of whom was forgotten, only a fingerprint is kept."""
        self._run("UPDATE homes SET id = ? WHERE id = ?", (new, old))

    def with_root(self, root: str) -> list[str]:
        """All ids that were made one and have that root."""
        rows = self._run("SELECT id FROM homes WHERE root = ? ORDER BY id", (root,)).fetchall()
        return [one for (one,) in rows]

    def unite(self, user: str, user_root: str, alias: str, alias_root: str) -> list[str]:
        """All ids that are with an alias are with a user from now on; which these are.  It is done alone only."""
        assert self._is_alone, "others may be reading where users are"
        for one, root in ((user, user_root), (alias, alias_root)):
            self._run("INSERT INTO homes (id, root) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (one, root))
        moved = self._run("UPDATE homes SET root = ? WHERE root = ? RETURNING id", (user_root, alias_root)).fetchall()
        return sorted(one for (one,) in moved)

    def put(self, items: Sequence[Item]) -> None:
        """Put items into the inbox, in their order; once in a transaction."""
        if not self._is_alone:
            # In one order, so that no two wait for each other.
            shards = sorted({shard for shard, _, _ in items})
            self._sql.execute("SELECT pg_advisory_xact_lock(%s, s) FROM unnest(%s::int[]) AS s", (self._space, shards))
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

    def take_answer(self, name: str) -> bytes | None:
        """What the owner of a shard told under a name, None when it has told nothing. It is told once only."""
        row = self._run("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        self._run("DELETE FROM meta WHERE name = ?", (name,))
        return bytes(row[0])


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

    def answer(self, name: str, body: bytes, forget_before: str) -> None:
        """Tell something under a name, and forget what was told to nobody under names before another one."""
        self.set_meta(name, body)
        self._run("DELETE FROM meta WHERE shard = ? AND name >= ? AND name < ?", (self.shard, ANSWER, forget_before))
