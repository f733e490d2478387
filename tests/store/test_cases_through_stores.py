"""Every case is decided alike by an engine in memory and by one on each kind of store, opened anew for each record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from case_files import FOLDER, Case, instant_of, read_cases, repeats_id
from reopening import Open, Schema, stores

import trigdsl
from trigdsl.engine.program import Program

CASES = [
    pytest.param(case, id=f"{path.stem}: {case.title}")
    for path in sorted(FOLDER.glob("*.case"))
    for case in read_cases(path)
    if case.one_by_one
]


def one_by_one(program: Program, case: Case, opened: Open | None) -> list[dict[str, Any]]:
    """The decisions of a case's records in order of time, the engine being opened anew for each when it has a store."""
    engine = trigdsl.Engine(program, store=opened and opened())
    made: list[trigdsl.Decision] = []
    halts = not repeats_id(case.records)
    for one in sorted(case.records, key=lambda one: instant_of(one["time"])):
        way = instant_of(one["time"]) - engine.clock if engine.clock is not None else timedelta(0)
        if way > timedelta(microseconds=2) and halts:
            made += engine.advance(instant_of(one["time"]) - way / 2)
        made += engine.feed(one)
        if opened is not None:
            engine.close()
            engine = trigdsl.Engine(program, store=opened())
    assert engine.clock is not None
    made += engine.advance(engine.clock)
    for user in sorted({one["user"] for one in case.records}):
        made += engine.pending(user)
    engine.close()
    return [one.to_dict() for one in made]


@pytest.mark.parametrize("case", CASES)
def test_cases_through_stores_that_are_opened_anew_between_all_records(
    case: Case, tmp_path: Path, schema_or_none: Schema | None
) -> None:
    program = trigdsl.parse(case.rules)
    expected = one_by_one(program, case, None)
    for name, opened in stores(tmp_path, schema_or_none):
        assert one_by_one(program, case, opened) == expected, name
