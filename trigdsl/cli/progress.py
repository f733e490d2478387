"""Bytes read and decisions made → a progress bar on standard error, for people who wait longer than a second."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
_DECISIONS_AT_A_TIME = 1_000


class ReplayProgress:
    """Shows how much of the input is read, then that decisions are made; nothing when nobody watches.

    `total` is the size of the input in bytes, None when it is unknown.
    """

    def __init__(self, total: int | None, *, watched: bool | None = None) -> None:
        self._total = total
        self._watched = sys.stderr.isatty() if watched is None else watched
        self._started = monotonic()
        self._read = 0
        self._decisions = 0
        self._bar: Progress | None = None
        self._task = cast("TaskID", 0)
        self._all_read = False

    def __enter__(self) -> ReplayProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def read(self, count: int) -> None:
        """`count` more bytes of the input were read."""
        self._read += count
        if bar := self._patient_bar():
            bar.update(self._task, completed=self._read)

    def decision(self, count: int = 1) -> None:
        """So many more decisions were made."""
        before = self._decisions // _DECISIONS_AT_A_TIME
        self._decisions += count
        if self._decisions // _DECISIONS_AT_A_TIME == before or (self._total is not None and self._read < self._total):
            return
        if bar := self._patient_bar():
            if not self._all_read:
                # How many decisions there will be is not known: from here on the bar only shows that it lives.
                self._all_read = True
                bar.remove_task(self._task)
                self._task = bar.add_task("", total=None)
            bar.update(self._task, description=f"{self._decisions:,} decisions")

    def _patient_bar(self) -> Progress | None:
        """The bar, once somebody has watched for so long that there should be one."""
        if self._bar is None and self._watched and monotonic() - self._started >= PATIENCE:
            self._bar = _bar()
            self._task = self._bar.add_task("reading", total=self._total)
        return self._bar


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar
