"""Two commits side by side: has a replay become slower?

    python benchmarks/commits.py HEAD~1 HEAD

Both are checked out into folders of their own and replay the same streams.  What counts is how many instructions they
execute, which does not hang on what else the machine does: by `perf stat` where the processor's counters can be read,
else under Valgrind.  Where neither is there, both run in turns, and the CPU time of the quickest run counts, or
with `--by calls` how many functions Python calls.  The exit status is 1 when the second needs more than `--most` times
as much as the first.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import streams

HERE = Path(__file__).parent
PROGRAMS = {
    "a flat rule": "rule cart: if cart_abandoned and cart.value > 200 then after 30m send push unless purchase",
    "history": "rule r: if purchase and sum(purchase.price) in last 7d > 300 then send push unless page_view",
    "silence": "rule r: if no purchase for 7d then send sms between 10:00-20:00",
    "template": 'rule r: if cart_abandoned then after 1h send push "{{ cart.items }} items" unless purchase',
}

Measure = Callable[[Path, list[str]], float]
"""What a `trig` command costs with the package in a folder."""

_CALLS = """
import sys
from pathlib import Path
from trigdsl.cli import main
count = 0
def note(frame, event, argument):
    global count
    count += event in ("call", "c_call")
sys.setprofile(note)
try:
    main()
except SystemExit as ended:
    sys.setprofile(None)
    if ended.code:
        raise
sys.setprofile(None)
Path({out!r}).write_text(str(count))
"""


def checked_out(commit: str, folder: Path) -> Path:
    """The files of a commit, in a folder of its own."""
    place = folder / commit.replace("/", "_").replace("~", "-").replace("^", "-")
    place.mkdir()
    files = subprocess.run(["git", "archive", commit], cwd=HERE.parent, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(place)], input=files, check=True)
    return place


def _run(place: Path, command: list[str]) -> None:
    # With the hashes of texts the same in every run, so are the instructions; bytecode is made before it counts.
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONHASHSEED": "0"}
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=place
    )


def by_cpu(place: Path, arguments: list[str]) -> float:
    """CPU seconds, of all processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(place, [sys.executable, "-m", "trigdsl", *arguments])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_perf(place: Path, arguments: list[str]) -> float:
    """Instructions in user space, as the processor counts them."""
    with tempfile.NamedTemporaryFile("r") as out:
        perf = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", out.name]
        _run(place, [*perf, sys.executable, "-m", "trigdsl", *arguments])
        found = re.search(r"^(\d+),", out.read(), re.MULTILINE)
    if found is None:
        raise OSError("perf counts no instructions here")
    return float(found[1])


def by_valgrind(place: Path, arguments: list[str]) -> float:
    """Instructions, as Valgrind counts them: some forty times slower than the replay itself."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={out}"]
        _run(place, [*valgrind, sys.executable, "-m", "trigdsl", *arguments])
        found = re.search(r"^summary: (\d+)", out.read_text(), re.MULTILINE)
    if found is None:
        raise OSError("Valgrind counted nothing")
    return float(found[1])


def by_calls(place: Path, arguments: list[str]) -> float:
    """How many functions Python calls, those written in C included."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "calls"
        _run(place, [sys.executable, "-c", _CALLS.replace("{out!r}", repr(str(out))), *arguments])
        return float(out.read_text())


class Way(NamedTuple):
    """How to measure: how often each must run, of which the least counts, and what the figures are."""

    measure: Measure
    rounds: int
    unit: str


WAYS = {
    "perf": Way(by_perf, 1, "instructions"),
    "valgrind": Way(by_valgrind, 1, "instructions"),
    "cpu": Way(by_cpu, 5, "s of CPU"),
    "calls": Way(by_calls, 1, "calls"),
}


def best_way() -> str:
    """The most exact way that works here."""
    if shutil.which("perf"):
        tried = subprocess.run(
            ["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True, check=False
        )
        if re.search(r"^\d+,", tried.stderr, re.MULTILINE):
            return "perf"
    return "valgrind" if shutil.which("valgrind") else "cpu"


class Row(NamedTuple):
    """What one program costs before and after."""

    program: str
    old: float
    new: float

    @property
    def ratio(self) -> float:
        return self.new / self.old


def compared(old: Path, new: Path, programs: dict[str, str], events: Path, way: Way) -> list[Row]:
    """The cost of each program with the package in one folder and in another; they take turns."""
    rows = []
    for name, rules in programs.items():
        arguments = ["replay", "-e", rules, str(events), "--workers", "1"]
        took: dict[Path, list[float]] = {old: [], new: []}
        for turn in range(way.rounds):
            for place in (old, new) if turn % 2 else (new, old):
                took[place].append(way.measure(place, arguments))
        rows.append(Row(name, min(took[old]), min(took[new])))
    return rows


def slower(rows: list[Row], most: float) -> list[Row]:
    """The programs that need more than `most` times as much as before."""
    return [row for row in rows if row.ratio > most]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("old")
    options.add_argument("new")
    options.add_argument("--count", type=int, default=20_000, help="events of the stream")
    options.add_argument("--by", choices=WAYS, help="how to measure; else the most exact way that works here")
    options.add_argument("--most", type=float, help="the ratio that is still no regression (1.03; of CPU time 1.15)")
    options.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "trigdsl-benchmarks")
    chosen = options.parse_args()
    events = streams.make(chosen.data, chosen.count)
    by = chosen.by or best_way()
    most = chosen.most or (1.15 if by == "cpu" else 1.03)
    with tempfile.TemporaryDirectory() as folder:
        old, new = (checked_out(commit, Path(folder)) for commit in (chosen.old, chosen.new))
        for place in (old, new):
            _run(place, [sys.executable, "-m", "trigdsl", "replay", "-e", "if a then send push", str(events)])
        rows = compared(old, new, PROGRAMS, events, WAYS[by])
    print(f"{WAYS[by].unit} by {by}; more than {most:g} times as many is a regression")
    print(f"\n| program | {chosen.old} | {chosen.new} | ratio |\n|---|--:|--:|--:|")
    for row in rows:
        print(f"| {row.program} | {row.old:,.6g} | {row.new:,.6g} | {row.ratio:.3f} |")
    return int(bool(slower(rows, most)))


if __name__ == "__main__":
    sys.exit(main())
