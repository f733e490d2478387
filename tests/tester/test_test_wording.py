"""What a failed test says: what was expected, what was so, the nearest decision, and the time line."""

from __future__ import annotations

import pytest

from trigdsl.loading import parse_checked
from trigdsl.tester.run import TestResult as Result
from trigdsl.tester.run import run_tests
from trigdsl.tester.wording import actual_in_words, expected_in_words, nearest_in_words, timeline_lines

RULES = """
rule remind: if cart then after 30m send push
  when value > 100 as large: "{{ user.name }}, large"
  otherwise: "small"
  unless purchase within 1h
rule tell: if cart then send sms "at once"
rule mark: if purchase then set user.tier = "gold", add to buyers, emit bought
rule series: if signup then send email "one" then after 1d remove from new, call note(n: 1)
rule idle: if never then send push
"""
START = '  user { name: "Ann" }\n  2026-11-20 10:00 cart { value: 150 }\n'


def result(lines: str, rules: str = RULES) -> Result:
    program, checked = parse_checked(f'{rules}\ntest "t":\n{lines}', functions={"note": (len, "(number) -> number")})
    (found,) = run_tests(checked.tests, program)
    return found


def story(lines: str, rules: str = RULES) -> list[str]:
    return [f"{line.local} {line.happened}" for line in timeline_lines(result(lines, rules))]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("expect no sends", "no sends"),
        ("expect 1 send", "1 send"),
        ("expect 2 sends", "2 sends"),
        ("expect tell", "`tell` to be sent"),
        ("expect no tell", "`tell` not to be sent"),
        ("expect only tell", "`tell` to be sent, and nothing of any other rule"),
        ("expect tell cancelled", "`tell` to be cancelled"),
        ("expect tell control", "`tell` to be withheld as control"),
        ('expect tell skipped "guard"', '`tell` to be skipped with the reason "guard"'),
        ("expect tell at 2026-11-20 10:00", "`tell` to be sent at 2026-11-20 10:00"),
        ("expect tell at 2026-11-20 10:00:30 on sms", "`tell` to be sent at 2026-11-20 10:00:30 on sms"),
        ("expect remind as large", "`remind` to be sent as large"),
        ('expect tell containing "x"', '`tell` to be sent with a text that contains "x"'),
    ],
)
def test_what_was_expected(line: str, words: str) -> None:
    assert [expected_in_words(outcome.node) for outcome in result(f"{START}  {line}").outcomes] == [words]


@pytest.mark.parametrize(
    ("line", "actual", "nearest"),
    [
        ("expect no sends", "2 sends", None),
        ("expect no tell", '11-20 10:00 tell sent on sms "at once"', None),
        ("expect only tell", '11-20 10:30 remind sent on push as large "Ann, large"', None),
        ("expect idle", "nothing was decided about `idle`", None),
        (
            "expect remind cancelled",
            "one decision of `remind`, not like this",
            '11-20 10:30 remind sent on push as large "Ann, large" (it is sent, not cancelled)',
        ),
        (
            "expect remind at 2026-11-20 10:31",
            "one decision of `remind`, not like this",
            '11-20 10:30 remind sent on push as large "Ann, large" '
            "(the time is 2026-11-20 10:30, not 2026-11-20 10:31)",
        ),
        (
            "expect remind on sms as `otherwise`",
            "one decision of `remind`, not like this",
            '11-20 10:30 remind sent on push as large "Ann, large" '
            "(the channel is push, not sms; the variant is large, not otherwise)",
        ),
        (
            'expect only tell containing "never"',
            "one decision of `tell`, not like this",
            '11-20 10:00 tell sent on sms "at once" (the text does not contain "never")',
        ),
    ],
)
def test_what_was_so_instead(line: str, actual: str, nearest: str | None) -> None:
    found = result(f"{START}  {line}")
    (outcome,) = found.outcomes
    assert not outcome.met
    assert actual_in_words(outcome, found) == actual
    assert nearest_in_words(outcome, found) == nearest


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('expect remind cancelled "restarted"', 'the reason is not "restarted": it is "unless purchase"'),
        # Where the status differs, the reason says nothing more.
        ('expect remind skipped "restarted"', "it is cancelled, not skipped"),
        ('expect tell sent "guard"', 'the reason is not "guard": there is none'),
    ],
)
def test_a_reason_is_compared_as_well(line: str, words: str) -> None:
    found = result(f"{START} +10m purchase\n  {line}")
    assert str(nearest_in_words(found.outcomes[0], found)).endswith(f"({words})")


