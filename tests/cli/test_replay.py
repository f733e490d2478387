"""`trig replay`."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trigdsl.cli import main

RULES = "rule reminder: if cart then after 30m send push unless purchase\nrule hello: if first visit then send email"
EVENTS = [
    {"user": "a", "time": "2026-01-01T10:00:00Z", "event": "cart"},
    {"user": "b", "time": "2026-01-01T10:00:00Z", "event": "cart"},
    {"user": "a", "time": "2026-01-01T10:10:00Z", "event": "purchase"},
    {"user": "b", "time": "2026-01-01T10:29:00Z", "event": "visit"},
    {"user": "c", "time": "2026-01-01T10:50:00Z", "event": "cart"},
    {"user": "c", "time": "2026-01-01T11:00:00Z", "event": "other"},
]
SENT, CANCELLED, PENDING = ("b", "reminder", "sent"), ("a", "reminder", "cancelled"), ("c", "reminder", "pending")
HELLO = ("b", "hello", "sent")


def write_events(path: str, events: list[dict[str, Any]]) -> None:
    Path(path).write_text("".join(json.dumps(event) + "\n" for event in events))


def decided(text: str) -> list[tuple[str, str, str]]:
    return [(each["user"], each["rule"], each["status"]) for each in map(json.loads, text.splitlines())]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").write_text(RULES)
    write_events("events.jsonl", EVENTS)


def summary(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["replay", "rules.trig", "events.jsonl", "--json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_decisions_are_written_in_order_and_the_summary_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "out.jsonl"]) == 0
    # By time: 10:10, 10:29, 10:30; the pending one stands at 11:20.
    assert decided(Path("out.jsonl").read_text()) == [CANCELLED, HELLO, SENT, PENDING]
    assert capsys.readouterr().out.splitlines() == [
        "Replayed 6 events of 3 users, 2026-01-01 10:00 to 2026-01-01 11:00 UTC.",
        "1 user (33%) got at least one message.",
        "",
        "Rules",
        "            runs      sent  cancelled  pending",
        "  reminder     3   1 (50%)    1 (50%)        1",
        "  hello        1  1 (100%)          0        0",
        "",
        "Channels",
        "         sent  cancelled  pending",
        "  email     1          0        0",
        "  push      1          1        1",
        "",
        "Why not sent",
        "  reminder  1  cancelled  `purchase` happened first",
        "            1  pending    still waiting when the replay stopped",
    ]


def test_json_is_the_same_summary(capsys: pytest.CaptureFixture[str]) -> None:
    found = summary(capsys)
    reminder = found["rules"][0]
    assert (reminder["rule"], reminder["runs"], reminder["statuses"]["sent"]) == ("reminder", 3, 1)
    assert reminder["rates"]["cancelled"] == 0.5
    assert (found["events"], found["users"], found["users_reached"]) == (6, 3, 1)
    assert (found["first"], found["last"]) == ("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z")


def test_decisions_on_standard_output_leave_the_summary_to_standard_error(capfdbinary: Any) -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "-"]) == 0
    shown = capfdbinary.readouterr()
    assert decided(shown.out.decode()) == [CANCELLED, HELLO, SENT, PENDING]
    assert shown.err.startswith(b"Replayed 6 events")


def test_out_is_compressed_when_its_name_says_so() -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "out.jsonl.gz"]) == 0
    assert len(decided(gzip.decompress(Path("out.jsonl.gz").read_bytes()).decode())) == 4


def test_drain_lets_the_clock_run_on(capsys: pytest.CaptureFixture[str]) -> None:
    statuses = summary(capsys, "--drain")["rules"][0]["statuses"]
    assert (statuses["sent"], statuses["pending"]) == (2, 0)


@pytest.mark.parametrize(
    ("until", "sent", "pending"),
    [
        ("2026-01-01T11:19:59Z", 1, 1),
        ("2026-01-01T11:20:00Z", 2, 0),
        ("2026-01-01T12:20:00+01:00", 2, 0),
        ("2026-01-01T11:20:00", 2, 0),
        ("2026-01-02", 2, 0),
        ("2026-01-01T10:30:00Z", 1, 0),
        ("2026-01-01T10:29:59Z", 0, 1),
    ],
)
def test_until_stops_the_clock_there(until: str, sent: int, pending: int, capsys: pytest.CaptureFixture[str]) -> None:
    statuses = summary(capsys, "--until", until)["rules"][0]["statuses"]
    assert (statuses["sent"], statuses["pending"]) == (sent, pending)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--only", "sent"], [HELLO, SENT]),
        (["--only", "sent,pending"], [HELLO, SENT, PENDING]),
        (["--only", "cancelled", "--only", "pending"], [CANCELLED, PENDING]),
        (["--rule", "hello"], [HELLO]),
        (["--user", "b"], [HELLO, SENT]),
        (["--user", "a", "--only", "sent"], []),
        (["--user", "nobody"], []),
    ],
)
def test_what_is_shown_can_be_limited(arguments: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "out.jsonl", *arguments]) == 0
    assert decided(Path("out.jsonl").read_text()) == expected


def test_limits_on_what_is_shown_change_nothing_that_runs() -> None:
    Path("rules.trig").write_text(
        "cap all 1 per day\nrule one: if cart then send push\nrule two: if cart then send sms"
    )
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "out.jsonl", "--rule", "two", "--user", "a"]) == 0
    assert decided(Path("out.jsonl").read_text()) == [("a", "two", "capped")]


def test_the_summary_says_what_it_is_limited_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--only", "sent", "--user", "b"]) == 0
    out = capsys.readouterr().out
    assert "Everything ran; shown are only statuses sent; users b." in out
    assert "cancelled" not in out
    assert "runs" not in out


def test_rules_from_the_command_line() -> None:
    assert main(["replay", "-e", "if cart then send sms", "events.jsonl", "--out", "out.jsonl"]) == 0
    assert decided(Path("out.jsonl").read_text()) == [(user, "rule_1", "sent") for user in "abc"]


def test_events_from_several_files_are_sorted_together() -> None:
    write_events("late.jsonl", EVENTS[2:])
    write_events("early.jsonl", EVENTS[:2])
    assert main(["replay", "rules.trig", "late.jsonl", "early.jsonl", "--out", "out.jsonl"]) == 0
    assert decided(Path("out.jsonl").read_text()) == [CANCELLED, HELLO, SENT, PENDING]


def test_events_from_standard_input() -> None:
    command = [sys.executable, "-m", "trigdsl", "replay", "rules.trig", "-", "--out", "-"]
    data = Path("events.jsonl").read_bytes()
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0
    assert decided(done.stdout.decode()) == [CANCELLED, HELLO, SENT, PENDING]


def test_columns_go_by_other_names() -> None:
    Path("events.csv").write_text("who,ts,what\na,2026-01-01T10:00:00Z,cart\n")
    call = ["replay", "-e", "if cart then send sms", "events.csv", "--out", "out.jsonl"]
    assert main([*call, "--map", "user=who,time=ts", "--map", "event=what"]) == 0
    assert decided(Path("out.jsonl").read_text()) == [("a", "rule_1", "sent")]


def test_profiles_hold_before_everything_else() -> None:
    write_events("profiles.jsonl", [{"user": "a", "tier": "gold"}])
    call = ["replay", "-e", 'if cart and user.tier == "gold" then send sms', "events.jsonl", "--out", "out.jsonl"]
    assert main(call) == 0
    assert decided(Path("out.jsonl").read_text()) == []
    assert main([*call, "--profiles", "profiles.jsonl"]) == 0
    assert decided(Path("out.jsonl").read_text()) == [("a", "rule_1", "sent")]


def test_a_sorted_input_gives_the_same_as_a_sorting_replay() -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "one.jsonl"]) == 0
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "two.jsonl", "--sorted"]) == 0
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes()


def test_what_claims_to_be_sorted_and_is_not_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    write_events("events.jsonl", [*EVENTS, {"user": "d", "time": "2026-01-01T10:59:59Z", "event": "cart"}])
    found = summary(capsys, "--sorted")
    assert found["rejected"]["count"] == 1
    assert found["rules"][0]["runs"] == 3


def test_records_that_cannot_be_used_are_counted_shown_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    good = Path("events.jsonl").read_text().splitlines(keepends=True)
    Path("events.jsonl").write_text("".join([good[0], "{not json\n", *good[1:], '{"user": "z", "event": "cart"}\n']))
    found = summary(capsys, "--rejects", "rejects.jsonl")
    assert found["rejected"]["count"] == 2
    assert [each["line"] for each in found["rejected"]["first"]] == [2, 8]
    assert found["events"] == 6
    written = [json.loads(line) for line in Path("rejects.jsonl").read_text().splitlines()]
    assert [(each["file"], each["line"]) for each in written] == [("events.jsonl", 2), ("events.jsonl", 8)]
    assert written[0]["record"] == "{not json"


def test_strict_stops_at_the_first_and_writes_no_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("events.jsonl").open("a") as file:
        file.write("{not json\n{nor this\n")
    assert main(["replay", "rules.trig", "events.jsonl", "--strict", "--out", "out.jsonl"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("rejected: events.jsonl:7: ")
    assert shown.err.count("\n") == 1
    assert not Path("out.jsonl").exists()


def test_strict_is_content_with_good_records() -> None:
    assert main(["replay", "rules.trig", "events.jsonl", "--strict"]) == 0


def test_duplicates_are_dropped_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    write_events("events.jsonl", [*({**EVENTS[0], "id": "e1"} for _ in range(3)), *EVENTS[1:]])
    assert main(["replay", "rules.trig", "events.jsonl"]) == 0
    assert "2 duplicate records dropped." in capsys.readouterr().out


def test_a_value_that_does_not_fit_is_a_data_warning(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text("rule dear:\n  if cart and cart.value > 200 then send push")
    write_events("events.jsonl", [{**EVENTS[0], "properties": {"cart": {"value": "dear"}}}])
    [warning] = summary(capsys)["data_warnings"]
    assert (warning["rule"], warning["example"], warning["count"]) == ("dear", "dear", 1)
    assert warning["place"].startswith("rules.trig:2:")


def test_a_rule_whose_event_never_comes_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(
        "rule a: if crat then send push\nrule b: if zzz then send push\nrule c: if cart then send sms"
    )
    one, two = summary(capsys)["hints"]
    assert one == "`a` started no run: `crat` never occurs in the data; did you mean `cart`?"
    assert two == "`b` started no run: `zzz` never occurs in the data; it holds `cart`, `other`, `purchase`, `visit`"


def test_a_rule_whose_event_comes_in_vain_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text('rule a: if cart and user.tier == "gold" then send push')
    [hint] = summary(capsys)["hints"]
    assert hint.startswith("`a` started no run: `cart` came 3 times, but ")


def test_rules_at_fault(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text("if cart then sedn push")
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "out.jsonl"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("rules.trig:1:14: error: ")
    assert not Path("out.jsonl").exists()


def test_warnings_about_the_rules_do_not_stop_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text("rule a: if purchase then send push\nrule b: if purchse then send push")
    assert main(["replay", "rules.trig", "events.jsonl"]) == 0
    assert "warning" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no rules"),
        (["rules.trig"], "no events"),
        (["-e", "if cart then send push"], "no events"),
        (["none.trig", "events.jsonl"], "no file or folder `none.trig`"),
        (["rules.trig", "none.jsonl"], "none.jsonl"),
        (["rules.trig", "events.txt"], "events.txt"),
        (["rules.trig", "events.jsonl", "--until", "soon"], "`soon`"),
        (["rules.trig", "events.jsonl", "--until", "2026-01-01", "--drain"], "exclude each other"),
        (["rules.trig", "events.jsonl", "--only", "snet"], "no status `snet`: did you mean `sent`?"),
        (["rules.trig", "events.jsonl", "--rule", "remindr"], "no rule `remindr`: did you mean `reminder`?"),
        (["rules.trig", "events.jsonl", "--rule", "xyz"], "no rule `xyz`: there are `reminder`, `hello`"),
        (["rules.trig", "events.jsonl", "--map", "usr=x"], "no field `usr`: did you mean `user`?"),
        (["rules.trig", "events.jsonl", "--map", "user"], "FIELD=COLUMN"),
        (["rules.trig", "events.jsonl", "--out", "events.jsonl"], "`events.jsonl`"),
        (["rules.trig", "events.jsonl", "--out", "./rules.trig"], "`./rules.trig`"),
        (["rules.trig", "events.jsonl", "--out", "x", "--rejects", "x"], "`x`"),
        (["rules.trig", "events.jsonl", "--out", "none/out.jsonl"], "none/out.jsonl"),
        (["rules.trig", "events.jsonl", "--rejects", "none/r.jsonl"], "none/r.jsonl"),
        (["rules.trig", "events.jsonl", "--rejects", "-"], "name of a file"),
        (["rules.trig", "events.jsonl", "--profiles", "none.jsonl"], "none.jsonl"),
    ],
)
def test_a_wrong_call(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("events.txt").write_text("")
    before = Path("events.jsonl").read_bytes(), Path("rules.trig").read_bytes()
    assert main(["replay", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert (Path("events.jsonl").read_bytes(), Path("rules.trig").read_bytes()) == before


def test_an_interrupted_replay_leaves_no_half_file() -> None:
    os.mkfifo("slow.jsonl")
    command = [sys.executable, "-m", "trigdsl", "replay", "rules.trig", "slow.jsonl", "--out", "out.jsonl", "--sorted"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    # The pipe opens for writing once the replay has opened it for reading, and stays open.
    with process, Path("slow.jsonl").open("w") as pipe:
        pipe.write(json.dumps(EVENTS[0]) + "\n")
        pipe.flush()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert not [path for path in Path().iterdir() if "out.jsonl" in path.name]


def test_an_empty_file_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    Path("events.jsonl").write_text("")
    assert main(["replay", "rules.trig", "events.jsonl"]) == 0
    assert capsys.readouterr().out.startswith("Replayed 0 events of 0 users.\n")


def test_a_bar_is_drawn_only_for_those_who_watch_and_wait() -> None:
    from trigdsl.cli.progress import ReplayProgress

    with ReplayProgress(10, watched=False) as unwatched:
        unwatched._started -= 2
        unwatched.read(5)
        assert unwatched._bar is None
    with ReplayProgress(10, watched=True) as quick:
        quick._started += 60
        quick.read(5)
        assert quick._bar is None
    with ReplayProgress(10, watched=True) as slow:
        slow._started -= 2
        slow.read(5)
        assert slow._bar is not None
        assert [(task.description, task.completed, task.total) for task in slow._bar.tasks] == [("reading", 5, 10)]
        slow.read(5)
        for _ in range(1_000):
            slow.decision()
        assert [(task.description, task.total) for task in slow._bar.tasks] == [("1,000 decisions", None)]
