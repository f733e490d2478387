"""What a replay on Spark costs by rows and partitions: seconds, CPU seconds of all processes, events a second.

    python benchmarks/spark_scaling.py --millions 1,10,50 --partitions 2,8 --master 'local[2]' --json scaling.json

The rule is the abandoned cart of `replays.py`, over Parquet of plain columns: a table that `streams.py` makes, as often
as it takes, each time of other users.  The start of the session is left out, and so is a first run that loads code.
Counts are compared with those of the first rows: as many tables must give as many times the decisions.
"""

from __future__ import annotations

import argparse
import json
import os
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

RULE = (
    "rule cart: if cart_abandoned and cart.value > 200 then after 30m send push "
    "unless purchase within 2h between 09:00-21:00 local while pending stack"
)
MILLION = 1_000_000


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


def tables(folder: Path, million: Path, count: int) -> tuple[str, ...]:
    """So many files of a million events each, in the folder: the first as it is, the others of other users."""
    found = []
    for number in range(count):
        path = folder / f"{number:03}.parquet"
        if not path.exists():
            rows = parquet.read_table(million)
            users = pc.binary_join_element_wise(rows.column("user").cast(pa.string()), str(number), "-")
            parquet.write_table(rows.set_column(rows.schema.get_field_index("user"), "user", users), path)
        found.append(str(path))
    return tuple(found)


def measure(spark: Any, program: trigdsl.Program, events: tuple[str, ...], partitions: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        job = Job(program=program, events=events, out=f"{folder}/decisions.parquet")
        start, cpu = time.perf_counter(), cpu_seconds()
        summary = run_on_spark(job, spark, Silent(), partitions)
        seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    decided = sum(summary.rules[0].statuses.values())
    made = {"events": summary.events, "partitions": partitions, "decisions": decided}
    return {**made, "seconds": round(seconds, 2), "cpu": round(cpu, 2), "per_second": round(summary.events / seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", default="1,10")
    parser.add_argument("--partitions", default="2,8")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--events", type=Path, help="a table of a million events; made if not given")
    parser.add_argument("--folder", type=Path, help="where tables are kept for another time")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        million = given.events or made_table(folder)
        program = trigdsl.parse(RULE)
        spark = session(given.master, {"spark.ui.enabled": "false"})
        measure(spark, program, tables(folder, million, 1), 2)
        found: list[dict[str, Any]] = []
        for count in map(int, given.millions.split(",")):
            for partitions in map(int, given.partitions.split(",")):
                found.append(measure(spark, program, tables(folder, million, count), partitions))
                print(found[-1], flush=True)
                if given.json is not None:
                    given.json.write_text(json.dumps(found, indent=1))
        spark.stop()


def made_table(folder: Path) -> Path:
    """A table of a million events."""
    return streams.as_parquet(streams.make(folder, MILLION))


if __name__ == "__main__":
    main()
