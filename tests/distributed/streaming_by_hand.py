"""Records in batches, the watermark moved as Spark moves it → decisions, step by step and without Spark."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import define, field

import trigdsl
from trigdsl.distributed.streaming import Refused, UserStream
from trigdsl.engine.program import Program
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.records.times import parse_time

Record = dict[str, Any]
MILLISECOND = 1_000


@define
class ByHand:
    """Keeps of each user what a stream keeps, and when to call on them; `watermark` is in milliseconds, 0 at first."""

    program: Program
    lateness: int = 0
    on_edit: str | None = None
    kept: dict[str, bytes] = field(factory=dict)
    wakes: dict[str, int] = field(factory=dict)
    refused: list[Refused] = field(factory=list)
    latest: int = 0
    watermark: int = 0

    @property
    def time(self) -> Micros | None:
        return self.watermark * MILLISECOND if self.watermark else None

    def batch(self, inputs: Iterable[Input], tick: int | None = None) -> list[Decision]:
        """A batch: who has records or a timer is called on; then the watermark moves, which calls on others."""
        by_user: dict[str, list[Input]] = {}
        for given in inputs:
            by_user.setdefault(given.user, []).append(given)
            self.latest = max(self.latest, given.time // MILLISECOND)
        self.latest = max(self.latest, tick or 0)
        made = self._call(by_user)
        self.watermark = max(self.watermark, self.latest - self.lateness)
        return made + self._call({})

    def _call(self, by_user: dict[str, list[Input]]) -> list[Decision]:
        stream = UserStream(self.program, self.on_edit)
        due = {user for user, wake in self.wakes.items() if wake <= self.watermark}
        made: list[Decision] = []
        for user in sorted(due | set(by_user)):
            step = stream.step(user, self.kept.get(user), by_user.get(user, ()), self.time)
            made += step.decisions
            self.refused += step.refused
            _put(self.kept, user, step.kept)
            _put(self.wakes, user, step.wake)
        return made


def _put(into: dict[str, Any], user: str, value: Any) -> None:
    if value is None:
        into.pop(user, None)
    else:
        into[user] = value


def cut(records: Sequence[Any], draw: random.Random) -> list[list[Any]]:
    """The same in batches of random sizes, some of them empty."""
    batches: list[list[Any]] = [[]]
    for record in records:
        while draw.random() < 0.4:
            batches.append([])
        batches[-1].append(record)
    return batches


def ended(records: Sequence[Record]) -> list[Record]:
    """The same with somebody else's at the end, that the clock goes to the last of them: it may be a duplicate."""
    last = max(records, key=lambda record: parse_time(record["time"])[0], default=None)
    return [*map(dict, records), *([{"user": "~", "time": last["time"], "event": "the_end"}] if last else [])]


def replayed(program: Program, records: Sequence[Record]) -> list[Record]:
    """What a replay decides, but for what is pending, by user."""
    made = trigdsl.replay(program, [dict(record) for record in records])
    return by_user(decision.to_dict() for decision in made if decision.status != "pending")


def by_user(decisions: Iterable[Record]) -> list[Record]:
    """User by user, of each in the order in which they came."""
    return sorted(decisions, key=lambda one: str(one["user"]))
