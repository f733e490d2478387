"""Bytes read and decisions made → a progress bar on standard error, for people who wait longer than a second."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

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
        self._task: TaskID | None = None

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
        self._show("reading", self._read, self._total)

    def decision(self) -> None:
        """One more decision was made."""
        self._decisions += 1
        whole = self._total is None or self._read >= self._total
        if whole and self._watched and not self._decisions % _DECISIONS_AT_A_TIME:
            self._show(f"{self._decisions:,} decisions", self._read, None)

    def _show(self, text: str, done: int, total: int | None) -> None:
        if not self._watched or (self._bar is None and monotonic() - self._started < PATIENCE):
            return
        if self._bar is None:
            self._bar, self._task = _bar()
        assert self._task is not None
        self._bar.update(self._task, description=text, completed=done, total=total)


def _bar() -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar, bar.add_task("reading", total=None)
