"""Which points a test exercises: for each kind, one test that does and one that does not, at every boundary."""

from __future__ import annotations

import pytest

from trigdsl.coverage import Coverage, measure
from trigdsl.loading import parse_checked


def coverage(rules: str, *tests: str) -> Coverage:
    """The coverage of a program by tests of these lines; a day without a date is 2026-11-20, a Friday."""
    blocks = []
    for number, lines in enumerate(tests):
        told = "\n".join(f"  {_dated(line.strip())}" for line in lines.split(";"))
        blocks.append(f'test "{number}":\n{told}')
    program, checked = parse_checked("\n".join((rules, *blocks)), explained=True)
    return measure(program, checked, checked.tests)


def _dated(line: str) -> str:
    return f"2026-11-20 {line}" if line[:2].isdigit() and line[2] == ":" else line


def covered(rules: str, *tests: str) -> set[str]:
    """The points that are exercised, as `kind about: case`."""
    return {f"{one.kind} {one.text}" for one in coverage(rules, *tests).covered}


def cases(rules: str, kind: str, about: str, *tests: str) -> set[str]:
    """The cases of one thing that are exercised; it must be there to be exercised."""
    found = coverage(rules, *tests)
    points = [one for one in found.points if (one.kind, one.about) == (kind, about)]
    assert points, [f"{one.kind} {one.about}" for one in found.points]
    return {one.case or "yes" for one in points if one in found.covered}


# ---------------------------------------------------------------------- triggers
def test_each_alternative_of_a_trigger_is_a_point() -> None:
    rules = "rule r: if (a or (b where n > 1)) then send push"
    assert cases(rules, "trigger", "`a` triggers", "10:00 a") == {"yes"}
    assert cases(rules, "trigger", "`b` triggers", "10:00 a") == set()
    assert cases(rules, "trigger", "`b` triggers", "10:00 b { n: 1 }") == set()
    assert cases(rules, "trigger", "`b` triggers", "10:00 b { n: 2 }") == {"yes"}


def test_a_trigger_counts_though_the_condition_refuses_it() -> None:
    rules = "rule r: if a and n > 1 then send push"
    assert cases(rules, "trigger", "`a` triggers", "10:00 a { n: 0 }") == {"yes"}


@pytest.mark.parametrize(
    ("lines", "expected"), [("10:00 a", {"another"}), ("10:00 a; +1s a", {"another", "fires"}), ("10:00 b", set())]
)
def test_an_ordinal_has_the_nth_and_others(lines: str, expected: set[str]) -> None:
    said = covered("rule r: if 2nd a then send push", lines)
    there = {"another": "trigger another than `2nd a` comes", "fires": "trigger `a` triggers"}
    assert {name for name, text in there.items() if text in said} == expected


@pytest.mark.parametrize(
    ("gap", "case"),
    [
        ("58m59s", None),
        ("59m", "just before"),
        ("59m59s", "just before"),
        ("1h", "at"),
        ("1h1s", "just after"),
        ("1h1m", "just after"),
        ("1h1m1s", None),
    ],
)
def test_a_silence_has_an_event_around_its_end(gap: str, case: str | None) -> None:
    rules = "rule r: if no a for 1h then send push"
    about = "an event 1h after the one before"
    assert cases(rules, "trigger", about, f"10:00 a; +{gap} a") == ({case} if case else set())
    assert cases(rules, "trigger", "`no a for 1h` fires", "10:00 a") == {"yes"}


@pytest.mark.parametrize(("gap", "case"), [("59m59s", "just before"), ("1h", "at"), ("1h1s", "just after")])
def test_ignored_has_an_answer_around_its_end(gap: str, case: str) -> None:
    rules = "rule s: if a then send push\nrule r: if ignored s after 1h then send sms"
    about = "an answer 1h after it was sent"
    assert cases(rules, "trigger", about, f'10:00 a; +{gap} opened {{ rule: "s" }}') == {case}
    assert cases(rules, "trigger", about, f'10:00 a; +{gap} opened {{ rule: "r" }}') == set()


