"""How long a sink may take: its calls run in threads of their own, and one that takes longer is waited for no more.

Such a call cannot be ended.  It goes on, and may yet have its effect; what comes of it is not heeded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Lock, Thread

MOST_LATE = 32
"""How many calls that were given up may still be running before no more are made."""


class TimedOut(Exception):  # noqa: N818
    """A call was not done in time."""


class TimeLimit:
    """Makes calls that may take so many seconds of real time. Safe to use from several threads."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = Lock()
        self._late = 0

    @property
    def is_spent(self) -> bool:
        """Whether so many late calls are still running that no other should be made."""
        return self._late >= MOST_LATE

    def call(self, work: Callable[[], None]) -> None:
        """Do a piece of work. Raises what it raises, or TimedOut when it is not done in time."""
        context, done, is_late, raised = copy_context(), Event(), False, list[BaseException]()

        def run() -> None:
            try:
                context.run(work)
            except BaseException as error:
                raised.append(error)
            finally:
                with self._lock:
                    done.set()
                    self._late -= is_late

        # A daemon: what hangs for ever must not keep the process from ending.
        Thread(target=run, name="trigdsl delivery", daemon=True).start()
        if not done.wait(self.seconds):
            with self._lock:
                is_late = not done.is_set()
                self._late += is_late
            if is_late:
                if self.is_spent:
                    logging.getLogger("trigdsl").warning(
                        "%d deliveries got no answer in time and still run: none is handed over until one ends",
                        self._late,
                    )
                raise TimedOut(f"no answer within {self.seconds:g} s")
        if raised:
            raise raised[0]
