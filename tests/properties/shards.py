"""A case → what it decides when its users are split over shards, in one process: a way to run that costs no forks."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from case_parts import Case

import trigdsl
from trigdsl.records import arrow_files, parts
from trigdsl.records.times import parse_time
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.split import in_process


class Silent:
    """Nobody wants to know how far it is."""

    def read(self, count: int) -> None:
        assert count >= 0

    def decision(self, count: int = 1) -> None:
        assert count > 0


def write_lines(path: Path, records: tuple[dict[str, Any], ...]) -> None:
    """With a line for nobody, so that the file is never empty, which would be too small to be split."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + "\n")


def by_shards(
    case: Case, shards: int = 3, start: Any = in_process, name: str = "events.jsonl", write: Any = write_lines
) -> list[dict[str, Any]]:
    """What the engine decides, from a file in parts of a few records; raises TrigError when it is refused."""
    program = trigdsl.parse(case.text)
    options = dict(case.options)
    if "until" in options:
        options["until"] = parse_time(options["until"])[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(parts, "LEAST_BYTES", 0),
        patch.object(parts, "LEAST_PARQUET_BYTES", 0),
        patch.object(parts, "PART_BYTES", 400),
        patch.object(arrow_files, "GROUP_BYTES", 400),
    ):
        path, out = Path(folder, name), Path(folder, "out.jsonl")
        write(path, case.records)
        run(Job(program=program, events=(str(path),), out=str(out), workers=shards, start=start, **options), Silent())
        return [json.loads(line) for line in out.read_bytes().splitlines()]
