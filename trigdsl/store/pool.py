"""Connections to one store in PostgreSQL, as many as there are transactions under way at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from trigdsl.store.errors import StoreError
from trigdsl.store.postgres import PostgresStore


class Pool:
    """Lends stores at the address of a `first` one, each with a connection of its own, to one borrower at a time.

    Threads that are in a transaction at once do not wait for each other's answers of the server then.  There are never
    more connections than there were borrowers at once.
    """

    def __init__(self, first: PostgresStore) -> None:
        self._url, self._name, self._idle = first.url, first.name, first.idle
        self._lock = threading.Lock()
        self._free: list[PostgresStore] = []
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[PostgresStore]:
        """A store that nobody else has until the end.  Raises StoreError when the pool is closed."""
        store = self._take()
        try:
            yield store
        finally:
            self._give_back(store)

    def _take(self) -> PostgresStore:
        with self._lock:
            if self._closed:
                raise StoreError(f"{self._name}: the store is closed")
            if self._free:
                return self._free.pop()
        return PostgresStore(self._url, idle=self._idle)

    def _give_back(self, store: PostgresStore) -> None:
        with self._lock:
            if not self._closed:
                self._free.append(store)
                return
        store.close()

    def close(self) -> None:
        """Close all that are not lent now; the others are closed when they come back."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for store in free:
            store.close()
