"""What is counted and what waits for two ids that turn out to be one user, and their profiles."""

from __future__ import annotations

import pytest
from merge_helpers import CARTS, at, decided, live, short

import trigdsl
from trigdsl.engine.clockwork import Clockwork
from trigdsl.records.native import input_of


# ------------------------------------------------------------------------ what is counted
def test_limits_count_the_runs_of_both() -> None:
    rules = "rule r: if cart then send push at most 2 per 1d"
    records = (*CARTS, at("10:40", "u", "cart"), at("11-21 10:00", "u", "cart"), at("11-21 10:10", "u", "cart"))
    assert decided(rules, *records) == ["10:00 anon r sent", "10:10 u r sent", "10:00 u r sent", "10:10 u r sent"]


def test_a_pending_run_heeds_the_limit_that_the_other_id_used_up() -> None:
    rules = "rule r: if cart then after 1h send push once"
    records = (at("09:00", "u", "cart"), at("10:00", "u", "view"), at("10:10", "anon", "cart"), CARTS[2])
    assert decided(rules, *records) == ["10:00 u r sent", "11:10 u r limit"]


def test_limits_are_kept_for_the_latest_thousand_values_of_both() -> None:
    rules = "rule r: if cart then send push once for each n"
    known = [at("10:00", "u", "cart", n=n) for n in range(600)]
    other = [at("09:00", "anon", "cart", n=n) for n in range(600, 1200)]
    made, engine = live(rules, *other, *known, CARTS[2])
    assert len(made) == 1200
    oldest = [engine.feed(at("10:40", "u", "cart", n=n)) for n in range(600, 800)]
    assert all(len(one) == 1 for one in oldest)
    assert engine.feed(at("10:40", "u", "cart", n=0)) == []


def test_caps_count_the_sends_of_both() -> None:
    rules = "cap push 2 per 1d\nrule r: if cart then send push"
    records = (*CARTS, at("10:40", "u", "cart"), at("11-21 10:00", "u", "cart"), at("11-21 10:09", "u", "cart"))
    assert decided(rules, *records)[2:] == ["10:40 u r push 2 per 1d", "10:00 u r sent", "10:09 u r push 2 per 1d"]


def test_goals_of_both_can_be_met() -> None:
    rules = "rule r: if cart then send push goal purchase within 1h"
    clockwork = Clockwork(trigdsl.parse(rules))
    for record in (at("09:30", "anon", "cart"), *CARTS, at("11:00", "anon", "purchase")):
        clockwork.handle(input_of(record))
    counted = clockwork.machine.observations
    assert (sum(counted.exposed.values()), sum(counted.converted.values())) == (3, 2)


def test_one_record_under_both_ids_is_a_duplicate_from_the_alias_on() -> None:
    rules = "rule r: if cart then send push"
    records = (at("10:00", "anon", "cart", id="e"), CARTS[2], at("10:40", "u", "cart", id="e"))
    made, engine = live(rules, *records)
    assert (short(made), engine.duplicates) == (["10:00 anon r sent"], 1)


# ------------------------------------------------------------------------ what waits
def test_a_silence_is_that_of_the_later_event() -> None:
    rules = "rule r: if no visit for 1h then send push"
    for first, second in (("u", "anon"), ("anon", "u")):
        records = (at("10:00", first, "visit"), at("10:10", second, "visit", id="later"), CARTS[2])
        made, engine = live(rules, *records)
        [sent] = [*made, *engine.advance("2026-11-21T00:00:00Z")]
        assert (short([sent]), sent.event_id) == (["11:10 u r sent"], "later")


def test_a_silence_of_the_other_id_alone_goes_on() -> None:
    assert decided("rule r: if no visit for 1h then send push", at("10:00", "anon", "visit"), CARTS[2]) == [
        "11:00 u r sent"
    ]


def test_all_sends_that_nobody_opened_are_waited_for() -> None:
    rules = "rule s: if cart then send push\nrule r: if ignored s after 1h then send sms while pending stack"
    assert decided(rules, *CARTS) == ["10:00 anon s sent", "10:10 u s sent", "11:00 u r sent", "11:10 u r sent"]
    opened = at("10:40", "anon", "opened", properties={"rule": "s"})
    assert decided(rules, *CARTS, opened) == ["10:00 anon s sent", "10:10 u s sent"]


CALENDAR = "rule r: if every day at 12:00 then send push"


def test_a_calendar_trigger_fires_once_for_the_two() -> None:
    records = (at("09:00", "anon", "visit"), at("09:00", "u", "visit"), CARTS[2])
    assert decided(CALENDAR, *records, until="2026-11-20T12:00:00Z") == ["12:00 u r sent"]


@pytest.mark.parametrize(("time", "fired"), [("11:59", ["u"]), ("12:00", ["u"]), ("12:01", ["anon", "u"])])
def test_the_alias_at_the_very_moment_of_a_calendar_trigger(time: str, fired: list[str]) -> None:
    records = (at("09:00", "anon", "visit"), at("09:00", "u", "visit"), at(time, "u", alias="anon"))
    made = decided(CALENDAR, *records, until="2026-11-20T13:00:00Z")
    assert made == [f"12:00 {user} r sent" for user in fired]