@pytest.mark.parametrize(
    ("trigger", "hit", "miss"),
    [
        ('user.tier becomes "gold"', 'set user.tier = "gold"', 'set user.tier = "silver"'),
        ("user.tier changes", "set user.tier = 1", "set user.level = 1"),
        ("user enters vip", "add to vip", "add to other"),
    ],
)
def test_other_triggers_fire_or_do_not(trigger: str, hit: str, miss: str) -> None:
    rules = f"list vip\nlist other\nrule r: if {trigger} then send push"
    assert cases(rules, "trigger", f"`{trigger}` fires", f"10:00 {hit}") == {"yes"}
    assert cases(rules, "trigger", f"`{trigger}` fires", f"10:00 {miss}") == set()


# ---------------------------------------------------------------------- conditions
def test_each_part_of_a_condition_is_true_and_false() -> None:
    rules = "rule r: if a and (x or not y) then send push"
    assert covered(rules, "10:00 a { x: true, y: true }") >= {"condition `x`: true", "condition `y`: true"}
    both = covered(rules, "10:00 a { x: true, y: true }", "10:00 a { x: false, y: false }")
    assert {"condition `x`: false", "condition `y`: false"} <= both
    assert not [point for point in covered(rules, "10:00 a") if point.startswith("condition")], "unknown is neither"


def test_parts_of_segments_belong_to_the_condition() -> None:
    rules = "segment vip = user.x and user.y\nrule r: if a and user in vip then send push"
    assert cases(rules, "condition", "`user.y`", "user { x: true, y: false }; 10:00 a") == {"false"}


def test_parts_of_a_where_are_asked_when_it_passes_and_when_it_does_not() -> None:
    rules = "rule r: if a where (x or y) then send push"
    assert cases(rules, "trigger", "`y`", "10:00 a { x: true, y: false }") == {"false"}
    assert cases(rules, "trigger", "`y`", "10:00 a { x: false, y: true }") == {"true"}
    assert cases(rules, "trigger", "`x`", "10:00 a { x: false, y: false }") == {"false"}


@pytest.mark.parametrize(
    ("value", "case"),
    [
        ("198.9", None),
        ("199", "just below"),
        ("199.99", "just below"),
        ("200", "at"),
        ("201", "just above"),
        ("201.1", None),
        ('"much"', None),
    ],
)
def test_a_number_has_values_around_it(value: str, case: str | None) -> None:
    expected = {case} if case else set()
    assert (
        cases("rule r: if a and n > 200 then send push", "condition", "`n` against 200", f"10:00 a {{ n: {value} }}")
        == expected
    )
    assert (
        cases("rule r: if a and 200 <= n then send push", "condition", "`n` against 200", f"10:00 a {{ n: {value} }}")
        == expected
    )


@pytest.mark.parametrize(
    ("age", "case"),
    [("23h58m", None), ("23h59m", "just below"), ("1d", "at"), ("1d1m", "just above"), ("1d1m1s", None)],
)
def test_a_compared_length_of_time_has_values_around_it(age: str, case: str | None) -> None:
    rules = "rule r: if a and time since b > 1d then send push"
    assert cases(rules, "condition", "`time since b` against 1d", f"10:00 b; +{age} a") == ({case} if case else set())


@pytest.mark.parametrize(
    ("age", "case"), [("2h58m", None), ("2h59m", "just before"), ("3h", "at"), ("3h1s", "just after"), ("4h", None)]
)
@pytest.mark.parametrize("asked", ["b in last 3h", "count(b) in last 3h >= 1", "sum(b.n) in last 3h > 2"])
def test_a_period_has_events_around_its_beginning(age: str, case: str | None, asked: str) -> None:
    question = asked.partition(" >")[0]
    about = f"an event 3h before `{question}` is asked"
    rules = f"rule r: if a and {asked} then send push"
    assert cases(rules, "condition", about, f"10:00 b {{ n: 1 }}; +{age} a") == ({case} if case else set())


@pytest.mark.parametrize(
    ("time", "case"),
    [
        ("2026-11-19 23:58:59", None),
        ("2026-11-19 23:59", "just before"),
        ("2026-11-20 00:00", "at"),
        ("2026-11-20 00:01", "just after"),
        ("2026-11-20 00:01:01", None),
        ("2026-11-21 00:00", None),
    ],
)
@pytest.mark.parametrize("asked", ["b today", "count(b) today"])
def test_today_has_events_around_the_local_midnight(time: str, case: str | None, asked: str) -> None:
    about = f"an event when the day begins on which `{asked}` is asked"
    rules = f"rule r: if a and {asked}{' > 1' if 'count' in asked else ''} then send push"
    lines = f'user {{ timezone: "Asia/Seoul" }}; {time} b; 2026-11-20 10:00 a'
    assert cases(rules, "condition", about, lines) == ({case} if case else set())


