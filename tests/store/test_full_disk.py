"""On a disk that is full an engine says so and keeps nothing by halves; with room again it goes on as if nothing was.

Where a small disk can be mounted (by root), it is filled for real at random moments while a process writes; how often
is `TRIGDSL_KILLS`, as for the tests of crashes.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

import crash_writer
import pytest
from crashing import COUNT, KILLS, WRITER, must_be_equal
from postgres_server import Server
from small_disk import SmallDisk

import trigdsl
from trigdsl.delivery.outbox import Outbox
from trigdsl.store.errors import StoreFull
from trigdsl.store.sqlite import SqliteStore

RULES = "rule r: if cart then after 1h send push unless purchase rule hi: if cart then send email"
START = 1_795_168_800
FULL = r"there is no room left to write, and nothing of this call has been kept \(.*full\): make room"
LONGEST_WAIT = 60


def carts(first: int, count: int) -> list[dict[str, Any]]:
    """Carts of as many users, each with a profile of a kilobyte."""
    return [
        {"user": f"u{number}", "time": START + number, "event": "cart", "set": {"note": f"{number:04}" * 256}}
        for number in range(first, first + count)
    ]


def bound(store: SqliteStore, pages: int) -> None:
    """Let the file of a store have so many pages more, which SQLite takes as a full disk."""
    (now,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count={now + pages}")


def contents(engine: trigdsl.Engine) -> list[Any]:
    """All that stands in an engine's store, but for how often it was opened."""
    assert engine.store is not None
    with engine.store.transaction() as t:
        return [t.meta("engine"), t.users("", 10_000), t.deliveries(None, None, 0, 10_000), t.held(), t.rejects(0, 99)]


@pytest.mark.parametrize("lateness", [None, "1m"])
def test_a_call_for_which_there_is_no_room_is_told_and_may_be_done_again(lateness: str | None, tmp_path: Path) -> None:
    program, store = trigdsl.parse(RULES), SqliteStore(tmp_path / "state.db")
    whole = trigdsl.Engine(program, store="memory:", lateness=lateness)
    with trigdsl.Engine(program, store=store, lateness=lateness) as engine:
        made = engine.feed_many(carts(0, 20), position=20)
        bound(store, 40)
        before = contents(engine)
        with pytest.raises(StoreFull, match=FULL) as raised:
            engine.feed_many(carts(20, 400), position=420)
        assert "state.db" in str(raised.value)
        assert contents(engine) == before
        assert (engine.position, engine.pending("u20")) == (20, [])
        # What has room is taken in meanwhile.
        made += engine.feed_many(carts(20, 1), position=21)
        bound(store, 10_000)
        made += engine.feed_many(carts(21, 399), position=420) + engine.advance(START + 9999)
        assert made == whole.feed_many(carts(0, 420), position=420) + whole.advance(START + 9999)
        assert contents(engine) == contents(whole)


def test_timers_for_which_there_is_no_room_go_off_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trigdsl.store.keeper.DUE_AT_ONCE", 50)
    program, store = trigdsl.parse(RULES), SqliteStore(tmp_path / "state.db")
    whole = trigdsl.Engine(program, store="memory:")
    expected = whole.feed_many(carts(0, 400)) + whole.advance(START + 9999)
    with trigdsl.Engine(program, store=store, log=True) as engine:
        engine.feed_many(carts(0, 400))
        bound(store, 10)
        with pytest.raises(StoreFull, match=FULL):
            engine.advance(START + 9999)
        bound(store, 10_000)
        engine.advance(START + 9999)
        assert engine.store is not None
        with engine.store.transaction() as t:
            keys = [row.key for row in t.deliveries(None, None, 0, 10_000)]
        assert keys == [one.key for one in expected]


def test_a_vacuum_for_which_there_is_no_room_says_so(small_disk: SmallDisk) -> None:
    with trigdsl.Engine(trigdsl.parse(RULES), store=f"sqlite:///{small_disk.folder}/state.db") as engine:
        engine.feed_many(carts(0, 400))
        small_disk.fill(0)
        assert engine.store is not None
        with pytest.raises(StoreFull, match=FULL):
            engine.store.vacuum()
        small_disk.empty()
        engine.store.vacuum()
        assert len(engine.pending("u399")) == 1


def test_a_store_that_cannot_be_made_for_want_of_room_says_so(small_disk: SmallDisk) -> None:
    small_disk.fill(0)
    url = f"sqlite:///{small_disk.folder}/state.db"
    with pytest.raises(StoreFull, match=FULL):
        trigdsl.Engine(trigdsl.parse(RULES), store=url)
    small_disk.empty()
    with trigdsl.Engine(trigdsl.parse(RULES), store=url) as engine:
        assert len(engine.feed_many(carts(0, 3))) == 3


