"""Rules that the kernel decides beside others that the machine decides: one order, one summary, whatever is read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.records import parts
from trigdsl.records.native import input_of
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.plan import RulePlan, plan_of
from trigdsl.replayer.summary import Shown

pytest.importorskip("trigdsl.native.kernel")

NINE = "2026-11-20T09:00:00Z"
TEN = "2026-11-20T10:00:00Z"


class Silent:
    def read(self, count: int) -> None: ...

    def decision(self, count: int = 1) -> None: ...


def event(time: str, name: str, **more: Any) -> dict[str, Any]:
    return {"user": "u", "time": time, "event": name, **more}


def decided(rules: str, *records: dict[str, Any]) -> list[str]:
    """The rules and statuses of all decisions in their order, which the machine alone confirms."""
    program = trigdsl.parse(rules)
    inputs: list[Input] = [input_of(record) for record in records]
    replay = Replay(program, list(inputs))
    assert replay.is_divided
    found = [decision.to_dict() for decision in replay]
    assert found == [decision.to_dict() for decision in Replay(program, list(inputs), flatly=False)]
    return [f"{one['rule']} {one.get('channel') or one['action']} {one['status']}" for one in found]


# ------------------------------------------------------------------------------------------- ties within an input
def test_an_event_triggers_rules_of_both_kinds_in_rule_order() -> None:
    flat, other = "rule {}: if a then send push\n", "rule {}: if a then send email goal z within 1d\n"
    rules = other.format("r1") + flat.format("r2") + other.format("r3") + flat.format("r4")
    assert decided(rules, event(NINE, "a")) == [
        "r1 email sent", "r2 push sent", "r3 email sent", "r4 push sent"
    ]  # fmt: skip


def test_all_runs_end_before_any_rule_is_triggered() -> None:
    rules = """
rule r1: if a then send email goal z within 1d
rule r2: if b then after 1h send push unless a
rule r3: if b then after 1h send email unless a goal z within 1d
rule r4: if a then send push
"""
    assert decided(rules, event(NINE, "b"), event(TEN, "a")) == [
        "r2 push cancelled", "r3 email cancelled", "r1 email sent", "r4 push sent"
    ]  # fmt: skip


def test_what_is_restarted_ends_where_its_rule_is_triggered() -> None:
    rules = """
rule r1: if a then send email goal z within 1d
rule r2: if a then after 3h send push while pending restart
rule r3: if a then after 3h send email while pending restart goal z within 1d
rule r4: if a then send push
"""
    first = ["r1 email sent", "r4 push sent"]
    second = ["r1 email sent", "r2 push cancelled", "r3 email cancelled", "r4 push sent"]
    rest = ["r2 push pending", "r3 email pending"]
    assert decided(rules, event(NINE, "a"), event(TEN, "a")) == [*first, *second, *rest]


def test_inputs_of_one_instant_are_handled_one_after_another() -> None:
    rules = """
rule r1: if a then send push
rule r2: if 2nd a then send email goal z within 1d
rule r3: if b then send email
"""
    records = [event(NINE, "a"), event(NINE, "b"), event(NINE, "a")]
    assert decided(rules, *records) == ["r1 push sent", "r3 email sent", "r1 push sent", "r2 email sent"]


def test_what_a_rule_causes_is_handled_after_all_that_the_input_triggers() -> None:
    rules = """
rule r1: if a then emit c
rule r2: if c then send email goal z within 1d
rule r3: if a then send push
"""
    assert decided(rules, event(NINE, "a")) == ["r1 emit sent", "r3 push sent", "r2 email sent"]


def test_what_the_profile_triggers_is_in_rule_order_too() -> None:
    rules = "rule r1: if a then send push\nrule r2: if user.p changes then send email\nrule r3: if a then send push\n"
    record = event(NINE, "a", set={"p": 1})
    assert decided(rules, record) == ["r1 push sent", "r2 email sent", "r3 push sent"]


# ------------------------------------------------------------------------------------------- ties of timers
def test_timers_go_by_priority_then_rule() -> None:
    rules = """
rule r1: if a then after 1h send push
rule r2: if a then after 1h send email priority 5 goal z within 1d
rule r3: if a then after 1h send push priority 5
rule r4: if a then after 1h send email goal z within 1d
rule r5: if a then after 1h send push priority -1
"""
    done = ["r2 email", "r3 push", "r1 push", "r4 email", "r5 push"]
    assert decided(rules, event(NINE, "a"), event(TEN, "other")) == [f"{one} sent" for one in done]
    waiting = decided(rules, event(NINE, "a"), event("2026-11-20T09:59:59.999999Z", "other"))
    assert waiting == [f"{one} pending" for one in done]


def test_inputs_come_before_timers_of_their_instant() -> None:
    rules = """
