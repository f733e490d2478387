"""Ids that an alias makes one, in replays: one user's from the first record on; in sorted ones from the alias on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

import trigdsl
from trigdsl.records.native import input_of
from trigdsl.replayer.driver import Replay

REMINDER = "rule r: if cart then after 1h send push unless purchase"
AT = "2026-11-20T"
Record = dict[str, Any]


def at(time: str, user: str, event: str | None = None, **parts: Any) -> Record:
    record = {"user": user, "time": f"{AT}{time}:00Z" if len(time) == 5 else time, **parts}
    return record | ({"event": event} if event else {})


def replayed(rules: str, records: Iterable[Record], **options: Any) -> tuple[list[str], Replay]:
    """Each decision in short, and the replay."""
    replay = Replay(trigdsl.parse(rules), [input_of(record) for record in records], **options)
    return [f"{one.user} {one.rule} {one.reason or one.status}" for one in replay], replay


def decided(rules: str, records: Iterable[Record], **options: Any) -> list[str]:
    return replayed(rules, records, **options)[0]


CART_AND_PURCHASE = (at("10:00", "anon", "cart"), at("10:30", "u", "purchase"))


@pytest.mark.parametrize("time", ["09:00", "10:00", "10:15", "10:30", "23:00"])
def test_wherever_the_alias_stands_all_records_are_one_users(time: str) -> None:
    alias = at(time, "u", alias="anon")
    for records in ((alias, *CART_AND_PURCHASE), (*CART_AND_PURCHASE, alias)):
        assert decided(REMINDER, records, drain=True) == ["u r unless purchase"]


def test_without_the_alias_they_are_two() -> None:
    assert decided(REMINDER, CART_AND_PURCHASE, drain=True) == ["anon r sent"]


def test_an_alias_after_the_end_holds_too() -> None:
    records = [*CART_AND_PURCHASE, at("23:00", "u", alias="anon")]
    assert decided(REMINDER, records, until=input_of(at("12:00", "x", "y")).time) == ["u r unless purchase"]


def test_an_alias_with_an_event_and_a_profile() -> None:
    rules = 'rule r: if login and user.tier == "gold" and cart ever then send push'
    records = [at("10:00", "anon", "cart"), at("10:30", "u", "login", alias="anon", set={"tier": "gold"})]
    assert decided(rules, records) == ["u r sent"]
    assert decided(rules, records, is_sorted=True) == ["u r sent"]


def test_aliases_of_aliases_lead_to_the_last_user() -> None:
    records = [
        at("10:00", "anon", "cart"),
        at("10:10", "old", alias="anon"),
        at("10:20", "new", alias="old"),
        at("10:30", "new", "purchase"),
        at("10:40", "other", "cart"),
        at("10:50", "anon", alias="other"),
    ]
    assert decided(REMINDER, records, drain=True) == ["new r unless purchase", "new r sent"]
    assert decided(REMINDER, reversed(records), drain=True) == ["new r unless purchase", "new r sent"]


def test_a_shared_device_is_that_of_the_first_link_in_time() -> None:
    records = [
        at("10:00", "device", "cart"),
        at("10:10", "second", alias="device"),
        at("10:05", "first", alias="device"),
        at("10:20", "second", alias="device"),
    ]
    made, replay = replayed(REMINDER, records, drain=True)
    assert made == ["first r sent"]
    [warning] = replay.stats.warnings
    assert (warning.text, warning.example, warning.count) == (
        "`alias` is an id of another user already, and stays theirs",
        "device",
        2,
    )


def test_links_of_one_time_count_as_they_arrive() -> None:
    records = [
        at("10:00", "device", "cart"),
        at("11:00", "late", alias="device"),
        at("10:10", "a", alias="device"),
        at("10:10", "b", alias="device"),
        at("10:10", "late", alias="device"),
    ]
    assert decided(REMINDER, records) == ["a r sent"]


def test_an_alias_alone_is_no_input_of_the_rules_but_moves_the_clock() -> None:
    rules = """
    rule c: if every day at 12:00 utc then send push
    rule a: if any then send sms
    rule s: if no any for 1h then send email
    """
    records = [at("11:00", "u", alias="anon"), at("13:00", "u", alias="anon2")]
    made, replay = replayed(rules, records)
    assert made == []
    assert (replay.stats.inputs, replay.stats.events, replay.stats.users) == (2, 0, 1)
    assert decided(REMINDER, [at("10:00", "u", "cart"), at("11:00", "v", alias="w")]) == ["u r sent"]
    assert decided(REMINDER, [at("10:00", "u", "cart"), at("10:59", "v", alias="w")]) == ["u r due"]


@pytest.mark.parametrize("options", [{}, {"is_sorted": True}])
def test_records_of_both_ids_with_one_record_id_are_one(options: dict[str, Any]) -> None:
    rules = "rule r: if cart then send push"
    first = [at("10:00", "anon", "cart", id="e"), at("10:00", "u", "cart", id="other")]
    second = [at("10:20", "u", "cart", id="e"), at("10:30", "anon", "cart", id="other"), at("10:40", "u", "cart")]
    made, replay = replayed(rules, [*first, at("10:10", "u", alias="anon"), *second], **options)
    assert len(made) == 3
    stats = replay.stats
    assert (stats.duplicates, stats.inputs, stats.events, stats.event_names, stats.users) == (2, 4, 3, {"cart": 3}, 1)


@pytest.mark.parametrize(("days", "count"), [(6, 1), (7, 1), (8, 2)])
def test_seven_days_apart_records_of_both_ids_are_still_one(days: int, count: int) -> None:
    records = [
        at("10:00", "anon", "cart", id="e"),
        at("10:01", "u", alias="anon"),
        at(f"2026-11-{20 + days}T10:00:00Z", "u", "cart", id="e"),
    ]
    for options in ({}, {"is_sorted": True}):
        assert len(decided("rule r: if cart then send push", records, **options)) == count


def test_of_one_record_under_two_ids_the_one_that_arrived_first_stays() -> None:
    rules = 'rule r: if cart then send push "{{ n }}"'
    records = [
        at("10:20", "u", "cart", id="e", properties={"n": 1}),
        at("10:00", "anon", "cart", id="e", properties={"n": 2}),
        at("10:30", "u", alias="anon"),
    ]
    replay = Replay(trigdsl.parse(rules), [input_of(record) for record in records])
    assert [one.text for one in replay] == ["1"]


def test_an_event_that_no_rule_heeds_makes_a_later_one_a_duplicate_too() -> None:
    records = [
        at("10:00", "anon", "view", id="e"),
        at("10:10", "u", "cart", id="e"),
        at("10:20", "u", "cart", id="f"),
        at("10:30", "anon", "view", id="f"),
        at("10:30", "u", alias="anon"),
    ]
    made, replay = replayed("rule r: if cart then send push", records)
    assert made == ["u r sent"]
    assert (replay.stats.duplicates, replay.stats.events) == (2, 2)


def test_the_clock_does_not_heed_the_time_of_a_duplicate_under_another_id() -> None:
    records = [
        at("10:00", "u", "cart", id="e"),
        at("10:30", "u", alias="anon"),
        at("11:00", "anon", "cart", id="e"),
    ]
    made, replay = replayed(REMINDER, records)
    assert made == ["u r due"]
    assert replay.stats.last == input_of(records[1]).time


def test_an_alias_of_a_record_that_came_before_is_no_record() -> None:
    records = [at("10:00", "u", "view", id="e"), at("10:10", "u", id="e", alias="anon"), *CART_AND_PURCHASE]
    assert decided(REMINDER, records, drain=True) == ["anon r sent"]


@pytest.mark.parametrize("is_sorted", [False, True])
def test_of_profiles_the_known_users_attributes_win(is_sorted: bool) -> None:
    rules = "rule r: if cart then send push \"{{ user.a }} {{ user.b }} {{ user.c | default('-') }}\""
    profiles: list[tuple[str, dict[str, Any]]] = [
        ("anon", {"a": "anon", "b": "anon"}),
        ("u", {"a": "u"}),
        ("u2", {"b": "u2"}),
    ]
    records = [at("09:00", "u", alias="anon"), at("09:01", "u", alias="u2"), at("10:00", "anon", "cart")]
    program = trigdsl.parse(rules)
    replay = Replay(program, map(input_of, records), profiles=profiles, is_sorted=is_sorted)
    assert [one.text for one in replay] == ["u anon -"]


def test_inputs_of_the_caller_stay_as_they_are() -> None:
    inputs = [input_of(at("10:00", "anon", "cart")), input_of(at("10:30", "u", alias="anon"))]
    assert [one.user for one in Replay(trigdsl.parse(REMINDER), inputs, drain=True)] == ["u"]
    assert [given.user for given in inputs] == ["anon", "u"]
    assert inputs[1].alias == "anon"


# ------------------------------------------------------------------------ sorted
def test_in_a_sorted_stream_the_alias_holds_from_when_it_comes() -> None:
    """The purchase came before it was known whose cart it was."""
    late = [*CART_AND_PURCHASE, at("10:40", "u", alias="anon"), at("12:00", "u", "view")]
    assert decided(REMINDER, late, is_sorted=True) == ["u r sent"]
    early = [CART_AND_PURCHASE[0], at("10:20", "u", alias="anon"), CART_AND_PURCHASE[1]]
    assert decided(REMINDER, early, is_sorted=True) == ["u r unless purchase"]


def test_in_a_sorted_stream_an_event_that_no_rule_heeds_links_too() -> None:
    records = [CART_AND_PURCHASE[0], at("10:20", "u", "login", alias="anon"), CART_AND_PURCHASE[1]]
    assert decided(REMINDER, records, is_sorted=True) == ["u r unless purchase"]


def test_in_a_sorted_stream_a_shared_device_is_reported() -> None:
    records = [at("10:00", "u", alias="device"), at("10:10", "v", "cart", alias="device"), at("12:00", "v", "view")]
    made, replay = replayed(REMINDER, records, is_sorted=True)
    assert made == ["v r sent"]
    assert [(one.example, one.count) for one in replay.stats.warnings] == [("device", 1)]
