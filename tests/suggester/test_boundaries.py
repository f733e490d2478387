"""For each kind of boundary: the tests that stand on it and beside it, with what language.md says of them.

All times are reckoned from the definition: a window is open at its first moment and shut at its last; what comes
within D may come exactly D after; `in last D` has forgotten what happened exactly D ago; an input comes before a timer.
"""

from __future__ import annotations

import pytest
from suggesting import is_told, suggested, told

DAY = "2026-11-20"


def test_a_threshold_from_below_exactly_and_from_above() -> None:
    text = "rule r: if e and value > 200 then send push"
    assert is_told(text, "e { value: 199 }", "expect no r")
    assert is_told(text, "e { value: 200 }", "expect no r")
    assert is_told(text, "e { value: 201 }", f"expect r at {DAY} 10:00 on push", "expect 1 send")


def test_a_threshold_that_lets_pass_what_equals_it() -> None:
    text = "rule r: if e and value >= 200 then send push"
    assert is_told(text, "e { value: 199 }", "expect no r")
    assert is_told(text, "e { value: 200 }", "expect r at", "expect 1 send")


UNLESS_WITHIN = "rule r: if e then after 3h send push unless purchase within 2h"


@pytest.mark.parametrize("at", ["1h59m59s", "2h"])
def test_unless_within_up_to_its_last_moment(at: str) -> None:
    assert is_told(UNLESS_WITHIN, f"{DAY} 10:00 e", f"+{at} purchase", 'expect r cancelled "unless purchase"')


def test_unless_within_no_longer_after_its_last_moment() -> None:
    assert is_told(UNLESS_WITHIN, f"{DAY} 10:00 e", "+2h1s purchase", f"expect r at {DAY} 13:00", "expect 1 send")


UNLESS = "rule r: if e then after 30m send push unless purchase"


@pytest.mark.parametrize(("at", "clock"), [("29m59s", "10:29:59"), ("30m", "10:30")])
def test_a_cancelling_event_up_to_the_moment_that_is_due(at: str, clock: str) -> None:
    assert is_told(
        UNLESS, f"{DAY} 10:00 e", f"+{at} purchase", f'expect r cancelled "unless purchase" at {DAY} {clock}'
    )


def test_a_cancelling_event_after_that_moment() -> None:
    assert is_told(UNLESS, f"{DAY} 10:00 e", "+30m1s purchase", f"expect r at {DAY} 10:30 on push", "expect 1 send")


WINDOW = "rule r: if e then after 30m send push between 09:00-21:00"


@pytest.mark.parametrize(
    ("triggered", "sent"),
    [
        (f"{DAY} 08:29:59", f"{DAY} 09:00"),
        (f"{DAY} 08:30", f"{DAY} 09:00"),
        (f"{DAY} 20:29:59", f"{DAY} 20:59:59"),
        (f"{DAY} 20:30", "2026-11-21 09:00"),
    ],
)
def test_a_window_opens_and_shuts(triggered: str, sent: str) -> None:
    assert is_told(WINDOW, f"{triggered} e", f"expect r at {sent} on push")


CAP = "channel push: cap 1 per 1d rule r: if e then send push"


def test_a_cap_is_full_until_its_length_has_passed() -> None:
    assert is_told(CAP, f"{DAY} 10:00 e", "+23h59m59s e", 'expect r capped "push 1 per 1d" at 2026-11-21 09:59:59')
    assert is_told(CAP, f"{DAY} 10:00 e", "+1d e", "expect r at 2026-11-21 10:00 on push", "expect 2 sends")


CAP_OF_A_DAY = "channel push: cap 1 per day rule r: if e then send push"


def test_a_cap_of_a_calendar_day_is_full_until_midnight() -> None:
    assert is_told(CAP_OF_A_DAY, f"{DAY} 10:00 e", "e", f'expect r capped "push 1 per day" at {DAY} 23:59:59')
    assert is_told(CAP_OF_A_DAY, f"{DAY} 10:00 e", "e", "expect r at 2026-11-21 00:00 on push", "expect 2 sends")


EXPIRES = "rule r: if e then send push between 09:00-21:00 expires 10h"


def test_a_step_expires_when_it_has_waited_for_longer() -> None:
    """Due at 23:00 it may wait until 09:00 exactly; due a second earlier, it is too old a second before 09:00."""
    assert is_told(EXPIRES, f"{DAY} 23:00 e", "expect r at 2026-11-21 09:00 on push")
    assert is_told(EXPIRES, f"{DAY} 22:59:59 e", 'expect r skipped "expired" at 2026-11-21 08:59:59')


SILENCE = "rule r: if no visit for 3d then send push"


def test_a_silence_is_over_with_an_event_before_its_end_or_at_it() -> None:
    assert is_told(SILENCE, f"{DAY} 10:00 visit", "+2d23h59m59s visit", "expect r at 2026-11-26 09:59:59", "1 send")
    assert is_told(SILENCE, f"{DAY} 10:00 visit", "+3d visit", "expect r at 2026-11-26 10:00", "1 send")
    assert is_told(SILENCE, f"{DAY} 10:00 visit", "+3d1s visit", "expect r at 2026-11-23 10:00", "2 sends")


HISTORY = "rule r: if e and no purchase in last 1d then send push"


def test_what_happened_exactly_a_period_ago_is_forgotten() -> None:
    assert is_told(HISTORY, f"{DAY} 10:00 purchase", "+23h59m59s e", "expect no r")
    assert is_told(HISTORY, f"{DAY} 10:00 purchase", "+1d e", "expect r at 2026-11-21 10:00 on push")


LIMIT = "rule r: if e then send push at most 2 per 7d"


