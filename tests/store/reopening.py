"""Stores that are opened anew for each engine, at little cost: the tables and the connection stay.

An engine on one reads all that it knows from the store, as one in a new process would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server, programs

from trigdsl.store.protocol import Store
from trigdsl.store.sqlite import SqliteStore

Open = Callable[[], Store]
"""Opens one store anew."""


class Reopened(SqliteStore):
    """A store in memory that stays when an engine closes it, for the next one to open."""

    def close(self) -> None:
        pass


class Schema:
    """A schema of a PostgreSQL database, and the one connection to it that its stores have one after another."""

    def __init__(self, url: str) -> None:
        from trigdsl.store.postgres import PostgresStore
        from trigdsl.store.postgres_schema import TABLES

        self._url = url
        self._tables = TABLES
        self._first = PostgresStore(url)
        outer = self

        class Pooled(PostgresStore):
            """A store on that connection, which stays when the store is closed."""

            def _connect(self) -> Any:
                return outer._first._connected()

            def close(self) -> None:
                if self._connection is not None:
                    with suppress(Exception):
                        self._connection.execute("DELETE FROM commits WHERE handle = %s", (self._handle,))
                self._closed = True

        self._pooled = Pooled

    def open(self) -> Store:
        """A store that knows nothing but what is in the tables."""
        store: Store = self._pooled(self._url)
        return store

    def empty(self) -> None:
        """Let nothing be in the tables, as in a store that was never opened."""
        self._first._connected().execute("; ".join(f"DELETE FROM {table}" for table in self._tables))

    def close(self) -> None:
        self._first.close()


@pytest.fixture(scope="module")
def schema_or_none(request: pytest.FixtureRequest) -> Iterator[Schema | None]:
    """Tables in PostgreSQL, which stay; None where there is no server."""
    if programs() is None:
        yield None
        return
    server: Server = request.getfixturevalue("server")
    one = Schema(server.url("reopened"))
    yield one
    one.close()


def stores(folder: Path | None, schema: Schema | None) -> Iterator[tuple[str, Open]]:
    """Ways to open one empty store of each kind that is at hand: in memory, in a file, in a database."""
    memory = Reopened(":memory:")
    yield "memory", lambda: memory
    if folder is not None:
        path = folder / "state.db"
        yield "SQLite", lambda: SqliteStore(path)
    if schema is not None:
        schema.empty()
        yield "PostgreSQL", schema.open
