"""Blocks of lines → the inputs of plain events that are wanted, by the compiled scanner; where it must stop.

The scanner takes what is written in the ordinary way and leaves every other line alone: see `trigdsl/native/scanner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros, Value
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.effects import Effect
from trigdsl.records.native import RESERVED
from trigdsl.records.packing import Arrived
from trigdsl.records.passing import Passing, Test
from trigdsl.records.routing import Arrivals


def _compiled() -> Any:
    """The module of the scanner; None where it was not compiled."""
    try:
        from trigdsl.native import scanner
    except ImportError:
        return None
    return scanner


native = _compiled()


class _Properties(msgspec.Struct, gc=False):
    """What else is wanted of a line that was taken."""

    properties: dict[str, Any] | None = None


Wanted: TypeAlias = tuple[str, Micros, str, "dict[str, Value] | None", int, "str | None"]
"""An event that is wanted: user, time, event, properties, arrival, id."""

Met: TypeAlias = tuple[int, "Sequence[Any] | None", Sequence[Any], "Sequence[float] | None"]
"""What becomes of events of a name, as the scanner has it: see there."""

_MANY_ROWS = 1 << 17
_PROPERTIES = msgspec.json.Decoder(_Properties)


def can_scan() -> bool:
    """Whether the scanner was compiled."""
    return native is not None


def scanned_lines(passing: Passing) -> ScannedLines | None:
    """What takes lines for `passing`, the same one each time; None where it was not compiled."""
    if native is None:
        return None
    if passing.scanned is None:
        passing.scanned = ScannedLines(passing)
    scanned: ScannedLines = passing.scanned
    return scanned


class ScannedLines:
    """Takes lines, and counts in `passing` what passes; `finish` when a file or a part of one has been read."""

    def __init__(self, passing: Passing) -> None:
        self._passing = passing
        self._tests: dict[str, Test | None] = {}
        self._effects = None if passing.on_line_rows is None else passing.effects
        self._known: dict[Effect, int] = {}
        self._users = 0
        self._scanner = self._made(
            self._meet, self._does, MOST_BYTES, FIRST_INSTANT, LAST_INSTANT, passing.until, passing.is_sorted
        )

    def _made(self, *asked: Any) -> Any:
        """The scanner, of what any is asked for with."""
        return native.Scanner(*asked)

    def take(self, block: bytes, start: int) -> tuple[int, int]:
        """Take lines from a place on: where it stopped, and how many lines that were; `wanted` then has inputs."""
        scanner, passing = self._scanner, self._passing
        if not passing.is_sorted:
            return scanner.scan(block, start), scanner.lines
        scanner.last = passing.last
        stop = scanner.scan(block, start)
        passing.last = scanner.last
        return stop, scanner.lines

    def odd(self, block: bytes, start: int) -> tuple[int, int]:
        """Where the lines end, from a place on, that must be read another way, and how many they are."""
        return self._scanner.odd_until(block, start), self._scanner.lines

    def wanted(self) -> list[Input]:
        """The inputs of events that were taken and did not pass, in their order."""
        found = self._scanner.take_wanted()
        if not found:
            return []
        records = _PROPERTIES.decode_lines(b"\n".join([line for _, _, _, line, _ in found]))
        return self._judged(
            (user, time, event, record.properties, arrival, None)
            for (user, time, event, _, arrival), record in zip(found, records, strict=True)
        )

    def _judged(self, found: Iterable[Wanted]) -> list[Input]:
        """The inputs of events, but for those that pass now that their properties are known."""
        judge, tests, until, numbered = self._passing.judge, self._tests, self._passing.until, self.is_numbered
        always = judge.always
        made: list[Input] = []
        add = made.append
        for user, time, event, properties, arrival, identity in found:
            test = tests[event]
            if test is not always and test is not None and time <= until and identity is None:
                judge.met_odd = False
                if not (test(properties or {}, judge.context) or judge.met_odd):
                    self._let_pass(event, time)
                    continue
            if numbered:
                add(Arrived(user, time, event, properties, id=identity, arrival=arrival))
            else:
                add(Input(user, time, event, properties, id=identity))
        return made

    @property
    def is_numbered(self) -> bool:
        """Whether inputs need the number of their arrival, since there are rows beside them."""
        return self._effects is not None

    def arrive(self, given: Input) -> Input:
        """An input that was read another way, with the number of its arrival if it needs one."""
        if not self.is_numbered:
            return given
        self._scanner.arrived += 1
        parts = (given.user, given.time, given.event, given.properties, given.set, given.add, given.remove, given.id)
        return Arrived(*parts, given.alias, self._scanner.arrived - 1)

    def hand_on(self, least: int = _MANY_ROWS) -> None:
        """Hand on the rows that there are, if these are so many."""
        if self._scanner.rows >= least and self._passing.on_line_rows is not None:
            self._passing.on_line_rows(self._scanner.take_rows(), list(self._known))

    def before(self, arrivals: Arrivals) -> None:
        """Let those who count on after the lines that were taken do so from there."""
        arrivals.last = arrivals.start + self._scanner.arrived - 1

    def arrived(self, count: int) -> None:
        """So many lines were taken by somebody else."""
        self._scanner.arrived += count

    def finish(self) -> None:
        """Tell `passing` what passed since the last time."""
        scanner, passing = self._scanner, self._passing
        self.hand_on(1)
        for event, count in scanner.take_passed().items():
            passing.events[event] = passing.events.get(event, 0) + count
        if passing.is_sorted:
            passing.first = min(passing.first, scanner.first)
        else:
            passing.first, passing.last = min(passing.first, scanner.first), max(passing.last, scanner.last)
            scanner.last = FIRST_INSTANT
        scanner.first = LAST_INSTANT
        passing.users.update(scanner.user_names(self._users))
        self._users = scanner.user_count()

    def _let_pass(self, event: str, time: Micros) -> None:
        passing = self._passing
        passing.events[event] = passing.events.get(event, 0) + 1
        passing.first = min(passing.first, time)
        passing.last = max(passing.last, time)

    # ------------------------------------------------------------------ what the scanner asks
    def _meet(self, event: str) -> Met:
        if event in RESERVED:
            return native.ODD, None, (), None
        judge, effects = self._passing.judge, self._effects
        test = self._tests[event] = judge.test(event)
        if test is None:
            return native.PASSES, None, (), None
        bounds = judge.bounds(event)
        # Of what is read as a whole, the scanner cannot tell when two are equal.
        reads = () if effects is None else effects.reads(event)
        if effects is None or () in reads:
            return native.WANTED, bounds, (), None
        return native.DOES, bounds, reads, effects.turns(event) if len(reads) == 1 else None

    def _does(self, event: str, held: Any) -> int:
        return self._effect(event, _PROPERTIES.decode(held).properties)

    def _effect(self, event: str, properties: dict[str, Value] | None) -> int:
        """The number of what an event does, -1 for nothing, -2 where somebody must be told of one of its values."""
        effects = self._effects
        assert effects is not None
        rules = effects.triggered(event, properties or {})
        if rules is None:
            return -2
        if not rules and not effects.ends(event):
            return -1
        return self._known.setdefault((event, rules), len(self._known))
