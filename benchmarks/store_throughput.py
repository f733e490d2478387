"""Inputs a second through an engine on a store: `python benchmarks/store_throughput.py [--inputs N] [--users N]`.

Batches of 500 records, each batch one durable transaction; three rules with delays, caps, history and `unless`.  The
records are made before the clock starts.  Prints inputs a second, the CPU time of this process for each (what counts
where the machine does other things as well), the size of the store and the peak of memory.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trigdsl

RULES = """
channel push:
  cap 2 per day
rule cart:
  if cart and value > 20 and no purchase in last 1d
  then after 30m send push "{{ value }} waits" unless purchase
rule loyal: if purchase and count(purchase) in last 7d >= 3 then send email "Thank you" once per 7d
rule quiet: if no visit for 3d then send push "We miss you"
"""
START = 1_795_000_000


def records(count: int, users: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(1)
    for number in range(count):
        event = draw.choices(("visit", "view", "cart", "purchase"), (50, 30, 15, 5))[0]
        yield {
            "user": f"user-{draw.randrange(users)}",
            "time": START + number // 20,
            "event": event,
            "properties": {"value": draw.randrange(100), "item": f"sku-{draw.randrange(1000)}"},
            "id": f"e-{number}",
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--store", help="an address; by default SQLite in a new folder, `none` for memory alone")
    parser.add_argument("--no-ids", action="store_true", help="records without `id`, so that none is remembered")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.store or f"sqlite:///{folder}/state.db"
        engine = trigdsl.Engine(trigdsl.parse(RULES), store=None if url == "none" else url)
        spent = worked = sent = 0.0
        source = records(given.inputs, given.users)
        while batch := [one for _, one in zip(range(given.batch), source, strict=False)]:
            if given.no_ids:
                for one in batch:
                    del one["id"]
            began, before = time.perf_counter(), time.process_time()
            sent += len(engine.feed_many(batch))
            spent, worked = spent + time.perf_counter() - began, worked + time.process_time() - before
        engine.close()
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(
            f"{given.inputs / spent:,.0f} inputs/s, {worked / given.inputs * 1e6:.1f} us CPU each,"
            f" {sent:,.0f} decisions, store {size:,.0f} MB, peak {peak:,.0f} MB"
        )


if __name__ == "__main__":
    main()
