"""Users of a store that several processes share get other places, when the number of shards changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trigdsl.store.inbox import ANSWER, Feeding

USERS_AT_ONCE = 5_000

Place = Callable[[Sequence[str]], Sequence[int]]
"""Users → the shard of each."""


class Moving(Feeding):
    """What is read and written where the number of shards changes, which is done alone."""

    def stop_owners(self) -> None:
        """Wait for what the owners of shards are doing to end, and let them begin nothing more."""
        # Every transaction of an owner begins by writing to this table.
        self._run("LOCK TABLE shards IN EXCLUSIVE MODE", ())

    def set_count(self, count: int) -> None:
        """Have so many shards, which nobody owns; who owned one before can keep nothing more."""
        (epoch,) = self._run("SELECT max(epoch) FROM shards WHERE shard > 0", ()).fetchone()
        self._run("DELETE FROM shards WHERE shard > ?", (count,))
        self._run("INSERT INTO shards (shard) SELECT generate_series(1, ?) ON CONFLICT (shard) DO NOTHING", (count,))
        # Greater than that of any shard that there was, so that one which goes and comes again is not mistaken.
        self._run("UPDATE shards SET epoch = ?, owner = NULL, expires = NULL WHERE shard > 0", (epoch + 1,))

    def place_states(self, place: Place) -> None:
        """Put all users' states where they belong."""
        last = ""
        while users := self._users_after(last):
            self._run(
                "UPDATE states SET shard = n.shard FROM unnest(%s::text[], %s::int[]) AS n (user_id, shard)"
                " WHERE states.user_id = n.user_id AND states.shard <> n.shard",
                (users, list(place(users))),
            )
            last = users[-1]

    def _users_after(self, user: str) -> list[str]:
        rows = self._run(
            "SELECT user_id FROM states WHERE user_id > ? ORDER BY user_id LIMIT ?", (user, USERS_AT_ONCE)
        ).fetchall()
        return [one for (one,) in rows]

    def place_held(self, place: Place, arrived: int) -> int:
        """Put records held back where they belong, under new numbers after `arrived`; the last of these."""
        rows = self._run("SELECT id, user_id FROM held ORDER BY number, id", ()).fetchall()
        ids, users = [one for one, _ in rows], [user for _, user in rows]
        self._run(
            "UPDATE held SET shard = n.shard, number = n.number"
            " FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS n (id, shard, number) WHERE held.id = n.id",
            (ids, list(place(users)) if users else [], list(range(arrived + 1, arrived + 1 + len(ids)))),
        )
        return arrived + len(ids)

    def set_metas(self, metas: Mapping[str, Sequence[bytes]]) -> None:
        """Keep, under these names and no others, something for each shard from 1 on; answers stay."""
        self._run(
            "UPDATE meta SET shard = 1 WHERE shard > 1 AND name >= ? AND name < ?", (ANSWER, ANSWER + "\U0010ffff")
        )
        self._run("DELETE FROM meta WHERE shard > 0 AND NOT (name >= ? AND name < ?)", (ANSWER, ANSWER + "\U0010ffff"))
        rows = [(shard, name, value) for name, some in metas.items() for shard, value in enumerate(some, 1)]
        self._many(
            "INSERT INTO meta (shard, name, value) SELECT * FROM unnest(%s::int[], %s::text[], %b::bytea[])", rows, 3
        )
