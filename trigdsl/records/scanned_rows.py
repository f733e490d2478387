"""Blocks of CSV → the inputs of plain events that are wanted, by the compiled scanner of rows; where it must stop.

It takes rows as the scanner of lines takes lines: see `scanned_lines`.  What an event of a row does is found out from
the columns that decide, once for each combination of their texts, or for each stretch of numbers that decide alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from trigdsl.model.inputs import Input
from trigdsl.model.values import Value
from trigdsl.records.columns import Layout, Path, touch
from trigdsl.records.passing import Passing
from trigdsl.records.scanned_lines import Met, ScannedLines, native


def _compiled() -> Any:
    """The module of the scanner of rows; None where it was not compiled."""
    try:
        from trigdsl.native import csv_scanner
    except ImportError:
        return None
    return csv_scanner


native_rows = _compiled()


def can_scan_rows() -> bool:
    """Whether the scanner of rows was compiled."""
    return native_rows is not None and native is not None


@frozen(eq=False)
class RowPlaces:
    """The columns of a layout as the scanner has them.

    `parts` are those of user, time, event and id (-1: none), `empty` those in which a row that it takes has nothing;
    `properties` those of properties by their paths.
    """

    width: int
    parts: tuple[int, int, int, int]
    empty: tuple[int, ...]
    properties: Mapping[Path, int]

    def of(self, path: Path) -> list[int]:
        """The columns that whoever reads a path may see something of."""
        return [column for held, column in self.properties.items() if touch(held, path)]


def row_places(layout: Layout) -> RowPlaces | None:
    """The columns of a layout; None where its rows are not told apart from events by their cells alone."""
    parts = {part: index for index, part in layout.parts}
    paths = [(path, index) for index, part, path in layout.paths if part == "properties"]
    if "event" not in parts or len(set(parts.values())) < len(parts) or _meet_one_another([path for path, _ in paths]):
        return None
    told = ("user", "time", "event", "id")
    empty = [index for part, index in parts.items() if part not in told]
    empty += [index for index, part, _ in layout.paths if part != "properties"]
    user, time, event, identity = (parts.get(part, -1) for part in told)
    return RowPlaces(len(layout.names), (user, time, event, identity), tuple(empty), dict(paths))


def _meet_one_another(paths: Sequence[Path]) -> bool:
    return len(set(paths)) < len(paths) or any(
        path[:length] in set(paths) for path in paths for length in range(1, len(path))
    )


def scanned_rows(layout: Layout, passing: Passing, value: Callable[[str], Value]) -> ScannedRows | None:
    """What takes rows of a layout for `passing`, the same one each time.

    `value` says what the text of a cell stands for.  None where no rows of it can be taken, or nothing was compiled.
    """
    if not can_scan_rows():
        return None
    if layout not in passing.scanned_rows:
        places = row_places(layout)
        passing.scanned_rows[layout] = None if places is None else ScannedRows(passing, places, value)
    scanned: ScannedRows | None = passing.scanned_rows[layout]
    return scanned


class ScannedRows(ScannedLines):
    """Takes rows of CSV of one layout, as `ScannedLines` takes lines."""

    def __init__(self, passing: Passing, places: RowPlaces, value: Callable[[str], Value]) -> None:
        self._places = places
        self._value = value
        super().__init__(passing)

    def wanted(self) -> list[Input]:
        """The inputs of events that were taken and did not pass, in their order."""
        return self._judged(self._scanner.take_wanted())

    def _made(self, *asked: Any) -> Any:
        places = self._places
        flat = [(column, path[0]) for path, column in places.properties.items() if len(path) == 1]
        nested = [(column, path[:-1], path[-1]) for path, column in places.properties.items() if len(path) > 1]
        return native_rows.CsvScanner(*asked, places.width, places.parts, places.empty, flat, nested, self._value)

    # ------------------------------------------------------------------ what the scanner asks
    def _meet(self, event: str) -> Met:
        kind, bounds, reads, turns = super()._meet(event)
        properties = self._places.properties
        if bounds is not None:
            # Who reads a whole record sees what is in it, and who reads into what is no record must be told.
            near = [
                [column for column in self._places.of(path) if column != properties.get(path)] for path, _, _ in bounds
            ]
            held = [(properties[path], order, number) for path, order, number in bounds if path in properties]
            bounds = None if any(near) else held
        columns = sorted({column for path in reads for column in self._places.of(path)})
        return kind, bounds, columns, turns

    def _does(self, event: str, held: Any) -> int:
        return self._effect(event, held)
