"""What is shared by all users, joined when a replay is split by user; and workers that do not come to their end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import trigdsl
from trigdsl.records import parts
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.routing import shard_of
from trigdsl.replayer.job import Job, RejectedError, run
from trigdsl.replayer.processes import processes
from trigdsl.replayer.split import SplitReplay, Work, WorkerEnded, in_process, is_worth_it
from trigdsl.replayer.summary import Summary

START = 1_700_000_000
LATE = "rule r: if cart then after 1h if event.price > 20 send push unless purchase"

forks = pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only")


class Silent:
    def read(self, count: int) -> None: ...

    def decision(self, count: int = 1) -> None: ...


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 100)


def user_of_shard(shard: int, shards: int, first: str) -> str:
    """A user of that shard whose name begins so."""
    return next(name for number in range(100) if shard_of(name := f"{first}{number}", shards) == shard)


def event(user: str, time: float, name: str = "cart", **more: Any) -> dict[str, Any]:
    return {"user": user, "time": START + time, "event": name, **more}


def job(folder: Path, rules: str, records: list[Any], **options: Any) -> Job:
    path = folder / "events.jsonl"
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records))
    options = {"events": (str(path),), "out": str(folder / "out.jsonl"), "workers": 2, "start": in_process, **options}
    return Job(program=trigdsl.parse(rules), **options)


def decided(folder: Path, rules: str, records: list[Any], **options: Any) -> tuple[list[tuple[str, str]], Summary]:
    summary = run(job(folder, rules, records, **options), Silent())
    found = [json.loads(line) for line in (folder / "out.jsonl").read_bytes().splitlines()]
    return [(one["user"], one["status"]) for one in found], summary


# ------------------------------------------------------------------------------------------- what all users share
def test_a_user_stays_with_a_shard() -> None:
    # The check value of CRC-32, which every description of it gives.
    assert shard_of("123456789", 1 << 32) == 0xCBF43926
    assert {shard_of(f"u{number}", 3) for number in range(30)} == {0, 1, 2}


def test_the_clock_stops_at_the_last_input_of_all_users(tmp_path: Path) -> None:
    one, other = user_of_shard(0, 2, "a"), user_of_shard(1, 2, "b")
    before = [event(one, 0, properties={"price": 30}), event(other, 3_599, "view")]
    assert decided(tmp_path, LATE, before)[0] == [(one, "pending")]
    at_it = [event(one, 0, properties={"price": 30}), event(other, 3_600, "view")]
    assert decided(tmp_path, LATE, at_it)[0] == [(one, "sent")]


def test_a_duplicate_is_not_the_last_input(tmp_path: Path) -> None:
    one, other = user_of_shard(0, 2, "a"), user_of_shard(1, 2, "b")
    records = [event(one, 0, properties={"price": 30}), event(other, 5, id="i"), event(other, 3_600, id="i")]
    found, summary = decided(tmp_path, LATE, records)
    assert found == [(one, "pending"), (other, "pending")]
    assert (summary.inputs, summary.duplicates, summary.users) == (2, 1, 2)
    assert summary.last == "2023-11-14T22:13:25Z"


def test_decisions_of_one_moment_go_by_user_and_pending_ones_come_last(tmp_path: Path) -> None:
    users = [user_of_shard(shard, 2, first) for shard, first in ((1, "a"), (0, "b"), (1, "c"), (0, "d"))]
    records = [event(user, 0) for user in reversed(users)] + [event(users[2], 5, "purchase")]
    rules = "rule r: if cart then send push\nrule s: if cart then after 1h send sms unless purchase"
    found, _ = decided(tmp_path, rules, records)
    a, b, c, d = users
    assert found[:4] == [(a, "sent"), (b, "sent"), (c, "sent"), (d, "sent")]
    assert found[4:] == [(c, "cancelled"), (a, "pending"), (b, "pending"), (d, "pending")]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_example_of_a_warning_is_the_first_of_all_users(tmp_path: Path, swapped: bool) -> None:
    # Both timers go off at one moment: then the user whose name comes first.
    users = [user_of_shard(0, 2, "b" if swapped else "a"), user_of_shard(1, 2, "a" if swapped else "b")]
    records = [event(user, 0, properties={"price": f"of {user[0]}"}) for user in users] + [
        event(users[0], 9_000, "view")
    ]
    _, summary = decided(tmp_path, LATE, records)
    (warning,) = summary.data_warnings
    assert (warning.example, warning.count) == ("of a", 2)


def test_the_example_of_a_warning_about_events_is_the_first_that_arrived(tmp_path: Path) -> None:
    one, other = user_of_shard(0, 2, "a"), user_of_shard(1, 2, "b")
    rules = "rule r: if cart and price > 20 then send push"
    for users in ((one, other), (other, one)):
        records = [event(user, 0, properties={"price": f"of {user}"}) for user in users]
        _, summary = decided(tmp_path, rules, records)
        assert [(warning.example, warning.count) for warning in summary.data_warnings] == [(f"of {users[0]}", 2)]
        _, summary = decided(tmp_path, rules, [records[0], {**records[1], "time": START - 1}])
        assert summary.data_warnings[0].example == f"of {users[1]}"


def test_reasons_beyond_the_most_are_lumped_in_the_order_of_all_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trigdsl.replayer.summary.MOST_REASONS", 2)
    rules = "rule r: if cart then after 1h send push\n  stop on a\n  stop on b\n  stop on c"
    one, other = user_of_shard(0, 2, "u"), user_of_shard(1, 2, "v")
    names = [(other, "c"), (one, "b"), (one, "a"), (other, "b"), (other, "a"), (one, "c")]
    records = [
        event(user, 10 * place + at, name)
        for place, (user, end) in enumerate(names)
        for at, name in ((0, "cart"), (1, end))
    ]
    found, summary = decided(tmp_path, rules, records)
    assert found == [(user, "cancelled") for user, _ in names]
    reasons = {each.reason: each.count for each in summary.rules[0].reasons}
    assert reasons == {"stop on c": 2, "stop on b": 2, "other reasons": 2}


def test_lines_of_the_short_cut_are_those_of_decisions(tmp_path: Path) -> None:
    rules = """
