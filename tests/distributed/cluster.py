"""Cases → what comes of them when their rows are split, sorted and decided apart, as a distributed engine does it.

All users of a case go through `rows` and `deciding`; the engine is a sort.  So this says what any engine must give,
and costs no JVM.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import pyarrow as pa
from case_parts import Case

import trigdsl
from trigdsl.distributed.deciding import Deciding, decide
from trigdsl.distributed.rows import PASSED, RECORD, REPORT, ROWS, Reading, report_of, rows_of_parts
from trigdsl.distributed.rules import travelling
from trigdsl.records.files import sources
from trigdsl.records.times import parse_time
from trigdsl.replayer.split import all_parts


def write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + "\n", encoding="utf-8")


def options_of(case: Case) -> dict[str, Any]:
    options = dict(case.options)
    if "until" in options:
        options["until"] = parse_time(options["until"])[0]
    return options


def record_rows(case: Case, folder: Path) -> tuple[pa.Table, int | None]:
    """The rows of a case, and the time of the last input; no record may have an id that came before, nor an alias."""
    path = folder / "events.jsonl"
    write_lines(path, case.records)
    reading = Reading(travelling(trigdsl.parse(case.text)), {}, options_of(case).get("until"))
    parts = dict(enumerate(all_parts(sources([str(path)]))))
    rows = pa.Table.from_batches(rows_of_parts(reading, parts, parts), ROWS)
    held = rows.to_pylist()
    times = [row["time"] for row in held if row["kind"] == RECORD]
    for row in held:
        if row["kind"] == REPORT:
            report = report_of(row["packed"]).part
            times += [report.last] if report.events and any(report.events.values()) else []
    return rows, max(times, default=None)


def in_partitions(rows: pa.Table, count: int) -> Iterator[list[pa.RecordBatch]]:
    """The rows of some users each, sorted, in small batches."""
    held = [row for row in rows.to_pylist() if row["kind"] not in (PASSED, REPORT)]
    held.sort(key=lambda row: (row["key"].encode(), row["time"], row["arrival"]))
    for number in range(count):
        part = [row for row in held if crc32(row["key"].encode()) % count == number]
        yield pa.Table.from_pylist(part, ROWS).to_batches(3)


def decided(case: Case, partitions: int = 3, **how: Any) -> list[dict[str, Any]]:
    """What comes of a case; raises TrigError for a program that the checker refuses."""
    program = travelling(trigdsl.parse(case.text))
    with tempfile.TemporaryDirectory() as folder:
        rows, last = record_rows(case, Path(folder))
    asked = Deciding(program=program, last=last, lines=True, **options_of(case), **how)
    made = [batch for part in in_partitions(rows, partitions) for batch in decide(asked, part)]
    return in_order_of_lines([row for batch in made for row in batch.to_pylist()])


def in_order_of_lines(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The decisions of rows of output in their defined order."""
    held = [row for row in rows if row["report"] is None]
    held.sort(key=lambda row: (row["status"] == "pending", row["time"], row["user"], row["number"]))
    return [json.loads(row["line"]) for row in held]