def test_the_nearest_decision_differs_least_then_not_in_status_then_little_in_time() -> None:
    rules = """
    rule r: if e then after 10m send push when v == 1: "one" otherwise: "more" unless f while pending stack
    """
    lines = """
    2026-11-20 10:00 e { v: 1 }
    +20m e { v: 2 }
    +20m e { v: 1 }
    +1m f
    """

    def nearest(expectation: str) -> str:
        found = result(f"{lines} {expectation}", rules)
        return str(nearest_in_words(found.outcomes[0], found)).partition(" (")[0]

    first, second, third = (
        '11-20 10:10 r sent on push as 1 "one"',
        '11-20 10:30 r sent on push as otherwise "more"',
        ("11-20 10:41 r cancelled: unless f"),
    )
    assert nearest("expect r at 2026-11-20 10:12") == first
    assert nearest("expect r at 2026-11-20 10:29") == second
    # At 10:41 something was decided: that differs in the status alone, as the others do in the time alone.
    assert nearest("expect r at 2026-11-20 10:41") == second
    assert nearest("expect r cancelled at 2026-11-20 10:40") == third
    assert nearest('expect r at 2026-11-20 10:30 containing "one"') == second


def test_several_decisions_are_counted() -> None:
    rules = "rule r: if e then send push"
    found = result("2026-11-20 10:00 e +1m e expect r cancelled expect no r", rules)
    assert [actual_in_words(outcome, found) for outcome in found.outcomes] == [
        "2 decisions of `r`, none like this",
        "11-20 10:00 r sent on push; and 1 more",
    ]


def test_inputs_and_decisions_stand_on_one_time_line() -> None:
    assert story(f"{START} +20m purchase\n expect mark") == [
        '11-20 10:00 cart → tell sent on sms "at once"',
        "11-20 10:20 purchase → remind cancelled: unless purchase; mark set user.tier: sent; "
        "mark add to buyers: sent; mark emit bought: sent",
    ]


def test_the_time_line_tells_the_step_and_what_timers_did() -> None:
    assert story("2026-11-20 10:00 signup\n expect series") == [
        '11-20 10:00 signup → series sent on email "one"',
        "11-21 10:00 series step 2 remove from new: sent",
        "11-21 10:00 series step 2 call note: sent",
    ]


def test_changes_of_the_profile_are_told_as_they_are_written() -> None:
    rules = "rule r: if e then send push"
    lines = """
    2026-11-20 10:00 set user.tier = "gold"
    +1m add to vip
    +1m remove from vip
    +1m set user.tier = nothing
    expect no r
    """
    assert story(lines, rules) == [
        '11-20 10:00 set user.tier = "gold"',
        "11-20 10:01 add to vip",
        "11-20 10:02 remove from vip",
        "11-20 10:03 set user.tier = nothing",
    ]


def test_what_happens_at_one_instant_stands_in_its_order() -> None:
    rules = """
    rule a: if e then send push
    rule b: if e then after 10m send sms
    rule c: if f then send email
    """
    lines = "2026-11-20 10:00 e +10m f 2026-11-20 10:10 e expect a"
    # Both inputs of 10:10 come before the timer of 10:10, so the second `e` starts no run of `b`.
    assert story(lines, rules) == [
        "11-20 10:00 e → a sent on push",
        "11-20 10:10 f → c sent on email",
        "11-20 10:10 e → a sent on push",
        "11-20 10:10 b sent on sms",
    ]


def test_times_are_local_with_seconds_and_years_where_they_matter() -> None:
    rules = 'timezone "Asia/Seoul" rule r: if e then after 1m30s send push then after 60d send sms'
    assert story("2026-11-20 10:00 e expect r", rules) == [
        "2026-11-20 10:00 e",
        "2026-11-20 10:01:30 r sent on push",
        "2027-01-19 10:01:30 r step 2 sent on sms",
    ]
    lines = 'user { timezone: "Europe/Berlin" } 2026-11-20 10:00 e expect r'
    assert story(lines, rules)[0] == "2026-11-20 10:00 e"


def test_long_texts_are_cut_and_names_quoted() -> None:
    rules = f'rule r: if `Order Completed` then send push "{"long " * 30}"'
    (line,) = story("2026-11-20 10:00 `Order Completed` expect r", rules)
    assert line.startswith('11-20 10:00 `Order Completed` → r sent on push "long long')
    assert line.endswith('long long…"')
    assert len(line) < 120


def test_what_is_armed_for_too_long_stands_at_its_end() -> None:
    assert story("2026-11-20 10:00 e expect r pending", "rule r: if e then after 400d send push") == [
        "2026-11-20 10:00 e",
        "2027-12-25 10:00 r pending on push: due",
    ]


def test_a_broken_invariant_fails_a_test_whose_expectations_hold() -> None:
    rules = "rule r: if e then send push invariant calm: no send between 21:00-09:00"
    assert result("2026-11-20 20:59:59 e expect r", rules).passed
    failed = result("2026-11-20 21:00 e expect r", rules)
    assert not failed.passed
    assert [outcome.met for outcome in failed.outcomes] == [True]
    assert [violation.invariant for violation in failed.violations] == ["calm"]
