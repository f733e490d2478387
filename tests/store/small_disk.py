"""A small disk for tests, which can be filled and emptied: a file system in memory, which root may mount."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

BLOCK = 4096


class SmallDisk:
    """A disk of so many megabytes in a folder."""

    def __init__(self, megabytes: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="trig-disk-"))
        options = f"size={megabytes}m,mode=1777"
        self.mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder],
            check=False,
            capture_output=True,
            text=True,
        )

    def fill(self, leave: int) -> None:
        """Leave only so many bytes free, in whole blocks; while others write, perhaps less."""
        blocks = bytes(64 * BLOCK)
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            while (most := self.free - leave) >= BLOCK:
                try:
                    ballast.write(blocks[: min(most, len(blocks))])
                except OSError:
                    return

    def empty(self) -> None:
        """Make room again."""
        (self.folder / "ballast").unlink(missing_ok=True)

    @property
    def free(self) -> int:
        return shutil.disk_usage(self.folder).free

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=False, capture_output=True)
        self.folder.rmdir()


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """A disk of 400 MB; the test is left out where none may be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk = SmallDisk(400)
    if disk.mounted.returncode != 0:
        disk.close()
        pytest.skip(f"no small disk can be mounted: {disk.mounted.stderr.strip()}")
    yield disk
    disk.close()
