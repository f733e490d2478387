"""The example notebook runs from its first cell to its last, and shows what it is there to show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "examples" / "winback"
NOTEBOOK = FOLDER / "winback.ipynb"


def outputs(notebook: Any) -> list[str]:
    """The text and HTML of each code cell's outputs."""
    return [
        "\n".join(text for output in cell.outputs for _, text in sorted(output.get("data", {}).items()))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.fixture(scope="module")
def executed() -> list[str]:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()
    return outputs(notebook)


def test_it_shows_a_program_decisions_frames_and_a_story(executed: list[str]) -> None:
    assert [bool(shown) for shown in executed] == [False, True, True, True, True, True]
    assert '<span class="k">if</span>' in executed[1]
    decisions = len((FOLDER / "expected.jsonl").read_text("utf-8").splitlines())
    assert f"{decisions} decisions" in executed[2]
    assert "stop on landing_opened" in executed[4]
    assert "user carlos" in executed[5]


def test_the_outputs_in_the_file_are_those_of_today(executed: list[str]) -> None:
    kept = outputs(nbformat.read(NOTEBOOK, as_version=4))
    # The frames' looks are those of pandas and Polars, which change.
    for number in (1, 2, 5):
        assert kept[number] == executed[number], f"run {NOTEBOOK} again and save it with its outputs"