def test_an_outbox_that_runs_goes_on_when_there_is_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "state.db")
    with trigdsl.Engine(trigdsl.parse(RULES), store=store) as engine:
        engine.feed_many(carts(0, 3))
        box, stop, refused, arrived = Outbox(store), Signal(), Signal(), Signal()
        claim = box.claim

        def claim_when_there_is_room(limit: int) -> Any:
            if not refused.is_set():
                refused.set()
                raise StoreFull("state.db", "database or disk is full")
            return claim(limit)

        monkeypatch.setattr(box, "claim", claim_when_there_is_room)
        thread = Thread(target=box.run, args=(lambda _: arrived.set(), stop), kwargs={"idle": 0.001})
        thread.start()
        assert arrived.wait(LONGEST_WAIT)
        stop.set()
        thread.join()
        assert refused.is_set()


# ------------------------------------------------------------------------ a disk that is filled at random moments
class Writer:
    """The writer of the crash tests, whose words are heard while it runs."""

    def __init__(self, url: str, delivered: Path, said: Path) -> None:
        self._said = said
        self._command = [sys.executable, str(WRITER), url, str(COUNT), str(delivered)]
        self.start()

    def start(self) -> None:
        self._said.touch()
        self._ready = self.said("ready")
        with self._said.open("a") as said:
            self.process = subprocess.Popen(self._command, stdout=said, stderr=said)

    @property
    def is_at_work(self) -> bool:
        return self.process.poll() is None

    def said(self, word: str) -> int:
        """How often it has said a word."""
        return self.words.split().count(word)

    @property
    def words(self) -> str:
        return self._said.read_text()

    @property
    def is_ready(self) -> bool:
        """Whether it has opened its store since it was started."""
        return self.said("ready") > self._ready

    def die(self) -> None:
        self.process.kill()
        self.process.wait()


def wait_for(happens: Callable[[], bool], seconds: float = LONGEST_WAIT) -> bool:
    until = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def fill_again_and_again(
    disk: SmallDisk, writer: Writer, leave: tuple[int, ...], see_to_it: Callable[[], bool] = lambda: False
) -> int:
    """Fill the disk so many times, but for some bytes, and make room again; how often that was noticed.

    Every third time the writer is killed while the disk is full.  `see_to_it` tells whether something else than the
    writer has noticed, and mends it when there is room.
    """
    draw, noticed = random.Random(), 0
    for number in range(KILLS):
        if not writer.is_at_work:
            writer.start()
        wait_for(lambda: writer.is_ready or not writer.is_at_work)
        time.sleep(draw.uniform(0, 0.3))
        full = writer.said("full")
        disk.fill(draw.choice(leave))
        noticed += wait_for(lambda full=full: writer.said("full") > full or not writer.is_at_work or see_to_it())
        if number % 3 == 2:
            writer.die()
        disk.empty()
        see_to_it()
    return noticed


def finish(writer: Writer) -> None:
    """Let the writer come to its end, started again if it has given up at its beginning."""
    for _ in range(3):
        if writer.process.wait(3600) == 0:
            return
        writer.start()
    pytest.fail(writer.words)


def test_when_the_disk_is_full_again_and_again_nothing_is_missing_and_nothing_extra(
    small_disk: SmallDisk, tmp_path: Path
) -> None:
    lived = (f"sqlite:///{tmp_path}/lived.db", tmp_path / "lived")
    crash_writer.run(lived[0], COUNT, str(lived[1]))
    died = (f"sqlite:///{small_disk.folder}/died.db", tmp_path / "died")
    writer = Writer(*died, tmp_path / "said")
    noticed = fill_again_and_again(small_disk, writer, (0, 0, 5_000, 50_000))
    finish(writer)
    assert noticed >= KILLS * 0.9, "the writer was done before the disk was full"
    must_be_equal(lived, died)


def test_when_the_disk_of_the_server_is_full_again_and_again_nothing_is_missing_and_nothing_extra(
    server: Server, small_disk: SmallDisk, tmp_path: Path
) -> None:
    lived = (server.url(f"s{tmp_path.name}_lived"), tmp_path / "lived")
    crash_writer.run(lived[0], COUNT, str(lived[1]))
    options = ["max_wal_size=8MB", "min_wal_size=2MB"]
    own = Server(str(small_disk.folder), options=options, segment=1, log=tmp_path / "log")
    died = (own.url(), tmp_path / "died")
    writer = Writer(*died, tmp_path / "said")
    panics = 0

    def has_broken() -> bool:
        nonlocal panics
        before, panics = panics, own.panics()
        if not own.is_at_work and small_disk.free > 2**20:
            own.revive()
        return panics > before

    noticed = fill_again_and_again(small_disk, writer, (0, 50_000, 300_000, 1_500_000), has_broken)
    finish(writer)
    assert noticed >= KILLS * 0.9, "the writer was done before the disk was full"
    must_be_equal(lived, died)
    own.stop()
