"""What the project itself shows is written in the one form."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trigdsl.formatter import format_text
from trigdsl.source import Source

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_docs import DOCUMENTS, ROOT, Block, blocks

FILES = sorted((ROOT / "examples").rglob("*.trig"))
SHOWN = [
    pytest.param(block, id=f"{document.relative_to(ROOT)}:{block.line}")
    for document in DOCUMENTS
    for block in blocks(document)
    if block.language == "trig" and not block.is_wrong
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_examples(file: Path) -> None:
    text = file.read_text("utf-8")
    assert format_text(Source(str(file), text)) == text, f"run: trig fmt {file.relative_to(ROOT)}"


@pytest.mark.parametrize("block", SHOWN)
def test_programs_in_documents(block: Block) -> None:
    assert format_text(Source("<shown>", block.text)) == block.text


def test_there_are_some() -> None:
    assert len(FILES) > 20
    assert len(SHOWN) > 50
