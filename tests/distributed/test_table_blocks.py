"""Blocks of the rows of a table say what blocks of the same records in a file say."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from cluster import in_order_of_lines

import trigdsl
from trigdsl.distributed import shards
from trigdsl.distributed.deciding import Deciding
from trigdsl.distributed.rows import PROFILE, RECORD, ROWS, Reading
from trigdsl.distributed.rules import travelling
from trigdsl.distributed.table_blocks import blocks_of_rows, blocks_of_table
from trigdsl.distributed.tables import TableLayout
from trigdsl.model.inputs import Input
from trigdsl.records.packing import packed

RULE = "rule r: if cart and value > 20 then after 1h send push unless purchase within 2h"
RULES = f"{RULE} while pending restart"
START = 1_764_000_000_000_000
LAYOUT = TableLayout({"key": "user", "time": "time", "c2": "event", "c3": "value"}, {}, "time")


@pytest.fixture(autouse=True)
def _compiled() -> None:
    pytest.importorskip("trigdsl.native.kernel")


def events(seed: int, count: int = 300) -> list[dict[str, Any]]:
    """Events of few users, many of which have the same time."""
    rng = random.Random(seed)
    return [
        {
            "user": f"u{rng.randrange(30)}",
            "time": START + rng.randrange(90) * 600_000_000,
            "event": rng.choice(["cart", "cart", "purchase", "view"]),
            "value": rng.randrange(60),
        }
        for _ in range(count)
    ]


def table(rows: list[dict[str, Any]], arrivals: list[int], value: Any) -> list[pa.RecordBatch]:
    """The rows as an engine hands them on, in batches, in an order that is not that of arrival."""
    columns = {
        "key": pa.array([one["user"] for one in rows], pa.string()),
        "time": pa.array([one["time"] for one in rows], pa.int64()),
        "arrival": pa.array(arrivals, pa.int64()),
        "id": pa.nulls(len(rows), pa.string()),
        "c2": pa.array([one["event"] for one in rows], pa.string()),
        "c3": pa.array([one["value"] for one in rows], value),
    }
    order = list(range(len(rows)))
    random.Random(len(rows)).shuffle(order)
    return pa.table(columns).take(pa.array(order, pa.int64())).to_batches(70)


def by_shards(made: list[pa.RecordBatch], last: int, rules: str, count: int = 3) -> list[dict[str, Any]]:
    asked = Deciding(program=travelling(trigdsl.parse(rules)), last=last, lines=True, columns=False)
    found = []
    for number in range(count):
        held = [row for batch in made for row in batch.to_pylist() if row["shard"] == number]
        batches = pa.Table.from_pylist(held, shards.BLOCKS).to_batches()
        found += [row for batch in shards.decide_shards(asked, {}, batches) for row in batch.to_pylist()]
    return in_order_of_lines(found)


def here(rows: list[dict[str, Any]], rules: str) -> list[dict[str, Any]]:
    records = [
        {
            "user": one["user"],
            "time": one["time"] // 1_000_000,
            "event": one["event"],
            "properties": {"value": one["value"]},
        }
        for one in rows
    ]
    return [one.to_dict() for one in trigdsl.replay(trigdsl.parse(rules), records)]


@pytest.mark.parametrize("value", [pa.int64(), pa.float64(), pa.float32()])
@pytest.mark.parametrize("first", [-1_000, 0, 7 << 40])
def test_ties_go_by_arrival_whatever_the_order_of_rows(value: Any, first: int) -> None:
    reading = Reading(travelling(trigdsl.parse(RULES)), {})
    for seed in range(5):
        rows = events(seed)
        half = len(rows) // 2
        # Two tasks have read them; who arrived later may be of the first.
        parts = (
            table(rows[half:], list(range(first + half, first + len(rows))), value),
            table(rows[:half], list(range(first, first + half)), value),
        )
        made = [batch for part in parts for batch in blocks_of_table(reading, LAYOUT, 3, part)]
        wanted = here(rows, RULES)
        assert {one["status"] for one in wanted} >= {"sent", "cancelled"}
        assert by_shards(made, max(one["time"] for one in rows), RULES) == wanted


def test_columns_that_are_no_numbers_go_through_inputs() -> None:
    """A column of records is none that the coder takes."""
    reading = Reading(travelling(trigdsl.parse(RULES)), {})
    rows = events(9)
    (batch,) = pa.Table.from_batches(table(rows, list(range(len(rows))), pa.int64())).combine_chunks().to_batches()
    nested = pa.StructArray.from_arrays([batch.column("c3")], ["n"])
    columns = [nested if name == "c4" else batch.column(name) for name in (*batch.schema.names, "c4")]
    held = pa.RecordBatch.from_arrays(columns, [*batch.schema.names, "c4"])
    layout = TableLayout({**LAYOUT.fields, "c4": "more"}, {}, "time")
    made = list(blocks_of_table(reading, layout, 3, [held]))
    assert by_shards(made, max(one["time"] for one in rows), RULES) == here(rows, RULES)


def test_records_and_profiles_that_are_packed_go_beside_rows() -> None:
    rules = f"{RULE} between 09:00-10:00 local while pending restart"
    reading = Reading(travelling(trigdsl.parse(rules)), {})
    rows = events(3)
    last = max(one["time"] for one in rows)
    columns = table(rows[:200], list(range(200)), pa.int64())
    inputs = [Input(one["user"], one["time"], one["event"], {"value": one["value"]}) for one in rows[200:]]
    others = [(one.user, one.time, 200 + at, None, RECORD, packed([one])) for at, one in enumerate(inputs)]
    zone = {"timezone": "Asia/Tokyo"}
    others.append(("u1", START, 1, None, PROFILE, packed([Input("u1", 0, set=zone)])))
    batch = pa.RecordBatch.from_arrays(
        [pa.array(column, kind.type) for column, kind in zip(zip(*others, strict=True), ROWS, strict=True)], schema=ROWS
    )
    made = [*blocks_of_table(reading, LAYOUT, 3, columns), *blocks_of_rows(3, [batch])]
    records: list[dict[str, Any]] = [{"user": "u1", "time": 0, "set": zone}]
    records += [
        {
            "user": one["user"],
            "time": one["time"] // 1_000_000,
            "event": one["event"],
            "properties": {"value": one["value"]},
        }
        for one in rows
    ]
    wanted = [one.to_dict() for one in trigdsl.replay(trigdsl.parse(rules), records)]
    assert any(one["user"] == "u1" for one in wanted)
    assert by_shards(made, last, rules) == wanted
