"""Just before, at and just after each boundary that the kernel's tables have, beside the short cut in Python."""

from __future__ import annotations

from typing import Any

import pytest

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

BEGIN = "2026-11-20T"  # a Friday
Decided = tuple[str, str | None, str]


def inputs(*records: str) -> list[Input]:
    """Inputs of one user from `TIME NAME` or `TIME tz=ZONE`; a time without a date is on the Friday."""
    made = []
    for record in records:
        time, what = record.split()
        time = f"{time if 'T' in time else BEGIN + time}Z"
        told: dict[str, Any] = {"event": what}
        if what.startswith("tz="):
            told = {"set": {"timezone": what.removeprefix("tz=")}}
        made.append(input_of({"user": "u", "time": time, **told}))
    return made


def decided(rules: str, *records: str, until: str | None = None) -> list[Decided]:
    """(status, reason, time) of all decisions, which must be the same without the kernel."""
    program = trigdsl.parse(rules)
    end = None if until is None else parse_time(f"{until if 'T' in until else BEGIN + until}Z")[0]
    found = []
    for how in ({"compiled": True}, {"compiled": False}, {"flatly": False}):
        replay = Replay(program, inputs(*records), until=end, **how)  # type: ignore[arg-type]
        assert replay.is_compiled is (how == {"compiled": True})
        told = [decision.to_dict() for decision in replay]
        found.append((told, replay.stats))
    assert found[0] == found[1] == found[2]
    return [(one["status"], one.get("reason"), one["time"].removeprefix(BEGIN)) for one in found[0][0]]


NEXT = "2026-11-21T"


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        ("07:59:59.999999", "09:00:00Z"),
        ("08:00:00", "09:00:00Z"),  # due exactly when it opens
        ("08:00:00.000001", "09:00:00.000001Z"),
        ("19:59:59.999999", "20:59:59.999999Z"),
        ("20:00:00", f"{NEXT}09:00:00Z"),  # due exactly when it closes, which is outside
        ("20:00:00.000001", f"{NEXT}09:00:00Z"),
    ],
)
def test_an_opening_is_inside_and_a_closing_is_not(at: str, sent: str) -> None:
    rule = "rule r: if a then after 1h send push between 09:00-21:00"
    assert decided(rule, f"{at} a", until="2026-11-30T00:00:00") == [("sent", None, sent)]


@pytest.mark.parametrize(
    ("within", "ends", "found"),
    [
        ("", "10:59:59.999999", ("cancelled", "unless b", "10:59:59.999999Z")),
        ("", "11:00:00", ("cancelled", "unless b", "11:00:00Z")),  # inputs come before timers of their instant
        ("", "11:00:00.000001", ("sent", None, "11:00:00Z")),
        (" within 30m", "10:29:59.999999", ("cancelled", "unless b", "10:29:59.999999Z")),
        (" within 30m", "10:30:00", ("cancelled", "unless b", "10:30:00Z")),
        (" within 30m", "10:30:00.000001", ("sent", None, "11:00:00Z")),
        (" within 36500d", "11:00:00", ("cancelled", "unless b", "11:00:00Z")),
    ],
)
def test_what_ends_a_run_counts_up_to_its_bound(within: str, ends: str, found: Decided) -> None:
    rule = f"rule r: if a then after 1h send push unless b{within}"
    assert decided(rule, "10:00:00 a", f"{ends} b", until="23:00:00") == [found]


def test_an_event_ends_only_runs_that_were_there_before_it() -> None:
    rule = "rule r: if a then after 1h send push unless a within 2h while pending stack"
    assert decided(rule, "10:00:00 a", "10:00:00 a", until="10:30:00") == [
        ("cancelled", "unless a", "10:00:00Z"),
        ("pending", "due", "11:00:00Z"),
    ]


def test_enders_of_one_run_are_asked_in_their_order() -> None:
    rule = "rule r: if a then after 1h send push unless any within 10m unless b stop on b"
    assert decided(rule, "10:00:00 a", "10:10:00 b", until="23:00:00") == [("cancelled", "unless any", "10:10:00Z")]
    assert decided(rule, "10:00:00 a", "10:10:01 b", until="23:00:00") == [("cancelled", "unless b", "10:10:01Z")]