@pytest.mark.parametrize(("gap", "case"), [("1m59s", None), ("2m", "just before"), ("2m30s", "just after")])
def test_near_is_a_tenth_of_what_is_shorter_than_ten_minutes(gap: str, case: str | None) -> None:
    """Of 2m13s a tenth is 13.3 s, so just before begins at 1m59.7s and just after ends at 2m26.3s."""
    about = "an event 2m13s before `b in last 2m13s` is asked"
    rules = "rule r: if a and b in last 2m13s then send push"
    expected = {case} if case and gap != "2m30s" else set()
    assert cases(rules, "condition", about, f"10:00 b; +{gap} a") == expected


# ---------------------------------------------------------------------- steps
def test_a_step_is_carried_out_or_not() -> None:
    rules = "rule r: if a then after 1h if x send push"
    assert cases(rules, "step", "step 1 is carried out", "10:00 a { x: true }") == {"yes"}
    assert cases(rules, "step", "step 1 is carried out", "10:00 a { x: false }") == set()
    assert cases(rules, "guard", "`x`", "10:00 a { x: false }") == {"false"}
    assert cases(rules, "guard", "`x`", "10:00 a { x: false }", "10:00 a { x: true }") == {"true", "false"}


@pytest.mark.parametrize(
    ("gap", "case", "ends"),
    [("58m", None, True), ("59m", "just before", True), ("1h", "at", True), ("1h1s", "just after", False)],
)
@pytest.mark.parametrize("end", ["unless", "stop on"])
def test_a_delay_has_what_ends_the_run_around_its_end(gap: str, case: str | None, ends: bool, end: str) -> None:
    rules = f"rule r: if a then after 1h send push {end} b"
    about = "what ends the run comes when `after 1h` of step 1 runs out"
    lines = f"10:00 a; +{gap} b"
    assert cases(rules, "delay", about, lines) == ({case} if case else set())
    assert cases(rules, "delay", "`after 1h` of step 1 runs out", lines) == (set() if ends else {"yes"})
    ended = "`unless b` ends the run" if end == "unless" else "`stop on b` ends a run"
    assert cases(rules, end, ended, lines) == ({"yes"} if ends else set())


def test_a_delay_that_nothing_can_cut_short_has_no_moments() -> None:
    points = coverage("rule r: if a then after 1h send push").points
    assert [one.about for one in points if one.kind == "delay"] == ["`after 1h` of step 1 runs out"]


@pytest.mark.parametrize(
    ("gap", "case"), [("29m", "just before"), ("30m", "at"), ("30m1s", "just after"), ("32m", None)]
)
def test_unless_within_has_the_event_around_its_end(gap: str, case: str | None) -> None:
    rules = "rule r: if a then after 1h send push unless b within 30m"
    assert cases(rules, "unless", "`b` comes `within 30m`", f"10:00 a; +{gap} b") == ({case} if case else set())
    ended = cases(rules, "unless", "`unless b` ends the run", f"10:00 a; +{gap} b")
    assert ended == ({"yes"} if case in ("just before", "at") else set())


def test_variants_that_were_taken() -> None:
    rules = """
    rule r:
      if a
      then send push
        when n > 2 as many: "A"
        when n > 1: nothing
        otherwise: "C"
    """
    taken = {1: "otherwise", 2: "2", 3: "many"}
    for n, label in taken.items():
        said = covered(rules, f"10:00 a {{ n: {n} }}")
        assert {one for one in said if one.startswith("variant variant")} == {f"variant variant `{label}` is taken"}
    assert cases(rules, "variant", "`n > 2`", "10:00 a { n: 2 }") == {"false"}


def test_shares_have_one_point() -> None:
    rules = 'rule r:\n  if a\n  then send push\n    50%: "A"\n    50%: "B"'
    assert cases(rules, "variant", "a share is drawn", "10:00 a") == {"yes"}


