"""`quick_suite.py THEME DRAWN SUITE…`: tests the `trigdsl` that Python finds → which test of each suite failed first.

Run by `gate.py` with a package that has a fault.  The suites:

- `cases`: those of tests/cases/engine, the file THEME first.
- `definition`: random programs in the ways of `ways.py` against what the definition decides, which DRAWN holds.
- `laws`: those of tests/properties, on random programs.

It stops at the first failure, unless `--every` is given: then at the first of each suite.  To standard output goes
one line of JSON for the start, with the package's place, and one for each suite that came to an end: its name, and
the name of the test that failed or null.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import test_cases
from case_files import FOLDER, read_cases
from flat_programs import flat_case
from laws import LAWS
from programs import Case, case
from trying import breach
from twists import twisted_case
from ways import WAYS, decided

import trigdsl

DRAWS = {"ordinary": case, "twisted": twisted_case, "flat": flat_case}

LAW_CASES = 10
"""Random programs for each law."""


def failing_case(theme: str) -> str | None:
    """The first case that fails, those of the theme's file before the others."""
    files = sorted(FOLDER.glob("*.case"), key=lambda path: (path.stem != theme, path.name))
    for path in files:
        for one in read_cases(path):
            for test in (test_cases.test_replay, test_cases.test_one_by_one):
                if one.one_by_one or test is test_cases.test_replay:
                    try:
                        test(one)
                    except Exception:
                        return f"{path.stem}: {one.title}"
    return None


def failing_program(drawn: Path) -> str | None:
    """The first random program that some way does not decide as the definition does."""
    for line in drawn.read_text(encoding="utf-8").splitlines():
        draw, seed, ways, expected = json.loads(line)
        for name in ways:
            try:
                decisions = decided(DRAWS[draw](seed), WAYS[name])
            except Exception:
                return f"{name}, {draw} program {seed}"
            if plain(decisions) != expected:
                return f"{name}, {draw} program {seed}"
    return None


def plain(decisions: list[dict[str, Any]]) -> Any:
    return json.loads(json.dumps(decisions))


def broken_law() -> str | None:
    """The first law that is broken."""
    for number in range(LAW_CASES):
        for place, law in enumerate(LAWS):
            seed = 300_000 + 1_000 * place + number
            drawn: Case = case(seed)
            if breach(law, drawn, seed) is not None:
                return law.__name__
    return None


def failures(theme: str, drawn: Path, suites: list[str]) -> Iterator[tuple[str, str | None]]:
    for suite in suites:
        match suite:
            case "cases":
                yield suite, failing_case(theme)
            case "definition":
                yield suite, failing_program(drawn)
            case "laws":
                yield suite, broken_law()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("theme")
    parser.add_argument("drawn", type=Path)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--every", action="store_true")
    given = parser.parse_args()
    list(trigdsl.replay(trigdsl.parse("rule r: if e then send push"), []))
    print(json.dumps(["start", trigdsl.__file__]), flush=True)
    for suite, test in failures(given.theme, given.drawn, given.suites):
        print(json.dumps([suite, test]), flush=True)
        if test is not None and not given.every:
            return


if __name__ == "__main__":
    main()
