"""Counting decisions as they stream by."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from trigdsl.model.decisions import STATUSES, Decision
from trigdsl.replayer.summary import (
    FIRST_REJECTS,
    MOST_REASONS,
    OTHER,
    GoalSummary,
    RejectedRecord,
    RuleSummary,
    Shown,
    Tally,
    shown_as_dict,
)
from trigdsl.replayer.wording import in_words


def decision(status: str = "sent", **other: Any) -> Decision:
    facts: dict[str, Any] = {
        "user": "u1",
        "rule": "r",
        "step": 1,
        "action": "send",
        "channel": "push",
        "time": 0,
        "triggered": 0,
        "due": 0,
        "key": "k",
    }
    return Decision(status=status, **{**facts, **other})


def tally(*decisions: Decision, shown: Shown | None = None) -> Tally:
    out = Tally(shown or Shown())
    for each in decisions:
        out.decision(each)
    return out


def rule(counted: Tally, name: str = "r", runs: int = 0) -> RuleSummary:
    [found] = [each for each in counted.rules({name: None}, {name: runs}, {}) if each.rule == name]
    return found


def test_every_status_is_listed_and_counted() -> None:
    counted = tally(*(decision(status) for status in STATUSES), decision("sent"))
    assert rule(counted).statuses == {
        "sent": 2,
        "cancelled": 1,
        "capped": 1,
        "skipped": 1,
        "control": 1,
        "pending": 1,
    }


def test_rates_leave_out_what_is_still_pending() -> None:
    counted = tally(
        decision(), decision("cancelled"), decision("cancelled"), decision("cancelled"), decision("pending")
    )
    rates = rule(counted).rates
    assert rates["sent"] == 0.25
    assert rates["cancelled"] == 0.75
    assert "pending" not in rates


def test_without_a_decision_there_are_no_rates() -> None:
    assert rule(tally()).rates == {}
    assert rule(tally(decision("pending"))).rates == {}


def test_rules_keep_the_order_of_the_program_and_those_without_decisions_are_there() -> None:
    counted = tally(decision(rule="b"), decision(rule="a"))
    rules = counted.rules({"b": None, "quiet": "Quiet", "a": None}, {"b": 3}, {})
    assert [(each.rule, each.title, each.runs) for each in rules] == [
        ("b", None, 3),
        ("quiet", "Quiet", 0),
        ("a", None, 0),
    ]


def test_steps_are_counted_apart() -> None:
    counted = tally(decision(step=1), decision("skipped", step=2, reason="guard"), decision(step=2))
    assert [(s.step, s.statuses["sent"], s.statuses["skipped"]) for s in rule(counted).steps] == [(1, 1, 0), (2, 1, 1)]


def test_reasons_come_commonest_first_with_words() -> None:
    counted = tally(
        decision("skipped", reason="guard"),
        decision("cancelled", reason="unless purchase"),
        decision("cancelled", reason="unless purchase", step=2),
    )
    assert [(r.status, r.reason, r.count, r.words) for r in rule(counted).reasons] == [
        ("cancelled", "unless purchase", 2, "`purchase` happened first"),
        ("skipped", "guard", 1, "the step's `if` did not hold when it was due"),
    ]


def test_reasons_that_vary_without_end_are_lumped() -> None:
    many = [decision("skipped", reason=f"template error: {number}") for number in range(MOST_REASONS + 50)]
    reasons = rule(tally(*many)).reasons
    assert len(reasons) == MOST_REASONS + 1
    assert reasons[0].reason == OTHER
    assert reasons[0].count == 50


def test_channels_count_what_was_meant_for_them() -> None:
    counted = tally(
        decision(channel="sms"),
        decision("capped", channel="push", reason="push 1 per day"),
        decision(action="set", channel=None, target="tier"),
    )
    assert [(c.channel, c.statuses["sent"], c.statuses["capped"]) for c in counted.channels()] == [
        ("push", 0, 1),
        ("sms", 1, 0),
    ]


def test_a_user_is_reached_once_and_only_by_a_message_that_was_sent() -> None:
    counted = tally(
        decision(user="a"),
        decision(user="a"),
        decision("control", user="b", reason="holdout"),
        decision(user="c", action="set", channel=None, target="tier"),
    )
    assert counted.users_reached == 1


def test_rejected_records_are_all_counted_and_the_first_are_shown() -> None:
    counted = Tally()
    for line in range(1, FIRST_REJECTS + 3):
        counted.reject("e.jsonl", line, "bad JSON" if line > 1 else "no `user`")
    rejected = counted.rejected
    assert rejected.count == FIRST_REJECTS + 2
    assert list(rejected.reasons.items()) == [("bad JSON", FIRST_REJECTS + 1), ("no `user`", 1)]
    assert rejected.first[0] == RejectedRecord(file="e.jsonl", line=1, reason="no `user`")
    assert len(rejected.first) == FIRST_REJECTS


def test_reasons_for_rejecting_are_counted_without_the_values_of_the_records() -> None:
    counted = Tally()
    counted.reject("e.jsonl", 1, "`time` `2026-13-01T00:00:00Z` is no moment of the calendar")
    counted.reject("e.jsonl", 2, "`time` `2026-02-30T00:00:00Z` is no moment of the calendar")
    counted.reject("e.jsonl", 3, "bad JSON: it ends too early, at column 9")
    counted.reject("e.jsonl", 4, "bad JSON: it ends too early, at column 12")
    counted.reject("e.jsonl", 5, "`user` is a list, text or a number is wanted")
    assert counted.rejected.reasons == {
        "`time` is no moment of the calendar": 2,
        "bad JSON: it ends too early": 2,
        "`user` is a list, text or a number is wanted": 1,
    }
    assert counted.rejected.first[0].reason == "`time` `2026-13-01T00:00:00Z` is no moment of the calendar"


def test_reasons_for_rejecting_that_vary_without_end_are_lumped() -> None:
    counted = Tally()
    for line in range(MOST_REASONS + 7):
        counted.reject("e.jsonl", line, f"reason number {line}")
    assert counted.rejected.reasons[OTHER] == 7
    assert counted.rejected.count == MOST_REASONS + 7


@pytest.mark.parametrize(
    ("shown", "inside"),
    [
        (Shown(), True),
        (Shown(statuses=frozenset({"sent", "capped"})), True),
        (Shown(statuses=frozenset({"capped"})), False),
        (Shown(rules=frozenset({"r"})), True),
        (Shown(rules=frozenset({"other"})), False),
        (Shown(users=frozenset({"u1"})), True),
        (Shown(users=frozenset({"u2"})), False),
        (Shown(statuses=frozenset({"sent"}), users=frozenset({"u2"})), False),
    ],
)
def test_what_is_shown_fits_every_limit(shown: Shown, inside: bool) -> None:
    assert (decision() in shown) is inside


def test_only_the_rules_that_are_shown_are_in_the_summary() -> None:
    counted = tally(shown=Shown(rules=frozenset({"a"})))
    assert [each.rule for each in counted.rules({"a": None, "b": None}, {}, {})] == ["a"]


def test_runs_of_all_users_are_not_shown_for_one() -> None:
    counted = tally(shown=Shown(users=frozenset({"u1"})))
    goal = GoalSummary(variant=None, control=False, runs=4, converted=2, rate=0.5)
    assert Tally().rules({"a": None}, {"a": 7}, {"a": (goal,)})[0].goals == (goal,)
    assert counted.rules({"a": None}, {"a": 7}, {"a": (goal,)})[0].runs is None
    assert counted.rules({"a": None}, {"a": 7}, {"a": (goal,)})[0].goals == ()


def test_what_is_shown_as_plain_data() -> None:
    assert shown_as_dict(Shown()) == {}
    assert shown_as_dict(Shown(statuses=frozenset({"capped", "sent"}), users=frozenset({"u"}))) == {
        "statuses": ["sent", "capped"],
        "users": ["u"],
    }


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        ("cancelled", "stop on landing_opened", "`landing_opened` ended the run"),
        ("cancelled", "restarted", "the same trigger came again and restarted the run"),
        ("capped", "push 2 per day", "the cap `push 2 per day` was full"),
        ("skipped", "missing user.name", "`user.name`, which the text needs, was missing"),
        ("skipped", "missing value", "there was no value to set"),
        ("skipped", "template error: division by zero", "template error: division by zero"),
        ("control", "nothing", "a variant that deliberately sends nothing"),
        ("pending", "window", "waiting for the allowed hours when the replay stopped"),
    ],
)
def test_reasons_in_words(status: str, reason: str, words: str) -> None:
    assert in_words(status, reason) == words


def test_a_rule_summary_is_plain_json() -> None:
    from attrs import asdict

    assert msgspec.json.decode(msgspec.json.encode(asdict(rule(tally(decision()), runs=1))))["runs"] == 1
