"""Records with an id → which of them came before, so that each counts once.

Two records of a user with one id, at most seven days apart in time, are one: the one that arrived first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from attrs import define, field

from trigdsl.engine.duplicates import SAME_RECORD, Times, add_all, forget_before, is_duplicate
from trigdsl.engine.links import user_of
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, Micros

_FORGET_EVERY = 100_000

# The number of its arrival and its time, in one integer: an object less for each record.
_TIME_BITS = 59
_TIME = (1 << _TIME_BITS) - 1

Arrival: TypeAlias = int
Place: TypeAlias = tuple[str, str, Micros]
"""User, id and time of a record."""


def _time(arrival: Arrival) -> Micros:
    return (arrival & _TIME) + FIRST_INSTANT


@define
class AllSeen:
    """The records with an id of a replay that takes them in any order."""

    _of: dict[str, dict[str, Arrival | list[Arrival]]] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)

    def is_duplicate(self, given: Input) -> bool:
        """Whether a record of this user came before; one that did not is noted."""
        assert given.id is not None
        self._count += 1
        arrival = self._count << _TIME_BITS | given.time - FIRST_INSTANT
        seen = self._of.get(given.user)
        if seen is None:
            self._of[given.user] = {given.id: arrival}
            return False
        held = seen.setdefault(given.id, arrival)
        return held is not arrival and _is_again(seen, given.id, arrival)

    def join(self, known: Callable[[str], str]) -> set[Place]:
        """Make ids of one user one; the records that thereby are duplicates. `known` gives the user of an id."""
        groups: dict[str, list[str]] = {}
        for user in self._of:
            groups.setdefault(known(user), []).append(user)
        return {place for users in groups.values() if len(users) > 1 for place in self._join(users)}

    def times(self) -> Iterator[Micros]:
        """The times of all records that were noted."""
        for seen in self._of.values():
            for held in seen.values():
                yield from map(_time, _listed(held))

    def _join(self, users: list[str]) -> Iterator[Place]:
        arrivals = sorted(
            (arrival, user, record_id)
            for user in users
            for record_id, held in self._of.pop(user).items()
            for arrival in _listed(held)
        )
        seen = self._of[users[0]] = {}
        for arrival, user, record_id in arrivals:
            held = seen.setdefault(record_id, arrival)
            if held is not arrival and _is_again(seen, record_id, arrival):
                yield user, record_id, _time(arrival)


def _listed(held: Arrival | list[Arrival]) -> list[Arrival]:
    return held if isinstance(held, list) else [held]


def _is_again(seen: dict[str, Arrival | list[Arrival]], record_id: str, arrival: Arrival) -> bool:
    """Whether a record came before, by what came with its id; one that did not is added."""
    held = _listed(seen[record_id])
    if any(abs(_time(arrival) - _time(other)) <= SAME_RECORD for other in held):
        return True
    seen[record_id] = [*held, arrival]
    return False


@define
class LatelySeen:
    """The records with an id of a replay that takes them in order of time: those that may come again.

    `links` are those made so far (see `links`), which say whose an id is from then on.
    """

    _links: Mapping[str, str]
    _of: dict[str, dict[str, Times]] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)
    _joined: int = field(default=0, init=False)

    def is_duplicate(self, given: Input) -> bool:
        """Whether a record of this user came before; one that did not is noted."""
        assert given.id is not None
        self._count += 1
        if self._count % _FORGET_EVERY == 0:
            self._forget(given.time)
        if len(self._links) > self._joined:
            self._join()
        user = user_of(self._links, given.user)
        return is_duplicate(self._of.setdefault(user, {}), given.id, given.time)

    def _forget(self, time: Micros) -> None:
        for seen in self._of.values():
            forget_before(seen, time)
        self._of = {user: seen for user, seen in self._of.items() if seen}

    def _join(self) -> None:
        for alias in islice(self._links, self._joined, None):
            into = self._of.setdefault(user_of(self._links, alias), {})
            add_all(into, self._of.pop(alias, {}))
        self._joined = len(self._links)
