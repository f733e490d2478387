"""What the rules of all examples say in prose, in `examples/`: one file for each program.

The files are read and compared with the rules by people.  After a change that is meant to show there, write them anew
with `python tests/reading/test_examples_read.py` and read the difference.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from example_programs import PROGRAMS, load_example

from trigdsl.cli.prose import prose_of

HERE = Path(__file__).parent / "examples"


def file_of(program: str) -> Path:
    return HERE / f"{program.removesuffix('.trig').replace('/', '_')}.txt"


def text_of(program: str) -> str:
    return prose_of(load_example(program)[1]).to_text() + "\n"


@pytest.mark.parametrize("program", PROGRAMS)
def test_prose_of_an_example(program: str) -> None:
    assert text_of(program) == file_of(program).read_text("utf-8")


def test_there_is_a_file_for_each_example_and_no_other() -> None:
    assert {file_of(program) for program in PROGRAMS} == set(HERE.iterdir())


if __name__ == "__main__":
    for each in PROGRAMS:
        file_of(each).write_text(text_of(each), "utf-8")
