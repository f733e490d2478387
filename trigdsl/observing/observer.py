"""The observer of an engine: it is told what has happened, when that lasts already."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Literal, TypeAlias

from attrs import frozen

from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros

RejectKind: TypeAlias = Literal["unusable", "late", "failed"]
"""Why a record was rejected: it is none, it came after its time was decided, the engine failed on it."""


@frozen(kw_only=True)
class Rejection:
    """A record that was rejected. `user` None when it does not tell whose it is; `late_by` of a late one only."""

    kind: RejectKind
    user: str | None
    reason: str
    late_by: Micros | None = None


class Observer:
    """Heeds nothing: a subclass heeds what it wants.

    An engine calls it when what it tells lasts already, in the thread of the call and one call at a time; engine,
    clock and outbox may be in different threads.  Whatever it raises is logged and has no further effect.
    """

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[object]:
        """Something is under way as long as the context is entered: feed, advance, reload, deliver."""
        return nullcontext()

    def took(self, records: int, duplicates: int) -> None:
        """So many records were usable, and so many of them had come before."""

    def rejected(self, rejection: Rejection) -> None:
        """A record was rejected."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Decisions were made."""

    def timers_ran(self, lag: Micros) -> None:
        """A live clock let timers go off, the first of them so long after it was due."""

    def delivered(self, channel: str, attempt: int, waited: Micros) -> None:
        """A delivery arrived, in its attempt (from 1), so long after it was decided."""

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        """A delivery did not arrive; `dead`: it was given up."""


class Observers(Observer):
    """Tells several observers, one after another; one that raises does not keep the next from being told."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = tuple(Careful(one) for one in observers)

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        with ExitStack() as stack:
            for one in self._observers:
                stack.enter_context(one.span(name, **attributes))
            yield

    def took(self, records: int, duplicates: int) -> None:
        for one in self._observers:
            one.took(records, duplicates)

    def rejected(self, rejection: Rejection) -> None:
        for one in self._observers:
            one.rejected(rejection)

    def decided(self, decisions: Sequence[Decision]) -> None:
        for one in self._observers:
            one.decided(decisions)

    def timers_ran(self, lag: Micros) -> None:
        for one in self._observers:
            one.timers_ran(lag)

    def delivered(self, channel: str, attempt: int, waited: Micros) -> None:
        for one in self._observers:
            one.delivered(channel, attempt, waited)

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        for one in self._observers:
            one.undelivered(channel, attempt, reason, dead=dead)


_NOTHING: AbstractContextManager[object] = nullcontext()


class Unheeded(Observer):
    """Heeds nothing, and costs nothing."""

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[object]:
        return _NOTHING


def careful(observer: Observer | None) -> Observer:
    """What an engine tells of what happens: an observer that is asked carefully, or none."""
    return Unheeded() if observer is None else Careful(observer)


class Careful(Observer):
    """Tells one observer, and logs what it raises: no mistake in it may stop an engine."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        span: AbstractContextManager[object] = nullcontext()
        with _logged():
            span = self._observer.span(name, **attributes)
            span.__enter__()
        try:
            yield
        except BaseException as error:
            with _logged():
                span.__exit__(type(error), error, error.__traceback__)
            raise
        with _logged():
            span.__exit__(None, None, None)

    def took(self, records: int, duplicates: int) -> None:
        with _logged():
            self._observer.took(records, duplicates)

    def rejected(self, rejection: Rejection) -> None:
        with _logged():
            self._observer.rejected(rejection)

    def decided(self, decisions: Sequence[Decision]) -> None:
        if decisions:
            with _logged():
                self._observer.decided(decisions)

    def timers_ran(self, lag: Micros) -> None:
        with _logged():
            self._observer.timers_ran(lag)

    def delivered(self, channel: str, attempt: int, waited: Micros) -> None:
        with _logged():
            self._observer.delivered(channel, attempt, waited)

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        with _logged():
            self._observer.undelivered(channel, attempt, reason, dead=dead)


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except Exception:
        logging.getLogger("trigdsl").exception("an observer failed")
