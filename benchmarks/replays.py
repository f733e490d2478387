"""`trig replay` side by side with the same rule written by hand, and in SQL: time, memory, and the same answer.

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

import streams

HERE = Path(__file__).parent
RULE = "rule cart: if cart_abandoned and cart.value > 200 then after 30m send push unless purchase while pending stack"


def engines(lines: Path, table: Path | None, out: str) -> dict[str, list[str]]:
    """What to run, by name."""
    replay = [sys.executable, "-m", "trigdsl", "replay", "-e", RULE, "--only", "sent", "--out", out]
    found = {
        "trig": [*replay, "--workers", "1", str(lines)],
        "trig, all cores": [*replay, str(lines)],
        "trig --sorted": [*replay, "--sorted", str(lines)],
        "by hand": [sys.executable, str(HERE / "peers.py"), "hand", str(lines)],
    }
    has_duckdb = importlib.util.find_spec("duckdb") is not None
    if has_duckdb:
        found["DuckDB"] = [sys.executable, str(HERE / "peers.py"), "duckdb", str(lines)]
    if table is not None:
        found["trig, Parquet"] = [*replay, str(table)]
        if has_duckdb:
            found["DuckDB, Parquet"] = [sys.executable, str(HERE / "peers.py"), "duckdb", str(table)]
    return found


def answer(name: str, said: bytes, out: Path) -> list[str]:
    """User and time of every message, sorted."""
    if not name.startswith("trig"):
        return sorted(said.decode().splitlines())
    decisions = [json.loads(line) for line in out.read_bytes().splitlines()]
    return sorted(f"{one['user']} {_milliseconds(one['time'])}" for one in decisions)


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


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--count", type=int, default=200_000, help="events of the stream")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "trigdsl-benchmarks")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    lines = streams.make(chosen.data, chosen.count)
    table = streams.as_parquet(lines) if importlib.util.find_spec("pyarrow") else None
    took: dict[str, list[tuple[float, float]]] = {}
    expected: list[str] | None = None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        commands = engines(lines, table, str(out))
        for turn in range(chosen.rounds):
            names = list(commands)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                seconds, cpu, said = measure(commands[name])
                found = answer(name, said, out)
                expected = found if expected is None else expected
                if found != expected:
                    sys.exit(f"{name} gives another answer: {len(found)} messages, {len(expected)} expected")
                took.setdefault(name, []).append((seconds, cpu))
    print(f"{chosen.count:,} events, {len(expected or ()):,} messages, medians of {chosen.rounds}\n")
    print("| engine | seconds | cpu | of `by hand` by cpu |")
    print("|---|--:|--:|--:|")
    base = statistics.median(cpu for _, cpu in took["by hand"])
    for name, runs in took.items():
        seconds, cpu = (statistics.median(values) for values in zip(*runs, strict=True))
        print(f"| {name} | {seconds:.2f} | {cpu:.2f} | {base / cpu:.2f} |")
    if chosen.json:
        chosen.json.write_text(json.dumps(took, indent=1) + "\n")


if __name__ == "__main__":
    main()
