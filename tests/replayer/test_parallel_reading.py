"""Nobody can tell how many processes read a file: inputs, counts, rejects and warnings are the same, in order."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from trigdsl.loading import parse
from trigdsl.records import parts
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.replayer.driver import Replay

RULES = "rule r: if cart and price > 20 then after 30s send push unless purchase\nrule s: if 3rd purchase then send sms"
START = 1_700_000_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 0)
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 1_000)


def replayed(path: Path, workers: int) -> tuple[Any, ...]:
    rejects: list[Any] = []
    warnings: list[Any] = []
    passing = Passing()
    inputs = read_inputs(
        [str(path)],
        on_reject=rejects.append,
        on_warning=lambda *what: warnings.append(what),
        passing=passing,
        workers=workers,
    )
    replay = Replay(parse(RULES), inputs, passing=passing)
    return list(replay), replay.stats, rejects, warnings


def lines(seed: int) -> list[str]:
    """Mostly events; some with an id, a huge number, half a character, without an offset, or no records at all."""
    rng = random.Random(seed)
    found = []
    for place in range(300):
        record: dict[str, Any] = {"user": f"u{rng.randrange(6)}", "time": START + rng.randrange(2_000)}
        record["event"] = rng.choice(["cart", "purchase", "view", "view", "view", "view"])
        record["properties"] = {"price": rng.choice([1, 20, 20.5, 30, "x", None, 2**70])}
        if place % 9 == 0:
            record["id"] = f"i{place % 4}"
        if place % 31 == 0:
            record["time"] = "2023-11-14T22:13:20"
        if place % 37 == 0:
            record["set"] = {"name": "\ud800"} if place % 2 else {"timezone": "Asia/Seoul"}
        if place % 41 == 0:
            record["alias"] = "u1"
        found.append("{broken" if place % 29 == 0 else json.dumps(record))
    return found


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_lines(tmp_path: Path, workers: int, seed: int) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\ufeff" + "\n".join(lines(seed)) + ("\n" if seed % 2 else ""))
    alone = replayed(path, 1)
    assert replayed(path, workers) == alone
    assert len(alone[2]) > 5
    assert alone[3]


def test_a_line_longer_than_a_part(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    long = json.dumps({"user": "u", "time": START, "event": "cart", "properties": {"price": 30, "text": "x" * 5_000}})
    path.write_text("\n".join([*lines(1)[:5], long, *lines(1)[5:20]]))
    assert replayed(path, 2) == replayed(path, 1)


def test_a_file_of_utf_16_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes("\n".join(lines(1)).encode("utf-16"))
    with pytest.raises(UnreadableFile, match=r"events\.jsonl.*UTF-16"):
        replayed(path, 2)


@pytest.mark.parametrize("zone", ["UTC", None])
def test_row_groups(tmp_path: Path, zone: str | None) -> None:
    path = tmp_path / "events.parquet"
    rng = random.Random(3)
    count = 200
    columns = {
        "user": [rng.choice(["u1", "u2", "", None]) for _ in range(count)],
        "time": pa.array([START + rng.randrange(2_000) for _ in range(count)], pa.timestamp("s", zone)),
        "event": [rng.choice(["cart", "purchase", "view", "view"]) for _ in range(count)],
        "price": [rng.choice([1.0, 30.0, None]) for _ in range(count)],
    }
    parquet.write_table(pa.table(columns), path, row_group_size=30)
    alone = replayed(path, 1)
    assert replayed(path, 2) == alone
    assert len(alone[2]) > 20
    assert len(alone[3]) == (0 if zone else 1)
