"""Memory of an engine on SQLite over time: `python benchmarks/store_memory.py [--inputs N] [--users N]`.

By default 5 million inputs of a million users, in batches of 500, by the rules of `store_throughput.py`.  After every
part a line tells how much memory the process has (resident, and the peak), how large the store is, and how fast it
went; the last line tells what the second half of the inputs has added.  Records are made as they go.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from itertools import islice
from pathlib import Path

from store_throughput import RULES, records

import trigdsl


def resident() -> float:
    """The megabytes that this process has in memory now; its peak where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak()
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1e3


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=5_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--parts", type=int, default=20)
    parser.add_argument("--folder", help="where the store is made, and removed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        engine = trigdsl.Engine(trigdsl.parse(RULES), store=f"sqlite:///{folder}/state.db")
        source, done, sizes = records(given.inputs, given.users), 0, []
        print("|    inputs | resident MB | peak MB | store MB | inputs/s | CPU us/input |", flush=True)
        while done < given.inputs:
            upto = min(done + max(given.inputs // given.parts, given.batch), given.inputs)
            began, worked = time.perf_counter(), time.process_time()
            first = done
            while done < upto:
                batch = list(islice(source, min(given.batch, upto - done)))
                engine.feed_many(batch)
                done += len(batch)
            took, worked = time.perf_counter() - began, time.process_time() - worked
            store = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
            speed, cost = (done - first) / took, worked / (done - first) * 1e6
            sizes.append(resident())
            line = (f"{done:>9,}", f"{sizes[-1]:>11,.0f}", f"{peak():>7,.0f}", f"{store:>8,.0f}", f"{speed:>8,.0f}")
            print("|", " | ".join(line), f"| {cost:>12.1f} |", flush=True)
        engine.close()
        middle = sizes[(len(sizes) - 1) // 2]
        print(f"the second half added {sizes[-1] - middle:+,.0f} MB to {middle:,.0f} MB")


if __name__ == "__main__":
    main()
