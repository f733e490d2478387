"""Several processes on one PostgreSQL store: records go in anywhere, and each shard's owner decides.

`shared` is what a host has in hand (`aio` for asyncio), `worker` the shards that a process has, `shard` the engine of
one of them, `routing` where a record goes, `answers` what an owner tells who asked, `asleep` how users are looked at
whose shard is another process's, `resizing` how the number of shards changes.
"""

from __future__ import annotations

try:
    import trigdsl.store.postgres  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"engines that share a store need psycopg: install it with `pip install 'trigdsl[postgres]'` ({error})"
    ) from error
