"""`gate.py`: puts each fault of mutants.toml into a copy of the package, and asks the tests to find it.

One fault at a time; a fault that no test finds (it survives), or that can no longer be put in, fails the gate.  So do
tests that fail without any fault.  The package beside this folder is not touched: copies lie in a temporary folder.

    python tests/mutation/gate.py                     all of it, about two seconds for each fault
    python tests/mutation/gate.py -k unless           faults whose name says `unless`
    python tests/mutation/gate.py --every             which test of each suite finds it
    python tests/mutation/gate.py --check             only whether the faults can still be put in
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
ROOT = TESTS.parent
SUITES = ("cases", "definition", "laws")
MOST_SECONDS = 300
"""Of the processor's time, for one fault; a fault that takes more has made something endless, which is found too."""

USED = (TESTS, TESTS / "engine", TESTS / "properties", TESTS / "store")
"""Where the modules lie that the suites use."""

sys.path[:0] = [str(ROOT), *map(str, USED), str(HERE)]

Mutant = dict[str, str]

TABLE = """# What finds each fault

`make mutants` writes this. Under each suite stands the first test of it that failed; where it is empty, the suite finds
nothing or was not asked, since one before it had found the fault. `definition` are random programs (kind and seed) in
one of the ways of `tests/properties/ways.py`, against the executable definition; `cases` those of
`tests/cases/engine`, by file and title; `laws` those of `tests/properties/laws.py`.

"""

NO_FAULT: Mutant = {"name": "no fault at all", "theme": ""}


class Outcome:
    """What became of one fault: by suite, the test that found it."""

    def __init__(self, mutant: Mutant, found: dict[str, str | None], trouble: str | None = None) -> None:
        self.mutant = mutant
        self.found = found
        self.trouble = trouble

    @property
    def is_killed(self) -> bool:
        return self.trouble is None and any(self.found.values())

    @property
    def told(self) -> str:
        if self.trouble is not None:
            return f"TROUBLE   {self.mutant['name']}: {self.trouble}"
        tests = [f"{suite}: {test}" for suite, test in self.found.items() if test is not None]
        return f"{'killed' if tests else 'SURVIVED':<9} {self.mutant['name']}  [{'; '.join(tests)}]"


def mutants(word: str) -> list[Mutant]:
    listed: list[Mutant] = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    return [mutant for mutant in listed if re.search(word, mutant["name"], re.IGNORECASE)]


def trouble_with(mutant: Mutant, root: Path) -> str | None:
    """Why a fault cannot be put in, if so."""
    path = root / "trigdsl" / mutant["file"]
    if not path.is_file():
        return f"there is no trigdsl/{mutant['file']}"
    count = path.read_text(encoding="utf-8").count(mutant["old"])
    return None if count == 1 else f"its place stands {count} times in trigdsl/{mutant['file']}, not once"


# ------------------------------------------------------------------------ one fault
def try_mutant(mutant: Mutant, copy: Path, drawn: Path, suites: Sequence[str], every: bool) -> Outcome:
    """Put a fault into a copy of the package, test that, and take the fault out again."""
    trouble = trouble_with(mutant, copy)
    if trouble is not None:
        return Outcome(mutant, {}, trouble)
    path = copy / "trigdsl" / mutant["file"]
    good = path.read_text(encoding="utf-8")
    compiled = path.parent.glob(f"__pycache__/{path.stem}.*")
    for file in compiled:
        file.unlink()
    try:
        path.write_text(good.replace(mutant["old"], mutant["new"]), encoding="utf-8")
        return tested(mutant, copy, drawn, suites, every)
    finally:
        path.write_text(good, encoding="utf-8")


def tested(mutant: Mutant, copy: Path, drawn: Path, suites: Sequence[str], every: bool) -> Outcome:
    tests = copy / "tests"
    path = os.pathsep.join(map(str, (copy, *(copy / one.relative_to(ROOT) for one in USED))))
    command = [sys.executable, str(tests / "mutation" / "quick_suite.py"), mutant["theme"], str(drawn), *suites]
    ended = subprocess.run(
        [*command, "--every"] if every else command,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_time,
    )
    found: dict[str, Any] = dict(json.loads(line) for line in ended.stdout.splitlines())
    if not found.pop("start", "").startswith(str(copy)):
        return Outcome(mutant, {}, f"the package does not even start: {last_line(ended.stderr)}")
    if ended.returncode < 0:
        found[suites[len(found)]] = f"does not end within {MOST_SECONDS} s"
    elif ended.returncode:
        return Outcome(mutant, found, f"the tests do not run: {last_line(ended.stderr)}")
    return Outcome(mutant, found)