@pytest.mark.parametrize(
    ("hours", "at", "sent"),
    [
        # 2026-03-08: from 02:00 on, which is 07:00 in UTC, the clock shows an hour more.
        ("02:30-04:00", "2026-03-08T06:00:00", "2026-03-08T07:00:00Z"),
        ("02:00-02:59", "2026-03-08T06:00:00", "2026-03-09T06:00:00Z"),  # such a time does not come on that day
        ("09:00-10:00", "2026-03-08T06:59:59", "2026-03-08T13:00:00Z"),
        # 2026-11-01: from 02:00 on, which is 06:00 in UTC, it shows an hour less.
        ("01:00-01:30", "2026-11-01T05:29:59", "2026-11-01T05:29:59Z"),
        ("01:00-01:30", "2026-11-01T05:30:00", "2026-11-01T06:00:00Z"),  # it is open twice
        ("01:00-01:30", "2026-11-01T06:30:00", "2026-11-02T06:00:00Z"),
        # In years whose changes are in no table.
        ("09:00-21:00", "2150-07-01T02:00:00", "2150-07-01T13:00:00Z"),
        ("09:00-21:00", "2150-01-01T02:00:00", "2150-01-01T14:00:00Z"),
        ("22:00-06:00", "2150-01-01T02:59:59", "2150-01-01T03:00:00Z"),
    ],
)
def test_windows_go_by_the_wall_clock(hours: str, at: str, sent: str) -> None:
    rule = f'timezone "America/New_York"\nrule r: if a then send push between {hours}'
    assert decided(rule, f"{at} a", until=f"{at[:4]}-12-31T00:00:00") == [("sent", None, sent)]


@pytest.mark.parametrize(
    ("days", "at", "sent"),
    [
        ("on weekends", "23:59:59.999999", f"{NEXT}00:00:00Z"),
        ("on weekdays", f"{NEXT}00:00:00", "2026-11-23T00:00:00Z"),
        ("between 22:00-02:00 on weekdays", f"{NEXT}01:59:59", f"{NEXT}01:59:59Z"),  # Friday's hours
        ("between 22:00-02:00 on weekdays", f"{NEXT}02:00:00", "2026-11-23T22:00:00Z"),
        ("between 22:00-02:00 on weekdays", "2026-11-23T01:00:00", "2026-11-23T22:00:00Z"),  # Sunday's are none
    ],
)
def test_windows_may_name_days_and_cross_midnight(days: str, at: str, sent: str) -> None:
    assert decided(f"rule r: if a then send push {days}", f"{at} a", until="2026-11-30T00:00:00") == [
        ("sent", None, sent)
    ]


def test_windows_that_are_no_table_are_asked_in_python() -> None:
    rule = "calendar c = [2026-11-25]\nrule r: if a then send push between 09:00-10:00 on c"
    assert decided(rule, "10:00:00 a", until="2026-12-30T00:00:00") == [("sent", None, "2026-11-25T09:00:00Z")]


def test_else_skip_waits_for_no_window() -> None:
    rule = "rule r: if a then after 1h send push between 09:00-21:00 else skip"
    assert decided(rule, "20:00:00 a", until="23:00:00") == [("skipped", "outside window", "21:00:00Z")]
    assert decided(rule, "19:59:59 a", until="23:00:00") == [("sent", None, "20:59:59Z")]


@pytest.mark.parametrize(
    ("expires", "found"),
    [
        ("11h59m59s", ("skipped", "expired", f"{NEXT}08:59:59Z")),
        ("12h", ("sent", None, f"{NEXT}09:00:00Z")),  # due at 21:00, open exactly 12 hours later: in time
        ("36500d", ("sent", None, f"{NEXT}09:00:00Z")),
    ],
)
def test_a_wait_for_a_window_expires(expires: str, found: Decided) -> None:
    rule = f"rule r: if a then after 1h send push between 09:00-21:00 expires {expires}"
    assert decided(rule, "20:00:00 a", until="2026-11-30T00:00:00") == [found]


def test_a_zone_holds_from_the_moment_it_is_set() -> None:
    rule = "rule r: if a then after 1h send push between 09:00-21:00 local"
    # At 11:00 it is 20:00 in Seoul; an hour later the window has closed there.
    assert decided(rule, "10:00:00 a", "11:00:00 tz=Asia/Seoul", until="23:00:00") == [("sent", None, "11:00:00Z")]
    later = decided(rule, "11:00:00 a", "12:00:00 tz=Asia/Seoul", until="2026-11-30T00:00:00")
    assert later == [("sent", None, f"{NEXT}00:00:00Z")]


@pytest.mark.parametrize(
    ("cap", "third", "found"),
    [
        ("2 per 1d", f"{NEXT}09:59:59.999999", "capped"),
        ("2 per 1d", f"{NEXT}10:00:00", "sent"),  # exactly a day after the first, which counts no more
        ("2 per 36500d", f"{NEXT}10:00:00", "capped"),
        ("2 per day", "23:59:59.999999", "capped"),
        ("2 per day", f"{NEXT}00:00:00", "sent"),
        ("2 per week", "2026-11-22T23:59:59.999999", "capped"),  # Sunday
        ("2 per week", "2026-11-23T00:00:00", "sent"),
        ("2 per month", "2026-11-30T23:59:59.999999", "capped"),
        ("2 per month", "2026-12-01T00:00:00", "sent"),
    ],
)
def test_a_cap_counts_what_was_sent_in_its_period(cap: str, third: str, found: str) -> None:
    rule = f"cap push {cap}\nrule r: if a then send push while pending stack"
    statuses = [one[0] for one in decided(rule, "10:00:00 a", "11:00:00 a", f"{third} a")]
    assert statuses == ["sent", "sent", found]


