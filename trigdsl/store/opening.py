"""The address of a store → the store."""

from __future__ import annotations

from pathlib import Path

from trigdsl.store.errors import StoreError
from trigdsl.store.protocol import Store

FORMS = "`sqlite:///state.db`, `sqlite:////var/lib/state.db` or `memory:`"


def open_store(url: str, *, create: bool = True) -> Store:
    """The store at an address: `sqlite:///` and a path, or `memory:` for one that goes with the process.

    A path is that of a file: relative after three slashes, absolute after four.  The file is made when there is none,
    unless `create` is off.  Raises StoreError for what is no such address, and where no store is.
    """
    # Imported here: most programs need no store, and every `trig` would wait for it.
    from trigdsl.store.sqlite import SqliteStore

    if url == "memory:":
        return SqliteStore(":memory:")
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite" and path:
        if not create and not Path(path).is_file():
            raise StoreError(f"`{url}`: there is no store at `{path}`")
        return SqliteStore(path)
    raise StoreError(f"`{url}` is no address of a store: wanted is {FORMS}")
