"""One rule, written by hand: `python peers.py NAME EVENTS` prints user and time of every message that it would send.

The rule: half an hour after a basket worth more than 200 was left, unless a purchase came by then; an event of the
very moment still counts, and nothing is sent after the last event.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

DELAY = timedelta(minutes=30)


def hand(path: str) -> Iterator[tuple[str, str]]:
    """A loop and a heap of timers, over dicts that orjson makes (json without it); it trusts the file to be sorted."""
    try:
        from orjson import loads
    except ImportError:
        loads = json.loads
    timers: list[tuple[datetime, int, str, list[bool]]] = []
    waiting: dict[str, list[list[bool]]] = {}
    number, last = 0, ""
    due = datetime.max.isoformat()
    with open(path, "rb") as file:
        for line in file:
            record = loads(line)
            last = record["time"]
            while timers and due < last:
                at, _, user, run = heappop(timers)
                if run[0]:
                    yield user, _text(at)
                due = _text(timers[0][0]) if timers else ""
            if record["event"] == "cart_abandoned":
                value = record["properties"]["cart"].get("value")
                if value is not None and value > 200:
                    number += 1
                    run = [True]
                    heappush(timers, (datetime.fromisoformat(last) + DELAY, number, record["user"], run))
                    due = _text(timers[0][0])
                    waiting.setdefault(record["user"], []).append(run)
            elif record["event"] == "purchase":
                for run in waiting.pop(record["user"], ()):
                    run[0] = False
    while timers and _text(timers[0][0]) <= last:
        at, _, user, run = heappop(timers)
        if run[0]:
            yield user, _text(at)


def duckdb(path: str) -> Iterator[tuple[str, str]]:
    """SQL over the file as it stands."""
    import duckdb as db

    read = (
        "read_parquet(?, file_row_number = true)" if path.endswith(".parquet") else "read_json(?, columns = {COLUMNS})"
    )
    value = '"cart.value"' if path.endswith(".parquet") else "properties.cart.value"
    columns = "{user: 'VARCHAR', time: 'TIMESTAMP', event: 'VARCHAR', properties: 'STRUCT(cart STRUCT(value DOUBLE))'}"
    query = f"""
        with events as (
            select user, time::timestamp as time, event, {value} as value, row_number() over () as n
            from {read.replace("{COLUMNS}", columns)}
        )
        select user, strftime(time + interval 30 minutes, '%Y-%m-%dT%H:%M:%S.%gZ') from events as cart
        where event = 'cart_abandoned' and value > 200
          and time + interval 30 minutes <= (select max(time) from events)
          and not exists (
            select 1 from events as bought
            where bought.event = 'purchase' and bought.user = cart.user
              and bought.n > cart.n and bought.time <= cart.time + interval 30 minutes)"""
    connection = db.connect()
    connection.execute("set timezone = 'UTC'")
    yield from connection.execute(query, [path]).fetchall()


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


PEERS: dict[str, Callable[[str], Any]] = {"hand": hand, "duckdb": duckdb}

if __name__ == "__main__":
    sys.stdout.writelines(f"{user} {at}\n" for user, at in PEERS[sys.argv[1]](sys.argv[2]))
