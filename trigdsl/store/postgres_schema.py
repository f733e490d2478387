"""The tables of a store in PostgreSQL, and from the tables of an older form to those of this one.

Texts are compared byte by byte, which is the order of their characters, as an engine sorts users.  No statistics are
kept of columns that say who somebody is: the server would keep samples of them beyond the rows.
"""

from __future__ import annotations

TABLES = ("meta", "layouts", "states", "links", "held", "rejects", "decisions", "outbox", "inbox", "homes")
"""The tables that hold what may have to be erased."""

_FORM_1 = """
CREATE TABLE meta (shard integer NOT NULL, name text COLLATE "C" NOT NULL, value bytea NOT NULL,
    PRIMARY KEY (shard, name));
CREATE TABLE shards (shard integer PRIMARY KEY, epoch bigint NOT NULL DEFAULT 0, owner text,
    expires timestamptz) WITH (fillfactor = 50);
INSERT INTO shards (shard) VALUES (0);
CREATE TABLE commits (handle text PRIMARY KEY, number bigint NOT NULL, opened timestamptz NOT NULL)
    WITH (fillfactor = 50);
CREATE TABLE layouts (number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL);
CREATE UNIQUE INDEX layouts_body ON layouts (sha256(body));
CREATE TABLE states (user_id text COLLATE "C" PRIMARY KEY, shard integer NOT NULL, due bigint, body bytea NOT NULL)
    WITH (fillfactor = 80);
CREATE INDEX states_due ON states (shard, due, user_id) WHERE due IS NOT NULL;
CREATE TABLE links (alias text COLLATE "C" PRIMARY KEY, user_id text COLLATE "C" NOT NULL);
CREATE INDEX links_user ON links (user_id);
CREATE TABLE held (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shard integer NOT NULL, number bigint NOT NULL,
    time bigint NOT NULL, user_id text COLLATE "C" NOT NULL, body bytea NOT NULL);
CREATE INDEX held_number ON held (shard, number);
CREATE TABLE rejects (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id text COLLATE "C",
    reason text COLLATE "C" NOT NULL, body bytea NOT NULL);
CREATE TABLE decisions (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id text COLLATE "C" NOT NULL,
    body bytea NOT NULL);
CREATE INDEX decisions_user ON decisions (user_id, number);
CREATE TABLE outbox (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id text COLLATE "C" NOT NULL,
    delivery_key text COLLATE "C" NOT NULL UNIQUE, channel text COLLATE "C" NOT NULL, time bigint NOT NULL,
    expires bigint, body bytea NOT NULL, status smallint NOT NULL DEFAULT 0, attempts integer NOT NULL DEFAULT 0,
    after bigint NOT NULL DEFAULT 0, reason text COLLATE "C");
CREATE INDEX outbox_user ON outbox (user_id, number);
CREATE INDEX outbox_status ON outbox (status, number);
CREATE TABLE members (owner text PRIMARY KEY, expires timestamptz NOT NULL);
CREATE TABLE inbox (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shard integer NOT NULL,
    kind smallint NOT NULL, body bytea NOT NULL);
CREATE INDEX inbox_shard ON inbox (shard, number);
CREATE TABLE sources (source text COLLATE "C" PRIMARY KEY, position bytea NOT NULL);
CREATE TABLE homes (id text COLLATE "C" PRIMARY KEY, root text COLLATE "C" NOT NULL);
CREATE INDEX homes_root ON homes (root);
CREATE TABLE moves (move text PRIMARY KEY);
"""

_PERSONAL = {
    "states": ("user_id", "body"),
    "links": ("alias", "user_id"),
    "held": ("user_id", "body"),
    "rejects": ("user_id", "reason", "body"),
    "decisions": ("user_id", "body"),
    "inbox": ("body",),
    "homes": ("id",),
    "outbox": ("user_id", "delivery_key", "body", "reason"),
}

MIGRATIONS = (
    _FORM_1
    + "".join(
        f"ALTER TABLE {table} {', '.join(f'ALTER {column} SET STATISTICS 0' for column in columns)};\n"
        for table, columns in _PERSONAL.items()
    ),
)
"""What makes a store of the form before into one of this form, for each form from 1 on."""