rule r1: if a then after 1h send push unless b
rule r2: if a then after 1h send email unless b goal z within 1d
rule r3: if b then send push
rule r4: if a then after 1h send email goal z within 1d
rule r5: if a then after 1h send push
"""
    assert decided(rules, event(NINE, "a"), event(TEN, "b")) == [
        "r1 push cancelled", "r2 email cancelled", "r3 push sent", "r4 email sent", "r5 push sent"
    ]  # fmt: skip


def test_a_timer_that_is_armed_for_its_own_instant_waits_for_those_before_the_one_that_armed_it() -> None:
    # The last step has the highest priority, but it is armed by a timer that comes after that of r2.
    rules = """
rule r1: if a then after 1h set user.x = 1 then at 10:00 send email priority 5
rule r2: if a then after 1h send push priority 1
rule r3: if a then after 1h send push
"""
    assert decided(rules, event(NINE, "a"), event("2026-11-20T11:00:00Z", "other")) == [
        "r2 push sent", "r1 set sent", "r1 email sent", "r3 push sent"
    ]  # fmt: skip


def test_a_timer_that_decides_nothing_holds_back_what_it_arms() -> None:
    # The calendar trigger of r1 has priority 0, and stands after r2; only then is there a step to go off.
    rules = """
rule r1: if every day at 10:00 then at 10:00 send email priority 5
rule r2: if a then after 1h send push priority 1
rule r3: if a then after 1h send push
"""
    assert decided(rules, event(NINE, "a"), event(TEN, "other")) == [
        "r2 push sent", "r1 email sent", "r3 push sent"
    ]  # fmt: skip


def test_windows_of_both_open_at_once() -> None:
    rules = """
channel push:
  between 10:00-11:00 utc
channel email:
  between 10:00-11:00 utc
rule r1: if a then send email goal z within 1d
rule r2: if a then send push
rule r3: if a then send email priority 1 goal z within 1d
rule r4: if a then send push priority 1
"""
    assert decided(rules, event(NINE, "a"), event(TEN, "other")) == [
        "r3 email sent", "r4 push sent", "r1 email sent", "r2 push sent"
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------- whole jobs
RULES = """
timezone "Asia/Seoul"
channel push:
  between 09:00-21:00 local
