"""`make fuzz`: damaged inputs for one target, or all in turn, for as long as one likes.

With atheris installed (`pip install atheris`) it is asked for inputs that reach new code; without, the files of the
corpus are damaged at random.  What fails is written to build/fuzz/TARGET; what is understood and mended belongs into
corpus/TARGET, where every test run reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import random
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST_MEMORY = 2 * 2**30
"""Bytes that a target may take; beyond it fails with MemoryError."""


def with_atheris(target: str, seconds: int, out: Path) -> int:
    """Run one target under atheris, in a process of its own, for that ends with it."""
    found = out / "corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    code = (
        "import sys, atheris\n"
        "with atheris.instrument_imports(include=['trigdsl']):\n"
        "    from targets import fuzzed\n"
        f"atheris.Setup(sys.argv, lambda data: fuzzed({target!r}, data))\n"
        "atheris.Fuzz()\n"
    )
    flags = [f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048", f"-artifact_prefix={out / target}-"]
    folders = [str(found), str(HERE / "corpus" / target)]
    path = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([sys.executable, "-c", code, *flags, *folders], env=environment, check=False).returncode


def at_random(target: str, seconds: int, out: Path, seed: int) -> int:
    """Damage the corpus at random; how many inputs failed."""
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    from targets import fuzzed
    from test_fuzz import PIECES, seeds

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    chance = random.Random(seed)
    end, tried, failed = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        data = bytearray(chance.choice(seeds(target)))
        for _ in range(chance.randint(1, 8)):
            start = chance.randint(0, len(data))
            length = chance.randint(0, 40)
            piece = bytes(data[start : start + length])
            other = chance.choice(seeds(target))
            puts = (b"", piece * 2, piece * 50, other[start : start + 80], chance.choice(PIECES), chance.randbytes(2))
            data[start : start + length] = chance.choice(puts)
        tried += 1
        try:
            fuzzed(target, bytes(data))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed += 1
            path = save(out / target, bytes(data), traceback.format_exc())
            print(f"failed: {path}", flush=True)
    print(f"{target}: {tried} inputs, {failed} failures (seed {seed})")
    return failed


def save(folder: Path, data: bytes, how: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(how, encoding="utf-8")
    return path


def main() -> int:
    names = sorted(path.name for path in (HERE / "corpus").iterdir())
    parser = argparse.ArgumentParser(description="Give damaged inputs to what reads texts, files and templates.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(names)} (default: all in turn)")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the chance (default: from the clock)")
    parser.add_argument(
        "--out", type=Path, default=Path("build/fuzz"), help="folder for failures (default: %(default)s)"
    )
    parser.add_argument("--plain", action="store_true", help="without atheris, though it is installed")
    given = parser.parse_args()
    if not set(given.targets) <= set(names):
        parser.error(f"targets are {', '.join(names)}")
    failed = 0
    for target in given.targets or names:
        if given.plain or importlib.util.find_spec("atheris") is None:
            failed += at_random(target, given.seconds, given.out, given.seed)
        else:
            failed += with_atheris(target, given.seconds, given.out.resolve()) != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
