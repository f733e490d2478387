"""What the tests of crashes have in common: a writer that is started, and what must be the same in the end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import crash_writer

from trigdsl.model.decisions import Decision
from trigdsl.store.bodies import decode_decision
from trigdsl.store.opening import open_store

KILLS = int(os.environ.get("TRIGDSL_KILLS", "3"))
"""How often something is killed or filled."""
COUNT = max(1000 * KILLS, 3000)
"""How many inputs there are."""
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


def must_be_equal(lived: tuple[str, Path], died: tuple[str, Path]) -> None:
    """That of two stores, and what was delivered from them, nothing is missing and nothing extra."""
    expected, found = decisions_of(lived[0]), decisions_of(died[0])
    assert len(expected) > COUNT / 20
    differing = Counter(map(str, expected))
    differing.subtract(map(str, found))
    assert {one: times for one, times in differing.items() if times} == {}
    assert found == expected
    sent = [one for one in expected if one.status == "sent" and one.action in ("send", "call")]
    assert first_of_each(died[1]) == first_of_each(lived[1])
    assert sorted(key for keys in first_of_each(died[1]).values() for key in keys) == sorted(one.key for one in sent)
