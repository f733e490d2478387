"""Every claim about speed, measured again: one table, the figures as JSON, and docs/benchmarks.md with its pictures.

    pip install -e '.[bench]' && (cd /tmp && npm install json-rules-engine)
    python benchmarks/all.py --count 1000000 --rounds 3 --node /tmp --json results.json --docs docs

Measurements that are compared take turns within one run.  What is not installed is left out.  Together they take some
ten minutes with 200,000 events on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import evaluation
import expressions
import growth
import many_rules
import replays
from workloads import WORKLOADS

import trigdsl

HERE = Path(__file__).parent
PACKAGES = ("duckdb", "polars", "orjson", "pyarrow", "cel-python", "rule-engine", "zen-engine")
BEGIN, END = "<!-- measured: what stands from here is written by benchmarks/all.py -->", "<!-- measured: the end -->"


def circumstances() -> dict[str, Any]:
    """The machine, the versions, the commit, and how busy the machine was."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip() or None,
        "trigdsl": trigdsl.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "packages": {name: version for name in PACKAGES if (version := _version(name)) is not None},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def measured(chosen: argparse.Namespace) -> dict[str, Any]:
    """All figures, by what they are of."""
    found: dict[str, Any] = {"circumstances": circumstances(), "events": chosen.count, "rounds": chosen.rounds}
    lines, table = replays.files(chosen.data, chosen.count)
    steps: dict[str, Any] = {
        "replays": lambda: {
            work: replays.rows(replays.compared(work, lines, table, chosen.rounds)) for work in WORKLOADS
        },
        "evaluation": lambda: evaluation.measured(chosen.node),
        "expressions": expressions.table,
        "many rules": many_rules.measured,
        "pending timers": lambda: {"users": chosen.users, **growth.of_timers(chosen.users)},
        "growth": lambda: growth.measured(1),
    }
    for name, step in steps.items():
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        found[name] = step()
        if chosen.json:
            chosen.json.write_text(json.dumps(found, indent=1) + "\n")
    return found


def report(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    about, timers, rules = found["circumstances"], found["pending timers"], found["many rules"]
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    ratios = [one["ratio"] for one in found["expressions"]]
    lines = [
        f"Measured on {about['date']} at commit {about['commit']}: {about['processor']}, {about['cores']} cores, "
        f"{about['system']}, load {about['load']}; Python {about['python']}, {packages}.",
        "",
        f"### Replays of {found['events']:,} events",
        "",
        f"CPU time of whole processes, all of their threads, in turns; {_rounds(found['rounds'])}. "
        "The last column is that of the loop by hand divided by it: more is better.",
        "",
        "| program | engine | seconds of CPU | of `by hand` |",
        "|---|---|--:|--:|",
    ]
    for work, rows in found["replays"].items():
        lines += [f"| {work} | {one['engine']} | {one['cpu']:.2f} | {one['of_by_hand']:.2f} |" for one in rows]
    lines += [
        "",
        "### One condition",
        "",
        "Nanoseconds of CPU time for a call, with the loop that calls it. All engines gave the same answers.",
        "",
        evaluation.as_table(found["evaluation"]),
        "",
        "### Everything else",
        "",
        "| what | figure |",
        "|---|--:|",
        "| a condition beside a Python lambda, the loop taken off, geometric mean | "
        f"{statistics.geometric_mean(ratios):.2f} × |",
        f"| an event among 200 rules, beside the three that it concerns alone | {rules['ratio']:.2f} × |",
        f"| memory of a user for whom a message waits, of {timers['users']:,} | {timers['bytes_per_user']:.0f} bytes |",
        f"| a call of `Engine.feed` then | {timers['feed_us']:.1f} µs of CPU |",
        f"| a timer that goes off | {timers['timer_us']:.1f} µs of CPU |",
    ]
    return "\n".join(lines)


def _rounds(count: int) -> str:
    return "one round" if count == 1 else f"medians of {count} rounds"


def write_docs(found: dict[str, Any], docs: Path) -> None:
    """Put the figures into the page, and draw its pictures."""
    page = docs / "benchmarks.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{report(found)}\n\n{END}{after}", "utf-8")
    growth.draw(found["growth"], docs / "benchmarks")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--count", type=int, default=200_000, help="events of the replays")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--users", type=int, default=1_000_000, help="users for whom a message waits")
    options.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "trigdsl-benchmarks")
    options.add_argument("--node", type=Path, help="a folder in which npm has installed json-rules-engine")
    options.add_argument("--json", type=Path, help="where the figures are kept")
    options.add_argument("--docs", type=Path, help="the folder of the page benchmarks.md")
    options.add_argument("--from-json", type=Path, help="figures that were kept: measure nothing")
    chosen = options.parse_args()
    found = json.loads(chosen.from_json.read_text("utf-8")) if chosen.from_json else measured(chosen)
    print(report(found))
    if chosen.docs:
        write_docs(found, chosen.docs)


if __name__ == "__main__":
    main()
