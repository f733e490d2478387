"""Lines made in C are those that Python makes, byte by byte; and so is the order in which shards are merged."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import trigdsl
from trigdsl.records import parts
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.processes import processes
from trigdsl.replayer.split import in_process
from trigdsl.replayer.summary import Shown

RULES = """
cap push 3 per 1d
channel sms:
  limit 40 characters
rule one "Say \\"hä\\"": if a then after 1h send push "Hello, \\"you\\"\\n\\t\\\\ ünï" unless b while pending stack
rule a_rule_whose_name_is_so_long_that_its_keys_are_made_of_more_than_one_block_of_one_hundred_and_twenty_eight_bytes:
  if (a or c) then send sms "hi" between 09:00-21:00 local
"""
NAMES = [
    "u",
    "ü",
    "名前",
    "😀",
    'quo"te',
    "back\\slash",
    "".join(map(chr, range(1, 32))),
    "\x7f\x80\xa0",
    "\u2028\ufeff\ufffd",
    "x" * 64,
    "y" * 127,
    "z" * 300,
    "é" * 200,
]
TIMES = ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.5Z"]
TIMES += ["1900-02-28T12:00:00Z", "2000-03-01T00:00:00.000001Z", "2100-12-31T20:00:00Z", "9999-12-31T23:00:00Z"]


class Silent:
    def read(self, count: int) -> None: ...

    def decision(self, count: int = 1) -> None: ...


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 2_000)


def records(seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    made = []
    for number in range(300):
        record = {"user": rng.choice(NAMES), "time": rng.choice(TIMES), "event": rng.choice("aabcd")}
        if rng.random() < 0.3:
            record["id"] = f"{number} {rng.choice(NAMES)}"
        made.append(record)
    return made


def job(folder: Path, seed: int, **more: Any) -> Job:
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records(seed)))
    return Job(program=trigdsl.parse(RULES), events=(str(path),), **more)


def left_behind(asked: Job, folder: Path) -> tuple[bytes, Any]:
    out = folder / "out.jsonl"
    told = run(evolve(asked, out=str(out)), Silent())
    return out.read_bytes(), told.to_dict()


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_lines_are_those_that_python_makes(tmp_path: Path, shards: int) -> None:
    for seed in range(3):
        asked = job(tmp_path, seed, workers=shards, start=in_process)
        found = left_behind(asked, tmp_path)
        assert found == left_behind(evolve(asked, compiled=False), tmp_path)
        assert found[0].count(b"\n") > 100
        assert {json.loads(line)["user"] for line in found[0].splitlines()} == set(NAMES)


@pytest.mark.parametrize(
    "shown",
    [
        Shown(statuses=frozenset(["sent"])),
        Shown(rules=frozenset(["one"])),
        Shown(users=frozenset(["ü", "nobody"])),
        Shown(statuses=frozenset(["pending", "cancelled"]), users=frozenset(NAMES[:4])),
        Shown(statuses=frozenset(["control"])),
    ],
)
def test_what_is_shown_is_what_python_shows(tmp_path: Path, shown: Shown) -> None:
    asked = job(tmp_path, 1, workers=3, start=in_process, shown=shown)
    assert left_behind(asked, tmp_path) == left_behind(evolve(asked, compiled=False), tmp_path)


def test_without_an_output_the_summary_is_the_same(tmp_path: Path) -> None:
    asked = job(tmp_path, 2, workers=3, start=in_process)
    assert run(asked, Silent()).to_dict() == left_behind(asked, tmp_path)[1]


@pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")
@pytest.mark.parametrize("missing", ["kernel", "sifting"])
def test_where_nothing_is_compiled_the_output_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    asked = job(tmp_path, 3, workers=2, start=processes)
    found = left_behind(asked, tmp_path)
    monkeypatch.setitem(sys.modules, f"trigdsl.native.{missing}", None)
    assert left_behind(asked, tmp_path) == found
