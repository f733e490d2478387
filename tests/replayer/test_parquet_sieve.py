"""Rows of Parquet that pass are counted like those that are read, and nothing unusual passes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from trigdsl.loading import parse
from trigdsl.model.values import SECOND
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.replayer.driver import Replay

RULES = """
rule r: if cart and price > 200 then after 30s send push unless purchase
rule s: if view and price >= 400.5 then after 1m send sms
rule t: if view and price < 2 then send push
rule u: if look and price <= 3 then send push
"""
START = 1_700_000_000
EVENTS = ("cart", "purchase", "view", "view", "view", "view", "look", "other", "other")


def pick(rng: random.Random, count: int, *choices: Any) -> list[Any]:
    return [rng.choice(choices) for _ in range(count)]


PRICES: dict[str, Callable[[random.Random, int], pa.Array]] = {
    "double": lambda rng, n: pa.array(
        pick(rng, n, 1.0, 2.0, 3.0, 3.5, 200.0, 200.25, 400.5, 400.0, None, float("nan"), float("inf")), pa.float64()
    ),
    "whole": lambda rng, n: pa.array(pick(rng, n, 1, 2, 3, 4, 200, 201, 400, 401, 2**62, None), pa.int64()),
    "unsigned": lambda rng, n: pa.array(pick(rng, n, 1, 2, 400, 401, 2**64 - 1, None), pa.uint64()),
    "text": lambda rng, n: pa.array(pick(rng, n, "1", "500", "", None), pa.string()),
    "nothing": lambda _, n: pa.nulls(n),
    "boolean": lambda rng, n: pa.array(pick(rng, n, True, False, None), pa.bool_()),
    "record": lambda rng, n: pa.array(pick(rng, n, {"a": 1}, None), pa.struct([("a", pa.int64())])),
}


def table(rng: random.Random, price: str, unit: str, *, odd: bool) -> pa.Table:
    count = 400
    users = pick(rng, count, "u1", "u2", "u3", "u4", "ü5", *([None, ""] if odd else []))
    scale = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    times: list[Any] = [(START + rng.randrange(600)) * scale for _ in range(count)]
    names = pick(rng, count, *EVENTS, *([None, "sent", ""] if odd else []))
    if odd:
        times[7], times[8] = None, 300_000_000_000 if unit == "s" else 2**62
    columns = {
        "user": pa.array(users, pa.string()),
        "time": pa.array(times, pa.timestamp(unit, "UTC")),
        "event": pa.array(names, pa.string()).dictionary_encode() if rng.random() < 0.5 else pa.array(names),
        "price": PRICES[price](rng, count),
        "page": pa.array(pick(rng, count, "a", "b", None), pa.string()).dictionary_encode(),
        "weight": pa.array(pick(rng, count, 1.5, None, *([float("inf")] if odd else [])), pa.float32()),
    }
    if odd:
        columns["id"] = pa.array(pick(rng, count, None, None, "i1", "i2"), pa.string())
    return pa.table(columns)


def replayed(path: Path, passing: Passing | None, until: int | None) -> tuple[Any, ...]:
    rejects: list[Any] = []
    warnings: list[Any] = []
    inputs = read_inputs(
        [str(path)], on_reject=rejects.append, on_warning=lambda *what: warnings.append(what), passing=passing
    )
    replay = Replay(parse(RULES), inputs, until=until, passing=passing)
    return list(replay), replay.stats, rejects, warnings


@pytest.mark.parametrize("price", sorted(PRICES))
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("odd", [False, True])
def test_nothing_else_changes(tmp_path: Path, price: str, unit: str, odd: bool) -> None:
    for seed in range(3):
        path = tmp_path / f"{seed}.parquet"
        parquet.write_table(table(random.Random(seed), price, unit, odd=odd), path)
        for until in (None, (START + 300) * SECOND):
            passing = Passing()
            assert replayed(path, passing, until) == replayed(path, None, until)
            if not odd and price not in ("record",):
                assert sum(passing.events.values()) > 20


def test_text_that_is_no_utf_8_is_found(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    bad = pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string())
    columns = {
        "user": pa.array(["u", "v", "w"]),
        "time": pa.array([START] * 3, pa.timestamp("s", "UTC")),
        "event": pa.array(["other"] * 3),
        "page": bad,
    }
    parquet.write_table(pa.table(columns), path)
    with_passing, without = replayed(path, Passing(), None), replayed(path, None, None)
    assert with_passing == without
    assert with_passing[1].inputs + len(with_passing[2]) == 3
