from __future__ import annotations

import pytest

from trigdsl.diagnostics.diagnostic import TrigError
from trigdsl.loading import parse_checked
from trigdsl.tester.run import TestResult as Result
from trigdsl.tester.run import run_tests

RULES = """
rule remind: if cart then after 30m send push
  when value > 100 as large: "{{ user.name }}, large"
  otherwise: "small"
  unless purchase within 1h
rule tell: if cart then send sms "at once"
"""


def results(text: str) -> list[Result]:
    program, checked = parse_checked(text)
    return run_tests(checked.tests, program)


def met(rules: str, lines: str) -> list[bool]:
    """Whether each expectation of one test holds."""
    (result,) = results(f'{rules}\ntest "t":\n{lines}')
    return [outcome.met for outcome in result.outcomes]


CART = "  2026-11-20 10:00 cart { value: 150 }\n"


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("expect 2 sends", True),
        ("expect 1 send", False),
        ("expect 3 sends", False),
        ("expect no sends", False),
        ("expect remind", True),
        ("expect tell", True),
        ("expect no remind", False),
        ("expect only remind", False),
        ("expect remind sent", True),
        ("expect remind cancelled", False),
        ("expect no remind cancelled", True),
        ("expect remind at 2026-11-20 10:30", True),
        ("expect remind at 2026-11-20 10:29", False),
        ("expect remind at 2026-11-20 10:31", False),
        ("expect remind at 2026-11-20 10:30:01", False),
        ("expect remind on push", True),
        ("expect remind on sms", False),
        ("expect no remind on sms", True),
        ("expect remind as large", True),
        ("expect remind as `otherwise`", False),
        ('expect remind containing "Ann, l"', True),
        ('expect remind containing "ann"', False),
        ('expect remind at 2026-11-20 10:30 on push as large containing "large"', True),
        ('expect remind at 2026-11-20 10:30 on push as large containing "small"', False),
    ],
)
def test_every_form_of_an_expectation(line: str, holds: bool) -> None:
    assert met(RULES, f'  user {{ name: "Ann" }}\n{CART}  {line}') == [holds]


def test_a_reason_is_the_whole_reason() -> None:
    lines = f"""{CART}
      +29m purchase
      expect remind cancelled "unless purchase" at 2026-11-20 10:29
      expect remind cancelled "unless"
      expect remind cancelled
      expect only tell
      expect no sends
    """
    assert met(RULES, lines) == [True, False, True, True, False]


def test_only_counts_what_other_rules_carried_out_of_any_kind() -> None:
    rules = """
    rule a: if e then send push
    rule b: if e then set user.seen = true
    rule c: if e and n > 1 then send sms unless f
    """
    assert met(rules, "2026-11-20 10:00 e expect only a") == [False]
    rules = rules.replace("set user.seen = true", "after 1h set user.seen = true unless f")
    assert met(rules, "2026-11-20 10:00 e +5m f expect only a expect b cancelled") == [True, True]
    assert met(rules, "2026-11-20 10:00 f expect only a") == [False]


def test_sends_are_messages_that_went_out() -> None:
    rules = """
    channel push: requires user.ok
    rule a: if e then send push "x"
    rule b: if e then set user.seen = true, add to l, emit g
    rule c: if e then send sms
      when false: "never"
      otherwise: nothing
    """
    assert met(rules, "2026-11-20 10:00 e expect no sends expect a skipped expect b expect c control") == [True] * 4
    assert met(rules, "user { ok: true } 2026-11-20 10:00 e expect 1 send") == [True]


def test_containing_looks_into_fields_and_values() -> None:
    rules = """
    rule a: if e then send email with { subject: "Hello {{ n }}", parts: ["one", "two"] }
    rule b: if e then set user.mood = "very good"
    rule c: if e then emit f { what: { deep: "inside" } }
    """
    lines = """
    2026-11-20 10:00 e { n: 7 }
    expect a containing "Hello 7"
    expect a containing "two"
    expect b containing "good"
    expect c containing "insid"
    expect c containing "what"
    """
    assert met(rules, lines) == [True, True, True, True, False]


def test_times_are_local_to_the_user_then_to_the_program_then_utc() -> None:
    rules = 'rule r: if e then send push between 09:00-10:00 "Asia/Seoul"'
    lines = "2026-11-20 09:30 e expect r at 2026-11-20 09:30"
    assert met(rules, f'user {{ timezone: "Asia/Seoul" }} {lines}') == [True]
    assert met(f'timezone "Asia/Seoul" {rules}', lines) == [True]
    assert met(f'timezone "Asia/Seoul" {rules}', f'user {{ timezone: "Nowhere" }} {lines}') == [True]
    assert met(f'timezone "Asia/Seoul" {rules}', f'user {{ timezone: "UTC" }} {lines}') == [False]
    assert met(rules, lines) == [False]
    assert met(rules, "2026-11-20 00:30 e expect r at 2026-11-20 00:30") == [True]


