"""A replay of Parquet starts without NumPy, unless somebody else wants it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

RULES = "rule r: if cart and price > 2 then send push"
AFTER = """
import json, sys
{before}
from trigdsl.cli import main
args = json.loads(sys.argv[1])
status = main(args)
was_there = "numpy" in sys.modules
import numpy
print(json.dumps([status, was_there, numpy.arange(3).sum().item()]))
"""


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.parquet"
    times = pa.array([1_700_000_000, 1_700_000_001], pa.timestamp("s", "UTC"))
    columns = {"user": ["u", "v"], "time": times, "event": ["cart", "cart"], "price": [2.0, 3.0]}
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(("before", "was_there"), [("", False), ("import numpy", True), ("import pyarrow", True)])
def test_numpy_is_imported_by_whoever_wants_it(tmp_path: Path, events: Path, before: str, was_there: bool) -> None:
    out = tmp_path / "out.jsonl"
    args = json.dumps(["replay", "-e", RULES, str(events), "--out", str(out)])
    code = AFTER.format(before=before)
    done = subprocess.run([sys.executable, "-c", code, args], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [0, was_there, 3]
    assert [json.loads(line)["user"] for line in out.read_text().splitlines()] == ["v"]
