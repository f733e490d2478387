"""The examples as programs: which paths are one, and how each is loaded with the functions of its host."""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import Program
from trigdsl.loading import load_checked

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

SEVERAL_IN_ONE_FOLDER = ("abandoned_cart",)
"""Folders of which every file is a program of its own."""


def _programs() -> list[str]:
    folders = sorted({file.parent for file in EXAMPLES.rglob("*.trig")})
    paths: list[Path] = []
    for folder in folders:
        paths += sorted(folder.glob("*.trig")) if folder.name in SEVERAL_IN_ONE_FOLDER else [folder]
    return [str(path.relative_to(EXAMPLES)) for path in paths]


PROGRAMS = _programs()
"""Every program, from the examples' folder: a file or a folder."""


@cache
def load_example(program: str) -> tuple[Program, CheckedProgram]:
    """A program with the functions that `host.py` beside it registers, if there is one."""
    path = EXAMPLES / program
    host = path / "host.py"
    functions = runpy.run_path(str(host))["FUNCTIONS"] if host.exists() else {}
    return load_checked(path, functions)
