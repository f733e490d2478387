"""What an engine in memory needs for many users who all wait for something, and what one more record costs then.

    python benchmarks/pending_timers.py --users 1000000

Every user leaves a basket, so that a message waits; then records come to users by chance, in calls of `Engine.feed`,
and at last all timers go off.  Memory is what the process has gained (its resident set, from /proc) for each user, the
texts of their names included.  Times are of the processor.  With `--json FILE` the figures are kept.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import time
from pathlib import Path

import trigdsl

RULE = 'rule cart: if cart and value > 200 then after 1d send push "Still there?" unless purchase'
BEGIN_MS = 1_767_225_600_000


def resident() -> int:
    """Bytes of this process that are in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("this measurement needs Linux: it reads /proc")


def record(user: int, at_ms: int, event: str) -> dict[str, object]:
    """What a host hands over, made anew each time as a decoder would."""
    properties = json.loads(f'{{"value": 250.5, "items": {user % 7}}}')
    return {"user": f"user-{user}", "time": at_ms, "event": event, "properties": properties, "id": f"e-{at_ms}-{user}"}


def measured(users: int, feeds: int) -> dict[str, float]:
    """The figures, by name: bytes for each user, microseconds for each call and timer."""
    engine = trigdsl.Engine(trigdsl.parse(RULE))
    gc.collect()
    before, began = resident(), time.process_time()
    for start in range(0, users, 1000):
        engine.feed_many(
            [record(user, BEGIN_MS + user // 100, "cart") for user in range(start, min(start + 1000, users))]
        )
    arming = time.process_time() - began
    gc.collect()
    held = resident() - before
    chance = random.Random(1)
    at = BEGIN_MS + users // 100
    came = [record(chance.randrange(users), at + n // 100, ("page_view", "cart", "open")[n % 3]) for n in range(feeds)]
    began = time.process_time()
    for one in came:
        engine.feed(one)
    feeding = time.process_time() - began
    began = time.process_time()
    sent = sum(decision.status == "sent" for decision in engine.advance((at + 3 * 86_400_000) / 1000))
    firing = time.process_time() - began
    if sent != users:
        raise SystemExit(f"{sent} messages, {users} expected")
    return {
        "bytes_per_user": held / users,
        "feed_us": feeding / feeds * 1e6,
        "arm_us": arming / users * 1e6,
        "timer_us": firing / users * 1e6,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--users", type=int, default=1_000_000)
    options.add_argument("--feeds", type=int, default=100_000, help="records fed one by one once all users wait")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    found = measured(chosen.users, chosen.feeds)
    print(f"{chosen.users:,} users with one pending timer each")
    print(f"memory                {found['bytes_per_user']:8.0f} bytes a user")
    print(f"a call of feed        {found['feed_us']:8.2f} µs of CPU")
    print(f"arming, in thousands  {found['arm_us']:8.2f} µs a record")
    print(f"a timer that goes off {found['timer_us']:8.2f} µs")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