def test_the_first_full_cap_is_told_and_a_capped_send_uses_up_none() -> None:
    rule = "cap push 1 per 1h\ncap all 2 per 1d\nrule r: if a then send push\nrule s: if b then send sms"
    found = decided(rule, "10:00:00 a", "10:30:00 a", "10:40:00 b", "12:00:00 a", "12:01:00 b")
    assert [one[:2] for one in found] == [
        ("sent", None),
        ("capped", "push 1 per 1h"),
        ("sent", None),
        ("capped", "all 2 per 1d"),
        ("capped", "all 2 per 1d"),
    ]


def test_days_of_a_cap_are_those_of_the_user_even_after_every_table() -> None:
    rule = 'timezone "America/New_York"\ncap push 1 per day\nrule r: if a then send push while pending stack'
    # 04:00 in UTC is midnight in New York in summer.
    found = decided(rule, "2150-07-01T03:00:00 a", "2150-07-01T03:59:59.999999 a", "2150-07-01T04:00:00 a")
    assert [one[0] for one in found] == ["sent", "capped", "sent"]


def test_timers_of_an_instant_go_by_priority_then_rule_then_age() -> None:
    rule = "\n".join(
        [
            "rule r: if a then after 1h send push while pending stack",
            "rule s: if b then after 30m send push priority 1",
            "cap push 1 per 1h",
        ]
    )
    program = trigdsl.parse(rule)
    for compiled in (True, False):
        replay = Replay(program, inputs("10:00:00 a", "10:00:00 a", "10:30:00 b", "12:00:00 z"), compiled=compiled)
        found = [(one.rule, one.status, one.key) for one in replay]
        assert [one[:2] for one in found] == [("s", "sent"), ("r", "capped"), ("r", "capped")]
        assert len({one[2] for one in found}) == 3


@pytest.mark.parametrize(
    ("pending", "records", "found"),
    [
        # Inputs come before timers of their instant, so the run of 10:00 is still there at 11:00.
        ("ignore", ("10:00:00 a", "10:30:00 a", "11:00:00 a"), [("sent", "11:00:00Z")]),
        ("restart", ("10:00:00 a", "10:30:00 a"), [("cancelled", "10:30:00Z"), ("sent", "11:30:00Z")]),
        # Twice at the most an hour after the first: what comes later starts nothing, and ends nothing.
        (
            "restart for at most 1h",
            ("10:00:00 a", "11:00:00 a", "11:00:00.000001 a"),
            [("cancelled", "11:00:00Z"), ("sent", "12:00:00Z")],
        ),
    ],
)
def test_while_pending(pending: str, records: tuple[str, ...], found: list[tuple[str, str]]) -> None:
    rule = f"rule r: if a then after 1h send push while pending {pending}"
    told = [(status, time) for status, _, time in decided(rule, *records, until="23:00:00")]
    assert told == found


def test_a_hundred_runs_of_a_rule_are_the_most() -> None:
    rule = "rule r: if a then after 1h send push unless b within 1s while pending stack"
    events = [f"10:{number // 60:02d}:{number % 60:02d} a" for number in range(101)]
    assert len(decided(rule, *events)) == 100
    # Where one of them has ended, one more may start.
    assert len(decided(rule, *events[:100], "10:00:00 b", "10:30:00 a")) == 101


def test_the_end_of_time_is_not_passed() -> None:
    rule = "rule r: if a then after 1d send push between 09:00-21:00"
    last = "9999-12-31T23:59:59.999999Z"
    assert decided(rule, "9999-12-31T22:00:00 a") == [("pending", "due", last)]
    assert decided(rule, "9999-12-31T22:00:00 a", until=last[:-1]) == [("skipped", "outside window", last)]
    rule = "rule r: if a then send push between 09:00-21:00"
    assert decided(rule, "9999-12-31T21:00:00 a") == [("skipped", "outside window", "9999-12-31T21:00:00Z")]


def test_before_1970_days_are_days_too() -> None:
    rule = "cap push 1 per day\nrule r: if a then send push between 09:00-21:00 on weekdays while pending stack"
    # 1969-12-29 is a Monday, so 1969-12-28 waits.
    found = decided(rule, "1969-12-28T10:00:00 a", "1969-12-29T08:59:59 a", "1969-12-30T20:59:59 a")
    assert [(one[0], one[2]) for one in found] == [
        ("sent", "1969-12-29T09:00:00Z"),
        ("capped", "1969-12-29T09:00:00Z"),
        ("sent", "1969-12-30T20:59:59Z"),
    ]


