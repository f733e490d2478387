"""A store in a PostgreSQL database: `postgresql://user@host/db?schema=trigdsl`.

A connection that breaks is opened anew.  Whether a transaction whose `COMMIT` got no answer has been is asked of the
server, by the number of the transaction: it is told as done, or as `StoreLost`, never wrongly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

import psycopg
from psycopg import sql
from psycopg.errors import DataError, LockNotAvailable, ProgramLimitExceeded

from trigdsl.store.errors import StoreAway, StoreError, StoreInDoubt, StoreLost, StoreTaken, StoreTooNew
from trigdsl.store.postgres_rows import PostgresTransaction, adapt
from trigdsl.store.postgres_schema import MIGRATIONS, TABLES
from trigdsl.store.protocol import Transaction

FORM = len(MIGRATIONS)
"""The form of the tables that is written."""

OLDEST_SERVER = 14
DEFAULT_SCHEMA = "trigdsl"
PATIENCE = 30.0
"""How many seconds a lost connection is tried anew, and another's lock is waited for."""

_KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 10}

_NUMBER = "SELECT pg_current_xact_id()::text"
_LOCK = "SELECT pg_current_xact_id()::text FROM shards WHERE shard = 0 AND epoch = %s FOR UPDATE"
"""Begins a transaction of an engine of that epoch: no other of the store's engines has one until its end."""


