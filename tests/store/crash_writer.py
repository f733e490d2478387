"""`crash_writer.py URL COUNT DELIVERED`: feeds COUNT inputs into a store from where it stands, and delivers.

It is killed at any moment and started anew.  Each delivery is a line of DELIVERED; the sink fails three times in ten.
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
from trigdsl.store.errors import StoreLost

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
        if random.random() < 0.3:
            raise ConnectionError("no answer")
        os.write(sink_file, f"{handover.decision.user} {handover.key}\n".encode())

    with trigdsl.Engine(program, store=url, log=True, lateness="20m") as engine:
        assert engine.store is not None
        box = Outbox(engine.store, lease="1s", backoff=Backoff(first=1000, longest=10_000, attempts=10**6))
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
    """Call again whenever the store was lost, as a host does: the server is killed more often than a call is tried."""
    given = tuple(list(one) if isinstance(one, Iterator) else one for one in given)
    while True:
        try:
            return call(*given, **named)
        except StoreLost:
            continue


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), sys.argv[3])
