"""The address of a store → the store."""

from __future__ import annotations

from trigdsl.store.errors import StoreError
from trigdsl.store.protocol import Store
from trigdsl.store.sqlite import SqliteStore

FORMS = "`sqlite:///state.db`, `sqlite:////var/lib/state.db` or `memory:`"


def open_store(url: str) -> Store:
    """The store at an address: `sqlite:///` and a path, or `memory:` for one that goes with the process.

    A path is that of a file, which is made when there is none; after three slashes it is relative, after four absolute.
    Raises StoreError for what is no such address.
    """
    if url == "memory:":
        return SqliteStore(":memory:")
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite" and path:
        return SqliteStore(path)
    raise StoreError(f"`{url}` is no address of a store: wanted is {FORMS}")
