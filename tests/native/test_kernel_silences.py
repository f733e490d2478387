"""Silences, ordinals and questions about the past under the short cut, just before, at and just after each boundary."""

from __future__ import annotations

from typing import Any

import pytest
from test_kernel_boundaries import decided

import trigdsl
from trigdsl.records.native import input_of
from trigdsl.replayer.driver import Replay

SILENCE = "rule r: if no a for 1h then send push"


@pytest.mark.parametrize(
    ("again", "sent"),
    [
        ("10:59:59.999999", ["11:59:59.999999Z"]),
        ("11:00:00", ["12:00:00Z"]),  # an event at the very end comes before the timer
        ("11:00:00.000001", ["11:00:00Z", "12:00:00.000001Z"]),
    ],
)
def test_an_event_up_to_its_end_starts_a_silence_anew(again: str, sent: list[str]) -> None:
    found = decided(SILENCE, "10:00:00 a", f"{again} a", until="23:00:00")
    assert found == [("sent", None, at) for at in sent]


@pytest.mark.parametrize(("until", "count"), [("10:59:59.999999", 0), ("11:00:00", 1), ("11:00:00.000001", 1)])
def test_a_silence_is_over_at_its_end(until: str, count: int) -> None:
    assert len(decided(SILENCE, "10:00:00 a", until=until)) == count


def test_two_events_of_one_instant_are_one_silence() -> None:
    assert decided(SILENCE, "10:00:00 a", "10:00:00 a", until="23:00:00") == [("sent", None, "11:00:00Z")]


def test_a_silence_that_is_not_over_is_not_pending_but_its_run_is() -> None:
    assert decided("rule r: if no a for 1h then after 1h send push", "10:00:00 a", until="11:00:00") == [
        ("pending", "due", "12:00:00Z")
    ]
    assert decided("rule r: if no a for 1h then after 1h send push", "10:00:00 a", until="10:59:59") == []


def test_what_ends_runs_does_not_end_the_silence_before_them() -> None:
    rule = "rule r: if no a for 1h then after 1h send push unless b"
    assert decided(rule, "10:00:00 a", "10:30:00 b", until="23:00:00") == [("sent", None, "12:00:00Z")]
    assert decided(rule, "10:00:00 a", "11:00:00 b", until="23:00:00") == [("sent", None, "12:00:00Z")]
    assert decided(rule, "10:00:00 a", "11:00:00.000001 b", until="23:00:00") == [
        ("cancelled", "unless b", "11:00:00.000001Z")
    ]


@pytest.mark.parametrize(
    ("first", "second", "sent"),
    [
        # At 12:00 the silence of s is over and the run of r is due: by rule order, unless priority says otherwise.
        ("r: if b then after 1h send push", "s: if no a for 2h then send push", "r"),
        ("s: if no a for 2h then send push", "r: if b then after 1h send push", "s"),
        ("s: if no a for 2h then send push", "r: if b then after 1h send push priority 1", "r"),
        ("r: if b then after 1h send push priority -1", "s: if no a for 2h then send push", "s"),
    ],
)
def test_of_one_moment_the_first_in_order_gets_what_the_cap_leaves(first: str, second: str, sent: str) -> None:
    rules = f"cap push 1 per 1d\nrule {first}\nrule {second}"
    records: list[dict[str, Any]] = [
        {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "a"},
        {"user": "u", "time": "2026-11-20T11:00:00Z", "event": "b"},
        {"user": "v", "time": "2026-11-20T13:00:00Z", "event": "c"},
    ]
    for how in ({"compiled": True}, {"compiled": False}, {"flatly": False}):
        made = list(Replay(trigdsl.parse(rules), map(input_of, records), **how))  # type: ignore[arg-type]
        assert [one.rule for one in made if one.status == "sent"] == [sent]
        assert [one.status for one in made if one.rule != sent] == ["capped"]


def test_the_run_of_a_silence_is_told_with_the_event_that_began_it() -> None:
    records = [
        {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "a", "id": "first"},
        {"user": "u", "time": "2026-11-20T10:30:00Z", "event": "a", "id": "second"},
        {"user": "u", "time": "2026-11-20T23:00:00Z", "event": "c", "id": "third"},
    ]
    for how in ({"compiled": True}, {"compiled": False}, {"flatly": False}):
        (made,) = Replay(trigdsl.parse(SILENCE), map(input_of, records), **how)  # type: ignore[arg-type]
        assert (made.event_id, made.triggered) == ("second", 1_795_174_200_000_000)


@pytest.mark.parametrize(("second", "count"), [("10:59:59.999999", 1), ("11:00:00", 0), ("11:00:00.000001", 0)])
def test_the_past_is_asked_as_it_was_when_the_event_came(second: str, count: int) -> None:
    rule = "rule r: if b and a in last 1h then send push"
    assert len(decided(rule, "10:00:00 a", f"{second} b", "12:00:00 a", until="23:00:00")) == count


def test_an_ordinal_counts_the_event_itself() -> None:
    found = decided("rule r: if 2nd a then send push", "10:00:00 a", "11:00:00 a", "12:00:00 a")
    assert found == [("sent", None, "11:00:00Z")]


def test_the_profile_is_asked_as_it_was_when_the_event_came() -> None:
    rule = 'rule r: if a and user.timezone == "Asia/Seoul" then send push'
    records = ("10:00:00 a", "11:00:00 tz=Asia/Seoul", "11:00:00 a", "12:00:00 tz=UTC", "12:00:00 a")
    assert decided(rule, *records) == [("sent", None, "11:00:00Z")]


def test_profiles_that_hold_before_all_else_are_asked_too() -> None:
    rule = "rule r: if a and user.age > 3 then send push between 09:00-10:00 local"
    given = {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "a"}
    end = {"user": "z", "time": "2026-11-22T10:00:00Z", "event": "c"}
    profiles = [("u", {"age": 5, "timezone": "Asia/Seoul"}), ("z", {"age": 1})]
    found = []
    for how in ({"compiled": True}, {"compiled": False}, {"flatly": False}):
        replay = Replay(trigdsl.parse(rule), map(input_of, (given, end)), profiles=profiles, **how)  # type: ignore[arg-type]
        found.append([one.to_dict() for one in replay])
    assert found[0] == found[1] == found[2]
    assert [one["time"] for one in found[0]] == ["2026-11-21T00:00:00Z"]