class PostgresStore:
    """A store in one schema of a database, which is made when it is not there, unless `create` is off.

    `patience` is how many seconds a connection that was lost is tried anew, and another transaction's lock is waited
    for.  A transaction that stands `idle` for so many seconds is ended by the server; 0 is never.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE, idle: float = 0, create: bool = True) -> None:
        self.url = url
        self.idle = idle
        self.patience = patience
        self._conninfo, self.schema, self._name = _parts(url)
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._closed = False
        try:
            self._connection = self._connect()
            self._prepare(create)
        except psycopg.Error as error:
            self.close()
            raise StoreError(f"{self.name}: cannot be opened as a store: {_told(error)}") from error
        except StoreError:
            self.close()
            raise

    @property
    def name(self) -> str:
        return self._name

    # ------------------------------------------------------------------ the connection
    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._conninfo, autocommit=True, **self._keepalives())
        adapt(connection)
        wait = f"{int(self.patience * 1000)}ms"
        connection.execute("SELECT set_config('search_path', quote_ident(%s), false)", (self.schema,))
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (wait,))
        connection.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, false)", (f"{int(self.idle * 1000)}ms",)
        )
        return connection

    def _keepalives(self) -> dict[str, Any]:
        given = psycopg.conninfo.conninfo_to_dict(self._conninfo)
        return {name: value for name, value in _KEEPALIVES.items() if name not in given}

    def _prepare(self, create: bool) -> None:
        connection = self._connection
        assert connection is not None
        version = connection.info.server_version // 10_000
        if version < OLDEST_SERVER:
            raise StoreError(f"{self.name}: the server is PostgreSQL {version}; wanted is {OLDEST_SERVER} or later")
        with connection.transaction():
            # Two that come first at once would both make the tables.
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"trigdsl {self.schema}",))
            found = connection.execute("SELECT to_regclass('store_form')::text").fetchone()
            if found is None or found[0] is None:
                if not create:
                    raise StoreError(f"{self.name}: there is no store in the schema `{self.schema}`")
                schema = sql.Identifier(self.schema)
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
                connection.execute("CREATE TABLE store_form (form integer NOT NULL)")
                connection.execute("INSERT INTO store_form VALUES (0)")
            row = connection.execute("SELECT form FROM store_form").fetchone()
            assert row is not None
            (form,) = row
            if form > FORM:
                raise StoreTooNew(self.name, form, FORM)
            if form < FORM:
                for migration in MIGRATIONS[form:]:
                    connection.execute(migration)
                connection.execute("UPDATE store_form SET form = %s", (FORM,))

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection, opened anew when it was lost. Raises StoreAway when that does not succeed in time."""
        if self._closed:
            raise StoreError(f"{self.name}: the store is closed")
        until, pause = time.monotonic() + self.patience, 0.05
        while self._connection is None or self._connection.closed:
            try:
                self._connection = self._connect()
            except psycopg.OperationalError as error:
                if time.monotonic() + pause > until:
                    raise StoreAway(self.name, _told(error)) from error
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
        return self._connection

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()

    # ------------------------------------------------------------------ transactions
    def open(self) -> int:
        with self._lock, self.connection_in(_NUMBER, ()) as connection:
            epoch = connection.execute("UPDATE shards SET epoch = epoch + 1 WHERE shard = 0 RETURNING epoch").fetchone()
            assert epoch is not None
            if connection.execute("SELECT 1 FROM shards WHERE shard > 0 LIMIT 1").fetchone():
                raise StoreError(f"{self.name}: this store is shared: open it with `trigdsl.SharedEngine`")
            return int(epoch[0])

    @contextmanager
    def transaction(self, epoch: int | None = None) -> Iterator[Transaction]:
        lock = (_NUMBER, ()) if epoch is None else (_LOCK, (epoch,))
        with self.connection_in(*lock) as connection:
            yield PostgresTransaction(connection, 0)

    @contextmanager
    def connection_in(
        self, begin: str, given: tuple[Any, ...], taken: StoreTaken | None = None
    ) -> Iterator[psycopg.Connection[Any]]:
        """A connection in a transaction, which begins with a statement that gives its number, or nothing.

        When it gives nothing, raises `taken`.
        """
        with self._lock:
            connection = self._connected()
            try:
                connection.execute("BEGIN")
                row = connection.execute(begin, given).fetchone()
                if row is None:
                    raise taken or StoreTaken(self.name)
                yield connection
            except (DataError, ProgramLimitExceeded) as error:
                # It is about one value: the engine leaves that record out, and goes on.
                self._roll_back(connection)
                raise ValueError(f"{self.name} cannot keep it: {_told(error)}") from error
            except psycopg.Error as error:
                self._roll_back(connection)
                raise self._failure(connection, error) from error
            except BaseException:
                self._roll_back(connection)
                raise
            try:
                connection.execute("COMMIT")
            except psycopg.Error as error:
                self._roll_back(connection)
                if not connection.closed or not self._has_been(row[0]):
                    raise self._failure(connection, error) from error

    def _has_been(self, number: str) -> bool:
        """Whether the transaction of that number, whose end is not known, has been. Raises StoreInDoubt."""
        until = time.monotonic() + self.patience
        try:
            while (status := self._status(number)) == "in progress":
                # The server has not noticed yet that the connection is no more, or is at work on the commit.
                if time.monotonic() > until:
                    raise StoreInDoubt(self.name, "the server is at work on it")
                time.sleep(0.02)
        except (psycopg.Error, StoreAway) as error:
            raise StoreInDoubt(self.name, _told(error)) from error
        return status == "committed"

    def _status(self, number: str) -> str | None:
        row = self._connected().execute("SELECT pg_xact_status(%s::xid8)", (number,)).fetchone()
        return None if row is None else row[0]

    def _failure(self, connection: psycopg.Connection[Any], error: psycopg.Error) -> StoreError:
        if connection.closed:
            return StoreLost(self.name, _told(error))
        if isinstance(error, LockNotAvailable):
            return StoreError(f"{self.name}: another transaction has held the store for {self.patience:g} s")
        return StoreError(f"{self.name}: {_told(error)}")

    def _roll_back(self, connection: psycopg.Connection[Any]) -> None:
        try:
            if not connection.closed:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()

    def vacuum(self) -> None:
        with self._lock:
            connection = self._connected()
            try:
                for table in TABLES:
                    connection.execute(sql.SQL("VACUUM (FULL) {}").format(sql.Identifier(table)))
            except psycopg.Error as error:
                raise self._failure(connection, error) from error


def _parts(url: str) -> tuple[str, str, str]:
    """What the driver takes of an address, the schema that it names, and how messages name it."""
    place, _, query = url.partition("?")
    asked = parse_qsl(query, keep_blank_values=True)
    schema = next((value for name, value in asked if name == "schema"), DEFAULT_SCHEMA)
    if not schema:
        raise StoreError(f"`{_shown(url)}`: `schema` is empty; leave it out, or name one, as `?schema=campaigns`")
    return _joined(place, [(name, value) for name, value in asked if name != "schema"]), schema, _shown(url)


def _shown(url: str) -> str:
    """An address without the password."""
    place, _, query = url.partition("?")
    scheme, _, rest = place.partition("://")
    user, at, where = rest.rpartition("@")
    asked = [(name, value) for name, value in parse_qsl(query) if name != "password"]
    return _joined(f"{scheme}://{user.partition(':')[0]}{at}{where}", asked)


def _joined(place: str, asked: list[tuple[str, str]]) -> str:
    return f"{place}?{urlencode(asked, safe='/')}" if asked else place


def _told(error: Exception) -> str:
    """What a driver's error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
