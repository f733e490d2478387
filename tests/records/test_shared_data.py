"""Real data sets, when they are there: every record can be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trigdsl.records.reading import read_inputs

SHARED = Path(os.environ.get("TRIGDSL_SHARED") or Path(__file__).parents[3] / "shared")


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("online_retail_orders.jsonl.gz", 25_900),
        ("simple_shop.jsonl.gz", 32_283),
        ("otto_sample.jsonl", 862),
        ("snowplow_web.jsonl", 160),
        ("snowplow_mobile.jsonl", 130),
        ("phone_aware.jsonl.gz", 14_828),
    ],
)
def test_every_record_of_the_data_sets_is_used(name: str, records: int) -> None:
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip("the shared data sets are not there (set TRIGDSL_SHARED)")
    inputs = read_inputs([str(path)], on_reject=pytest.fail, on_warning=lambda what, where: pytest.fail(what))
    assert sum(1 for _ in inputs) == records
