"""The same decisions in any process: whatever seeds the hashes of texts, and whatever the machine's time zone is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from budget import share

PROGRAMS = max(share(100), 10)
"""So many that together they decide more than one thing each."""
SETTINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "20261120", "TZ": "America/New_York", "PYTHONOPTIMIZE": "1"},
)


def test_every_process_decides_the_same() -> None:
    command = [sys.executable, str(Path(__file__).with_name("decide.py")), str(PROGRAMS)]
    running = [subprocess.Popen(command, env={**os.environ, **more}, stdout=subprocess.PIPE) for more in SETTINGS]
    told = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(SETTINGS)
    assert told[0].count(b"\n") > PROGRAMS
    assert told[1:] == told[:1] * 2