def test_requires_is_true_and_false() -> None:
    rules = "channel push: requires user.opt_in\nrule r: if a then send push"
    assert cases(rules, "requires", "`user.opt_in`", "user { opt_in: true }; 10:00 a") == {"true"}
    assert cases(rules, "requires", "`user.opt_in`", "user { opt_in: false }; 10:00 a") == {"false"}


# ---------------------------------------------------------------------- windows
@pytest.mark.parametrize(
    ("time", "edge", "case", "is_open"),
    [
        ("08:58:59", "opens at 09:00", None, False),
        ("08:59", "opens at 09:00", "just before", False),
        ("09:00", "opens at 09:00", "at", True),
        ("09:00:01", "opens at 09:00", "just after", True),
        ("20:59:59", "closes at 21:00", "just before", True),
        ("21:00", "closes at 21:00", "at", False),
        ("21:01", "closes at 21:00", "just after", False),
        ("21:01:01", "closes at 21:00", None, False),
    ],
)
@pytest.mark.parametrize("where", ["step", "channel"])
def test_hours_have_their_edges(time: str, edge: str, case: str | None, is_open: bool, where: str) -> None:
    window = "between 09:00-21:00 local"
    rules = f"rule r: if a then send push {window}"
    if where == "channel":
        rules = f"channel push: {window}\nrule r: if a then send push"
    lines = f'user {{ timezone: "Asia/Seoul" }}; {time} a'
    assert cases(rules, "window", f"due when `{window}` {edge}", lines) == ({case} if case else set())
    expected = {f"window `{window}` is {'open' if is_open else 'closed'} when due"}
    assert {one for one in covered(rules, lines) if one.endswith("when due")} == expected


def test_hours_in_another_zone_are_those_of_that_zone() -> None:
    rules = "rule r: if a then send push between 09:00-21:00 utc"
    about = "due when `between 09:00-21:00 utc` opens at 09:00"
    assert cases(rules, "window", about, 'user { timezone: "Asia/Seoul" }; 18:00 a') == {"at"}


def test_hours_across_midnight() -> None:
    rules = "rule r: if a then send push between 22:00-00:00"
    about = "due when `between 22:00-00:00` closes at 00:00"
    assert cases(rules, "window", about, "23:59:30 a") == {"just before"}
    assert cases(rules, "window", about, "00:00 a") == {"at"}
    assert cases(rules, "window", about, "00:00:30 a") == {"just after"}


@pytest.mark.parametrize(("day", "case"), [("2026-11-20", "holds"), ("2026-11-21", "does not hold")])
@pytest.mark.parametrize("days", ["on weekdays", "on fri", "not on off"])
def test_days_hold_or_do_not(day: str, case: str, days: str) -> None:
    rules = f"calendar off = [2026-11-21]\nrule r: if a then send push {days}"
    said = {one for one in covered(rules, f"{day} 10:00 a") if one.startswith("window")}
    assert said == {f"window `{days}` {case} when due"}


def test_a_step_that_is_left_out_when_its_window_is_closed() -> None:
    rules = "rule r: if a then send push between 09:00-21:00 else skip"
    about = "step 1 is left out, its window being closed"
    assert cases(rules, "else skip", about, "22:00 a") == {"yes"}
    assert cases(rules, "else skip", about, "20:00 a") == set()


@pytest.mark.parametrize(
    ("time", "case", "expired"),
    [("06:58", None, True), ("06:59", "just after", True), ("07:00", "at", False), ("07:01", "just before", False)],
)
def test_expires_has_openings_around_it(time: str, case: str | None, expired: bool) -> None:
    rules = "rule r: if a then send push between 09:00-21:00 expires 2h"
    assert cases(rules, "expires", "the window opens when `expires 2h` passes", f"{time} a") == (
        {case} if case else set()
    )
    assert cases(rules, "expires", "`expires 2h` has passed", f"{time} a") == ({"yes"} if expired else set())


# ---------------------------------------------------------------------- caps and limits
SAID = "a send when the period of an earlier one ends"


