"""What is read from a file, by one process or by several, is decided as what is handed over in memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from budget import FIRST, share
from case_parts import Case
from differences import engine
from flat_programs import flat_case
from programs import case

import trigdsl
from trigdsl.records import parts
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

PARTS = 5


def from_file(drawn: Case, path: Path, workers: int) -> list[dict[str, Any]]:
    path.write_text("".join(json.dumps(record) + "\n" for record in drawn.records))
    options = dict(drawn.options)
    if "until" in options:
        options["until"] = parse_time(options["until"])[0]
    passing = Passing()
    inputs = read_inputs([str(path)], on_reject=lambda _: None, passing=passing, workers=workers)
    replay = Replay(trigdsl.parse(drawn.text), inputs, passing=passing, **options)
    return [decision.to_dict() for decision in replay]


def check(drawn: Case, path: Path, workers: int, seed: int) -> None:
    try:
        alone = engine(drawn)
    except trigdsl.TrigError:
        return
    assert from_file(drawn, path, workers) == alone, f"seed {seed}"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [case, flat_case])
def test_a_file_is_decided_as_records_in_memory(tmp_path: Path, draw: Any, part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(4), PARTS):
        check(draw(seed), tmp_path / "events.jsonl", 1, seed)


@pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")
@pytest.mark.parametrize("draw", [case, flat_case])
def test_several_processes_read_as_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Any) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 300)
    for seed in range(FIRST, FIRST + share(60)):
        check(draw(seed), tmp_path / "events.jsonl", 2, seed)
