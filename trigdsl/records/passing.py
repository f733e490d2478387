"""Records that set nothing in motion: they are counted where they are read, and no inputs are made of them.

Most events of a stream are such that no rule names, so who replays it says which, and they cost a third.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros


def _everything(_: str) -> bool:
    return True


def _nobody(_: Input) -> None:
    pass


@define
class Passing:
    """What passes a reader without being handed on; the reader of JSON Lines heeds it.

    `concerns` tells whether events of a name are wanted.  Of the others those pass that say nothing else, up to
    `until`: `events` counts them by name, `users` holds whose they were, `first` and `last` are their earliest
    and latest times.  With `is_sorted`, `last` is the time of the latest record of all, and one before it goes
    to `on_late`.
    """

    concerns: Callable[[str], bool] = _everything
    until: Micros = LAST_INSTANT
    is_sorted: bool = False
    on_late: Callable[[Input], None] = _nobody
    events: dict[str, int] = field(factory=dict)
    users: set[str] = field(factory=set)
    first: Micros = LAST_INSTANT
    last: Micros = FIRST_INSTANT
    _wanted: set[str] = field(factory=set)

    def meet(self, event: str) -> None:
        """Find out whether events of that name may pass from now on."""
        if event not in self._wanted and event not in self.events:
            if self.concerns(event):
                self._wanted.add(event)
            else:
                self.events[event] = 0
