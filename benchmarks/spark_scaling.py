"""What a replay on Spark costs by rows, partitions and cores: seconds, CPU seconds of all processes, events a second.

    python benchmarks/spark_scaling.py --events events.parquet --rules rules.trig --folder /tmp/scaling \
        --millions 1,10,50 --partitions 2,4,8,16,32 --masters 'local[1],local[2]' \
        --json scaling.json --table scaling.md

It writes the figures as JSON, and a table with the machine and what follows for many cores.  Without `--events` a
table of a million is made, without `--rules` the rule is the abandoned cart of `replays.py`.  More events than the
table has are its events again, of other users.  The start of the session is left out; each session's first replay,
which loads code and finds nothing compiled, stands apart as `first`.  The load of the machine is that at the end of
each run: on a machine that does other things, go by CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import streams
from pyarrow import parquet

import trigdsl
from trigdsl.distributed.spark_job import run_on_spark
from trigdsl.distributed.spark_session import session
from trigdsl.replayer.job import Job
from trigdsl.replayer.summary import Shown

RULE = (
    "rule cart: if cart_abandoned and cart.value > 200 then after 30m send push "
    "unless purchase within 2h between 09:00-21:00 local while pending stack"
)
MILLION = 1_000_000
SENT = Shown(statuses=frozenset({"sent"}))
GOAL_EVENTS, GOAL_CORES = 10_000, 64
"""Millions of events, and cores, for which it is reckoned what a replay costs."""


class Silent:
    """Nobody wants to know how far it is."""

    def read(self, count: int) -> None: ...
    def decision(self, count: int = 1) -> None: ...


def cpu_seconds() -> float:
    """CPU time of this process and of all that came from it and still run: Java and the Python workers."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in stats.items() if parent in ours} - ours:
        ours |= more
    return float(sum(stats[pid][1] for pid in ours if pid in stats)) / os.sysconf("SC_CLK_TCK")


