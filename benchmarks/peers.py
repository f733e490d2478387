"""The programs of `workloads`, done in other ways: `python peers.py PEER WORKLOAD EVENTS` prints who got what and when.

Each line is the rule, the user and the time of a message.  All trust the file to be sorted, and check nothing.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from workloads import MOST_A_DAY, WORKLOADS, Rule, Workload

Sent = tuple[str, str, str]
DAY = timedelta(days=1)


def hand(path: str, work: Workload) -> Iterator[Sent]:
    """A loop and a heap of timers, over dicts that orjson makes (json without it)."""
    try:
        from orjson import loads
    except ImportError:
        loads = json.loads
    triggers: dict[str, list[tuple[int, Rule, timedelta]]] = {}
    for number, rule in enumerate(work.rules):
        triggers.setdefault(rule.event, []).append((number, rule, timedelta(minutes=rule.minutes)))
    waiting: dict[str, dict[str, list[list[bool]]]] = {rule.unless: {} for rule in work.rules}
    timers: list[tuple[datetime, str, int, int, list[bool], str]] = []
    sent_at: dict[str, deque[datetime]] = {}
    due, number, last = "~", 0, ""

    def go_off() -> Iterator[Sent]:
        at, user, _, _, run, name = heappop(timers)
        if not run[0]:
            return
        if work.capped:
            times = sent_at.setdefault(user, deque(maxlen=MOST_A_DAY))
            if len(times) == MOST_A_DAY and times[0] > at - DAY:
                return
            times.append(at)
        yield name, user, _text(at)

    with open(path, "rb") as file:
        for line in file:
            record = loads(line)
            last, event = record["time"], record["event"]
            while due < last:
                yield from go_off()
                due = _text(timers[0][0]) if timers else "~"
            user_runs = waiting.get(event)
            if user_runs is not None:
                for run in user_runs.pop(record["user"], ()):
                    run[0] = False
            for place, rule, delay in triggers.get(event, ()):
                value = record["properties"]
                for key in rule.path:
                    value = value.get(key) if isinstance(value, dict) else None
                if value is not None and value > rule.more:
                    number += 1
                    run, user = [True], record["user"]
                    heappush(timers, (datetime.fromisoformat(last) + delay, user, place, number, run, rule.name))
                    due = _text(timers[0][0])
                    waiting[rule.unless].setdefault(user, []).append(run)
    while timers and _text(timers[0][0]) <= last:
        yield from go_off()


def duckdb(path: str, work: Workload) -> Iterator[Sent]:
    """SQL over the file as it stands; the first exception after a trigger by an ASOF join."""
    import duckdb as db

    is_table = path.endswith(".parquet")
    read = "read_parquet(?)" if is_table else "read_json(?, columns = {COLUMNS})"
    fields = "STRUCT(cart STRUCT(value DOUBLE), price DOUBLE)"
    columns = f"{{user: 'VARCHAR', time: 'TIMESTAMP', event: 'VARCHAR', properties: '{fields}'}}"
    value, price = ('"cart.value"', "price") if is_table else ("properties.cart.value", "properties.price")
    connection = db.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(
        f"""create temp table events as
        select user, time::timestamp as time, event, {value} as cart_value, {price} as price,
               row_number() over () as n
        from {read.replace("{COLUMNS}", columns)}
        where event in ({", ".join(f"'{name}'" for name in sorted(_names(work)))}) """,
        [path],
    )
    parts = []
    for rule in work.rules:
        column = "_".join(rule.path)
        parts.append(
            f"""select '{rule.name}', t.user,
                strftime(t.time + interval {rule.minutes} minutes, '%Y-%m-%dT%H:%M:%S.%gZ')
            from (select * from events where event = '{rule.event}' and {column} > {rule.more}) t
            asof left join (select * from events where event = '{rule.unless}') x on t.user = x.user and x.n > t.n
            where t.time + interval {rule.minutes} minutes <= (select max(time) from last)
              and (x.time is null or x.time > t.time + interval {rule.minutes} minutes)"""
        )
    last = f"select max(time::timestamp) as time from {read.replace('{COLUMNS}', columns)}"
    connection.execute(f"create temp table last as {last}", [path])
    yield from connection.execute(" union all ".join(parts)).fetchall()


def polars(path: str, work: Workload) -> Iterator[Sent]:
    """Data frames over the file as it stands; the first exception after a trigger by `join_asof`."""
    import polars as pl

    if path.endswith(".parquet"):
        found = pl.scan_parquet(path).rename({"cart.value": "cart_value"}).with_row_index("n")
        found = found.with_columns(pl.col("user", "event").cast(pl.String))
    else:
        cart = pl.Struct({"value": pl.Float64})
        schema = {
            "user": pl.String,
            "time": pl.String,
            "event": pl.String,
            "properties": pl.Struct({"cart": cart, "price": pl.Float64}),
        }
        properties = pl.col("properties").struct
        found = (
            pl.scan_ndjson(path, schema=schema)
            .with_row_index("n")
            .with_columns(
                pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC"),
                cart_value=properties.field("cart").struct.field("value"),
                price=properties.field("price"),
            )
        )
    columns = ["n", "user", "time", "event", "cart_value", "price"]
    events, last = pl.collect_all(
        [found.filter(pl.col("event").is_in(sorted(_names(work)))).select(columns), found.select(pl.col("time").max())]
    )
    end = last.item()
    parts = []
    for rule in work.rules:
        due = pl.col("time") + timedelta(minutes=rule.minutes)
        triggered = events.filter((pl.col("event") == rule.event) & (pl.col("_".join(rule.path)) > rule.more))
        ends = events.filter(pl.col("event") == rule.unless).select("n", "user", ended="time")
        parts.append(
            triggered.with_columns(due=due)
            .filter(pl.col("due") <= end)
            .join_asof(ends, on="n", by="user", strategy="forward", allow_exact_matches=False, check_sortedness=False)
            .filter(pl.col("ended").is_null() | (pl.col("ended") > pl.col("due")))
            .select(pl.lit(rule.name).alias("rule"), "user", at=pl.col("due").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
        )
    yield from pl.concat(parts).rows()


def _names(work: Workload) -> set[str]:
    return {name for rule in work.rules for name in (rule.event, rule.unless)}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


PEERS: dict[str, Callable[[str, Workload], Any]] = {"hand": hand, "duckdb": duckdb, "polars": polars}

CAN_CAP = frozenset({"hand"})
"""Those that can say a cap, which needs each user's messages one after another."""

if __name__ == "__main__":
    peer, work, events = sys.argv[1:]
    sys.stdout.writelines(f"{rule} {user} {at}\n" for rule, user, at in PEERS[peer](events, WORKLOADS[work]))
