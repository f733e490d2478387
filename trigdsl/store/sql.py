"""A transaction on the tables of a SQL store: the statements, once for every database.

The tables are those that `sqlite` makes.  Statements keep to what SQLite and PostgreSQL both know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol, TypeVar

from trigdsl.model.values import Micros
from trigdsl.store.bodies import mentions
from trigdsl.store.protocol import DEAD, LEASED, READY, Delivery, Erased, HeldRow, NewDelivery, RejectRow, StateRow

T = TypeVar("T")

MOST_AT_ONCE = 500
"""How many parameters a statement has at the most."""

_DELIVERY = "number, user_id, delivery_key, channel, time, expires, body, status, attempts, after, reason"
_SAVE = (
    "INSERT INTO states (user_id, due, body) VALUES (?, ?, ?)"
    " ON CONFLICT (user_id) DO UPDATE SET due = excluded.due, body = excluded.body"
)
_ENQUEUE = (
    "INSERT INTO outbox (user_id, delivery_key, channel, time, expires, body) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (delivery_key) DO NOTHING"
)


class Connection(Protocol):
    """What is asked of a driver's connection."""

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> Any: ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Any: ...


class SqlTransaction:
    """The reads and writes of one transaction on a connection that has begun it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._run = connection.execute

    # ------------------------------------------------------------------ meta and layouts
    def meta(self, name: str) -> bytes | None:
        found = self._run("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def set_meta(self, name: str, value: bytes) -> None:
        self._run(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def layouts(self) -> dict[int, bytes]:
        return {number: bytes(body) for number, body in self._run("SELECT number, body FROM layouts").fetchall()}

    def add_layout(self, layout: bytes) -> int:
        self._run("INSERT INTO layouts (body) VALUES (?) ON CONFLICT (body) DO NOTHING", (layout,))
        number: int = self._run("SELECT number FROM layouts WHERE body = ?", (layout,)).fetchone()[0]
        return number

    # ------------------------------------------------------------------ states
    def load(self, users: Sequence[str]) -> dict[str, bytes]:
        return {user: bytes(body) for user, body in self._in("SELECT user_id, body FROM states WHERE user_id", users)}

    def save(self, rows: Iterable[StateRow]) -> None:
        self._connection.executemany(_SAVE, rows)

    def delete(self, users: Iterable[str]) -> None:
        self._connection.executemany("DELETE FROM states WHERE user_id = ?", [(user,) for user in users])

    def users(self, after: str, limit: int) -> list[tuple[str, bytes]]:
        rows = self._run("SELECT user_id, body FROM states WHERE user_id > ? ORDER BY user_id LIMIT ?", (after, limit))
        return [(user, bytes(body)) for user, body in rows.fetchall()]

    def due(self, after: Micros | None, until: Micros, limit: int | None) -> list[tuple[Micros, str]]:
        text, parameters = "SELECT due, user_id FROM states WHERE due <= ?", [until]
        if after is not None:
            text += " AND due > ?"
            parameters.append(after)
        text += " ORDER BY due, user_id"
        if limit is not None:
            text += " LIMIT ?"
            parameters.append(limit)
        return [(due, user) for due, user in self._run(text, parameters).fetchall()]

    def next_due(self) -> Micros | None:
        found = self._run("SELECT due FROM states WHERE due IS NOT NULL ORDER BY due LIMIT 1", ()).fetchone()
        return None if found is None else found[0]

    # ------------------------------------------------------------------ links
    def has_links(self) -> bool:
        return self._run("SELECT 1 FROM links LIMIT 1", ()).fetchone() is not None

    def links(self, aliases: Sequence[str]) -> dict[str, str]:
        return dict(self._in("SELECT alias, user_id FROM links WHERE alias", aliases))

    def all_links(self, after: str, limit: int) -> list[tuple[str, str]]:
        rows = self._run("SELECT alias, user_id FROM links WHERE alias > ? ORDER BY alias LIMIT ?", (after, limit))
        return [(alias, user) for alias, user in rows.fetchall()]

    def link(self, links: Iterable[tuple[str, str]]) -> None:
        self._connection.executemany(
            "INSERT INTO links (alias, user_id) VALUES (?, ?)"
            " ON CONFLICT (alias) DO UPDATE SET user_id = excluded.user_id",
            links,
        )

    def aliases(self, user: str) -> list[str]:
        rows = self._run("SELECT alias FROM links WHERE user_id = ? ORDER BY alias", (user,))
        return [alias for (alias,) in rows.fetchall()]

    # ------------------------------------------------------------------ held, rejects, decisions
    def hold(self, rows: Iterable[HeldRow]) -> None:
        self._connection.executemany(
            "INSERT INTO held (number, time, user_id, body) VALUES (?, ?, ?, ?)",
            [(row.number, row.time, row.user, row.body) for row in rows],
        )

    def held(self) -> list[HeldRow]:
        rows = self._run("SELECT number, time, user_id, body FROM held ORDER BY time, number", ()).fetchall()
        return [HeldRow(number=number, time=time, user=user, body=bytes(body)) for number, time, user, body in rows]

    def release(self, numbers: Iterable[int]) -> None:
        self._connection.executemany("DELETE FROM held WHERE number = ?", [(number,) for number in numbers])

    def reject(self, rows: Iterable[RejectRow]) -> None:
        self._connection.executemany(
            "INSERT INTO rejects (user_id, reason, body) VALUES (?, ?, ?)",
            [(row.user, row.reason, row.record) for row in rows],
        )

    def rejects(self, after: int, limit: int) -> list[tuple[int, RejectRow]]:
        rows = self._run(
            "SELECT number, user_id, reason, body FROM rejects WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
        ).fetchall()
        return [(number, RejectRow(user=user, reason=why, record=bytes(body))) for number, user, why, body in rows]

    def clear_rejects(self, upto: int) -> None:
        self._run("DELETE FROM rejects WHERE number <= ?", (upto,))

    def log(self, rows: Iterable[tuple[str, bytes]]) -> None:
        self._connection.executemany("INSERT INTO decisions (user_id, body) VALUES (?, ?)", rows)

    def logged(self, user: str | None, after: int, limit: int) -> list[tuple[int, bytes]]:
        where, parameters = ("", []) if user is None else (" AND user_id = ?", [user])
        text = f"SELECT number, body FROM decisions WHERE number > ?{where} ORDER BY number LIMIT ?"
        return [(number, bytes(body)) for number, body in self._run(text, [after, *parameters, limit]).fetchall()]

    # ------------------------------------------------------------------ outbox
    _LOCK_CLAIMED = ""
    """What is added to the statement that finds deliveries to claim, where several connections do it at once."""

    def enqueue(self, rows: Iterable[NewDelivery]) -> None:
        self._connection.executemany(
            _ENQUEUE, [(row.user, row.key, row.channel, row.time, row.expires, row.body) for row in rows]
        )

    def claim(self, now: Micros, lease: Micros, paused: Sequence[str], limit: int) -> list[Delivery]:
        away = f" AND {{}}.channel NOT IN ({', '.join('?' * len(paused))})" if paused else ""
        rows = self._run(
            f"SELECT {_DELIVERY} FROM outbox o WHERE o.status IN ({READY}, {LEASED}) AND o.after <= ?"
            f"{away.format('o')} AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.user_id = o.user_id"
            f" AND p.number < o.number AND p.status IN ({READY}, {LEASED}){away.format('p')})"
            f" ORDER BY o.number LIMIT ?{self._LOCK_CLAIMED}",
            (now, *paused, *paused, limit),
        ).fetchall()
        self._connection.executemany(
            f"UPDATE outbox SET status = {LEASED}, attempts = attempts + 1, after = ? WHERE number = ?",
            [(lease, row[0]) for row in rows],
        )
        return [_delivery((*row[:7], LEASED, row[8] + 1, lease, row[10])) for row in rows]

    def settle(self, number: int, attempts: int) -> bool:
        return self._changed(
            f"DELETE FROM outbox WHERE number = ? AND attempts = ? AND status = {LEASED}", (number, attempts)
        )

    def put_back(self, number: int, attempts: int, after: Micros, reason: str, *, counts: bool, dead: bool) -> bool:
        return self._changed(
            "UPDATE outbox SET status = ?, attempts = attempts - ?, after = ?, reason = ?"
            f" WHERE number = ? AND attempts = ? AND status = {LEASED}",
            (DEAD if dead else READY, 0 if counts else 1, after, reason, number, attempts),
        )

    def deliveries(self, user: str | None, status: int | None, after: int, limit: int) -> list[Delivery]:
        text, parameters = f"SELECT {_DELIVERY} FROM outbox WHERE number > ?", [after]
        for column, value in (("user_id", user), ("status", status)):
            if value is not None:
                text += f" AND {column} = ?"
                parameters.append(value)  # type: ignore[arg-type]
        return [_delivery(row) for row in self._run(text + " ORDER BY number LIMIT ?", [*parameters, limit]).fetchall()]

    def revive(self, number: int) -> bool:
        return self._changed(
            f"UPDATE outbox SET status = {READY}, attempts = 0, after = 0 WHERE number = ? AND status = {DEAD}",
            (number,),
        )

    def counts(self) -> dict[tuple[str, int], int]:
        rows = self._run("SELECT channel, status, COUNT(*) FROM outbox GROUP BY channel, status", ()).fetchall()
        return {(channel, status): count for channel, status, count in rows}

    # ------------------------------------------------------------------ erasing
    def erase(self, users: Sequence[str]) -> Erased:
        return Erased(
            states=self._erase("states", "user_id", users),
            links=self._erase("links", "alias", users) + self._erase("links", "user_id", users),
            held=self._erase("held", "user_id", users),
            deliveries=self._erase("outbox", "user_id", users),
            decisions=self._erase("decisions", "user_id", users),
            rejects=self._erase("rejects", "user_id", users) + self._erase_mentions(users),
        )

    def _erase(self, table: str, column: str, users: Sequence[str]) -> int:
        return sum(self._run(f"DELETE FROM {table} WHERE {column} = ?", (user,)).rowcount for user in users)

    _MENTIONS = "instr(body, ?) > 0"
    """The condition that bytes contain others."""

    def _erase_mentions(self, users: Sequence[str]) -> int:
        """Erase rejects that do not tell whose they are, or tell another's, and name one of these users."""
        erased = 0
        for user in users:
            for told in mentions(user):
                erased += self._run(f"DELETE FROM rejects WHERE {self._MENTIONS}", (told,)).rowcount
        return erased

    # ------------------------------------------------------------------ statements
    def _changed(self, statement: str, parameters: Sequence[Any]) -> bool:
        changed: bool = self._run(statement, parameters).rowcount == 1
        return changed

    def _in(self, select: str, keys: Sequence[str]) -> Iterator[Any]:
        """The rows of a SELECT whose last column is one of many keys."""
        left = iter(keys)
        while some := list(islice(left, MOST_AT_ONCE)):
            yield from self._run(f"{select} IN ({', '.join('?' * len(some))})", some).fetchall()


def _delivery(row: Sequence[Any]) -> Delivery:
    number, user, key, channel, time, expires, body, status, attempts, after, reason = row
    return Delivery(
        number=number,
        user=user,
        key=key,
        channel=channel,
        time=time,
        expires=expires,
        body=bytes(body),
        status=status,
        attempts=attempts,
        after=after,
        reason=reason,
    )
