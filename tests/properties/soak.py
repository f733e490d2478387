"""`make soak`: random cases for as long as one likes; those that fail are saved as readable cases.

Every case is decided by the definition and by the engine in each of its ways, and every law is tried on it.  What fails
is made as small as it goes and written to a file such as build/soak/replay-1795200417.case, with what the definition
decides as its expectation: it can be kept in tests/cases/engine once it is understood.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from differences import by_definition, difference, shrunk
from laws import LAWS
from programs import Case, case
from saving import saved
from trying import breach, smallest
from twists import twisted_case
from ways import WAYS, straying, strays

BLOCK = 5
"""How many cases one process tries before it looks at the clock."""


def failures(seed: int) -> Iterator[tuple[str, Case, str]]:
    """What is wrong with the case of a seed: a name, the smallest case, and how it fails."""
    drawn = case(seed)
    try:
        for kind, one in (("", drawn), ("twisted ", twisted_case(seed))):
            for name in straying(one):
                way = WAYS[name]
                less = way.form(shrunk(one, partial(strays, way=way)))
                yield kind + name, less, difference(less, way.decide)
    except Exception:
        yield "engine_is_definition", drawn, traceback.format_exc()
        return
    for law in LAWS:
        if breach(law, drawn, seed) is not None:
            yield law.__name__, *smallest(law, drawn, seed)


def try_block(first: int, folder: Path) -> list[Path]:
    return [
        saved(folder, name, seed, found, by_definition, how)
        for seed in range(first, first + BLOCK)
        for name, found, how in failures(seed)
    ]


def soak(seconds: float, jobs: int, first: int, folder: Path) -> int:
    """Try blocks of cases until the time is over; how many failures were saved."""
    end = time.monotonic() + seconds
    blocks = itertools.count(first, BLOCK)
    done = found = 0
    running: set[Future[list[Path]]] = set()
    with ProcessPoolExecutor(jobs) as pool:
        while running or time.monotonic() < end:
            while len(running) < jobs and time.monotonic() < end:
                running.add(pool.submit(try_block, next(blocks), folder))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for block in finished:
                done += BLOCK
                for path in block.result():
                    found += 1
                    print(f"failed: {path}", flush=True)
    print(f"{done} cases from seed {first}, {found} failures")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Try random cases for a while; save those that fail.")
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long (default: an hour)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)")
    parser.add_argument("--first", type=int, default=int(time.time()), help="the first seed (default: from the clock)")
    parser.add_argument(
        "--out", type=Path, default=Path("build/soak"), help="folder for failures (default: %(default)s)"
    )
    given = parser.parse_args()
    return 1 if soak(given.seconds, given.jobs, given.first, given.out) else 0


if __name__ == "__main__":
    sys.exit(main())
