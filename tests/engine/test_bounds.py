"""What a program keeps for a user in the worst case: stated, reached, and never exceeded."""

from __future__ import annotations

from typing import Any

import pytest

import trigdsl
from trigdsl.engine.bounds import Bounds, Kept, bounds
from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.state import State
from trigdsl.engine.steps import MOST_RUNS, MOST_VALUES
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, HOUR, MINUTE

Events = list[tuple[int, str] | tuple[int, str, dict[str, Any]]]


def stated(text: str) -> Bounds:
    return bounds(trigdsl.parse(text))


def of_rule(text: str, what: str) -> Kept | None:
    return next((kept for kept in stated(text).rules[0].kept if kept.what == what), None)


def after(text: str, events: Events) -> State:
    """The state of a user to whom events came at these times in microseconds."""
    clockwork = Clockwork(trigdsl.parse(text))
    for time, name, *properties in events:
        list(clockwork.run_timers(time - 1))
        clockwork.handle(Input("u", time, name, properties[0] if properties else {}))
        clockwork.flush()
    list(clockwork.run_timers(events[-1][0]))
    return clockwork.states["u"]


@pytest.mark.parametrize(
    ("text", "most", "length"),
    [
        ("if a then after 30m send push", 1, 30 * MINUTE),
        ("if a then after 30m send push then after 2h send sms", 1, 150 * MINUTE),
        ("if a then send push then after 2h send sms", 1, 2 * HOUR),
        ("if a then after 30m send push while pending restart", 1, 30 * MINUTE),
        ("if a then after 30m send push while pending stack", MOST_RUNS, 30 * MINUTE),
        ("if a then after 30m send push for each k", MOST_RUNS, 30 * MINUTE),
        ("if a then send push between 09:00-21:00", 1, None),
        ("if a then send push between 09:00-21:00 expires 1h", 1, HOUR),
        ("if a then after 30m send push between 09:00-21:00 expires 1h", 1, 90 * MINUTE),
        ("if a then after 30m send push expires 1h", 1, 30 * MINUTE),
    ],
)
def test_unfinished_runs(text: str, most: int, length: int | None) -> None:
    kept = of_rule(text, "runs")
    assert kept is not None
    assert (kept.most, kept.length) == (most, length)


@pytest.mark.parametrize("text", ["if a then send push", "if a then send push then set user.p = 1 urgent"])
def test_a_rule_that_does_all_at_once_keeps_no_run(text: str) -> None:
    assert of_rule(text, "runs") is None
    assert after(text, [(0, "a"), (0, "a")]).runs is None


def test_an_urgent_step_waits_for_no_window() -> None:
    assert of_rule("channel push: between 09:00-10:00\nrule r: if a then send push urgent", "runs") is None
    assert of_rule("channel push: between 09:00-10:00\nrule r: if a then send push", "runs") is not None


def test_runs_reach_their_bound_and_go_no_further() -> None:
    for clause in ("while pending stack", "for each k"):
        events: Events = [(n, "a", {"k": n}) for n in range(MOST_RUNS + 5)]
        assert len(after(f"if a then after 30m send push {clause}", events[:MOST_RUNS]).runs or ()) == MOST_RUNS
        assert len(after(f"if a then after 30m send push {clause}", events).runs or ()) == MOST_RUNS
    for clause in ("while pending ignore", "while pending restart"):
        assert len(after(f"if a then after 30m send push {clause}", events).runs or ()) == 1


def test_a_run_is_gone_when_its_time_is_over() -> None:
    text = "if a then after 30m send push then after 2h send sms"
    assert after(text, [(0, "a"), (150 * MINUTE - 1, "x")]).runs
    assert after(text, [(0, "a"), (150 * MINUTE, "x")]).runs is None


def test_limits() -> None:
    kept = of_rule("if a then send push at most 3 per 7d", "limits")
    assert kept is not None
    assert (kept.most, kept.length) == (3, None)
    state = after("if a then send push at most 3 per 7d", [(n * DAY, "a") for n in range(30)])
    assert [len(times) for times in (state.limits or {})[0].values()] == [3]


