"""A worker of a split replay: parts of the files → inputs for all shards; inputs of its shard → decisions.

It first reads its parts, and puts each input into a file for the shard of its user (see `routing`).  When all workers
have read theirs, it gathers the inputs of its own shard; when it is known which input of all is the last, it decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from trigdsl.engine.program import Program
from trigdsl.engine.zones import is_zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros
from trigdsl.model.violations import Violation
from trigdsl.records.effects import EventRows
from trigdsl.records.files import COLUMNAR
from trigdsl.records.parts import Part, PartReading, PartReport
from trigdsl.records.passing import Passing
from trigdsl.records.routing import Block, Router, routed, routed_coded, routed_rows, routed_users
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.flat import Found
from trigdsl.replayer.flat_lines import FlatLines
from trigdsl.replayer.placing import Place, PlacedObservations, PlacedProfiles, PlacedViolations, Profile
from trigdsl.replayer.stats import Stats
from trigdsl.replayer.summary import MOST_VIOLATIONS, Key, Shown, key_of, reaches
from trigdsl.replayer.writing import line_of

if TYPE_CHECKING:
    from trigdsl.replayer.divided import Either

Item: TypeAlias = tuple[int, Micros, str, int, Key, bytes]
"""A decision that is shown: 1 if it is pending, time, user, number in the shard (they are ordered so); kind, line."""

Batch: TypeAlias = "list[Item] | bytes | memoryview"

_BATCH = 4_096


@frozen(kw_only=True)
class Asked:
    """What a split replay is asked for; see `Job`. Lines are made only if it `writes`."""

    program: Program
    columns: Mapping[str, str]
    until: Micros | None
    drain: bool
    invariants: bool
    shown: Shown
    writes: bool
    compiled: bool = True


@frozen
class ShardResult:
    """What a shard found beside decisions. `stats` are complete but for what the observations hold."""

    stats: Stats
    observations: PlacedObservations
    reached: int
    broken: dict[str, int]
    violations: list[tuple[Place, Violation]]


@frozen
class Routed:
    """Where the inputs and rows of one part went, by shard, and the report of the part; `joins` as in `Router`."""

    report: PartReport
    inputs: list[list[Block]]
    rows: list[list[Block]]
    joins: bool


@frozen
class Given:
    """Where the inputs of one shard lie, its rows, and the names of users whose records were let pass.

    `told` says what numbers in the rows mean, for each worker, where they were coded.
    """

    inputs: list[Block]
    rows: list[Block]
    users: list[Block]
    told: list[Block]


class Shard:
    """The worker of number `number`, of as many as there are `descriptors` of files for inputs.

    Call `read`, `users`, `gather`, `decide` and `result` in this order.
    """

    def __init__(
        self,
        asked: Asked,
        number: int,
        parts: Sequence[tuple[int, Part]],
        profiles: Sequence[Profile],
        files: Sequence[int],
    ) -> None:
        self._asked = asked
        self._parts = parts
        self._files = files
        self._router = Router(number, files[number], len(files))
        self._observations = PlacedObservations()
        self._violations = PlacedViolations(self._observations, MOST_VIOLATIONS)
        self._reached: set[str] = set()
        self._passing = Passing()
        self._rows: list[Block] = []
        self._told: list[Block] = []
        self._replay = Replay(
            asked.program,
            (),
            until=asked.until,
            drain=asked.drain,
            passing=self._passing,
            profiles=PlacedProfiles(self._observations, profiles),
            on_violation=self._violations if asked.invariants else None,
            shown=asked.shown,
            compiled=asked.compiled,
        )
        self._replay.machine.observations = self._observations
        self._observations.machine = self._replay.machine
        self._passing.effects = self._replay.effects
        self._passing.on_rows = self._router.route_rows
        self._passing.on_line_rows = self._router.route_line_rows
        if (self._replay.is_compiled and self._passing.effects is not None) or self._replay.is_divided:
            # All that is wanted is imported before processes fork, so that they need not.
            import trigdsl.replayer.line_batches
            from trigdsl.native.sifting import Sifter
            from trigdsl.records.coded import Coder

            if any(part.source.kind in COLUMNAR for _, part in parts):
                import trigdsl.records.parquet_coded  # noqa: F401

            # Other rules are to know of every profile that is updated.
            knows = _no_zone if self._replay.is_divided else is_zone
            self._passing.coder = self._router.coder = Coder(Sifter(len(files)), knows)

    def share_cores(self) -> None:
        """Take no threads, since other shards have processes of their own."""
        self._passing.threads = False

    def read(self) -> Iterator[Routed]:
        """Read the worker's parts, one after the other."""
        for number, part in self._parts:
            reading = PartReading(part, self._asked.columns, self._passing)
            blocks = self._router.route(reading.batches(), number)
            yield Routed(reading.report(set()), blocks, self._router.rows(), self._router.joins)
            if self._router.joins:
                return

    def users(self) -> list[Block]:
        """Where the names of the users went whose records were let pass, by shard."""
        return self._router.route_users(self._passing.all_users())

    def told(self) -> list[Block] | None:
        """Where it went what the numbers in coded rows mean, by shard; None when none are coded."""
        return self._router.route_told()

    def gather(self, given: Given) -> tuple[Micros | None, Micros | None]:
        """Gather the inputs of this shard; the times of the first and the last of them."""
        # What was let pass is counted by whoever joins the shards; the users are this shard's.
        passing = Passing(users=routed_users(self._files, given.users))
        self._replay.gather(routed(self._files, given.inputs), passing)
        self._rows = given.rows
        self._told = given.told
        self._passing.coder = self._router.coder = None
        return self._replay.stats.first, self._replay.stats.last

    def decide(self, last: Micros | None) -> Iterator[Batch]:
        """The decisions of this shard that are shown, in order; `last` is the time of the last input of all.

        Where the compiled kernel decides, they come as bytes (see `line_batches`).
        """
        if self._replay.is_compiled:
            coded = routed_coded(self._files, self._told, self._rows) if self._replay.effects is not None else None
            yield from self._replay.batches(last, self._observations.through, coded, self._asked.writes)
            return
        if self._replay.is_divided:
            coded = routed_coded(self._files, self._told, self._rows)
            decisions = self._divided_items(self._replay.either(last, self._observations.through, coded))
        else:
            decisions = self._items(last, routed_rows(self._files, self._rows))
        while batch := list(islice(decisions, _BATCH)):
            yield batch

    def result(self) -> ShardResult:
        self._observations.machine = None
        return ShardResult(
            self._replay.stats,
            self._observations,
            len(self._reached) + self._replay.reached,
            self._violations.broken,
            self._violations.first,
        )

    def _items(self, last: Micros | None, rows: EventRows | None) -> Iterator[Item]:
        if (found := self._replay.found(last, self._observations.through, rows)) is not None:
            yield from self._flat_items(found)
            return
        for number, decision in enumerate(self._replay.decisions(last, self._observations.through)):
            if decision in self._asked.shown:
                yield self._item(number, decision)

    def _item(self, number: int, decision: Decision) -> Item:
        line = line_of(decision) if self._asked.writes else b""
        if reaches(decision):
            self._reached.add(decision.user)
        return int(decision.status == "pending"), decision.time, decision.user, number, key_of(decision), line

    def _flat_items(self, found: Iterator[Found]) -> Iterator[Item]:
        """The same of what the short cut found, which is shown or else not found."""
        lines = FlatLines(writes=self._asked.writes)
        for number, one in enumerate(found):
            yield self._flat_item(number, one, lines)

    def _flat_item(self, number: int, one: Found, lines: FlatLines) -> Item:
        at, user, _, _, status, _ = one
        key, line = lines.of(one)
        if status == "sent":
            self._reached.add(user)
        return int(status == "pending"), at, user, number, key, line

    def _divided_items(self, found: Iterator[Either]) -> Iterator[Item]:
        """The same of what both parts of a program found."""
        lines, shown = FlatLines(writes=self._asked.writes), self._asked.shown
        for number, one in enumerate(found):
            if not isinstance(one, Decision):
                yield self._flat_item(number, one, lines)
            elif one in shown:
                yield self._item(number, one)


def _no_zone(_: str) -> bool:
    return False
