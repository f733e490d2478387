"""`trig replay` side by side with the same rules written by hand, in SQL and as data frames: time, and the same answer.

    python benchmarks/replays.py --count 1000000 --rounds 3

Every measurement is a fresh process, timed from its start to its end; they take turns, and each answer is compared
with that of the first.  `cpu` is user time of all processes, which wanders less than `seconds` on a machine that has
other work.  What is not installed is left out.  With `--json FILE` all measurements are kept.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import streams
from peers import CAN_CAP
from workloads import WORKLOADS

HERE = Path(__file__).parent


def engines(work: str, lines: Path, table: Path | None, out: str) -> dict[str, list[str]]:
    """What to run, by name."""
    replay = [sys.executable, "-m", "trigdsl", "replay", "-e", WORKLOADS[work].text, "--only", "sent", "--out", out]
    found = {
        "trig": [*replay, "--workers", "1", str(lines)],
        "trig, all cores": [*replay, str(lines)],
        "trig --sorted": [*replay, "--sorted", str(lines)],
    }
    if table is not None:
        found["trig, Parquet"] = [*replay, str(table)]
    for peer, name, package in (
        ("hand", "by hand", None),
        ("duckdb", "DuckDB", "duckdb"),
        ("polars", "Polars", "polars"),
    ):
        if (package is not None and importlib.util.find_spec(package) is None) or (
            WORKLOADS[work].capped and peer not in CAN_CAP
        ):
            continue
        found[name] = [sys.executable, str(HERE / "peers.py"), peer, work, str(lines)]
        if table is not None and package is not None:
            found[f"{name}, Parquet"] = [sys.executable, str(HERE / "peers.py"), peer, work, str(table)]
    return found


def answer(name: str, said: bytes, out: Path) -> list[str]:
    """Rule, user and time of every message, sorted."""
    if not name.startswith("trig"):
        return sorted(said.decode().splitlines())
    decisions = [json.loads(line) for line in out.read_bytes().splitlines()]
    return sorted(f"{one['rule']} {one['user']} {_milliseconds(one['time'])}" for one in decisions)


def _milliseconds(text: str) -> str:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:3].ljust(3, '0')}Z"


def measure(command: list[str]) -> tuple[float, float, bytes]:
    """Seconds, CPU seconds, and what it said."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": str(HERE.parent)}
    )
    seconds = time.perf_counter() - began
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, done.stdout


def compared(work: str, lines: Path, table: Path | None, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and CPU seconds of each engine in each round; ends the program when one gives another answer."""
    took: dict[str, list[tuple[float, float]]] = {}
    expected: list[str] | None = None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        commands = engines(work, lines, table, str(out))
        for turn in range(rounds):
            names = list(commands)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                seconds, cpu, said = measure(commands[name])
                found = answer(name, said, out)
                expected = found if expected is None else expected
                if found != expected:
                    sys.exit(f"{name} gives another answer: {len(found)} messages, {len(expected)} expected")
                took.setdefault(name, []).append((seconds, cpu))
    return took


def rows(took: dict[str, list[tuple[float, float]]]) -> list[dict[str, Any]]:
    """The medians of each engine, and the CPU time by hand divided by its own."""
    base = statistics.median(cpu for _, cpu in took["by hand"])
    found = []
    for name, runs in took.items():
        seconds, cpu = (statistics.median(values) for values in zip(*runs, strict=True))
        found.append({"engine": name, "seconds": seconds, "cpu": cpu, "of_by_hand": base / cpu})
    return found


def files(folder: Path, count: int) -> tuple[Path, Path | None]:
    """The stream as JSON Lines, and as Parquet where pyarrow is there."""
    lines = streams.make(folder, count)
    return lines, streams.as_parquet(lines) if importlib.util.find_spec("pyarrow") else None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--count", type=int, default=200_000, help="events of the stream")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "trigdsl-benchmarks")
    options.add_argument("--work", choices=[*WORKLOADS], action="append", help="may be given several times; else all")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    lines, table = files(chosen.data, chosen.count)
    kept = {}
    print(f"{chosen.count:,} events, medians of {chosen.rounds}")
    for work in chosen.work or WORKLOADS:
        kept[work] = rows(compared(work, lines, table, chosen.rounds))
        print(f"\n{work}\n\n| engine | seconds | cpu | of `by hand` by cpu |\n|---|--:|--:|--:|")
        for one in kept[work]:
            print(f"| {one['engine']} | {one['seconds']:.2f} | {one['cpu']:.2f} | {one['of_by_hand']:.2f} |")
    if chosen.json:
        chosen.json.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