def last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def limit_time() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 5))


# ------------------------------------------------------------------------ all of them
def copied(folder: Path) -> Path:
    """A copy of the package and its tests, with what was compiled of them."""
    for name in ("trigdsl", "grammar", "tests"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def write_drawn(path: Path, count: int) -> None:
    """What the definition decides of so many random programs of each kind, a line of JSON for each form of a program.

    Every program is replayed, every tenth is decided in all other ways too.
    """
    from quick_suite import DRAWS
    from ways import WAYS, defined

    import trigdsl

    forms = {way.form: [name for name, other in WAYS.items() if other.form is way.form] for way in WAYS.values()}
    with path.open("w", encoding="utf-8") as file:
        for seed in range(400_000, 400_000 + count):
            for kind, draw in DRAWS.items():
                drawn = draw(seed)
                try:
                    trigdsl.parse(drawn.text)
                except trigdsl.TrigError:
                    continue
                for names in forms.values() if seed % 10 == 0 else [["replay"]]:
                    file.write(json.dumps([kind, seed, names, defined(drawn, WAYS[names[0]])]) + "\n")


def outcomes(listed: Sequence[Mutant], given: Any) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        copies = [copied(Path(folder) / str(number)) for number in range(given.jobs)]
        drawn = Path(folder) / "drawn.jsonl"
        if "definition" in given.suites:
            write_drawn(drawn, given.programs)
        trouble = trouble_without_fault(copies[0], drawn, given.suites)
        if trouble is not None:
            yield Outcome(NO_FAULT, {}, trouble)
            return
        free: SimpleQueue[Path] = SimpleQueue()
        for copy in copies:
            free.put(copy)

        def run(mutant: Mutant) -> Outcome:
            copy = free.get()
            try:
                return try_mutant(mutant, copy, drawn, given.suites, given.every)
            finally:
                free.put(copy)

        with ThreadPoolExecutor(given.jobs) as pool:
            yield from pool.map(run, listed)


def trouble_without_fault(copy: Path, drawn: Path, suites: Sequence[str]) -> str | None:
    """Tests that fail anyhow find nothing."""
    sound = tested(NO_FAULT, copy, drawn, suites, every=True)
    failing = ", ".join(test for test in sound.found.values() if test is not None)
    return sound.trouble or (f"tests fail as it is: {failing}" if failing else None)


def table(made: Sequence[Outcome], suites: Sequence[str]) -> str:
    """What each fault changes, and which test of each suite finds it, in Markdown."""
    rows = [["fault", "where", "what it changes", *suites], ["---"] * (len(suites) + 3)]
    rows += [
        [one.mutant["name"], one.mutant["file"], change(one.mutant), *(one.found.get(suite) or "" for suite in suites)]
        for one in made
    ]
    return TABLE + "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows) + "\n"


def change(mutant: Mutant) -> str:
    """The code that is put in the place of other code, each in one line."""
    old, new = (" ".join(mutant[key].split()) for key in ("old", "new"))
    quote = "``" if "`" in old + new else "`"
    return f"{quote}{old}{quote} becomes {quote}{new}{quote}" if new else f"{quote}{old}{quote} goes"


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Put faults into the engine, one at a time, and see that tests find them."
    )
    parser.add_argument("-k", default="", metavar="WORDS", help="only faults in whose name this pattern is found")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time (default: %(default)s)")
    parser.add_argument("--programs", type=int, default=500, help="random programs for each (default: %(default)s)")
    parser.add_argument("--suites", nargs="+", choices=SUITES, default=list(SUITES), help="(default: all)")
    parser.add_argument("--every", action="store_true", help="go on after the first suite that finds it")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write what found what, in Markdown")
    parser.add_argument("--check", action="store_true", help="only see whether the faults can be put in")
    given = parser.parse_args()
    listed = mutants(given.k)
    if given.check:
        made = [Outcome(mutant, {"": "not tried"}, trouble_with(mutant, ROOT)) for mutant in listed]
    else:
        made = []
        for one in outcomes(listed, given):
            print(one.told, flush=True)
            made.append(one)
    failed = [one for one in made if not one.is_killed]
    if given.table:
        given.table.write_text(table(made, given.suites), encoding="utf-8")
    print(f"\n{len(made)} faults, {len(made) - len(failed)} found")
    for one in failed:
        print(one.told)
    return 1 if failed or not made else 0


if __name__ == "__main__":
    sys.exit(main())
