"""Inputs a second through processes that share a store.

Run `python benchmarks/shared_throughput.py ADDRESS [--workers N]`.

ADDRESS is one of PostgreSQL, with a schema that is new.  The rules and records are those of `store_throughput`; this
process puts them into the inbox in batches of 500, each one durable transaction, while the workers handle them.  The
clock stops when the inbox is empty.
"""

from __future__ import annotations

import argparse
import time
from multiprocessing import Event, Process
from multiprocessing.synchronize import Event as Signal

from store_throughput import RULES, records

import trigdsl


def work(url: str, ready: Signal, stop: Signal) -> None:
    with trigdsl.SharedEngine(trigdsl.parse(RULES), url) as engine:
        engine.work()
        ready.set()
        engine.run(stop, idle=0.01)  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    given = parser.parse_args()
    stop, readies = Event(), [Event() for _ in range(given.workers)]
    workers = [Process(target=work, args=(given.store, ready, stop)) for ready in readies]
    made = list(records(given.inputs, given.users))
    with trigdsl.SharedEngine(trigdsl.parse(RULES), given.store) as engine:
        for worker in workers:
            worker.start()
        for ready in readies:
            ready.wait()
        began = time.perf_counter()
        for start in range(0, len(made), given.batch):
            engine.feed_many(made[start : start + given.batch], position=start)
        fed = time.perf_counter() - began
        while engine.backlog():
            time.sleep(0.01)
        spent = time.perf_counter() - began
        stop.set()
        for worker in workers:
            worker.join()
    print(f"{given.inputs / fed:,.0f} inputs/s put in, {given.inputs / spent:,.0f} inputs/s handled")


if __name__ == "__main__":
    main()
