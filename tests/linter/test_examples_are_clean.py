"""No lint has anything to say of the examples, but for what a comment in them allows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trigdsl.linter.lint import lint

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from example_programs import PROGRAMS, load_example


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_clean(name: str) -> None:
    program, checked = load_example(name)
    assert [str(one) for one in lint(checked, program.diagnostics)] == []
