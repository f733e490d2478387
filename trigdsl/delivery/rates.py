"""How much may go out on a channel: so many in any second or minute, whoever hands them over.

What went out is kept in the store, so that a rate holds for all processes that deliver from it, and after a new start.
"""

from __future__ import annotations

import re

from attrs import frozen

from trigdsl.model.values import MINUTE, SECOND, Micros
from trigdsl.store.packing import decode, encode
from trigdsl.store.protocol import Transaction

_RATE = re.compile(r"([1-9][0-9]*) per (second|minute)")
_KEPT, _TURN = "rates", "rates turn"


@frozen
class Rate:
    """At most `count` in any `period` microseconds."""

    count: int
    period: Micros

    def counted(self, times: list[Micros], now: Micros) -> list[Micros]:
        """Of the moments at which something went out, in order, those that count still."""
        return [at for at in times if at > now - self.period]

    def free_at(self, times: list[Micros], now: Micros) -> Micros:
        """The moment from which one more may go: `now` when it may at once."""
        counted = self.counted(times, now)
        return now if len(counted) < self.count else counted[-self.count] + self.period


def parse_rate(text: str) -> Rate:
    """The rate that `10 per second` or `600 per minute` says. Raises ValueError for anything else."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no rate: wanted is one such as `10 per second` or `600 per minute`")
    return Rate(int(found[1]), SECOND if found[2] == "second" else MINUTE)


class WentOut:
    """When something went out on channels, in a transaction; read when it is first asked."""

    def __init__(self, t: Transaction) -> None:
        self._t = t
        self._times: dict[str, list[Micros]] | None = None
        self._has_changed = False

    def _all(self) -> dict[str, list[Micros]]:
        if self._times is None:
            # Where several transactions are under way at once, this is where they wait for each other.
            self._t.set_meta(_TURN, b"")
            kept = self._t.meta(_KEPT)
            self._times = {} if kept is None else dict(decode(kept))
        return self._times

    def free_at(self, channel: str, rate: Rate, now: Micros) -> Micros:
        """The moment from which one more may go on a channel."""
        return rate.free_at(self._all().get(channel, []), now)

    def note(self, channel: str, rate: Rate, now: Micros) -> None:
        """One more goes out on a channel."""
        times = self._all()
        times[channel] = [*rate.counted(times.get(channel, []), now), now]
        self._has_changed = True

    def save(self) -> None:
        """Keep what was noted."""
        if self._has_changed:
            self._t.set_meta(_KEPT, encode(self._times))
