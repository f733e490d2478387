"""`crash_writer.py URL COUNT DELIVERED`: feeds COUNT inputs into a store from where it stands, and delivers.

It is killed at any moment and started anew.  Each delivery is a line of DELIVERED; of ten times the sink fails three,
and once gives no answer in time.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

import trigdsl
from trigdsl.delivery.outbox import Backoff, Handover, Outbox
from trigdsl.store.errors import StoreFull, StoreLost

RULES = """
channel push:
  cap 3 per day
rule left: if cart and no purchase in last 1h then after 10m send push "{{ n }}" unless purchase
rule series:
  if signup
  then send email "one" then after 1h send email "two" then after 1h call note(user: user.name)
  stop on purchase
rule quiet: if no visit for 2h then send push
rule daily: if every day at 09:00 then send sms "{{ user.name }}"
rule loyal: if purchase and count(purchase) in last 1d >= 2 then set user.tier = "gold", send push once per 1d
rule gold: if user.tier changes then send email "{{ user.tier }}"
"""
START = 1_795_168_800
BATCH = 150


def records(first: int, count: int) -> Iterator[dict[str, Any]]:
    """The records from one on: each is made from its number alone."""
    for number in range(first, count):
        draw = random.Random(number)
        user = f"u{draw.randrange(400)}"
        found = {
            "user": user,
            "time": START + number * 2,
            "event": draw.choices(("visit", "cart", "purchase", "signup"), (10, 5, 1, 1))[0],
            "properties": {"n": number},
            "set": {"name": user.upper()},
        }
        if draw.random() < 0.1:
            found["id"] = f"e{number // 20}"
        if draw.random() < 0.002:
            found["alias"] = f"u{draw.randrange(400)}"
        if draw.random() < 0.01:
            found["time"] -= 4000
        yield found


def run(url: str, count: int, delivered: str) -> None:
    """Feed what is left, in batches of random size, and deliver until all has arrived."""
    program = trigdsl.parse(RULES)
    sink_file = os.open(delivered, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def sink(handover: Handover) -> None:
        drawn = random.random()
        if drawn < 0.3:
            raise ConnectionError("no answer")
        if drawn < 0.4:
            # It comes to its effect after all, but late.
            time.sleep(0.02)
        os.write(sink_file, f"{handover.decision.user} {handover.key}\n".encode())

    with trigdsl.Engine(program, store=url, log=True, lateness="20m") as engine:
        assert engine.store is not None
        backoff = Backoff(first=1000, longest=10_000, attempts=10**6)
        box = Outbox(engine.store, lease="1s", timeout=0.01, backoff=backoff)
        print("ready", flush=True)
        position = int(engine.position or 0)
        while position < count:
            upto = min(position + random.randint(1, BATCH), count)
            until_it_is_done(engine.feed_many, records(position, upto), position=upto)
            position = upto
            until_it_is_done(box.deliver, sink, 20)
        until_it_is_done(engine.advance, START + 2 * count + 7200)
        while until_it_is_done(box.backlog):
            if not until_it_is_done(box.deliver, sink, 500):
                time.sleep(0.01)


def until_it_is_done(call: Any, *given: Any, **named: Any) -> Any:
    """Call again when the store was lost or full, as a host does: the server is killed more often than a call is tried.

    When the store is full it says so, once for each call.
    """
    given, is_told = tuple(list(one) if isinstance(one, Iterator) else one for one in given), False
    while True:
        try:
            return call(*given, **named)
        except StoreLost:
            continue
        except StoreFull:
            if not is_told:
                print("full", flush=True)
            is_told = True
            time.sleep(0.02)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), sys.argv[3])
