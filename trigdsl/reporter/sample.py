"""Decisions as they stream by → those that a page can hold: all of them, or all of a sample of users."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from attrs import define, field, frozen

from trigdsl.engine.shares import stable_hash
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.reporter.conflicts import Filled

MOST_ROWS = 20_000
"""How many decisions a page holds at most, if nothing else is asked for."""

_PURPOSE = b"trig report"


@frozen
class Row:
    """A decision of the page, its place among all decisions (from 0), the user's zone, and what filled its cap."""

    place: int
    decision: Decision
    zone: Zone
    filled: Filled | None


@define
class Sample:
    """Keeps the decisions of the users whose hash is least, as many users as fit into `most` rows.

    So every user that is there is there with all decisions, and the same users whenever the same files are read.  Of
    a single user with more than `most` decisions the first are kept.
    """

    most: int = MOST_ROWS
    _rows: dict[str, list[Row]] = field(factory=dict)
    _by_hash: list[tuple[int, str]] = field(factory=list)
    _below: int = 1 << 64
    _kept: int = 0
    _met: int = 0

    def add(self, decision: Decision, zone: Zone, filled: Filled | None) -> None:
        """Take the next decision."""
        place, user = self._met, decision.user
        self._met += 1
        rows = self._rows.get(user)
        if rows is None:
            hashed = stable_hash(user.encode("utf-8", "surrogatepass"), _PURPOSE)
            if hashed >= self._below or self.most == 0:
                return
            rows = self._rows[user] = []
            heappush(self._by_hash, (-hashed, user))
        rows.append(Row(place, decision, zone, filled))
        self._kept += 1
        while self._kept > self.most:
            self._leave_out()

    def rows(self) -> Iterator[Row]:
        """What was kept, in the order in which it came."""
        yield from sorted((row for rows in self._rows.values() for row in rows), key=lambda row: row.place)

    @property
    def kept(self) -> int:
        return self._kept

    @property
    def users(self) -> int:
        """Of how many users decisions were kept."""
        return len(self._rows)

    def _leave_out(self) -> None:
        """Leave out the user whose hash is greatest; of the last one, the latest decision."""
        if len(self._rows) == 1:
            [rows] = self._rows.values()
            rows.pop()
            self._kept -= 1
            return
        hashed, user = heappop(self._by_hash)
        self._below = -hashed
        self._kept -= len(self._rows.pop(user))