def test_a_time_that_the_clock_skips_or_shows_twice() -> None:
    rule = "rule r: if e then send push"
    berlin = 'user { timezone: "Europe/Berlin" }'
    (skipped,) = results(f'{rule} test "t": {berlin} 2026-03-29 02:30 e expect r at 2026-03-29 03:00')
    assert skipped.passed
    (twice,) = results(f'{rule} test "t": {berlin} 2026-10-25 02:30 e expect r at 2026-10-25 02:30')
    assert twice.decisions[0].to_dict()["time"] == "2026-10-25T00:30:00Z"
    assert twice.passed


def test_a_duration_counts_from_the_line_before_not_from_an_expectation_or_a_later_line() -> None:
    rule = "rule r: if e then send push"
    lines = """
    2026-11-20 10:00 e
    expect r at 2026-11-20 10:00
    +20m e
    2026-11-20 09:00 e
    +1h30m e
    expect r at 2026-11-20 10:20
    expect r at 2026-11-20 09:00
    expect r at 2026-11-20 10:30
    expect 4 sends
    """
    assert met(rule, lines) == [True] * 5


def test_the_user_line_sets_profile_and_lists_without_triggering() -> None:
    rules = """
    list vip
    list other
    rule becomes: if user.tier becomes "gold" then send push
    rule enters: if user enters vip then send push
    rule leaves: if user leaves vip then send push
    rule is_in: if e and user in vip and user.tier == "gold" and user.birthday == 2000-05-08 then send sms
    """
    user = 'user { tier: "gold", birthday: 2000-05-08 } in vip, other'
    assert met(rules, f"{user} 2026-11-20 10:00 e expect only is_in expect 1 send") == [True, True]
    assert met(rules, f"{user} 2026-11-20 10:00 remove from vip expect only leaves") == [True]
    assert met(rules, f'{user} 2026-11-20 10:00 set user.tier = "gold" expect no sends') == [True]


def test_profile_lines_are_updates() -> None:
    rules = """
    list vip
    rule becomes: if user.tier becomes "gold" then send push
    rule enters: if user enters vip then send push
    rule leaves: if user leaves vip then send push
    rule gone: if user.tier changes and user.tier is missing then send push
    """
    lines = """
    2026-11-20 10:00 set user.tier = "gold"
    +1m add to vip
    +1m remove from vip
    +1m set user.tier = nothing
    expect becomes at 2026-11-20 10:00
    expect enters at 2026-11-20 10:01
    expect leaves at 2026-11-20 10:02
    expect gone at 2026-11-20 10:03
    expect 4 sends
    """
    assert met(rules, lines) == [True] * 5


def test_events_go_by_their_names_in_rules_and_values_keep_their_types() -> None:
    rules = """
    event order = "Order Completed" { total: number, cart.id: text }
    rule r: if order and total == -2.5 and cart.id == "c" and event.cart.size == 3 and flag and tags contains "b"
      then send push
    """
    rules = rules.replace("cart.id: text }", "cart.id: text, cart.size: number, flag: boolean, tags: list }")
    lines = '2026-11-20 10:00 order { total: -2.5, cart.id: "c", cart: { size: 3 }, flag: true, tags: ["a", "b"] }'
    assert met(rules, f"{lines} expect r") == [True]


def test_the_clock_is_drained_but_calendars_stand_still() -> None:
    rules = """
    rule late: if e then after 300d send push
    rule silence: if no e for 30d then send sms
    rule daily: if every day at 09:00 then send email
    """
    lines = "2026-11-20 10:00 e expect late at 2027-09-16 10:00 expect silence at 2026-12-20 10:00 expect no daily"
    assert met(rules, lines) == [True, True, True]
    assert met(rules, "2026-11-20 10:00 e +1d f expect daily at 2026-11-21 09:00") == [True]


def test_what_is_armed_for_too_long_is_pending() -> None:
    assert (
        met("rule r: if e then after 366d send push", "2026-11-20 10:00 e expect r expect no r pending") == [True] * 2
    )
    assert met("rule r: if e then after 367d send push", '2026-11-20 10:00 e expect r pending "due"') == [True]


def test_a_test_without_lines_makes_no_decisions() -> None:
    assert met("rule r: if e then send push", 'user { name: "x" } expect no sends expect no r') == [True, True]


def test_tests_do_not_know_of_each_other() -> None:
    one = 'test "t": 2026-11-20 10:00 e expect r'
    assert [result.passed for result in results(f"rule r: if e then send push once {one} {one}")] == [True, True]


def test_a_result_tells_what_was_expected_and_what_happened() -> None:
    (result,) = results(
        f'{RULES} test "late": {CART} expect remind at 2026-11-20 11:00 expect only tell expect no tell'
    )
    at_eleven, only, none = result.outcomes
    assert not result.passed
    assert result.test.title == "late"
    assert (at_eleven.expected, at_eleven.found) == ("expect remind at 2026-11-20 11:00", ())
    assert [one.rule for one in result.decisions] == ["tell", "remind"]
    assert ([one.rule for one in only.found], [one.rule for one in only.others]) == (["tell"], ["remind"])
    assert [one.rule for one in none.found] == ["tell"]


def test_the_first_line_needs_a_date() -> None:
    with pytest.raises(TrigError, match="nothing-to-count-from"):
        parse_checked('rule r: if e then send push test "t": +20m e expect r')
