"""How much may go out on a channel: so many in any second or minute."""

from __future__ import annotations

import re
from collections import deque

from attrs import define, field

from trigdsl.model.values import MINUTE, SECOND, Micros

_RATE = re.compile(r"([1-9][0-9]*) per (second|minute)")


@define
class Rate:
    """At most `count` in any `period` microseconds; what went out is remembered here, not in the store."""

    count: int
    period: Micros
    _times: deque[Micros] = field(factory=deque, init=False)

    def free_at(self, now: Micros) -> Micros:
        """The moment from which one more may go: `now` when it may at once."""
        while self._times and self._times[0] <= now - self.period:
            self._times.popleft()
        return now if len(self._times) < self.count else self._times[0] + self.period

    def note(self, now: Micros) -> None:
        """One more goes out."""
        self._times.append(now)


def parse_rate(text: str) -> Rate:
    """The rate that `10 per second` or `600 per minute` says. Raises ValueError for anything else."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no rate: wanted is one such as `10 per second` or `600 per minute`")
    return Rate(int(found[1]), SECOND if found[2] == "second" else MINUTE)
