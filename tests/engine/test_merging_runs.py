"""Unfinished runs of two ids that turn out to be one user: which stay, and what becomes of them."""

from __future__ import annotations

import pytest
from merge_helpers import CARTS, at, decided, live, micros, short

import trigdsl

BOTH = ["11:00 u r sent", "11:10 u r sent"]


def test_with_stack_both_runs_stay() -> None:
    assert decided("rule r: if cart then after 1h send push while pending stack", *CARTS) == BOTH


def test_with_ignore_the_older_run_stays() -> None:
    made, engine = live("rule r: if cart then after 1h send push", *CARTS)
    assert short(made) == ["10:30 u r merged"]
    assert (made[0].status, made[0].triggered) == ("cancelled", micros("10:10"))
    assert short(engine.advance("2026-11-21T00:00:00Z")) == ["11:00 u r sent"]


def test_with_ignore_the_older_run_stays_when_it_is_the_known_users() -> None:
    carts = (at("10:00", "u", "cart"), at("10:10", "anon", "cart"), CARTS[2])
    made, engine = live("rule r: if cart then after 1h send push", *carts)
    assert [(one.reason, one.triggered) for one in made] == [("merged", micros("10:10"))]
    assert [one.triggered for one in engine.advance("2026-11-21T00:00:00Z")] == [micros("10:00")]


def test_at_one_instant_the_other_ids_run_is_the_older() -> None:
    carts = (at("10:00", "u", "cart", id="of u"), at("10:00", "anon", "cart", id="of anon"), CARTS[2])
    made, _ = live("rule r: if cart then after 1h send push", *carts)
    assert [one.event_id for one in made] == ["of u"]


def test_with_restart_the_newer_run_stays() -> None:
    rules = "rule r: if cart then after 1h send push while pending restart"
    assert decided(rules, *CARTS) == ["10:30 u r merged", "11:10 u r sent"]


@pytest.mark.parametrize(("longest", "sent"), [("9m", "11:00"), ("10m", "11:10"), ("11m", "11:10")])
def test_with_a_bounded_restart_the_newer_run_stays_if_it_could_have_restarted(longest: str, sent: str) -> None:
    rules = f"rule r: if cart then after 1h send push while pending restart for at most {longest}"
    assert decided(rules, *CARTS) == ["10:30 u r merged", f"{sent} u r sent"]


def test_the_newer_run_stands_in_the_chain_of_the_older() -> None:
    rules = "rule r: if cart then after 1h send push while pending restart for at most 45m"
    assert decided(rules, *CARTS, at("10:45", "u", "cart")) == [
        "10:30 u r merged",
        "10:45 u r restarted",
        "11:45 u r sent",
    ]
    assert decided(rules, *CARTS, at("10:46", "u", "cart")) == ["10:30 u r merged", "11:10 u r sent"]


def test_runs_of_different_values_stay() -> None:
    carts = (at("10:00", "anon", "cart", n=1), at("10:10", "u", "cart", n=2), CARTS[2])
    assert decided("rule r: if cart then after 1h send push for each n", *carts) == BOTH
    carts = (at("10:00", "anon", "cart", n=1), at("10:10", "u", "cart", n=1), CARTS[2])
    assert decided("rule r: if cart then after 1h send push for each n", *carts) == [
        "10:30 u r merged",
        "11:00 u r sent",
    ]


def test_the_oldest_hundred_runs_stay() -> None:
    anon = [at("10:00", "anon", "cart") for _ in range(60)]
    known = [at("10:10", "u", "cart") for _ in range(60)]
    made, engine = live("rule r: if cart then after 1h send push while pending stack", *anon, *known, CARTS[2])
    assert [(one.reason, one.triggered) for one in made] == [("merged", micros("10:10"))] * 20
    assert len(engine.pending("u")) == 100
    assert len({one.key for one in [*made, *engine.advance("2026-11-21T00:00:00Z")]}) == 120


def test_a_run_due_at_the_very_instant_of_the_alias_goes_to_the_known_user() -> None:
    rules = "rule r: if cart then after 30m send push"
    assert decided(rules, at("10:00", "anon", "cart"), CARTS[2]) == ["10:30 u r sent"]
    assert decided(rules, at("09:59", "anon", "cart"), CARTS[2]) == ["10:29 anon r sent"]


def test_what_happened_to_the_other_id_before_cancels_nothing() -> None:
    rules = "rule r: if cart then after 1h send push unless purchase stop on landing"
    records = (at("10:00", "anon", "cart"), at("10:10", "u", "purchase"), at("10:20", "u", "landing"), CARTS[2])
    assert decided(rules, *records) == ["11:00 u r sent"]


@pytest.mark.parametrize("user", ["u", "anon"])
def test_what_happens_from_the_alias_on_cancels_runs_of_both(user: str) -> None:
    rules = "rule r: if cart then after 1h send push unless purchase while pending stack"
    records = (*CARTS, at("10:30", user, "purchase"))
    assert decided(rules, *records) == ["10:30 u r unless purchase"] * 2


def test_an_event_beside_the_alias_comes_after_the_merge() -> None:
    rules = "rule r: if cart then after 1h send push unless purchase"
    records = (at("10:00", "anon", "cart"), at("10:30", "u", "purchase", alias="anon"))
    assert decided(rules, *records) == ["10:30 u r unless purchase"]


def test_a_run_between_two_steps_goes_on() -> None:
    rules = "rule r: if cart then send push then after 1h send sms while pending stack"
    assert decided(rules, *CARTS) == ["10:00 anon r sent", "10:10 u r sent", *BOTH]


def test_deliveries_keep_their_keys_apart() -> None:
    """Both ids' runs are the first of their user at that instant."""
    rules = "rule r: if cart then send push then after 1h send sms while pending stack"
    made, engine = live(rules, at("10:00", "anon", "cart"), at("10:00", "u", "cart"), CARTS[2])
    made += engine.advance("2026-11-21T00:00:00Z")
    assert len({one.key for one in made}) == 4


def test_a_key_stays_what_it_would_have_been() -> None:
    rules = "rule r: if cart then after 1h send push"
    records = (at("10:00", "anon", "cart"), at("10:30", "u", alias="anon"), at("10:40", "u2", alias="u"))
    _, engine = live(rules, *records)
    [alone] = live(rules, records[0])[1].advance("2026-11-21T00:00:00Z")
    [merged] = engine.advance("2026-11-21T00:00:00Z")
    assert (merged.user, merged.key) == ("u2", alone.key)


def test_a_run_that_has_not_acted_is_held_out_as_the_known_user_is() -> None:
    rules = "rule r: if cart then {}after 1h send push holdout 50%"
    program = trigdsl.parse(rules.format(""))
    held = {name: is_held_out(program, name) for name in map(str, range(50))}
    inside = next(name for name in held if held[name])
    outside = next(name for name in held if not held[name])
    for known, other in ((inside, outside), (outside, inside)):
        records = (at("10:00", other, "cart"), at("10:30", known, alias=other))
        expected = "holdout" if held[known] else "sent"
        assert decided(rules.format(""), *records) == [f"11:00 {known} r {expected}"]
        acted = rules.format("send sms then ")
        begun = "holdout" if held[other] else "sent"
        assert decided(acted, *records) == [f"10:00 {other} r {begun}", f"11:00 {known} r {begun}"]


def is_held_out(program: trigdsl.Program, user: str) -> bool:
    engine = trigdsl.Engine(program)
    engine.feed(at("10:00", user, "cart"))
    return engine.advance("2026-11-21T00:00:00Z")[0].status == "control"
