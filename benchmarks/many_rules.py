"""How the cost of an event grows with rules that it does not concern.

Feeds one stream of events to a program of three rules, and to one of 200 rules over 100 event names of which
three are those same rules, in turns; prints the least CPU time an event took with each, and their ratio.

    python benchmarks/many_rules.py
"""

from __future__ import annotations

import time

import trigdsl
from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.model.inputs import Input

EVENTS = 50_000
ROUNDS = 5

THREE = """
rule a: if cart and value > 200 then after 30m send push unless purchase between 09:00-21:00
rule b: if cart and count(cart) in last 1d == 3 then send email "three"
rule c: if cart and no purchase in last 7d then after 1d send sms unless purchase
"""


def other_rules(count: int, names: int) -> str:
    """Rules over other events, of the same kinds."""
    kinds = (
        "if {e} and value > 200 then after 30m send push unless {f} between 09:00-21:00",
        "if {e} and count({e}) in last 1d == 3 then send email",
        "if {e} and no {f} in last 7d then after 1d send sms unless {f}",
    )
    lines = []
    for n in range(count):
        event, other = f"event_{n % names}", f"event_{(n + 1) % names}"
        lines.append(f"rule r{n}: " + kinds[n % 3].format(e=event, f=other))
    return "\n".join(lines)


def run(program: Program) -> float:
    """Microseconds for each event of the stream: 1,000 users, an event each second, one in ten a purchase."""
    clockwork = Clockwork(program)
    inputs = [
        Input(
            f"u{n % 1_000}",
            1_700_000_000_000_000 + n * 1_000_000,
            "purchase" if n % 10 == 9 else "cart",
            {"value": n % 400},
        )
        for n in range(EVENTS)
    ]
    began = time.process_time()
    for given in inputs:
        for _ in clockwork.run_timers(given.time - 1):
            pass
        clockwork.handle(given)
    return (time.process_time() - began) / EVENTS * 1e6


def measured() -> dict[str, float]:
    """The least CPU time of an event with each program, and how they compare."""
    alone, among = trigdsl.parse(THREE), trigdsl.parse(THREE + other_rules(197, 98))
    times = [(run(alone), run(among)) for _ in range(ROUNDS)]
    alone_us, among_us = (min(column) for column in zip(*times, strict=True))
    return {"alone_us": alone_us, "among_us": among_us, "ratio": among_us / alone_us}


def main() -> None:
    found = measured()
    print(f"3 rules alone        {found['alone_us']:6.2f} µs an event")
    print(f"among 200 rules      {found['among_us']:6.2f} µs an event")
    print(f"ratio                {found['ratio']:6.2f}")


if __name__ == "__main__":
    main()
