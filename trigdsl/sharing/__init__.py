"""Several processes on one PostgreSQL store: records go in anywhere, and each shard's owner decides.

`shared` is what a host has in hand, `shard` the engine of one shard, `routing` where a record goes, `asleep` how users
are looked at whose shard is another process's.
"""
