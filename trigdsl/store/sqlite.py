"""A store in one SQLite file: `sqlite:///state.db`.

Write-ahead log, every commit is on the disk before it returns, and what is deleted is overwritten.  A state stands
under its user; an index of the next timers finds who is due.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trigdsl.store.errors import StoreError, StoreFull, StoreTaken, StoreTooNew
from trigdsl.store.protocol import FORM, Transaction
from trigdsl.store.sql import SqlTransaction

SYNCHRONOUS = "FULL"
"""A commit waits until the disk has it. Tests, which lose nothing, do not wait."""

PAGES_IN_LOG = 8192
"""How many pages (of 4 kB) gather in the log before they go to the file: one that changes often goes once for all."""

_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
"""What SQLite says when a disk is full: of its files, and of the one that it shares with other processes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS layouts (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS states (user_id TEXT PRIMARY KEY, due INTEGER, body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS states_due ON states (due, user_id) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS links (alias TEXT PRIMARY KEY, user_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_user ON links (user_id);
CREATE TABLE IF NOT EXISTS held (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, user_id TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rejects (number INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, reason TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS decisions (number INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS decisions_user ON decisions (user_id, number);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL,
    delivery_key TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, time INTEGER NOT NULL, expires INTEGER,
    body BLOB NOT NULL, status INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
    after INTEGER NOT NULL DEFAULT 0, reason TEXT);
CREATE INDEX IF NOT EXISTS outbox_user ON outbox (user_id, number);
CREATE INDEX IF NOT EXISTS outbox_status ON outbox (status, number);
"""


_MIGRATIONS = (_SCHEMA,)
"""What makes a store of the form before into one of this form, for each form from 1 on."""


assert len(_MIGRATIONS) == FORM


class SqliteStore:
    """A store in a file; `path` `:memory:` is one that is lost with the process."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
            self._prepare()
        except sqlite3.Error as error:
            raise self._failure(error, "cannot be opened as a store: ") from error

    @property
    def name(self) -> str:
        return self.path

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA journal_mode=WAL")
        run(f"PRAGMA synchronous={SYNCHRONOUS}")
        run("PRAGMA secure_delete=ON")
        run("PRAGMA cache_size=-65536")
        run(f"PRAGMA wal_autocheckpoint={PAGES_IN_LOG}")
        (form,) = run("PRAGMA user_version").fetchone()
        if form > FORM:
            self._connection.close()
            raise StoreTooNew(self.name, form, FORM)
        if form < FORM:
            steps = "".join(_MIGRATIONS[form:])
            self._connection.executescript(f"BEGIN IMMEDIATE;{steps}PRAGMA user_version={FORM};COMMIT;")

    def open(self) -> int:
        with self.transaction() as t:
            epoch = int(t.meta("epoch") or b"0") + 1
            t.set_meta("epoch", b"%d" % epoch)
        return epoch

    @contextmanager
    def transaction(self, epoch: int | None = None) -> Iterator[Transaction]:
        with self._lock:
            run = self._connection.execute
            try:
                run("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise self._failure(error) from error
            try:
                t = SqlTransaction(self._connection)
                if epoch is not None and t.meta("epoch") != b"%d" % epoch:
                    raise StoreTaken(self.name)
                yield t
                run("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise self._failure(error) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # When the disk is full, SQLite has done it by itself.
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _failure(self, error: sqlite3.Error, doing: str = "") -> StoreError:
        if getattr(error, "sqlite_errorcode", None) in _FULL:
            return StoreFull(self.name, str(error))
        return StoreError(f"{self.name}: {doing}{error}")

    def vacuum(self) -> None:
        with self._lock:
            try:
                self._connection.execute("VACUUM")
                ((is_busy, _, _),) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as error:
                raise self._failure(error) from error
            if is_busy:
                raise StoreError(
                    f"{self.name}: another connection is reading this file, so that its log may still hold what was "
                    f"erased: call `vacuum` again when it has ended"
                )

    def close(self) -> None:
        with self._lock:
            self._connection.close()
