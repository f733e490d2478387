"""The golden files of examples/pipeline are what the stages make; `python examples/pipeline/stages.py` writes them."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "examples" / "pipeline"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    spec = spec_from_file_location("stages", FOLDER / "stages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    stages: dict[str, str] = module.stages()
    return stages


@pytest.mark.parametrize(
    "name", ["tokens.txt", "tree.txt", "checked.txt", "code.py.txt", "plan.txt", "decisions.jsonl"]
)
def test_the_golden_file_is_what_the_stage_makes(name: str, made: dict[str, str]) -> None:
    assert (FOLDER / name).read_text("utf-8") == made[name]


def test_every_file_is_explained(made: dict[str, str]) -> None:
    shown = {"rule.trig", "events.jsonl", *made}
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == {"README.md", "stages.py", *shown}
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert [name for name in shown if f"]({name})" not in readme] == []