def test_a_limit_for_ever_of_each_value_is_kept_for_so_many_values() -> None:
    text = "if a then send push once for each k"
    kept = of_rule(text, "limits")
    assert kept is not None
    assert kept.most == MOST_VALUES
    state = after(text, [(n, "a", {"k": n}) for n in range(MOST_VALUES + 3)])
    assert len((state.limits or {})[0]) == MOST_VALUES


def test_goals_are_kept_as_long_as_they_count() -> None:
    text = "if a then send push goal b within 3d"
    kept = of_rule(text, "goals")
    assert kept is not None
    assert (kept.most, kept.length, kept.label) == (None, 3 * DAY, "run that sent in the last 3d")
    assert len(after(text, [(0, "a"), (3 * DAY, "a")]).goals or ()) == 2
    assert len(after(text, [(0, "a"), (3 * DAY + 1, "a")]).goals or ()) == 1
    assert len(after(text, [(n * 4 * DAY, "a") for n in range(50)]).goals or ()) == 1


def test_triggers_that_wait() -> None:
    kinds = {
        "if no a for 3d then send push": ("silences", 1, 3 * DAY),
        "rule r: if ignored s after 2d then send push rule s: if a then send push": ("ignored", None, 2 * DAY),
        "if every day at 09:00 then send push": ("calendar", 1, None),
        "segment v = a ever\nrule r: if user enters v then send push": ("members", 1, None),
    }
    for text, (what, most, length) in kinds.items():
        kept = of_rule(text, what)
        assert kept is not None, text
        assert (kept.most, kept.length) == (most, length)


def test_history_is_told_by_what_its_answer_needs() -> None:
    text = """rule r: if x and a ever and count(a) > 1 and sum(a.n) > 1 and previous(a.n) > 1
    and sum(a.n) in last 7d > 1 then send push"""
    found = stated(text)
    slots = [(kept.most, kept.length, kept.label) for kept in found.program if kept.what == "history"]
    assert slots == [
        (1, None, "a"),
        (1, None, "a"),
        (1, None, "a.n"),
        (2, None, "a.n"),
        (None, 7 * DAY, "a.n in the last 7d before the latest"),
    ]
    assert found.rules[0].slots == (0, 1, 2, 3, 4)


def test_a_window_keeps_the_events_of_its_length() -> None:
    text = "if a and count(b) in last 7d > 1 then send push"
    events: Events = [(n * DAY, "b") for n in range(30)]
    assert [len(kept or ()) for kept in after(text, events).history or ()] == [7]


def test_rules_share_slots_and_segments_bring_theirs() -> None:
    text = """segment vip = a ever and user in old
segment old = count(b) > 3
rule one: if x and user in vip then send push
rule two: if x and no a ever and user not in old then send push
rule three: if x and user in vip then send push
rule four: if 2nd x then send push"""
    found = stated(text)
    labels = {kept.number: kept.label for kept in found.program if kept.what == "history"}
    assert [sorted(labels[slot] for slot in rule.slots) for rule in found.rules] == [
        ["a", "b"],
        ["a", "b"],
        ["a", "b"],
        ["x"],
    ]
    assert len(labels) == 3


def test_caps_and_invariants() -> None:
    text = """channel push: cap 2 per day
cap all 5 per 7d
rule r: if a then send push
invariant i: at most 3 sends per 1d
invariant j: no send within 1h after b
invariant k: no send between 21:00-09:00"""
    found = [(kept.what, kept.label, kept.most) for kept in stated(text).program if kept.what in ("caps", "watched")]
    assert found == [
        ("caps", "push 2 per day", 2),
        ("caps", "all 5 per 7d", 5),
        ("watched", "invariant i", 3),
        ("watched", "invariant j", 1),
    ]
    state = after(text, [(n * DAY, "a") for n in range(9)])
    assert [len(times) for times in (state.caps or {}).values()] == [2, 5]


def test_the_runs_of_all_rules_together() -> None:
    text = "rule r: if a then after 1h send push while pending stack rule s: if a then after 1h send sms"
    assert stated(text).most_runs == MOST_RUNS + 1
    assert stated(text).to_dict()["most_runs"] == MOST_RUNS + 1