cap push 2 per day
rule r1 "One": if a and n > 1 then after 30m send push "hi" unless b within 2h while pending stack
rule r2: if 2nd a then send email "{{ k }}"
rule r3: if c and at.n >= 2 then send sms
rule r4: if a and n > 2 then send email goal z within 1d
rule r5: if no (a or b) for 1d then send email
rule r6: if (a or c) and k == "u" then after 1d send sms stop on b
"""


def records() -> list[dict[str, Any]]:
    found = []
    for number in range(400):
        minute = number * 37 % 4_000
        time = f"2026-11-{20 + minute // 1_000:02}T{minute // 60 % 24:02}:{minute % 60 // 10 * 10:02}:00Z"
        held = {"n": number % 7 + 0.5, "k": "uvw"[number % 3], "at.n": float(number % 4)}
        found.append((f"u{number * 7 % 11}", time, "aabcx"[number % 5], held))
    return [
        {"user": user, "time": time, "event": name, "properties": {**held, "at": {"n": held["at.n"]}}}
        for user, time, name, held in found
    ]


def write_lines(path: Path) -> None:
    """With what only lines can hold: profiles, ids that come twice, values that do not fit, and what is rejected."""
    lines = [json.dumps(record) for record in records()]
    zones = ["Europe/Madrid", "Nowhere/Else", "America/New_York", None, 5, "Else/Where"]
    for number, zone in enumerate(zones):
        user = f"u{number}"
        lines.insert(number * 40, json.dumps({"user": user, "time": NINE, "set": {"timezone": zone, "p": number}}))
        lines.insert(
            number * 30, json.dumps({"user": user, "time": TEN, "event": "a", "id": "i", "properties": {"n": "x"}})
        )
        lines.insert(number * 20, json.dumps({"user": user, "time": TEN, "event": "a", "id": "i"}))
        lines.insert(number * 10, '{"user": "u1", "event": "a"}')
    lines.insert(50, "{broken")
    lines.insert(
        60, json.dumps({"user": "new", "time": "2026-11-21 10:00:00", "event": "c", "properties": {"at": {"n": True}}})
    )
    path.write_text("".join(line + "\n" for line in lines))


def write_parquet(path: Path) -> None:
    rows = []
    for record in records():
        held = record["properties"]
        rows.append({**record, "n": held["n"], "k": held["k"], "at.n": held["at.n"]})
        del rows[-1]["properties"]
    rows += [{**rows[0], "n": float("inf")}, {**rows[1], "user": None}, {**rows[2], "event": "sent"}]
    times = pyarrow.array([row["time"] for row in rows]).cast(pyarrow.timestamp("us", "UTC"))
    columns = {name: [row[name] for row in rows] for name in ("user", "event", "k", "n", "at.n")}
    parquet.write_table(pyarrow.table({**columns, "time": times}), path, row_group_size=50)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 0)
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 6_000)


def told(folder: Path, path: Path, **options: Any) -> tuple[bytes, bytes, dict[str, Any]]:
    """The decisions, the rejected records, and the summary."""
    out, rejects = folder / "out.jsonl", folder / "rejects.jsonl"
    job = Job(program=trigdsl.parse(RULES), events=(str(path),), out=str(out), rejects=str(rejects), **options)
    summary = run(job, Silent())
    return out.read_bytes(), rejects.read_bytes(), summary.to_dict()


FORMS = {"events.jsonl": write_lines, "events.parquet": write_parquet}
WORKERS = [1, pytest.param(2, marks=pytest.mark.skipif(sys.platform != "linux", reason="processes fork on Linux only"))]


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"drain": True},
        {"until": 1_763_800_000_000_000},
        {"shown": Shown(statuses=frozenset({"sent"}))},
        {"shown": Shown(rules=frozenset({"r1", "r4"}), users=frozenset({"u1", "u5", "nobody"}))},
    ],
)
def test_files_of_every_kind_are_told_as_by_the_machine(
    tmp_path: Path, name: str, workers: int, options: dict[str, Any]
) -> None:
    path = tmp_path / name
    FORMS[name](path)
    found = told(tmp_path, path, workers=workers, **options)
    assert found == told(tmp_path, path, workers=workers, compiled=False, **options)
    lines, rejects, summary = found
    assert summary["rejected"]["count"] == len(rejects.splitlines()) > 0
    if not options:
        assert {json.loads(line)["rule"] for line in lines.splitlines()} == {f"r{n}" for n in range(1, 7)}
        assert summary["duplicates"] == (6 if name == "events.jsonl" else 0)
        assert bool(summary["data_warnings"]) is (name == "events.jsonl")


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("workers", WORKERS)
def test_an_alias_leaves_all_to_the_machine(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "events.jsonl"
    write_lines(path)
    with path.open("a") as file:
        file.write(json.dumps({"type": "alias", "userId": "u1", "previousId": "u2", "timestamp": TEN}) + "\n")
    found = told(tmp_path, path, workers=workers)
    assert found == told(tmp_path, path, workers=workers, compiled=False)
    assert b'"u2"' not in found[0]


def test_profiles_hold_for_both(tmp_path: Path) -> None:
    path, profiles = tmp_path / "events.jsonl", tmp_path / "profiles.jsonl"
    write_lines(path)
    profiles.write_text(
        "".join(
            json.dumps({"user": f"u{n}", "timezone": zone}) + "\n"
            for n, zone in enumerate(["Europe/Madrid", "None/Such", "America/New_York"], 6)
        )
    )
    found = told(tmp_path, path, profiles=str(profiles))
    assert found == told(tmp_path, path, profiles=str(profiles), compiled=False)
    assert found != told(tmp_path, path)


# ------------------------------------------------------------------------------------------- the plan
def test_the_plan_says_of_each_rule_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    program = trigdsl.parse(RULES)
    found = plan_of(program, is_sorted=False, invariants=False, workers=1)
    assert found.engine == "both"
    assert [(one.rule, one.runs) for one in found.rules] == [
        ("r1", "kernel"), ("r2", "machine"), ("r3", "kernel"), ("r4", "machine"), ("r5", "machine"), ("r6", "kernel")
    ]  # fmt: skip
    assert list(found.lines())[:4] == [
        "Engine: rule by rule. The machine decides for all when records join ids by an `alias`.",
        "  r1: the short cut, compiled",
        "  r2: the machine, because its text is a template and it is not triggered by each event of a name and "
        "it asks about the past",
        "  r3: the short cut, compiled",
    ]
    assert plan_of(program, is_sorted=True, invariants=False, workers=1).engine == "machine"
    assert plan_of(program, is_sorted=False, invariants=True, workers=1).engine == "machine"
    monkeypatch.setitem(sys.modules, "trigdsl.native.kernel", None)
    found = plan_of(program, is_sorted=False, invariants=False, workers=1)
    assert (found.engine, found.compiled) == ("machine", False)
    assert {one.runs for one in found.rules} == {"machine"}
    assert not Replay(program, ()).is_divided


def test_the_plan_of_simple_programs_says_so_of_each_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    program = trigdsl.parse("rule r: if a then send push")
    assert plan_of(program, is_sorted=False, invariants=False, workers=1).rules == (RulePlan(rule="r", runs="kernel"),)
    monkeypatch.setitem(sys.modules, "trigdsl.native.kernel", None)
    (rule,) = plan_of(program, is_sorted=False, invariants=False, workers=1).rules
    assert (rule.runs, rule.why) == ("short cut", ("nothing was compiled when trigdsl was installed",))
