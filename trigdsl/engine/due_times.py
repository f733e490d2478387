"""Which users' timers are due next: by time, then user. Compiled where that could be, see `trigdsl/native`."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from trigdsl.model.values import Micros


class PlainDueTimes:
    """Times and their users, of which the earliest can be had; one may be there more than once."""

    def __init__(self) -> None:
        self._heap: list[tuple[Micros, str]] = []

    @property
    def first(self) -> Micros | None:
        """The earliest time, None when there is none."""
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, due: Micros, user: str) -> None:
        heappush(self._heap, (due, user))

    def pop(self, until: Micros) -> tuple[Micros, str] | None:
        """Take the earliest away, None when it is after `until`."""
        return heappop(self._heap) if self._heap and self._heap[0][0] <= until else None

    def clear(self) -> None:
        self._heap.clear()


if TYPE_CHECKING:
    DueTimes = PlainDueTimes
else:
    try:
        from trigdsl.native.due_times import DueTimes
    except ImportError:
        DueTimes = PlainDueTimes
