"""Blocks of shards, whichever engine brings them together, are decided as all inputs at once in one process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attrs import evolve
from budget import FIRST, share
from case_parts import Case
from cluster import in_order_of_lines, options_of, write_lines
from flat_programs import flat_case

import trigdsl
from trigdsl.distributed import shards
from trigdsl.distributed.deciding import Deciding, report_of
from trigdsl.distributed.reports import total
from trigdsl.distributed.rows import Reading
from trigdsl.distributed.rules import travelling
from trigdsl.records import parts
from trigdsl.records.files import sources
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.split import all_parts
from trigdsl.replayer.summary import Shown

GROUPS = 3
WAITING = "rule r: if cart and cart.value > 20 then after 1h send push unless purchase"


class Silent:
    def read(self, count: int) -> None: ...
    def decision(self, count: int = 1) -> None: ...


class Apart:
    """A case whose parts are read in tasks, and whose blocks come together by shard."""

    def __init__(self, drawn: Case, folder: Path, count: int, profiles: str | None = None) -> None:
        self.path, self.count = str(folder / "events.jsonl"), count
        write_lines(Path(self.path), drawn.records)
        self.program = trigdsl.parse(drawn.text)
        self.options = options_of(drawn)
        self.reading = Reading(travelling(self.program), {}, self.options.get("until"))
        held = dict(enumerate(all_parts(sources([self.path]))))
        tasks = [[number for number in held if number // 3 == task] for task in range(len(held) // 3 + 1)]
        made = [shards.blocks_of_parts(self.reading, held, task, count) for task in tasks if task]
        if profiles is not None:
            made.append(shards.blocks_of_profiles(profiles, {}, count))
        # An engine brings rows in any order.
        self.rows = [row for batches in made[::-1] for batch in batches for row in batch.to_pylist()]
        told = [row["data"] for row in self.rows if row["shard"] == shards.REPORT_SHARD]
        self.reports = [shards.report_of(data) for data in told]
        self.joins = any(told.joins for told in self.reports)

    def shard(self, number: int) -> Iterator[pa.RecordBatch]:
        held = [row for row in self.rows if row["shard"] == number]
        yield from pa.Table.from_pylist(held, shards.BLOCKS).to_batches(1)

    @property
    def last(self) -> int | None:
        times = [told.part.last for told in self.reports if told.part.first <= told.part.last]
        for number in range(self.count):
            for batch in shards.gathered(self.reading, self.shard(number)):
                times += [time for time in batch.column("last").to_pylist() if time is not None]
        return max(times, default=None)

    def decided(self, **how: Any) -> list[dict[str, Any]]:
        """All rows of output; two shards are decided in one process, to which their rows come mixed."""
        asked = Deciding(program=self.reading.program, last=self.last, **self.options, **how)
        made = []
        for number in range(0, self.count, 2):
            held = [*self.shard(number), *self.shard(number + 1)][::-1]
            made += [row for batch in shards.decide_shards(asked, {}, held) for row in batch.to_pylist()]
        return made


def drawn_cases(first: int, count: int, folder: Path) -> Iterator[tuple[int, Case, Apart]]:
    for seed in range(first, first + count):
        drawn = flat_case(seed)
        try:
            apart = Apart(drawn, folder, 3)
        except trigdsl.TrigError:
            continue
        yield seed, drawn, apart


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trigdsl.native.kernel")
    monkeypatch.setattr(parts, "PART_BYTES", 1_500)


@pytest.mark.parametrize("group", range(GROUPS))
def test_lines_are_those_of_one_process(tmp_path: Path, group: int) -> None:
    decided = 0
    for seed, drawn, apart in drawn_cases(FIRST + group * share(10), share(10), tmp_path):
        if apart.joins:
            continue
        wanted = [one.to_dict() for one in trigdsl.replay(apart.program, drawn.records, **drawn.options)]
        assert in_order_of_lines(apart.decided(lines=True, columns=False)) == wanted, f"seed {seed}"
        decided += bool(wanted)
    assert decided


def test_columns_are_those_of_one_process(tmp_path: Path) -> None:
    for seed, drawn, apart in drawn_cases(FIRST, share(10), tmp_path):
        if apart.joins:
            continue
        wanted = trigdsl.replay(apart.program, drawn.records, **drawn.options).to_arrow().to_pylist()
        made = [{name: row[name] for name in wanted[0]} for row in apart.decided() if row["report"] is None and wanted]
        assert sorted(made, key=lambda row: row["key"]) == sorted(wanted, key=lambda row: row["key"]), f"seed {seed}"


def test_reports_count_what_one_process_counts(tmp_path: Path) -> None:
    compared = 0
    for seed, _, apart in drawn_cases(FIRST, share(10), tmp_path):
        if apart.joins:
            continue
        out = str(tmp_path / "decisions.jsonl")
        summary = run(Job(program=apart.program, events=(apart.path,), out=out, **apart.options), Silent())
        rows = apart.decided(lines=True)
        report = total(report_of(row["report"]) for row in rows if row["report"] is not None)
        lines = [json.loads(line) for line in Path(out).read_text().splitlines()]
        kinds: dict[Any, int] = {}
        for one in lines:
            key = one["rule"], one["step"], one["status"], one.get("reason", ""), one.get("channel")
            kinds[key] = kinds.get(key, 0) + 1
        assert {key: number for key, (_, number) in report.kinds.items()} == kinds, f"seed {seed}"
        assert report.reached == len({one["user"] for one in lines if one["status"] == "sent"}), f"seed {seed}"
        assert report.stats.users == summary.users, f"seed {seed}"
        compared += bool(kinds)
    assert compared


def test_only_what_is_shown_is_made(tmp_path: Path) -> None:
    """Counts are of what is shown, and numbers order it."""
    records = [
        {"user": f"u{n % 5}", "time": 1_764_000_000 + n, "event": "cart", "cart": {"value": n}} for n in range(60)
    ]
    records = [{**one, "properties": {"cart": one.pop("cart")}} for one in records]
    records += [{"user": "u1", "time": 1_764_001_000, "event": "purchase"}]
    records += [{"user": "u2", "time": 1_764_009_000, "event": "other"}]
    apart = Apart(Case((f"{WAITING} while pending stack",), (), tuple(records)), tmp_path, 3)
    rows = apart.decided(lines=True, columns=False, shown=Shown(statuses=frozenset({"cancelled"})))
    lines = in_order_of_lines(rows)
    assert {one["user"] for one in lines} == {"u1"}
    assert len(lines) == 8  # carts of 21, 26, ..., 56
    report = total(report_of(row["report"]) for row in rows if row["report"] is not None)
    assert [number for _, number in report.kinds.values()] == [8]
    assert report.reached == 0


def test_profiles_come_before_everything_of_their_users(tmp_path: Path) -> None:
    path = tmp_path / "users.jsonl"
    zones = [("u0", "Asia/Tokyo"), ("u1", "Mars/Olympus"), ("u2", "America/New_York")]
    path.write_text("".join(json.dumps({"user": user, "timezone": zone}) + "\n" for user, zone in zones))
    cart = {"event": "cart", "properties": {"cart": {"value": 30}}}
    records = [{"user": f"u{n}", "time": "2025-12-01T00:00:00Z", **cart} for n in range(4)]
    records.append({"user": "u9", "time": "2025-12-03T00:00:00Z", "event": "view"})
    drawn = Case((f"{WAITING} between 09:00-10:00 local",), (), tuple(records))
    made = in_order_of_lines(Apart(drawn, tmp_path, 3, str(path)).decided(lines=True, columns=False))
    # 01:00 UTC is 10:00 in Tokyo, past the window; New York opens at 14:00 UTC.
    assert [(one["user"], one["time"]) for one in made] == [
        ("u1", "2025-12-01T09:00:00Z"),
        ("u3", "2025-12-01T09:00:00Z"),
        ("u2", "2025-12-01T14:00:00Z"),
        ("u0", "2025-12-02T00:00:00Z"),
    ]


def test_an_alias_is_told(tmp_path: Path) -> None:
    at = 1_764_000_000
    records = ({"user": "a", "time": at, "event": "cart"}, {"user": "a", "alias": "b", "time": at})
    drawn = Case((WAITING,), (), records)
    assert Apart(drawn, tmp_path, 3).joins
    assert not Apart(evolve(drawn, records=drawn.records[:1]), tmp_path, 3).joins


@pytest.mark.parametrize(
    ("rules", "invariants", "wanted"),
    [
        (WAITING, False, True),
        (WAITING, True, False),
        ("rule r: if cart and count(cart) in last 7d >= 3 then send push", False, False),
    ],
)
def test_which_programs_are_for_the_kernel(rules: str, invariants: bool, wanted: bool) -> None:
    assert shards.is_for_kernel(trigdsl.parse(rules), invariants=invariants) == wanted
