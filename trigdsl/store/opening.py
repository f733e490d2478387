"""The address of a store → the store."""

from __future__ import annotations

from pathlib import Path

from trigdsl.store.errors import StoreError
from trigdsl.store.protocol import Store

FORMS = "`sqlite:///state.db`, `sqlite:////var/lib/state.db`, `postgresql://user@host/db?schema=trigdsl` or `memory:`"


def open_store(url: str, *, create: bool = True) -> Store:
    """The store at an address: `sqlite:///` and a path, `postgresql://…`, or `memory:` for what goes with the process.

    A path is that of a file: relative after three slashes, absolute after four.  The file, or the schema of a
    database, is made when there is none, unless `create` is off.  Raises StoreError for what is no such address, and
    where no store is.
    """
    # Imported here: most programs need no store, and every `trig` would wait for it.
    from trigdsl.store.sqlite import SqliteStore

    if url == "memory:":
        return SqliteStore(":memory:")
    if url.startswith(("postgresql://", "postgres://")):
        return _postgres(url, create=create)
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite" and path:
        if not create and not Path(path).is_file():
            raise StoreError(f"`{url}`: there is no store at `{path}`")
        return SqliteStore(path)
    raise StoreError(f"`{url}` is no address of a store: wanted is {FORMS}")


def _postgres(url: str, *, create: bool) -> Store:
    try:
        from trigdsl.store.postgres import PostgresStore
    except ImportError as error:
        raise StoreError(
            f"a store in PostgreSQL needs psycopg: install it with `pip install 'trigdsl[postgres]'` ({error})"
        ) from error
    return PostgresStore(url, create=create)
