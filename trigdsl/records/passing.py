"""Records that set nothing in motion: they are counted where they are read, and no inputs are made of them.

Most events of a stream are such that no rule names, or that no condition fits, so who replays it says which, and they
cost a third.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from attrs import define, field

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros, Value
from trigdsl.records.columns import Layout
from trigdsl.records.effects import Columns, Effect, Effects, EventRows

if TYPE_CHECKING:
    from trigdsl.records.coded import Coder

Test: TypeAlias = Callable[[dict[str, Value], Any], bool]

Bound: TypeAlias = tuple[tuple[str, ...], str, float]
"""A property's path, one of > >= < <=, and a number."""


class Judge(Protocol):
    """Who knows what can matter, as the engine's sieve does."""

    met_odd: bool
    """Set by a test that met a value which somebody must be told of."""

    @property
    def always(self) -> Test:
        """The test that everything passes, which need not be called."""

    @property
    def context(self) -> Any:
        """What a test is called with."""

    @property
    def names(self) -> frozenset[str] | None:
        """The names of all events that can matter; None: any name may be one."""

    def test(self, event: str) -> Test | None:
        """How to tell from its properties whether an event of that name can matter; None when none can."""

    def bounds(self, event: str) -> tuple[Bound, ...] | None:
        """The same as bounds, one of which a number must be beyond; None when they are not all that decides."""


def _always(_: dict[str, Value], __: Any) -> bool:
    return True


class _Everything:
    """The judge to whom everything matters."""

    met_odd = False
    context = None
    names = None

    def __init__(self) -> None:
        self.always = _always

    def test(self, _: str) -> Test:
        return self.always

    def bounds(self, _: str) -> None:
        return None


def _nobody(_: Input) -> None:
    pass


def _nobody_either(_: EventRows) -> None:
    pass


@define
class Passing:
    """What passes a reader without being handed on; the reader of JSON Lines heeds it.

    `judge` tells which events are wanted.  Of the others those pass that say nothing else, up to `until`: `events`
    counts them by name, `users` holds whose they were, `first` and `last` are their earliest and latest times.  With
    `is_sorted`, `last` is the time of the latest record of all, and one before it goes to `on_late`.

    With `effects`, the reader of Parquet hands events on to `on_rows` by what they do, and counts them as if they
    passed; with a `coder` too, it hands them to that, and so does the reader of JSON Lines those profile updates that
    set no more than the time zone: `updates` counts them.
    """

    judge: Judge = field(factory=_Everything)
    until: Micros = LAST_INSTANT
    is_sorted: bool = False
    on_late: Callable[[Input], None] = _nobody
    events: dict[str, int] = field(factory=dict)
    users: set[str] = field(factory=set)
    user_columns: list[Any] = field(factory=list)
    """More of the users, as columns of Arrow; see `all_users`."""
    first: Micros = LAST_INSTANT
    last: Micros = FIRST_INSTANT
    effects: Effects | None = None
    on_rows: Callable[[EventRows], None] = _nobody_either
    on_line_rows: Callable[[Columns, list[Effect]], None] | None = None
    """The same for the reader of JSON Lines, which does so only where there is this: columns, and their effects."""
    coder: Coder | None = None
    updates: int = 0
    threads: bool = True
    """Whether a reader may take threads, which gain nothing where other processes read."""
    triggered: dict[Any, tuple[int, ...] | None] = field(factory=dict)
    """Which rules events trigger, by their names and values, as far as `effects` were asked."""
    tests: dict[str, Test | None] = field(factory=dict)
    """How to tell whether an event of a name that was met is wanted, None: it never is."""
    scanned: Any = None
    """What takes lines of JSON, once it was asked for."""
    scanned_rows: dict[Layout, Any] = field(factory=dict)
    """What takes rows of CSV of each layout that was met; None where nothing can."""

    def all_users(self) -> set[str]:
        """The users of all that passed."""
        if self.user_columns:
            from trigdsl.records.event_rows import names_in

            self.users.update(names_in(self.user_columns))
            self.user_columns = []
        return self.users

    def in_turn(self, inputs: Iterable[Input]) -> Iterator[Input]:
        """Inputs that were read one by one, between those that pass, but for those that come too late."""
        for given in inputs:
            if self.is_sorted:
                if given.time < self.last:
                    self.on_late(given)
                    continue
                if given.time <= self.until:
                    self.last = given.time
            yield given

    def meet(self, event: str) -> None:
        """Find out whether events of that name may pass from now on."""
        if event not in self.tests:
            test = self.tests[event] = self.judge.test(event)
            if test is None:
                self.events.setdefault(event, 0)