def test_nothing_at_all_is_decided_of_nothing() -> None:
    assert decided("rule r: if a then send push") == []
    assert decided("rule r: if a then send push", "10:00:00 b") == []


@pytest.mark.parametrize(
    ("clause", "second", "statuses"),
    [
        ("once", f"{NEXT}10:00:00", ["sent"]),
        ("at most 2 per 1h", "10:30:00", ["sent", "sent"]),
        # A send an hour ago counts no more, one of less than an hour ago does.
        ("once per 1h", "10:59:59.999999", ["sent"]),
        ("once per 1h", "11:00:00", ["sent", "sent"]),
        ("once per 1h", "11:00:00.000001", ["sent", "sent"]),
        # Days of Seoul begin at 15:00, weeks on the Monday there.
        ("once per day", "14:59:59.999999", ["sent"]),
        ("once per day", "15:00:00", ["sent", "sent"]),
        ("once per week", "2026-11-22T14:59:59.999999", ["sent"]),
        ("once per week", "2026-11-22T15:00:00", ["sent", "sent"]),
        ("once per month", "2026-11-30T14:59:59.999999", ["sent"]),
        ("once per month", "2026-11-30T15:00:00", ["sent", "sent"]),
    ],
)
def test_a_limit_holds_to_the_end_of_its_period(clause: str, second: str, statuses: list[str]) -> None:
    rules = f'timezone "Asia/Seoul"\nrule r: if a then send push {clause}'
    assert [status for status, _, _ in decided(rules, "10:00:00 a", f"{second} a")] == statuses


def test_a_limit_is_asked_again_before_the_send_and_counts_sent_ones_alone() -> None:
    # Both runs start, since none has acted by then; what was cancelled or capped does not count.
    waits = "rule r: if a then after 1h send push unless b while pending stack once"
    assert decided(waits, "10:00:00 a", "10:30:00 a", until="12:00:00") == [
        ("sent", None, "11:00:00Z"),
        ("skipped", "limit", "11:30:00Z"),
    ]
    assert decided(waits, "10:00:00 a", "10:30:00 b", "10:40:00 a", until="12:00:00") == [
        ("cancelled", "unless b", "10:30:00Z"),
        ("sent", None, "11:40:00Z"),
    ]
    capped = "cap all 1 per 1h\nrule o: if o then send sms\nrule r: if a then send push once"
    assert decided(capped, "10:00:00 o", "10:30:00 a", "11:00:00 a", "13:00:00 a") == [
        ("sent", None, "10:00:00Z"),
        ("capped", "all 1 per 1h", "10:30:00Z"),
        ("sent", None, "11:00:00Z"),
    ]


def test_a_limit_beside_restarted_and_stacked_runs() -> None:
    rule = "rule r: if a then after 1h send push while pending restart at most 1 per 30m"
    assert decided(rule, "10:00:00 a", "10:59:00 a", "11:59:00 a", "11:59:01 a", until="13:00:00") == [
        ("cancelled", "restarted", "10:59:00Z"),
        ("cancelled", "restarted", "11:59:00Z"),
        ("cancelled", "restarted", "11:59:01Z"),
        ("sent", None, "12:59:01Z"),
    ]
    # The run of 11:10 waits when that of 11:00 is sent, and the trigger at 12:30 finds the limit full: it ends nothing.
    rule = "rule r: if a then after 1h send push while pending {} at most 1 per 2h"
    stacked = decided(rule.format("stack"), "11:00:00 a", "11:45:00 a", "12:30:00 a", until="14:00:00")
    assert stacked == [("sent", None, "12:00:00Z"), ("skipped", "limit", "12:45:00Z")]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        # The campaign is the 20th and 21st in Seoul: from 15:00 the day before to 15:00 on the 21st.
        ("2026-11-19T14:59:59.999999", []),
        ("2026-11-19T15:00:00", [("sent", None)]),
        ("2026-11-21T13:59:59.999999", [("sent", None)]),
        ("2026-11-21T14:00:00", [("skipped", "campaign ended")]),  # due exactly at its end
        ("2026-11-21T14:59:59.999999", [("skipped", "campaign ended")]),
        ("2026-11-21T15:00:00", []),
    ],
)
def test_a_campaign_begins_and_ends_with_days_of_the_file(at: str, found: list[tuple[str, str | None]]) -> None:
    rules = 'timezone "Asia/Seoul"\nrule r: if a then after 1h send push from 2026-11-20 until 2026-11-21'
    told = decided(rules, "2026-11-19T00:00:00 tz=America/New_York", f"{at} a", until="2026-11-25T00:00:00")
    assert [(status, reason) for status, reason, _ in told] == found
