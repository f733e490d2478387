"""A process that is killed at random moments, and started anew, decides and delivers what one that lives does.

So does one whose database server is killed.  `TRIGDSL_KILLS` (default 3) is how often, by SIGKILL or the server's
immediate stop; `TRIGDSL_KILLS=200` is the long version.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import crash_writer
import pytest
from postgres_server import Server

from trigdsl.model.decisions import Decision
from trigdsl.store.bodies import decode_decision
from trigdsl.store.opening import open_store

KILLS = int(os.environ.get("TRIGDSL_KILLS", "3"))
INPUTS_A_LIFE = 1000
WRITER = Path(crash_writer.__file__)


def decisions_of(url: str) -> list[Decision]:
    store = open_store(url, create=False)
    with store.transaction() as t:
        found = [decode_decision(body) for _, body in t.logged(None, 0, 2**60)]
    store.close()
    return found


def first_of_each(path: Path) -> dict[str, list[str]]:
    """The keys that were delivered to each user, in order, what came again left out."""
    seen: dict[str, dict[str, None]] = {}
    for line in path.read_text().splitlines():
        user, key = line.split()
        seen.setdefault(user, {})[key] = None
    return {user: list(keys) for user, keys in seen.items()}


def started(url: str, count: int, delivered: Path) -> subprocess.Popen[str]:
    """A writer that has opened its store."""
    command = [sys.executable, str(WRITER), url, str(count), str(delivered)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def ended(writer: subprocess.Popen[str]) -> None:
    writer.communicate(timeout=3600)
    assert writer.returncode == 0


def killed_and_started(url: str, count: int, delivered: Path) -> int:
    """Run the writer to its end, killing it so many times on its way; how often it was killed before it had fed all."""
    draw, kills = random.Random(), 0
    for _ in range(KILLS):
        writer = started(url, count, delivered)
        time.sleep(draw.uniform(0, 0.3))
        kills += writer.poll() is None
        writer.kill()
        writer.communicate()
    ended(started(url, count, delivered))
    return kills


def must_be_equal(count: int, lived: tuple[str, Path], died: tuple[str, Path]) -> None:
    """That of two stores, and what was delivered from them, nothing is missing and nothing extra."""
    expected, found = decisions_of(lived[0]), decisions_of(died[0])
    assert len(expected) > count / 20
    differing = Counter(map(str, expected))
    differing.subtract(map(str, found))
    assert {one: times for one, times in differing.items() if times} == {}
    assert found == expected
    sent = [one for one in expected if one.status == "sent" and one.action in ("send", "call")]
    assert first_of_each(died[1]) == first_of_each(lived[1])
    assert sorted(key for keys in first_of_each(died[1]).values() for key in keys) == sorted(one.key for one in sent)


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The addresses of two stores of a kind."""
    if request.param == "sqlite":
        return [f"sqlite:///{tmp_path / name}.db" for name in ("lived", "died")]
    url = request.getfixturevalue("postgres_url")
    return [f"{url}_{name}" for name in ("lived", "died")]


def test_killed_at_random_moments_nothing_is_missing_and_nothing_extra(urls: list[str], tmp_path: Path) -> None:
    count = max(INPUTS_A_LIFE * KILLS, 3000)
    lived, died = zip(urls, (tmp_path / "lived", tmp_path / "died"), strict=True)
    crash_writer.run(lived[0], count, str(lived[1]))
    kills = killed_and_started(died[0], count, died[1])
    assert kills >= KILLS * 0.9, "the writer was done before it was killed"
    must_be_equal(count, lived, died)


def test_when_the_server_is_killed_nothing_is_missing_and_nothing_extra(
    server: Server, own_server: Server, tmp_path: Path
) -> None:
    count, name = max(INPUTS_A_LIFE * KILLS, 3000), f"s{tmp_path.name}"
    lived = (server.url(f"{name}_lived"), tmp_path / "lived")
    crash_writer.run(lived[0], count, str(lived[1]))
    died = (own_server.url(name), tmp_path / "died")
    writer, draw, kills = started(died[0], count, died[1]), random.Random(), 0
    for _ in range(KILLS):
        time.sleep(draw.uniform(0, 0.3))
        kills += writer.poll() is None
        own_server.kill()
        own_server.start()
    ended(writer)
    assert kills >= KILLS * 0.9, "the writer was done before the server was killed"
    must_be_equal(count, lived, died)