channel push:
  cap 1 per 1d
rule r "Say \\"hé\\" {now}": if cart then after 1h send push "Cömé \\"back\\"" unless purchase
rule s: if cart then send push
rule t: if cart then after 1d send sms
"""
    records = [event(user, at, id=f'é"{at}') for at, user in enumerate(['say "é" {0}', "\u2028\\", "u"])]
    records += [event("u", 5, "purchase"), event('say "é" {0}', 4_000, "view"), event("v", 0.25, properties={"a": 1})]
    found, _ = decided(tmp_path, rules, records)
    split = (tmp_path / "out.jsonl").read_bytes()
    assert {status for _, status in found} == {"sent", "capped", "cancelled", "pending"}
    decided(tmp_path, rules, records, workers=1)
    assert (tmp_path / "out.jsonl").read_bytes() == split
    titles = {(one["rule"], one.get("title")) for one in map(json.loads, split.splitlines())}
    assert titles == {("r", 'Say "hé" {now}'), ("s", None), ("t", None)}


def test_an_alias_makes_it_run_in_one_process_and_nothing_is_told_twice(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    records: list[Any] = [
        "{broken",
        event("a", 0),
        event("guest", 5, "purchase"),
        event("a", 6, "view"),
        {"user": "x", "event": "y"},
        {"user": "a", "time": "2023-11-14T22:13:20", "event": "cart", "alias": "guest"},
        "[]",
    ]
    options = {"rejects": str(rejects)}
    found, summary = decided(tmp_path, LATE, records, **options)
    told = rejects.read_bytes()
    assert (found, summary) == decided(tmp_path, LATE, records, workers=1, **options)
    assert told == rejects.read_bytes()
    assert [json.loads(line)["line"] for line in told.splitlines()] == [1, 5, 7]
    assert summary.rejected.count == 3
    assert list(summary.record_warnings.values()) == [1]
    assert found == [("a", "cancelled")]


def test_a_strict_job_stops_at_the_first_bad_record(tmp_path: Path) -> None:
    records = [event("a", 0), "{broken", event("b", 1), "[]"]
    asked = job(tmp_path, LATE, records, strict=True, rejects=str(tmp_path / "rejects.jsonl"))
    with pytest.raises(RejectedError, match=r"events\.jsonl:2"):
        run(asked, Silent())
    assert not (tmp_path / "out.jsonl").exists()
    assert len((tmp_path / "rejects.jsonl").read_text().splitlines()) == 1


def test_files_of_all_kinds_are_one_stream(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(
        f"user,time,event,price\na,{START + 1},cart,30\n,1,cart,3\nc,{START + 2},cart,x\n"
    )
    asked = job(tmp_path, LATE, [event("b", 0, properties={"price": 30})])
    asked = evolve(asked, events=(*asked.events, str(tmp_path / "more.csv")))
    split = run(asked, Silent())
    out = (tmp_path / "out.jsonl").read_bytes()
    assert out.count(b"\n") == 3
    assert run(evolve(asked, workers=1), Silent()) == split
    assert (tmp_path / "out.jsonl").read_bytes() == out
    assert [one.line for one in split.rejected.first] == [3]


def test_a_file_that_cannot_be_read_on_is_told_after_what_came_before_it(tmp_path: Path) -> None:
    (tmp_path / "more.parquet").write_bytes(b"PAR1 no more")
    asked = job(tmp_path, LATE, ["{broken"], rejects=str(tmp_path / "rejects.jsonl"))
    asked = evolve(asked, events=(*asked.events, str(tmp_path / "more.parquet")))
    with pytest.raises(UnreadableFile, match=r"more\.parquet` is no Parquet file"):
        run(asked, Silent())
    assert (tmp_path / "rejects.jsonl").read_bytes().count(b"\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_small_files_and_streams_are_not_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trigdsl.records.files import Source, sources

    monkeypatch.setattr(parts, "LEAST_BYTES", 1_000)
    path = tmp_path / "events.jsonl"
    for size, is_large in ((999, False), (1_000, True)):
        path.write_bytes(b"\n" * size)
        assert is_worth_it(sources([str(path)])) is is_large
    assert not is_worth_it([Source("-", "jsonl"), Source(str(path), "jsonl")])
    (tmp_path / "none.jsonl").write_bytes(b"")
    (tmp_path / "half.jsonl").write_bytes(b"\n" * 500)
    (tmp_path / "other.csv").write_bytes(b"\n" * 500)
    empty, half, other = (str(tmp_path / name) for name in ("none.jsonl", "half.jsonl", "other.csv"))
    assert is_worth_it(sources([empty, str(path)]))
    assert is_worth_it(sources([half, other]))
    assert not is_worth_it(sources([empty, half]))


# ------------------------------------------------------------------------------------------- workers that end early
class Killing(SplitReplay):
    """Kills a worker at some stage."""

    stage = "read"

    def read(self, on_part: Any) -> None:
        if self.stage == "read":
            self.kill()
        super().read(on_part)

    def decide(self, tally: Any, on_decisions: Any) -> None:
        self.kill()
        super().decide(tally, on_decisions)

    def kill(self) -> None:
        process = self._workers[-1].process  # type: ignore[attr-defined]
        os.kill(process.pid, signal.SIGKILL)
        process.join()


class KillingLate(Killing):
    stage = "decide"


@forks
@pytest.mark.parametrize("kind", [Killing, KillingLate])
def test_a_killed_worker_ends_the_replay_and_leaves_no_output(tmp_path: Path, kind: type[Killing]) -> None:
    def start(work: Work, count: int, stack: ExitStack) -> SplitReplay:
        return kind(work, processes(work, count, stack)._workers)

    (tmp_path / "out.jsonl").write_text("of before\n")
    with pytest.raises(WorkerEnded, match=r"killed \(SIGKILL\).*fewer --workers"):
        run(job(tmp_path, LATE, [event(f"u{number}", number) for number in range(50)], start=start), Silent())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "of before\n"


@forks
def test_what_a_worker_raises_is_raised(tmp_path: Path) -> None:
    asked = job(tmp_path, LATE, [event("a", 0)], start=processes)

    def broken(*_: Any) -> Any:
        raise LookupError("on purpose")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trigdsl.replayer.shard.Shard.gather", broken)
        with pytest.raises(LookupError, match="on purpose") as raised:
            run(asked, Silent())
    assert "in broken" in "".join(raised.value.__notes__)


SLOW = r"""
import os, sys, time
from trigdsl.cli import main
from trigdsl.records import parts
from trigdsl.replayer.shard import Shard
parts.LEAST_BYTES, parts.PART_BYTES = 0, 100
def wait(self, *_):
    os.write(1, b"waiting\n")  # at once, since two processes write to one pipe
    time.sleep({seconds})