@pytest.mark.parametrize(
    ("gap", "case", "full"),
    [("23h59m", "just before", True), ("1d", "at", False), ("1d1m", "just after", False), ("1d2m", None, False)],
)
@pytest.mark.parametrize("declared", ["channel push: cap 1 per 1d", "cap push 1 per 1d", "cap tag t 1 per 1d"])
def test_a_cap_is_full_and_has_sends_around_its_period(gap: str, case: str | None, full: bool, declared: str) -> None:
    rules = f"{declared}\nrule r: if a then send push tag t"
    label = "tag t 1 per 1d" if "tag" in declared else "push 1 per 1d"
    lines = f"10:00 a; +{gap} a"
    assert cases(rules, "cap", SAID, lines) == ({case} if case else set())
    assert cases(rules, "cap", f"cap `{label}` is full", lines) == ({"yes"} if full else set())


def test_what_a_cap_does_not_count_is_not_around_its_period() -> None:
    rules = "cap push 1 per 1d\nrule r: if a then send push\nrule s: if b then send sms"
    assert cases(rules, "cap", SAID, "10:00 b; +1d a") == set()
    rules = "cap all 1 per 1d\nrule r: if a then send push\nrule s: if b then send sms"
    assert cases(rules, "cap", SAID, "10:00 b; +1d a") == {"at"}


@pytest.mark.parametrize(
    ("period", "days", "time", "case"),
    [
        ("day", "20", "23:58:59", None),
        ("day", "20", "23:59", "just before"),
        ("day", "21", "00:00", "at"),
        ("day", "21", "00:01", "just after"),
        ("day", "22", "00:00", None),
        ("week", "22", "23:59:30", "just before"),
        ("week", "23", "00:00", "at"),
        ("week", "21", "00:00", None),
        ("month", "30", "23:59:30", "just before"),
        ("month", "23", "00:00", None),
    ],
)
def test_a_calendar_period_ends_at_local_midnight(period: str, days: str, time: str, case: str | None) -> None:
    rules = f"cap push 1 per {period}\nrule r: if a then send push"
    lines = f'user {{ timezone: "Asia/Seoul" }}; 10:00 a; 2026-11-{days} {time} a'
    assert cases(rules, "cap", SAID, lines) == ({case} if case else set())


@pytest.mark.parametrize(
    ("gap", "case", "held"), [("59m", "just before", True), ("1h", "at", False), ("1h1s", "just after", False)]
)
def test_a_limit_holds_back_and_has_runs_around_its_period(gap: str, case: str, held: bool) -> None:
    rules = "rule r: if a then send push once per 1h"
    assert cases(rules, "limit", "a run when the period of an earlier one ends", f"10:00 a; +{gap} a") == {case}
    assert cases(rules, "limit", "`once per 1h` holds a run back", f"10:00 a; +{gap} a") == ({"yes"} if held else set())


def test_once_for_ever_has_no_period() -> None:
    assert [one.about for one in coverage("rule r: if a then send push once").points if one.kind == "limit"] == [
        "`once` holds a run back"
    ]


# ---------------------------------------------------------------------- clauses
@pytest.mark.parametrize("policy", ["ignore", "restart", "stack"])
def test_pending_meets_an_unfinished_run(policy: str) -> None:
    rules = f"rule r: if a then after 1h send push while pending {policy}"
    about = f"`while pending {policy}` meets an unfinished run"
    assert cases(rules, "pending", about, "10:00 a; +59m a") == {"yes"}
    assert cases(rules, "pending", about, "10:00 a; +2h a") == set()


@pytest.mark.parametrize(("gap", "case"), [("29m", "just before"), ("30m", "at"), ("30m1s", "just after")])
def test_a_chain_of_restarts_has_triggers_around_its_end(gap: str, case: str) -> None:
    rules = "rule r: if a then after 1h send push while pending restart for at most 30m"
    assert cases(rules, "pending", "a trigger 30m after the first of a chain", f"10:00 a; +{gap} a") == {case}


def test_for_each_has_two_values() -> None:
    rules = "rule r: if a then after 1h send push for each cart.id"
    about = "`for each cart.id` has two values"
    assert cases(rules, "for each", about, '10:00 a { cart: { id: "x" } }; +1m a { cart: { id: "y" } }') == {"yes"}
    assert cases(rules, "for each", about, '10:00 a { cart: { id: "x" } }; +1m a { cart: { id: "x" } }') == set()


