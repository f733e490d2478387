"""A process that is killed at random moments, and started anew, decides and delivers what one that lives does.

`TRIGDSL_KILLS` (default 3) is how often it is killed, by SIGKILL; `TRIGDSL_KILLS=200` is the long version.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import crash_writer

from trigdsl.model.decisions import Decision
from trigdsl.store.bodies import decode_decision
from trigdsl.store.sqlite import SqliteStore

KILLS = int(os.environ.get("TRIGDSL_KILLS", "3"))
INPUTS_A_LIFE = 1000
WRITER = Path(crash_writer.__file__)


def decisions_of(path: Path) -> list[Decision]:
    store = SqliteStore(path)
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


def killed_and_started(url: str, count: int, delivered: Path) -> int:
    """Run the writer to its end, killing it so many times on its way; how often it was killed before it had fed all."""
    draw, kills = random.Random(), 0
    command = [sys.executable, str(WRITER), url, str(count), str(delivered)]
    for life in range(KILLS + 1):
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        if life == KILLS:
            writer.communicate(timeout=3600)
            assert writer.returncode == 0
            break
        assert writer.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0, 0.3))
        kills += writer.poll() is None
        writer.kill()
        writer.communicate()
    return kills


def test_killed_at_random_moments_nothing_is_missing_and_nothing_extra(tmp_path: Path) -> None:
    count = max(INPUTS_A_LIFE * KILLS, 3000)
    lived, died = tmp_path / "lived", tmp_path / "died"
    crash_writer.run(f"sqlite:///{lived}.db", count, str(lived))
    kills = killed_and_started(f"sqlite:///{died}.db", count, died)
    assert kills >= KILLS * 0.9, "the writer was done before it was killed"
    expected = decisions_of(Path(f"{lived}.db"))
    assert len(expected) > count / 20
    assert decisions_of(Path(f"{died}.db")) == expected
    sent = [one for one in expected if one.status == "sent" and one.action in ("send", "call")]
    assert first_of_each(died) == first_of_each(lived)
    assert sorted(key for keys in first_of_each(died).values() for key in keys) == sorted(one.key for one in sent)
