"""A store in a PostgreSQL database: `postgresql://user@host/db?schema=trigdsl`.

A connection that breaks is opened anew.  Whether a transaction whose `COMMIT` got no answer has been is told by a row
that every transaction which writes changes: it is told as done, or as `StoreLost`, never wrongly.  (The server's own
number of the transaction would not do: after a crash it may be given to another one.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.errors import DataError, DiskFull, LockNotAvailable, ProgramLimitExceeded

from trigdsl.store.errors import StoreAway, StoreError, StoreFull, StoreInDoubt, StoreLost, StoreTaken, StoreTooNew
from trigdsl.store.postgres_rows import PostgresTransaction, adapt
from trigdsl.store.postgres_schema import MIGRATIONS, TABLES
from trigdsl.store.protocol import Transaction

FORM = len(MIGRATIONS)
"""The form of the tables that is written."""

OLDEST_SERVER = 14
MOST_ASKED = 20
"""How often it is asked how a transaction ended, when the connection is lost again in asking."""
DEFAULT_SCHEMA = "trigdsl"
PATIENCE = 30.0
"""How many seconds a lost connection is tried anew, and another's lock is waited for."""

_KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 10}

_LOCK = "SELECT 1 FROM shards WHERE shard = 0 AND epoch = %s FOR UPDATE"
"""Begins a transaction of an engine of that epoch: no other of the store's engines has one until its end."""
_MARK = "SELECT number FROM commits WHERE handle = %s FOR UPDATE"


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
        self._handle = uuid4().hex
        self._number = 0
        self._is_marked = False
        try:
            self._connection = self._connect()
            self._prepare(create)
            self._connection.execute(
                "INSERT INTO commits (handle, number, opened) VALUES (%s, 0, clock_timestamp())", (self._handle,)
            )
        except psycopg.Error as error:
            self.close()
            if isinstance(error, DiskFull):
                raise StoreFull(self.name, _told(error)) from error
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
                with suppress(psycopg.Error):
                    self._connection.execute("DELETE FROM commits WHERE handle = %s", (self._handle,))
                self._connection.close()

    # ------------------------------------------------------------------ transactions
    def open(self) -> int:
        with self.connection_in() as connection:
            epoch = connection.execute("UPDATE shards SET epoch = epoch + 1 WHERE shard = 0 RETURNING epoch").fetchone()
            assert epoch is not None
            if connection.execute("SELECT 1 FROM shards WHERE shard > 0 LIMIT 1").fetchone():
                raise StoreError(f"{self.name}: this store is shared: open it with `trigdsl.SharedEngine`")
            # Of processes that died long ago.
            connection.execute("DELETE FROM commits WHERE opened < clock_timestamp() - interval '30 days'")
            return int(epoch[0])

    @contextmanager
    def transaction(self, epoch: int | None = None) -> Iterator[Transaction]:
        begin, given = (None, ()) if epoch is None else (_LOCK, (epoch,))
        with self.connection_in(begin, given, marks=False) as connection:
            yield PostgresTransaction(connection, 0, self.mark)

    @contextmanager
    def connection_in(
        self,
        begin: str | None = None,
        given: tuple[Any, ...] = (),
        *,
        taken: StoreTaken | None = None,
        marks: bool = True,
    ) -> Iterator[psycopg.Connection[Any]]:
        """A connection in a transaction that begins with a statement; when that gives no row, raises `taken`.

        Unless it `marks` itself, it must be marked with `mark` before it writes.
        """
        with self._lock:
            connection = self._connected()
            try:
                self._is_marked = False
                connection.execute("BEGIN")
                if begin is not None and connection.execute(begin, given).fetchone() is None:
                    raise taken or StoreTaken(self.name)
                if marks:
                    self.mark()
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
                # What read only, has been.
                if not connection.closed or (self._is_marked and not self._has_been()):
                    raise self._failure(connection, error) from error

    def mark(self) -> None:
        """Let the transaction that is under way be known again, should its end get no answer."""
        if not self._is_marked:
            assert self._connection is not None
            self._number += 1
            self._is_marked = True
            self._connection.execute(
                "INSERT INTO commits (handle, number, opened) VALUES (%s, %s, clock_timestamp())"
                " ON CONFLICT (handle) DO UPDATE SET number = excluded.number, opened = excluded.opened",
                (self._handle, self._number),
            )

    def _has_been(self) -> bool:
        """Whether the latest transaction, whose end is not known, has been. Raises StoreInDoubt."""
        # The lock waits until the server has ended what was under way on the connection that was lost.
        for _ in range(MOST_ASKED):
            try:
                row = self._connected().execute(_MARK, (self._handle,)).fetchone()
                return row is not None and row[0] == self._number
            except StoreAway as error:
                raise StoreInDoubt(self.name, _told(error)) from error
            except psycopg.Error as error:
                failure = error
        raise StoreInDoubt(self.name, _told(failure)) from failure

    def _failure(self, connection: psycopg.Connection[Any], error: psycopg.Error) -> StoreError:
        if connection.closed:
            return StoreLost(self.name, _told(error))
        if isinstance(error, DiskFull):
            return StoreFull(self.name, _told(error))
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
