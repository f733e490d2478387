"""Users that are decided apart are decided as all at once, whichever engine brings their rows together."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from budget import FIRST, share
from case_parts import Case
from cluster import decided, in_order_of_lines
from flat_programs import flat_case
from programs import case

import trigdsl
from trigdsl.distributed.deciding import Deciding, decide
from trigdsl.distributed.rows import RECORD, ROWS
from trigdsl.distributed.rules import travelling
from trigdsl.distributed.tables import TableLayout
from trigdsl.model.inputs import Input
from trigdsl.records.packing import packed
from trigdsl.records.times import parse_time

PARTS = 4


def without_ids(drawn: Case) -> Case:
    """Records that come twice, and who is whom, are for the driver to find out."""
    records = ({name: held for name, held in one.items() if name not in ("id", "alias")} for one in drawn.records)
    return evolve(drawn, records=tuple(records))


def check(drawn: Case, seed: int) -> bool:
    try:
        local = trigdsl.replay(trigdsl.parse(drawn.text), drawn.records, **drawn.options)
    except trigdsl.TrigError:
        return False
    wanted = [one.to_dict() for one in local]
    assert decided(drawn, 3) == wanted, f"seed {seed}"
    return bool(wanted)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [case, flat_case])
def test_users_apart_are_decided_as_all_at_once(draw: Any, part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(10), PARTS):
        check(without_ids(draw(seed)), seed)


@pytest.mark.parametrize("draw", [case, flat_case])
def test_most_drawn_cases_decide_something(draw: Any) -> None:
    assert sum(check(without_ids(draw(seed)), seed) for seed in range(30)) > 15


@pytest.mark.parametrize("name", ["view", "cart"])
def test_columns_beside_records_may_all_be_of_no_matter(name: str) -> None:
    """One user's record, which ends runs, is packed; another's is columns, which may have no effect at all."""
    at, rules = parse_time("2026-11-20T10:00:00Z")[0], "if cart then after 1h send push unless purchase"
    table = TableLayout({"key": "user", "time": "time", "c2": "event"}, {}, "time")
    asked = Deciding(program=travelling(trigdsl.parse(rules)), last=at, lines=True, table=table)
    whole = {"key": "u", "time": at, "arrival": 1, "kind": RECORD, "packed": packed([Input("u", at, "purchase", {})])}
    columns = {"key": "v", "time": at, "arrival": 2, "c2": name}
    rows = pa.Table.from_pylist([whole, columns], pa.schema([*ROWS, pa.field("c2", pa.string())]))
    made = [row for batch in decide(asked, rows.to_batches()) for row in batch.to_pylist()]
    told = [(one["user"], one["status"]) for one in in_order_of_lines(made)]
    assert told == ([("v", "pending")] if name == "cart" else [])