@pytest.mark.parametrize(
    ("lines", "begins", "ends"),
    [
        ("2026-11-19 23:58 a", set(), set()),
        ("2026-11-19 23:59 a", {"just before"}, set()),
        ("2026-11-20 00:00 a", {"at"}, set()),
        ("2026-11-20 00:00:01 a", {"just after"}, set()),
        ("2026-11-22 23:59:59 a", set(), {"just before"}),
        ("2026-11-23 00:00 a", set(), {"at"}),
        ("2026-11-23 00:01 a", set(), {"just after"}),
    ],
)
def test_a_campaign_has_triggers_around_both_ends(lines: str, begins: set[str], ends: set[str]) -> None:
    rules = 'timezone "Asia/Seoul"\nrule r: if a then send push from 2026-11-20 until 2026-11-22'
    assert cases(rules, "campaign", "a trigger when `from 2026-11-20` begins", lines) == begins
    assert cases(rules, "campaign", "a trigger when `until 2026-11-22` ends", lines) == ends


@pytest.mark.parametrize(
    ("gap", "case", "met"), [("59m", "just before", True), ("1h", "at", True), ("1h1s", "just after", False)]
)
def test_a_goal_has_its_event_around_its_end(gap: str, case: str, met: bool) -> None:
    rules = "rule r: if a then send push goal b within 1h"
    assert cases(rules, "goal", "`goal b` comes `within 1h`", f"10:00 a; +{gap} b") == {case}
    assert cases(rules, "goal", "`goal b` is met", f"10:00 a; +{gap} b") == ({"yes"} if met else set())


def test_without_tests_nothing_is_exercised() -> None:
    assert coverage("rule r: if a then send push").covered == frozenset()


def test_a_window_of_a_channel_is_exercised_by_any_step() -> None:
    rules = "channel push: between 09:00-21:00\nrule r: if a then send push then after 12h send push"
    found = cases(rules, "window", "`between 09:00-21:00` is closed when due", "10:00 a")
    assert found == {"yes"}, "the second step is due at 22:00"


def test_percentages() -> None:
    found = coverage("rule r: if a and x then send push\nrule s: if b then send push", "10:00 a { x: true }")
    assert [(one.rule.name, len(one.covered), len(one.points)) for one in found.rules] == [("r", 3, 4), ("s", 0, 2)]
    assert [one.percent for one in found.rules] == [75.0, 0.0]
    assert found.percent == 50.0


@pytest.mark.parametrize(
    ("gap", "case"), [("1h59m", "just before"), ("2h", "at"), ("2h1s", "just after"), ("2h2m", None)]
)
def test_unless_within_counts_while_the_run_stands_there(gap: str, case: str | None) -> None:
    """Due at 20:30 it has gone by the time; due at 21:30 it waits for the morning, and the event still matters."""
    rules = "rule r: if a then after 30m send push unless b within 2h between 09:00-21:00"
    about = "`b` comes `within 2h`"
    assert cases(rules, "unless", about, f"20:00 a; +{gap} b") == set()
    assert cases(rules, "unless", about, f"21:00 a; +{gap} b") == ({case} if case else set())


def test_unless_within_counts_for_what_is_due_at_once_and_waits() -> None:
    rules = "rule r: if a then send push unless b within 2h between 09:00-21:00"
    assert cases(rules, "unless", "`b` comes `within 2h`", "22:00 a; +2h b") == {"at"}
    assert cases(rules, "unless", "`b` comes `within 2h`", "20:00 a; +2h b") == set()


@pytest.mark.parametrize(
    ("step", "has"),
    [
        ("after 30m send push unless b within 2h", False),
        ("after 2h send push unless b within 2h", False),
        ("after 2h1s send push unless b within 2h", True),
        ("at 10:00 send push unless b within 2h", True),
        ("send push unless b within 2h on weekdays", True),
        ("after 30m send push unless b within 2h urgent", False),
    ],
)
def test_unless_within_has_moments_only_if_a_run_may_stand_so_long(step: str, has: bool) -> None:
    channel = "channel push: between 09:00-21:00\n" if "urgent" in step else ""
    points = coverage(f"{channel}rule r: if a then {step}").points
    assert any("comes `within" in one.about for one in points) is has
