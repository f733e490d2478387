"""Records a second that several threads get through, with one lock and with a lock for each shard of users.

Run `python benchmarks/threads.py [--postgres ADDRESS] [--threads 1,2,4,8] [--records N] [--batch N]`.

- `one lock` is one `Engine` that all threads feed.
- `by shard` is what locks by shard could bring at best: each of eight shards of users has an engine, clock and store
  of its own, and a thread waits only for those who feed the same shard.
- `inbox` is a `SharedEngine` whose records other processes handle: what the threads put in, with one lock for all and
  with the locks of the shards, as it is.
- `shared` is a `SharedEngine` in which as many threads work as feed: records put in, and handled, a second.

ADDRESS is one of PostgreSQL without `schema`; each run makes a schema of its own.

Rules and records are those of `store_throughput`, cut into calls of so many records of one user each, as a web host has
them.  SQLite and PostgreSQL wait for the disk at each commit.  The best of the runs so far is told after
each of `--repeats`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from threading import Barrier, Event, Thread
from typing import Any
from uuid import uuid4
from zlib import crc32

from store_throughput import RULES, records

import trigdsl

SHARDS = 8


def calls(count: int, batch: int, threads: int) -> list[list[list[dict[str, Any]]]]:
    """For each thread the calls that it makes; a user's records are one thread's."""
    mine: list[list[list[dict[str, Any]]]] = [[] for _ in range(threads)]
    for number, one in enumerate(records(count // batch, 2_000)):
        some = [one | {"id": f"{number}-{place}", "time": 1_795_000_000} for place in range(batch)]
        mine[crc32(one["user"].encode()) // SHARDS % threads].append(some)
    return mine


def timed(
    threads: int, given: list[list[list[dict[str, Any]]]], feed: Callable[[list[dict[str, Any]]], object]
) -> float:
    """The time at which all threads began; comes back when all have fed."""
    barrier = Barrier(threads + 1)

    def run(mine: list[list[dict[str, Any]]]) -> None:
        barrier.wait()
        for some in mine:
            feed(some)

    running = [Thread(target=run, args=(mine,)) for mine in given]
    for one in running:
        one.start()
    barrier.wait()
    began = time.perf_counter()
    for one in running:
        one.join()
    return began


def one_lock(url: str | None, threads: int, count: int, batch: int) -> Iterator[float]:
    given = calls(count, batch, threads)
    with trigdsl.Engine(trigdsl.parse(RULES), store=url) as engine:
        began = timed(threads, given, engine.feed_many)
        yield count / (time.perf_counter() - began)


def by_shard(urls: list[str | None], threads: int, count: int, batch: int) -> Iterator[float]:
    given = calls(count, batch, threads)
    program = trigdsl.parse(RULES)
    engines = [trigdsl.Engine(program, store=url) for url in urls]

    def feed(some: list[dict[str, Any]]) -> None:
        engines[crc32(some[0]["user"].encode()) % len(engines)].feed_many(some)

    began = timed(threads, given, feed)
    yield count / (time.perf_counter() - began)
    for engine in engines:
        engine.close()


def inbox(url: str, threads: int, count: int, batch: int, *, alone: bool) -> Iterator[float]:
    given = calls(count, batch, threads)
    with trigdsl.SharedEngine(trigdsl.parse(RULES), url, shards=SHARDS) as engine:
        if alone:
            whole = engine._shards.feeding
            engine._shards.feeding = lambda alone=False: whole(alone=True)  # type: ignore[method-assign]
        began = timed(threads, given, engine.feed_many)
        yield count / (time.perf_counter() - began)


def shared(url: str, threads: int, count: int, batch: int) -> Iterator[float]:
    given = calls(count, batch, threads)
    stop = Event()
    with trigdsl.SharedEngine(trigdsl.parse(RULES), url, shards=SHARDS) as engine:
        engine.work()
        workers = [Thread(target=engine.run, args=(stop,), kwargs={"idle": 0.005}) for _ in range(threads)]
        for one in workers:
            one.start()
        began = timed(threads, given, engine.feed_many)
        yield count / (time.perf_counter() - began)
        while engine.backlog():
            time.sleep(0.005)
        yield count / (time.perf_counter() - began)
        stop.set()
        for one in workers:
            one.join()


def ways(folder: str, postgres: str | None) -> Iterator[tuple[str, Callable[[int, int, int], Iterator[float]]]]:
    def fresh() -> str:
        return f"sqlite:///{folder}/{uuid4().hex}.db"

    def schema() -> str:
        return f"{postgres}{'&' if '?' in str(postgres) else '?'}schema=t{uuid4().hex}"

    yield "memory, one lock", lambda *given: one_lock(None, *given)
    yield "memory, by shard", lambda *given: by_shard([None] * SHARDS, *given)
    yield "SQLite, one lock", lambda *given: one_lock(fresh(), *given)
    yield "SQLite, by shard", lambda *given: by_shard([fresh() for _ in range(SHARDS)], *given)
    if postgres is not None:
        yield "PostgreSQL, one lock", lambda *given: one_lock(schema(), *given)
        yield "PostgreSQL, by shard", lambda *given: by_shard([schema() for _ in range(SHARDS)], *given)
        yield "inbox, one lock", lambda *given: inbox(schema(), *given, alone=True)
        yield "inbox, by shard", lambda *given: inbox(schema(), *given, alone=False)
        yield "PostgreSQL, shared", lambda *given: shared(schema(), *given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres")
    parser.add_argument("--threads", default="1,2,4,8")
    parser.add_argument("--records", type=int, default=4_000)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", help="where SQLite has its files; by default that of temporary files")
    parser.add_argument("--only", default="", help="only the ways whose name has this in it")
    given = parser.parse_args()
    threads = [int(one) for one in given.threads.split(",")]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {given.records} records, {given.batch} in a call")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        chosen = [(name, way) for name, way in ways(folder, given.postgres) if given.only in name]
        runs: dict[tuple[str, int], list[list[float]]] = {}
        for _ in range(given.repeats):
            # The ways take turns, so that what else the machine does is shared among them.
            for number in threads:
                for name, way in chosen:
                    runs.setdefault((name, number), []).append(list(way(number, given.records, given.batch)))
            print(f"{'records/s with threads':24}" + "".join(f"{one:>16}" for one in threads))
            for name, _way in chosen:
                best = [max(runs[name, number], key=lambda run: run[-1]) for number in threads]
                print(f"{name:24}" + "".join(f"{' / '.join(f'{one:,.0f}' for one in run):>16}" for run in best))
            print(f"load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
