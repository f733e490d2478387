"""Reading one file that a test writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.reading import Reject, read_inputs

Read: TypeAlias = Callable[..., tuple[list[Input], list[Reject]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(contents, name=..., columns=...)`: the inputs and rejects of a file with these contents."""

    def read_file(
        contents: str | bytes, name: str = "events.jsonl", columns: Mapping[str, str] | None = None
    ) -> tuple[list[Input], list[Reject]]:
        path = tmp_path / name
        path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        rejects: list[Reject] = []
        return list(read_inputs([str(path)], columns=columns, on_reject=rejects.append)), rejects

    return read_file
