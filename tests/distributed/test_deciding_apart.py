"""Users that are decided apart are decided as all at once, whichever engine brings their rows together."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from budget import FIRST, share
from case_parts import Case
from cluster import decided, in_order_of_lines, in_partitions, options_of, record_rows
from flat_programs import flat_case
from programs import case

import trigdsl
from trigdsl.distributed import deciding
from trigdsl.distributed.deciding import Deciding, decide, report_of
from trigdsl.distributed.reports import total
from trigdsl.distributed.rows import RECORD, ROWS
from trigdsl.distributed.rules import travelling
from trigdsl.distributed.tables import TableLayout
from trigdsl.model.inputs import Input
from trigdsl.records.packing import packed
from trigdsl.records.times import parse_time
from trigdsl.replayer.summary import Shown, Tally

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


@pytest.mark.parametrize("rows", [1, 6])
def test_users_with_many_records_are_gone_through_one_by_one(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """All that is decided and counted is the same as of users who are held."""
    compared = 0
    for seed in range(FIRST, FIRST + share(10)):
        drawn = without_ids(case(seed))
        with suppress(trigdsl.TrigError):
            held, told = rows_and_report(drawn, plain=False)
            monkeypatch.setattr(deciding, "GROUP_ROWS", rows)
            assert rows_and_report(drawn, plain=True) == (held, told), f"seed {seed}"
            compared += bool(held)
            monkeypatch.undo()
    assert compared


def rows_and_report(drawn: Case, *, plain: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What is decided, and what is counted of it."""
    program = trigdsl.parse(drawn.text)
    with tempfile.TemporaryDirectory() as folder:
        rows, last = record_rows(drawn, Path(folder))
    asked = Deciding(program=travelling(program), last=last, lines=True, plain=plain, **options_of(drawn))
    made = [row for part in in_partitions(rows, 2) for batch in decide(asked, part) for row in batch.to_pylist()]
    report = total(report_of(row["report"]) for row in made if row["report"] is not None)
    tally = Tally(Shown())
    report.tell(tally, program)
    # Of how many users a group is shows in the numbers of decisions, which order those of one user alone.
    kinds = {key: (at[:3], number) for key, (at, number) in report.kinds.items()}
    return in_order_of_lines(made), {"stats": report.stats, "kinds": kinds, "reached": report.reached}


def test_records_of_one_user_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions come while there are records that were not asked for yet."""
    monkeypatch.setattr(deciding, "GROUP_ROWS", 100)
    program = trigdsl.parse("rule r: if cart and count(cart) in last 1h >= 1 then send push")
    count = 40_000
    asked_for = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal asked_for
        for start in range(0, count, 100):
            asked_for += 100
            inputs = [Input("u", at * 1_000_000, "cart", id=None) for at in range(start, start + 100)]
            rows = [("u", one.time, one.time, None, RECORD, packed([one])) for one in inputs]
            columns = zip(*rows, strict=True)
            yield pa.RecordBatch.from_arrays(
                [pa.array(column, kind.type) for column, kind in zip(columns, ROWS, strict=True)], schema=ROWS
            )

    asked = Deciding(program=travelling(program), last=(count - 1) * 1_000_000, plain=True)
    made = decide(asked, batches())
    decided = next(made).num_rows
    assert asked_for < count / 2
    assert decided + sum(batch.num_rows for batch in made) == count + 1  # and the report


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
