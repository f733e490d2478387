"""Records of any kind → all decisions: a replay inside a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from trigdsl.engine.program import Program
from trigdsl.model.inputs import Input
from trigdsl.model.violations import Violation
from trigdsl.records.errors import BadRecord
from trigdsl.records.objects import Event, input_from
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.results import Decisions


def replay(
    program: Program,
    records: Iterable[Mapping[str, Any] | Event],
    *,
    until: str | int | float | datetime | None = None,
    drain: bool = False,
    on_reject: Callable[[Any, str], None] | None = None,
    on_violation: Callable[[Violation], None] | None = None,
) -> Decisions:
    """Run a program over records in any order; the decisions in their defined order.

    They are made as they are taken from it; `to_pandas`, `to_polars` and `to_arrow` make all a table.

    The clock stops at the last record, at `until` (an instant; records after it are not handled), or with
    `drain` when nothing is armed any more.  A record that cannot be used is handed to `on_reject` with the
    reason, and left out.  Ids that an `alias` makes one are one user's from the first record on.  With
    `on_violation` the program's invariants are checked: it gets each send that breaks one.
    """

    def inputs() -> Iterator[Input]:
        for record in records:
            try:
                yield input_from(record)
            except BadRecord as error:
                if on_reject is not None:
                    on_reject(record, str(error))

    stop = None if until is None else parse_time(until)[0]
    return Decisions(Replay(program, inputs(), until=stop, drain=drain, on_violation=on_violation))