def test_a_limit_of_a_rule() -> None:
    """Two runs at 10:00 and 10:02: a third is none until the first is seven days old."""
    first_two = (f"{DAY} 10:00 e", "+2m e")
    assert is_told(LIMIT, *first_two, "2026-11-27 09:59:59 e", "expect 2 sends")
    assert is_told(LIMIT, *first_two, "2026-11-27 10:00 e", "expect r at 2026-11-27 10:00", "expect 3 sends")


def test_every_variant_and_what_is_left() -> None:
    text = 'rule r: if e then send push when a > 5 as big: "A" when a < 1 as small: "B" otherwise: "C"'
    for variant in ("big", "small", "`otherwise`"):
        assert is_told(text, f"expect r at {DAY} 10:00 on push as {variant}")


def test_a_guard_that_holds_and_one_that_does_not() -> None:
    text = "rule r: if e then after 1h if user.ok send push"
    assert is_told(text, "user { ok: true }", f"expect r at {DAY} 11:00 on push")
    assert is_told(text, f'expect r skipped "guard" at {DAY} 11:00')


def test_an_ordinal_at_its_number_and_before_it() -> None:
    text = "rule r: if 3rd e then send push"
    assert is_told(text, f"{DAY} 10:00 e", "+2m e", "+2m e", f"expect r at {DAY} 10:04", "expect 1 send")


CAMPAIGN = "rule r: if e then send push from 2026-12-01 until 2026-12-24"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-30 23:59:59", "expect no r"),
        ("2026-12-01 00:00", "expect r at 2026-12-01 00:00"),
        ("2026-12-24 23:59:59", "expect r at 2026-12-24 23:59:59"),
        ("2026-12-25 00:00", "expect no r"),
    ],
)
def test_a_campaign_begins_and_ends_at_midnight(at: str, expected: str) -> None:
    assert is_told(CAMPAIGN, f"{at} e", expected)


def test_nothing_is_suggested_for_what_is_tested_already() -> None:
    text = "rule r: if e then send push"
    whole = text + "".join(f"\n{test}" for test in map(str, told(text)))
    assert suggested(whole).suggestions == ()


def test_what_no_story_can_reach_is_named() -> None:
    found = suggested("rule r: if e and value > 3 and value < 2 then send push", 100)
    assert "step 1 is carried out" in [point.text for point in found.not_reached]
    assert 0 < found.tried <= 100


TWO_RULES = """
channel push: cap 1 per day
rule r: if e then send push once
rule s: if f then send push once
"""


def test_a_cap_that_only_another_rule_can_fill() -> None:
    for first, second, capped in (("e", "f", "s"), ("f", "e", "r")):
        told_capped = f'expect {capped} capped "push 1 per day" at {DAY} 11:00 on push'
        assert is_told(TWO_RULES, f"{DAY} 10:00 {first}", f"+1h {second}", told_capped, "expect 1 send")


RESTARTS = "rule r: if e then after 4h send push while pending restart for at most 10h"


def test_a_chain_of_restarts_up_to_its_end_and_no_longer() -> None:
    """Triggers at 0h, 3h, 6h and 9h restart each other; one at 10h still does, a second later none does."""
    chain = (f"{DAY} 10:00 e", "+3h e", "+3h e", "+3h e")
    assert is_told(RESTARTS, *chain, "+1h e", 'cancelled "restarted" at 2026-11-20 20:00', "at 2026-11-21 00:00")
    assert is_told(RESTARTS, *chain, "+1h1s e", "expect r at 2026-11-20 23:00", "expect 1 send")


def test_what_stops_a_run_just_before_at_and_just_after_a_step() -> None:
    text = "rule r: if e then after 1h send push then after 1h send push stop on f"
    assert is_told(text, f"{DAY} 10:00 e", "+1h f", f'expect r cancelled "stop on f" at {DAY} 11:00', "no sends")
    assert is_told(text, f"{DAY} 10:00 e", "+1h1s f", f"expect r at {DAY} 11:00", 'cancelled "stop on f"', "1 send")


def test_runs_that_are_kept_apart() -> None:
    text = "rule r: if e then after 1h send push unless f for each k"
    assert any('k: "a"' in test and 'k: "b"' in test for test in told(text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('rule r: if user.tier becomes "gold" then send push', ('set user.tier = "gold"', "expect r at")),
        ("rule r: if user.tier changes then send push", ("set user.tier =", "expect r at")),
        ("list vip rule r: if user enters vip then send push", ("add to vip", "expect r at")),
        ("list vip rule r: if user leaves vip then send push", ("in vip", "remove from vip", "expect r at")),
        ("segment s = count(e) >= 2 rule r: if user enters s then send push", (" e ", " e ", "expect r at")),
        ("rule r: if every day at 09:00 then send push", ("time_passes", "expect r at 2026-11-21 09:00 on push")),
        ("rule r: if on 2026-12-24 at 10:00 then send push", ("expect r at 2026-12-24 10:00 on push",)),
        ("rule r: if every year on user.born at 08:00 then send push", ('born: "1992-11-21"', "at 2026-11-21 08:00")),
        (
            "rule q: if e then send push rule r: if ignored q after 2d then send sms",
            (" e ", "r at 2026-11-22 10:00 on"),
        ),
        ("rule q: if e then send push rule r: if clicked q then send sms", ('rule: "q"', "expect r at")),
        (
            "rule q: if e then send push rule r: if sent q then after 1h send sms",
            (" e ", "expect r at 2026-11-20 11:00"),
        ),
    ],
)
def test_every_kind_of_trigger_is_made_to_fire(text: str, parts: tuple[str, ...]) -> None:
    assert is_told(text, *parts)
