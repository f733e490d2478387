"""Processes that are killed, or stand still past their lease, lose and double nothing; others take over.

`TRIGDSL_KILLS` (default 3) is how often one of them stands still, and how often one is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import shared_worker
from crashing import first_of_each
from postgres_server import Server
from shared_records import END_AFTER, LATENESS, RULES, START, records
from test_shared_engine import alone, by_user, logged

import trigdsl
from trigdsl.delivery.outbox import Outbox

KILLS = int(os.environ.get("TRIGDSL_KILLS", "3"))
WRITER = Path(shared_worker.__file__)
BATCH = 40


class Fleet:
    """Two processes at work on a store, and this one, which feeds."""

    def __init__(self, url: str, delivered: Path) -> None:
        self._command = [sys.executable, str(WRITER), url, str(delivered)]
        self.workers = [self.start(), self.start()]
        self.feeder = trigdsl.SharedEngine(trigdsl.parse(RULES), url, shards=shared_worker.SHARDS, lease="1s")

    def start(self) -> subprocess.Popen[str]:
        worker = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        return worker

    def owned(self) -> Counter[int]:
        """How many shards each worker has, by its process."""
        return Counter(int(one.owner.split(":")[1]) for one in self.feeder.leases() if one.owner is not None)

    def wait(self, until: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 120
        while not until():
            assert time.monotonic() < end, what
            assert all(one.poll() is None for one in self.workers), "a worker ended by itself"
            time.sleep(0.02)

    def stand_still(self, number: int) -> None:
        """Let a worker stand still until the other one has all shards, and go on then."""
        paused, other = self.workers[number], self.workers[1 - number]
        self.wait(lambda: self.owned()[paused.pid] > 0, "the worker got no shard")
        os.kill(paused.pid, signal.SIGSTOP)
        try:
            self.wait(lambda: self.owned() == {other.pid: shared_worker.SHARDS}, "nobody took over")
        finally:
            os.kill(paused.pid, signal.SIGCONT)

    def kill(self, number: int) -> None:
        """Kill a worker; the next one comes when the other has all shards."""
        killed, other = self.workers[number], self.workers[1 - number]
        self.wait(lambda: self.owned()[killed.pid] > 0, "the worker got no shard")
        killed.kill()
        killed.communicate()
        self.workers[number] = other
        self.wait(lambda: self.owned() == {other.pid: shared_worker.SHARDS}, "nobody took over")
        self.workers[number] = self.start()

    def end(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.communicate(timeout=60)
            assert worker.returncode == 0


@pytest.mark.parametrize("happens", ["a worker stands still", "a worker is killed", "the server is killed"])
def test_nothing_is_missing_and_nothing_extra(happens: str, own_server: Server, tmp_path: Path) -> None:
    fleet = None
    try:
        given = list(records(max(KILLS * 400, 1200)))
        delivered = tmp_path / "delivered"
        fleet = Fleet(own_server.url(), delivered)
        turns = KILLS
        for start in range(0, len(given), BATCH):
            fleet.feeder.feed_many(given[start : start + BATCH], position=start + BATCH)
            if start * turns // len(given) != (start + BATCH) * turns // len(given):
                number = start // BATCH % 2
                if happens == "a worker stands still":
                    fleet.stand_still(number)
                elif happens == "a worker is killed":
                    fleet.kill(number)
                else:
                    own_server.kill()
                    own_server.start()
        until = START + 20 * len(given) + END_AFTER
        fleet.feeder.advance(until)
        fleet.wait(lambda: not fleet.feeder.backlog(), "the inbox stayed full")
        fleet.wait(lambda: not delivering(fleet.feeder), "not all was delivered")
        fleet.end()
        expected = alone(RULES, given, until, LATENESS)
        assert by_user(logged(fleet.feeder)) == by_user(expected)
        sent = [one for one in expected if one.status == "sent" and one.action in ("send", "call")]
        assert first_of_each(delivered) == {
            user: [one.key for one in sent if one.user == user] for user in {one.user for one in sent}
        }
    finally:
        if fleet is not None:
            for worker in fleet.workers:
                worker.kill()


def delivering(engine: trigdsl.SharedEngine) -> bool:
    # It asks again on a new connection, when the server was killed.
    return bool(Outbox(engine.store).backlog())
