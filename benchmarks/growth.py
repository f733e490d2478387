"""How the cost of an event grows with events, users, rules and pending timers; as figures, and as pictures.

    python benchmarks/growth.py --svg docs/benchmarks

Everything runs in this process and is given inputs that are decoded already, so that the machine alone is measured, in
CPU time.  Each point is the least of some rounds.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from many_rules import THREE, other_rules

import trigdsl
from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.model.inputs import Input

START, SECOND = 1_772_409_600_000_000, 1_000_000
EVENTS = (10_000, 30_000, 100_000, 300_000)
USERS = (100, 1_000, 10_000, 100_000)
RULES = (3, 30, 100, 300)
TIMERS = (10_000, 30_000, 100_000, 300_000)


def inputs(events: int, users: int) -> list[Input]:
    """A second between one event and the next, users by chance, one in ten a purchase."""
    chance = random.Random(1)
    return [
        Input(
            f"u{chance.randrange(users)}",
            START + number * SECOND,
            "purchase" if number % 10 == 9 else "cart",
            {"value": number % 400},
        )
        for number in range(events)
    ]


def microseconds(program: Program, given: list[Input], rounds: int) -> float:
    """CPU time for each event, timers that go off included."""
    least = float("inf")
    for _ in range(rounds):
        clockwork = Clockwork(program)
        gc.collect()
        began = time.process_time()
        for one in given:
            due = clockwork.next_due
            if due is not None and due < one.time:
                for _decision in clockwork.run_timers(one.time - 1):
                    pass
            clockwork.handle(one)
            clockwork.flush()
        least = min(least, time.process_time() - began)
    return least / len(given) * 1e6


def measured(rounds: int = 2) -> dict[str, list[dict[str, float]]]:
    """The points of each curve."""
    three = trigdsl.parse(THREE)
    names = 98
    return {
        "events": [{"at": count, "us": microseconds(three, inputs(count, 1_000), rounds)} for count in EVENTS],
        "users": [{"at": count, "us": microseconds(three, inputs(100_000, count), rounds)} for count in USERS],
        "rules": [
            {
                "at": count,
                "us": microseconds(trigdsl.parse(THREE + other_rules(count - 3, names)), inputs(50_000, 1_000), rounds),
            }
            for count in RULES
        ],
        "pending timers": [{"at": count, **_of_feed(of_timers(count))} for count in TIMERS],
    }


def of_timers(count: int) -> dict[str, float]:
    """In a process of its own, since memory that was used before is not given back to the system."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        script = Path(__file__).with_name("pending_timers.py")
        command = [sys.executable, str(script), "--users", str(count), "--feeds", "20000", "--json", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, float] = json.loads(out.read_text())
    return found


def _of_feed(found: dict[str, float]) -> dict[str, float]:
    return {"us": found["feed_us"], "bytes": found["bytes_per_user"]}


_SAID = {
    "events": "events of 1,000 users",
    "users": "users of 100,000 events",
    "rules": "rules, three of which an event concerns",
    "pending timers": "pending timers, one for each user",
}


def draw(found: dict[str, list[dict[str, Any]]], folder: Path) -> list[Path]:
    """A picture for each curve; needs matplotlib."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "trigdsl"
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, points in found.items():
        figure, axes = pyplot.subplots(figsize=(5, 3))
        axes.plot([one["at"] for one in points], [one["us"] for one in points], marker="o")
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel(_SAID[name])
        axes.set_ylabel("µs of CPU a call of feed" if name == "pending timers" else "µs of CPU an event")
        axes.grid(alpha=0.3)
        if name == "pending timers":
            other = axes.twinx()
            other.plot([one["at"] for one in points], [one["bytes"] for one in points], marker="s", color="tab:orange")
            other.set_ylim(bottom=0)
            other.set_ylabel("bytes a user (squares)")
        figure.tight_layout()
        path = folder / f"{name.replace(' ', '-')}.svg"
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
        made.append(path)
    return made


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--svg", type=Path, help="the folder for the pictures")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    found = measured(chosen.rounds)
    for name, points in found.items():
        print(f"\n{_SAID[name]}")
        for one in points:
            held = f"  {one['bytes']:6.0f} bytes" if "bytes" in one else ""
            print(f"{one['at']:>10,}  {one['us']:6.2f} µs{held}")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")
    if chosen.svg:
        draw(found, chosen.svg)


if __name__ == "__main__":
    main()