def test_a_calendar_trigger_does_not_fire_again_on_a_date_on_which_it_fired_for_either() -> None:
    """The other id's noon of that date came first, in the zone further east."""
    records = (
        at("01:00", "anon", "visit", set={"timezone": "Asia/Seoul"}),
        at("01:00", "u", "visit", set={"timezone": "UTC"}),
        at("04:00", "u", alias="anon"),
    )
    made = decided(CALENDAR, *records, until="2026-11-21T12:00:00Z")
    # At 03:00 it is noon in Seoul; the alias comes after that, and the next date is that of the day after.
    assert made == ["03:00 anon r sent", "12:00 u r sent"]


def test_a_calendar_trigger_on_an_attribute_that_the_other_id_brings() -> None:
    rules = "rule r: if every year on user.birthday at 12:00 then send push"
    records = (at("09:00", "u", "visit"), at("09:00", "anon", "visit", set={"birthday": "11-20"}), CARTS[2])
    assert decided(rules, *records, until="2026-11-20T12:00:00Z") == ["12:00 u r sent"]
    own = at("09:30", "u", set={"birthday": "11-25"})
    assert decided(rules, *records[:2], own, CARTS[2], until="2026-11-25T12:00:00Z") == ["12:00 u r sent"]


def test_a_user_of_whom_nothing_is_known_takes_over_the_other_ids_first_input() -> None:
    assert decided(CALENDAR, at("09:00", "anon", "visit"), CARTS[2], until="2026-11-20T12:00:00Z") == ["12:00 u r sent"]
    assert decided(CALENDAR, CARTS[2], until="2026-11-20T12:00:00Z") == []


# ------------------------------------------------------------------------ profile, lists, segments
def test_the_known_users_attributes_win_and_lists_are_joined() -> None:
    rules = (
        "list l\nlist m\n"
        'rule r: if visit and user in l and user in m then send push "{{ user.a }} {{ user.b }} {{ user.c }}"'
    )
    records = (
        at("09:00", "anon", set={"a": 1, "b": 1}, add=["l"]),
        at("09:00", "u", set={"b": 2, "c": 2}, add=["m"]),
        CARTS[2],
        at("10:40", "u", "visit"),
    )
    assert [one.text for one in live(rules, *records)[0]] == ["1 2 2"]


def test_merging_itself_triggers_nothing() -> None:
    rules = """
    list l
    segment gold = user.tier == "gold"
    segment buyer = count(purchase) in last 1d >= 2
    rule a: if user.tier becomes "gold" then send push
    rule b: if user.tier changes then send push
    rule c: if user enters l then send push
    rule d: if user enters gold then send push
    rule e: if user enters buyer then send push
    rule f: if 2nd purchase then send push
    rule g: if user leaves buyer then send push
    """
    anon = (at("09:00", "anon", "purchase", set={"tier": "gold"}, add=["l"]),)
    merged = (at("09:10", "u", "purchase"), CARTS[2], at("10:40", "u", "visit"))
    made, engine = live(rules, *anon, *merged)
    assert short(made) == [f"09:00 anon {rule} sent" for rule in "abcd"]
    # What the user is in since the merge, they leave when its window passes.
    assert short(engine.advance("2026-11-21T08:59:00Z")) == []
    assert short(engine.advance("2026-11-21T09:00:00Z")) == ["09:00 u g sent"]


# ------------------------------------------------------------------------ by hand, and shared ids
def test_merging_by_hand_is_what_an_alias_does() -> None:
    rules = "rule r: if cart then after 1h send push"
    made, engine = live(rules, *CARTS[:2], at("10:30", "u", "view"))
    made += engine.merge("u", "anon")
    assert short(made) == ["10:30 u r merged"]
    assert engine.user_of("anon") == "u"
    assert short(engine.pending("anon")) == ["11:00 u r due"]
    assert short(engine.advance("2026-11-21T00:00:00Z")) == ["11:00 u r sent"]
    assert engine.merge("u", "anon") == engine.merge("anon", "u") == engine.merge("u", "u") == []


def test_merging_by_hand_before_the_first_record() -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule r: if cart then send push"))
    assert engine.merge("u", "anon") == []
    assert [one.user for one in engine.feed(at("10:00", "anon", "cart"))] == ["u"]


def test_a_shared_id_stays_with_its_first_user() -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule r: if cart then send push"))
    engine.feed(at("10:00", "first", alias="device"))
    with pytest.raises(ValueError, match="`device` is an id of `first` already"):
        engine.merge("second", "device")
    assert [one.user for one in engine.feed(at("10:10", "second", "cart", alias="device"))] == ["second"]
    assert [one.user for one in engine.feed(at("10:20", "device", "cart"))] == ["first"]
    assert engine.refused_aliases == 1


def test_the_next_timer_is_that_of_both() -> None:
    _, engine = live("rule r: if cart then after 1h send push while pending stack", *CARTS)
    for expected in ("11:00", "11:10"):
        assert engine.next_due is not None
        assert engine.next_due.strftime("%H:%M") == expected
        assert len(engine.advance(engine.next_due)) == 1


def test_a_late_alias_finds_its_place_among_records_that_are_held_back() -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule r: if cart then after 1h send push unless purchase"), lateness="10m")
    made = []
    for record in (at("10:00", "anon", "cart"), at("10:05", "u", "purchase"), at("10:03", "u", alias="anon")):
        made += engine.feed(record)
    assert short([*made, *engine.advance("2026-11-21T00:00:00Z")]) == ["10:05 u r unless purchase"]
