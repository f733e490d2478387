"""What a store must do: keep rows of bytes, and change them in transactions that happen wholly or not at all.

A store knows nothing of rules.  Whoever writes one runs the tests in `trigdsl.store.testing` on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from attrs import frozen

from trigdsl.model.values import Micros

FORM = 1
"""The form of stores that is written: which rows there are, and what they hold."""

StateRow: TypeAlias = tuple[str, Micros | None, bytes]
"""A user, when its next timer is due, and its state."""

READY, LEASED, DEAD = 0, 1, 2
"""What becomes of a delivery: it waits to be handed over, it is being handed over, it was given up."""


@frozen(kw_only=True)
class NewDelivery:
    """Something to be handed to the world: `body` is the decision, `expires` when it is too old to go."""

    user: str
    key: str
    channel: str
    time: Micros
    expires: Micros | None
    body: bytes


@frozen(kw_only=True)
class Delivery:
    """A delivery as the outbox holds it.

    `number` orders deliveries.  `attempts` counts how often it was handed over; `after` is the moment before which
    it is not tried (again), or for one that is handed over, at which it counts as lost on the way.
    """

    number: int
    user: str
    key: str
    channel: str
    time: Micros
    expires: Micros | None
    body: bytes
    status: int
    attempts: int
    after: Micros
    reason: str | None


@frozen(kw_only=True)
class RejectRow:
    """A record that could not be used; `user` None when it does not tell whose it is."""

    user: str | None
    reason: str
    record: bytes


@frozen(kw_only=True)
class HeldRow:
    """A record that is held back for its place: `number` is that of its arrival."""

    number: int
    time: Micros
    user: str
    body: bytes


@frozen(kw_only=True)
class Erased:
    """How many rows of a user were erased, of each kind."""

    states: int = 0
    links: int = 0
    held: int = 0
    deliveries: int = 0
    decisions: int = 0
    rejects: int = 0


class Transaction(Protocol):
    """Reads and writes that happen together. What it wrote, it reads; others read it when it has ended."""

    def meta(self, name: str) -> bytes | None:
        """What is kept under a name, None when nothing is."""

    def set_meta(self, name: str, value: bytes) -> None: ...

    def layouts(self) -> dict[int, bytes]:
        """The layouts of all programs that wrote states, by number."""

    def add_layout(self, layout: bytes) -> int:
        """The number of a layout, a new one when these bytes have none."""

    def load(self, users: Sequence[str]) -> dict[str, bytes]:
        """The states of those of the users that have one."""

    def save(self, rows: Iterable[StateRow]) -> None:
        """Keep states in the place of what was kept for their users."""

    def delete(self, users: Iterable[str]) -> None:
        """Keep no state for these users any more."""

    def users(self, after: str, limit: int) -> list[tuple[str, bytes]]:
        """The next so many users with their states, in an order that stays, from `""` on."""

    def due(self, after: Micros | None, until: Micros, limit: int | None) -> list[tuple[Micros, str]]:
        """Timers that are due after a moment (None: whenever) and up to another: by moment, then user."""

    def next_due(self) -> Micros | None: ...

    def has_links(self) -> bool: ...

    def links(self, aliases: Sequence[str]) -> dict[str, str]:
        """Those of the ids that are another user's, and whose."""

    def all_links(self, after: str, limit: int) -> list[tuple[str, str]]:
        """The next so many ids that were linked, and to which, in an order that stays, from `""` on."""

    def link(self, links: Iterable[tuple[str, str]]) -> None:
        """Keep links from an id to the one it was linked to."""

    def aliases(self, user: str) -> list[str]:
        """The ids that were linked to just this one."""

    def hold(self, rows: Iterable[HeldRow]) -> None: ...

    def held(self) -> list[HeldRow]: ...

    def release(self, numbers: Iterable[int]) -> None: ...

    def reject(self, rows: Iterable[RejectRow]) -> None: ...

    def rejects(self, after: int, limit: int) -> list[tuple[int, RejectRow]]:
        """Rejects by number, which are greater than `after`."""

    def clear_rejects(self, upto: int) -> None: ...

    def log(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep decisions: user and body."""

    def logged(self, user: str | None, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Decisions that were kept, of one user or all, by number, which are greater than `after`."""

    def enqueue(self, rows: Iterable[NewDelivery]) -> None:
        """Put deliveries into the outbox; a key that is there already is left as it is."""

    def claim(self, now: Micros, lease: Micros, paused: Sequence[str], limit: int) -> list[Delivery]:
        """Take so many deliveries that may go now, at most one for each user, and lease them until `lease`.

        In order of their numbers, those whose channels are `paused` left out: of each user the first that waits or
        is leased, if it is ready and `after` has come, or leased and its lease is over.
        """

    def settle(self, number: int, attempts: int) -> bool:
        """A delivery has arrived: forget it.  False when it is not leased in that attempt any more."""

    def put_back(self, number: int, attempts: int, after: Micros, reason: str, *, counts: bool, dead: bool) -> bool:
        """A delivery has not arrived: let it wait until `after`, or give it up.  False as in `settle`.

        If it does not `count`, it is as if it had not been tried.
        """

    def deliveries(self, user: str | None, status: int | None, after: int, limit: int) -> list[Delivery]: ...

    def revive(self, number: int) -> bool:
        """Let a delivery that was given up wait again, its attempts forgotten.  False when there is none."""

    def counts(self) -> dict[tuple[str, int], int]:
        """How many deliveries there are, by channel and status."""

    def erase(self, users: Sequence[str]) -> Erased:
        """Leave nothing of these users, which are all ids of one; nor rejects of others that name one of them."""


class Store(Protocol):
    """A place where states are kept. Safe to use from several threads; one transaction is under way at a time."""

    @property
    def name(self) -> str:
        """Where it is, as messages name it."""

    def open(self) -> int:
        """Get ready and give a new epoch: from now on, engines that opened the store before cannot write.

        Raises StoreTooNew for a store of a newer form.
        """

    def transaction(self, epoch: int | None = None) -> AbstractContextManager[Transaction]:
        """A transaction, which ends with the `with`: kept when it ends well, undone when it raises.

        With an `epoch` raises StoreTaken when the store was opened again since.
        """

    def vacuum(self) -> None:
        """Give back room, and leave no byte of what was erased in any file."""

    def close(self) -> None: ...
