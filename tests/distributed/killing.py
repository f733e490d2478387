"""The processes that work for our session of Spark, and one of them killed: an executor, or a Python worker of one."""

from __future__ import annotations

import os
import random
import signal
from contextlib import suppress
from pathlib import Path

EXECUTOR, PYTHON = "executor", "python"
KINDS = (EXECUTOR, PYTHON)

IN_PROC = Path("/proc/self/stat").exists()
"""Whether processes can be found here."""


def executors() -> list[int]:
    """The processes of Java that work for a session of this process."""
    return [pid for pid in _running("CoarseGrainedExecutorBackend") if os.getpid() in _above(pid)]


def python_workers() -> list[int]:
    """The processes of Python that run tasks for these: a daemon of each forks them."""
    ours, daemons = set(executors()), set(_running("pyspark", "daemon"))
    return [pid for pid in sorted(daemons) if (above := _above(pid))[:1] and above[0] in daemons and ours & set(above)]


def kill_one(kind: str, draw: random.Random) -> int | None:
    """Kill one process of a kind, as the machine would that has no memory left; None when none runs."""
    alive = executors() if kind == EXECUTOR else python_workers()
    if not alive:
        return None
    pid = draw.choice(alive)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return pid
    return None


def _running(*marks: str) -> list[int]:
    """The processes whose command line has all these marks."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (path / "cmdline").read_bytes().decode(errors="replace")
            if all(mark in line for mark in marks):
                found.append(int(path.name))
    return sorted(found)


def _above(pid: int) -> list[int]:
    """The processes that a process descends from, its parent first."""
    found: list[int] = []
    with suppress(OSError):
        while pid > 1:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            found.append(pid)
    return found
