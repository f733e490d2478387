"""Two commits side by side: has a replay become slower?

    python benchmarks/commits.py HEAD~1 HEAD --rounds 5

Both are checked out into folders of their own and replay the same stream in turns, so that what else the machine does
meets both alike.  What counts is the CPU time of the quickest run of each; the exit status is 1 when the second needs
more than `--most` times as much as the first.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import streams

HERE = Path(__file__).parent
PROGRAMS = {
    "a flat rule": "rule cart: if cart_abandoned and cart.value > 200 then after 30m send push unless purchase",
    "history": "rule r: if purchase and sum(purchase.price) in last 7d > 300 then send push unless page_view",
    "silence": "rule r: if no purchase for 7d then send sms between 10:00-20:00",
    "template": 'rule r: if cart_abandoned then after 1h send push "{{ cart.items }} items" unless purchase',
}


def checked_out(commit: str, folder: Path) -> Path:
    """The files of a commit, in a folder of its own."""
    place = folder / commit.replace("/", "_").replace("~", "-").replace("^", "-")
    place.mkdir()
    files = subprocess.run(["git", "archive", commit], cwd=HERE.parent, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(place)], input=files, check=True)
    return place


def cpu_of(place: Path, rules: str, events: Path) -> float:
    """CPU seconds of one replay, all of its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "trigdsl", "replay", "-e", rules, str(events)]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(place)}, cwd=place
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("old")
    options.add_argument("new")
    options.add_argument("--count", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--most", type=float, default=1.1, help="the ratio that is still no regression")
    options.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "trigdsl-benchmarks")
    chosen = options.parse_args()
    events = streams.make(chosen.data, chosen.count)
    slower = False
    with tempfile.TemporaryDirectory() as folder:
        places = [checked_out(commit, Path(folder)) for commit in (chosen.old, chosen.new)]
        print(f"| program | {chosen.old} | {chosen.new} | ratio |\n|---|--:|--:|--:|")
        for name, rules in PROGRAMS.items():
            took: list[list[float]] = [[], []]
            for turn in range(chosen.rounds):
                for which in (0, 1) if turn % 2 else (1, 0):
                    took[which].append(cpu_of(places[which], rules, events))
            old, new = map(min, took)
            slower = slower or new > chosen.most * old
            print(f"| {name} | {old:.2f} s | {new:.2f} s | {new / old:.2f} |", flush=True)
    return int(slower)


if __name__ == "__main__":
    sys.exit(main())
