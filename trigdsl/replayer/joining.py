"""Inputs of a replay, and all the aliases in them → the inputs as if each user had had one id from the start."""

from __future__ import annotations

from functools import partial

from attrs import define, field

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.links import TakenAlias, link, user_of
from trigdsl.engine.merging import take_over_profile
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.replayer.seen import AllSeen
from trigdsl.replayer.stats import Stats


@define
class _Claim:
    """The first record in time that makes an id a user's, its place among all of them, and how many there are."""

    time: Micros
    number: int
    count: int = 1


@define
class Aliases:
    """The aliases of a replay that has all its records: collected while these are read, then heeded at once.

    An id that several users claim is the one's whose record is the first in time (then in arrival).
    """

    links: dict[str, str] = field(factory=dict, init=False)
    _claims: dict[tuple[str, str], _Claim] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)

    def __bool__(self) -> bool:
        return bool(self._claims)

    def collect(self, given: Input) -> None:
        """Take note of a record with an alias."""
        assert given.alias is not None
        self._count += 1
        claim = self._claims.get((given.user, given.alias))
        if claim is None:
            self._claims[given.user, given.alias] = _Claim(given.time, self._count)
            return
        claim.count += 1
        if given.time < claim.time:
            claim.time, claim.number = given.time, self._count

    def heed(self, clockwork: Clockwork) -> None:
        """Make the links; profiles that are there already become one."""
        for (user, alias), claim in sorted(self._claims.items(), key=lambda item: (item[1].time, item[1].number)):
            try:
                is_new = link(self.links, user, alias)
            except TakenAlias:
                clockwork.machine.observations.note_taken(alias, claim.count)
                continue
            if is_new and (other := clockwork.states.pop(alias, None)) is not None:
                take_over_profile(clockwork.state(user_of(self.links, user)), other)

    def joined(self, inputs: list[Input], seen: AllSeen, stats: Stats, until: Micros | None) -> list[Input]:
        """The inputs under their users' known ids, without those that are nothing but an alias.

        Of records that are one now, those that arrived later are left out, and the counts of `stats` corrected.
        """
        known = partial(user_of, self.links)
        again = seen.join(known)
        left = []
        for given in inputs:
            if again and given.id is not None and (given.user, given.id, given.time) in again:
                _discount(given, stats)
            else:
                left.append(given)
        # What comes after the end was not counted.
        handled = {place for place in again if until is None or place[2] <= until}
        stats.duplicates += len(again)
        stats.inputs -= len(handled)
        stats.events -= len(handled)
        if not {stats.first, stats.last}.isdisjoint(time for _, _, time in handled):
            _find_ends(left, seen, stats, until)
        return [_renamed(given, known(given.user)) for given in left if not given.is_only_alias]


def _discount(given: Input, stats: Stats) -> None:
    if given.event is None:
        stats.events += 1
        return
    stats.event_names[given.event] -= 1
    if not stats.event_names[given.event]:
        del stats.event_names[given.event]


def _renamed(given: Input, user: str) -> Input:
    if given.alias is None and given.user == user:
        return given
    return Input(user, given.time, given.event, given.properties, given.set, given.add, given.remove, given.id)


def _find_ends(inputs: list[Input], seen: AllSeen, stats: Stats, until: Micros | None) -> None:
    """Find first and last time anew: those of duplicates do not count."""
    times = {given.time for given in inputs}.union(time for time in seen.times() if until is None or time <= until)
    stats.first, stats.last = min(times, default=None), max(times, default=None)
