"""`make_golden.py FOLDER [ADDRESS]`: the golden files of the present form: a store with something in every table.

Run it once for each new form, before anything of that form is released; the files of older forms stay as they are.  It
uses the program and records of `golden_store`, and writes `sqlite-FORM.sql` and, with the address of a PostgreSQL
store that is new, `postgres-FORM.sql`.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from golden_store import filled

from trigdsl.store.postgres import FORM as POSTGRES_FORM
from trigdsl.store.postgres import _parts
from trigdsl.store.postgres_schema import MIGRATIONS, TABLES
from trigdsl.store.protocol import FORM


def of_sqlite() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        filled(f"sqlite:///{path}").close()
        connection = sqlite3.connect(path)
        lines = [*connection.iterdump(), f"PRAGMA user_version={FORM};"]
        connection.close()
    return "\n".join(lines) + "\n"


NUMBERED = {"layouts": "number", "rejects": "number", "decisions": "number", "outbox": "number", "held": "id"}
"""The tables whose rows get a number from the server."""


def of_postgres(url: str) -> str:
    filled(url).close()
    place, schema, _ = _parts(url)
    parts = ["".join(MIGRATIONS), "CREATE TABLE store_form (form integer NOT NULL);", "DELETE FROM shards;"]
    parts.append(f"INSERT INTO store_form VALUES ({POSTGRES_FORM});")
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"')
        for table in (*TABLES, "shards"):
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            rows = [f"({', '.join(map(literal, row))})" for row in cursor.fetchall()]
            if rows:
                names = ", ".join(column.name for column in cursor.description or ())
                parts.append(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES\n" + ",\n".join(rows) + ";")
            if rows and (number := NUMBERED.get(table)):
                sequence = f"pg_get_serial_sequence('{table}', '{number}')"
                parts.append(f"SELECT setval({sequence}, (SELECT max({number}) FROM {table}));")
    return "\n".join(parts) + "\n"


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / f"sqlite-{FORM}.sql").write_text(of_sqlite())
    if len(sys.argv) > 2:
        (folder / f"postgres-{POSTGRES_FORM}.sql").write_text(of_postgres(sys.argv[2]))