def tables(folder: Path, events: Path, count: int) -> tuple[str, ...]:
    """Files with so many million events: the given one if it has so many, else files of a million each."""
    held = parquet.ParquetFile(events)
    millions = max(held.metadata.num_rows // MILLION, 1)
    if count == millions:
        return (str(events),)
    found = []
    for number in range(count):
        path = folder / f"{number:04}.parquet"
        if not path.exists():
            rows = _million(held, number % millions)
            if copy := number // millions:
                users = pc.binary_join_element_wise(rows.column("user").cast(pa.string()), str(copy), "-")
                at = rows.schema.get_field_index("user")
                rows = rows.set_column(at, "user", users.dictionary_encode())
            parquet.write_table(rows, path)
        found.append(str(path))
    return tuple(found)


def _million(held: parquet.ParquetFile, number: int) -> pa.Table:
    """The events of that number of millions."""
    start, taken, done = number * MILLION, [], 0
    for group in range(held.metadata.num_row_groups):
        rows = held.metadata.row_group(group).num_rows
        first, last = max(start - done, 0), min(start + MILLION - done, rows)
        if first < last:
            taken.append(held.read_row_group(group).slice(first, last - first))
        done += rows
    return pa.concat_tables(taken).unify_dictionaries()


def measure(spark: Any, program: trigdsl.Program, events: tuple[str, ...], partitions: int | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        job = Job(program=program, events=events, out=f"{folder}/decisions.jsonl", shown=SENT)
        start, cpu = time.perf_counter(), cpu_seconds()
        summary = run_on_spark(job, spark, Silent(), partitions)
        seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    sent = sum(rule.statuses.get("sent", 0) for rule in summary.rules)
    return {
        "events": summary.events,
        "partitions": partitions,
        "sent": sent,
        "seconds": round(seconds, 2),
        "cpu": round(cpu, 2),
        "per_second": round(summary.events / seconds),
        "load": round(os.getloadavg()[0], 1),
    }


def of_one_master(given: argparse.Namespace, master: str) -> None:
    """Measure in one session; what was found is in `--json` after each run."""
    program = trigdsl.parse(RULE) if given.rules is None else trigdsl.load(given.rules)
    spark = session(master, {"spark.ui.enabled": "false"})
    found: list[dict[str, Any]] = json.loads(given.json.read_text()) if given.json.exists() else []

    def run(millions: int, partitions: int | None, *, first: bool = False) -> None:
        events = tables(given.folder, given.events, millions)
        one = {"master": master, "first": first, **measure(spark, program, events, partitions)}
        found.append(one)
        print(one, flush=True)
        given.json.write_text(json.dumps(found, indent=1) + "\n")

    run(min(given.millions), None, first=True)
    for millions in given.millions:
        for partitions in given.partitions:
            run(millions, partitions)
    spark.stop()


# ---------------------------------------------------------------------- the table
def machine() -> str:
    """The machine in a line."""
    import pyspark

    model = platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()[:1]
    parts = [f"{os.cpu_count()} cores", model, f"{memory:.0f} GiB", f"Python {platform.python_version()}"]
    return ", ".join([*parts, f"Spark {pyspark.__version__}", *java])


def table(found: list[dict[str, Any]]) -> str:
    """The figures as a page of Markdown."""
    lines = [
        f"Measured on {machine()}.",
        "",
        "| master | events | partitions | seconds | CPU seconds | events a second | load |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found:
        partitions = "first" if one["first"] else one["partitions"]
        numbers = f"{one['seconds']:.1f} | {one['cpu']:.1f} | {one['per_second']:,} | {one['load']}"
        lines.append(f"| `{one['master']}` | {one['events']:,} | {partitions} | {numbers} |")
    most = max(one["events"] for one in found)
    large = [one for one in found if one["events"] == most and not one["first"]]
    if large:
        each = max(one["cpu"] for one in large) / (most / MILLION)
        seconds = each * GOAL_EVENTS / GOAL_CORES
        lines += [
            "",
            f"The largest run needed at most {each:.2f} CPU seconds for a million events, whatever the partitions: "
            f"{GOAL_EVENTS:,} million events are {each * GOAL_EVENTS:,.0f} CPU seconds, on {GOAL_CORES} cores "
            f"{seconds / 60:.1f} minutes.",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=_numbers, default=[1, 10])
    parser.add_argument("--partitions", type=_numbers, default=[2, 8])
    parser.add_argument("--masters", default="local[2]", help="several, with commas between them")
    parser.add_argument("--events", type=Path, help="a Parquet table of events; one of a million is made if not given")
    parser.add_argument("--rules", type=Path, help="the rules; an abandoned cart if not given")
    parser.add_argument(
        "--folder", type=Path, help="where tables are kept for another time; a temporary one if not given"
    )
    parser.add_argument("--json", type=Path, default=Path("spark_scaling.json"))
    parser.add_argument("--table", type=Path, default=Path("spark_scaling.md"))
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone is not None:
        of_one_master(given, given.alone)
        return
    folder = given.folder or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    given.json.unlink(missing_ok=True)
    events = given.events or streams.as_parquet(streams.make(folder, MILLION))
    try:
        for millions in given.millions:
            tables(folder, events, millions)
        for master in given.masters.split(","):
            _in_a_process_of_its_own(given, folder, events, master)
    finally:
        if given.folder is None:
            shutil.rmtree(folder)
    page = table(json.loads(given.json.read_text()))
    given.table.write_text(page)
    print(page)


def _in_a_process_of_its_own(given: argparse.Namespace, folder: Path, events: Path, master: str) -> None:
    """Java is started anew for each master."""
    told = {"millions": given.millions, "partitions": given.partitions}
    options = [f"--{name}={','.join(map(str, numbers))}" for name, numbers in told.items()]
    options += [f"--folder={folder}", f"--events={events}", f"--json={given.json}", f"--alone={master}"]
    if given.rules is not None:
        options.append(f"--rules={given.rules}")
    subprocess.run([sys.executable, __file__, *options], check=True)


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    main()
