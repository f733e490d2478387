"""`decide.py COUNT`: what so many random cases decide, a line for each decision, to standard output."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from differences import engine
from programs import case

import trigdsl


def main(count: int) -> None:
    for seed in range(200_000, 200_000 + count):
        try:
            decisions = engine(case(seed))
        except trigdsl.TrigError as error:
            decisions = [{"refused": [found.message for found in error.diagnostics]}]
        for decision in decisions:
            print(json.dumps(decision))


if __name__ == "__main__":
    main(int(sys.argv[1]))