Shard.gather = wait
sys.argv = ["trig", "replay", *sys.argv[1:]]
sys.exit(main())
"""


def slow(folder: Path, seconds: int) -> subprocess.Popen[bytes]:
    """A replay whose two workers wait for so long before they decide; it is in a group of its own."""
    asked = job(folder, LATE, [event(f"u{number}", number) for number in range(50)])
    (folder / "rules.trig").write_text(LATE)
    command = [sys.executable, "-c", SLOW.format(seconds=seconds), str(folder / "rules.trig"), *asked.events]
    command += ["--out", str(folder / "out.jsonl"), "--workers", "2"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert running.stdout is not None
    assert [running.stdout.readline() for _ in range(2)] == [b"waiting\n"] * 2
    return running


@forks
def test_ctrl_c_ends_all_processes(tmp_path: Path) -> None:
    running = slow(tmp_path, 600)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does it
    # The other ends of these pipes are closed only when every process has ended.
    told, errors = running.communicate(timeout=60)
    assert (running.returncode, told) == (130, b"")
    assert b"Traceback" not in errors
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "rules.trig"]


@forks
def test_workers_end_when_nobody_waits_for_them(tmp_path: Path) -> None:
    running = slow(tmp_path, 1)
    running.kill()
    assert running.communicate(timeout=60) == (b"", b"")
    assert running.returncode == -signal.SIGKILL
