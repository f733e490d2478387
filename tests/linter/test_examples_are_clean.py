"""No lint has anything to say of the examples, but for what a comment in them allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from trigdsl.linter.lint import lint
from trigdsl.loading import load_checked

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NEEDS_HOST = {"local_offers"}
"""Examples whose functions the host registers; they do not load alone."""


def programs() -> list[Path]:
    folders = sorted({path.parent for path in EXAMPLES.glob("*/*.trig")})
    whole = [folder for folder in folders if (folder / "tests.trig").exists() and folder.name not in NEEDS_HOST]
    single = [path for folder in folders if not (folder / "tests.trig").exists() for path in folder.glob("*.trig")]
    return whole + sorted(single)


@pytest.mark.parametrize("path", programs(), ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_an_example_is_clean(path: Path) -> None:
    program, checked = load_checked(path)
    assert [str(one) for one in lint(checked, program.diagnostics)] == []
