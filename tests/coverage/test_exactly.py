"""What counts for a point and what only looks like it: another rule, another run, a condition that was not asked."""

from __future__ import annotations

import pytest
from test_points import SAID, cases, coverage, covered

from trigdsl.coverage import Covering
from trigdsl.coverage.record import Recording
from trigdsl.engine.clockwork import Clockwork
from trigdsl.loading import parse_checked
from trigdsl.model.inputs import Input

REQUIRES = "channel push: requires user.x\n"


# ---------------------------------------------------------------------- conditions
@pytest.mark.parametrize(
    ("rules", "kind", "about"),
    [
        (f"{REQUIRES}rule r: if a then send push\nrule s: if b then send push", "requires", "`user.x`"),
        (
            "segment v = user.x\nrule r: if a and user in v then send push\nrule s: if b and user in v then send sms",
            "condition",
            "`user.x`",
        ),
    ],
)
def test_what_another_rule_asked_is_not_asked_for_this_one(rules: str, kind: str, about: str) -> None:
    found = coverage(rules, "user { x: true }; 10:00 b")
    of_rule = {
        rule.rule.name: {point.case for point in rule.covered if (point.kind, point.about) == (kind, about)}
        for rule in found.rules
    }
    assert of_rule == {"r": set(), "s": {"true"}}


def test_a_guard_was_true_though_its_step_changes_what_it_asks() -> None:
    rules = "rule r: if a then if user.n is missing set user.n = 1, set user.m = 2"
    assert cases(rules, "guard", "`user.n is missing`", "10:00 a") == {"true"}
    assert cases(rules, "guard", "`user.n is missing`", "user { n: 1 }; 10:00 a") == {"false"}


def test_a_guard_was_true_though_what_it_let_pass_was_not_sent() -> None:
    rules = f"{REQUIRES}rule r: if a then if n > 1 send push"
    assert cases(rules, "guard", "`n > 1`", "user { x: false }; 10:00 a { n: 2 }") == {"true"}


@pytest.mark.parametrize(("after", "case"), [("1h", {"true"}), ("48h", set())])
def test_a_guard_is_not_asked_when_the_campaign_is_over(after: str, case: set[str]) -> None:
    rules = f"rule r: if a then after {after} if n > 1 send push until 2026-11-20"
    assert cases(rules, "guard", "`n > 1`", "10:00 a { n: 2 }") == case


def test_a_variant_is_not_asked_behind_the_one_that_is_taken() -> None:
    rules = 'rule r:\n  if a\n  then send push\n    when n > 1: "A"\n    when m > 1: "B"\n    otherwise: "C"'
    assert cases(rules, "variant", "`m > 1`", "10:00 a { n: 2, m: 2 }") == set()
    assert cases(rules, "variant", "`m > 1`", "10:00 a { n: 1, m: 2 }") == {"true"}
    assert cases(rules, "variant", "`m > 1`", "10:00 a { n: 1, m: 1 }") == {"false"}


def test_a_variant_is_asked_behind_one_that_cannot_be_rendered() -> None:
    rules = 'rule r:\n  if a\n  then send push\n    when n > 1: "{{ name }}"\n    when m > 1: "B"'
    assert cases(rules, "variant", "`m > 1`", "10:00 a { n: 2, m: 2 }") == {"true"}


def test_a_where_is_asked_of_its_own_event_alone() -> None:
    rules = "rule r: if (a or (b where n > 1)) then send push"
    assert cases(rules, "trigger", "`n > 1`", "10:00 a { n: 2 }") == set()
    assert cases(rules, "trigger", "`n > 1`", "10:00 b { n: 2 }") == {"true"}
    assert cases(rules, "trigger", "`n > 1`", "10:00 b { n: 1 }") == {"false"}


def test_a_where_of_a_silence_is_asked() -> None:
    rules = "rule r: if no (a where n > 1) for 1h then send push"
    assert cases(rules, "trigger", "`n > 1`", "10:00 a { n: 2 }") == {"true"}
    assert cases(rules, "trigger", "`n > 1`", "10:00 a { n: 1 }") == {"false"}


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("unless b where n > 1", "unless"),
        ("stop on b where n > 1", "stop on"),
        ("goal b where n > 1 within 1d", "goal"),
    ],
)
@pytest.mark.parametrize(("n", "case"), [(2, "true"), (1, "false")])
def test_a_where_of_a_clause_is_asked_while_its_run_heeds_it(clause: str, kind: str, n: int, case: str) -> None:
    goal = kind == "goal"
    rules = f"rule r: if a then {'' if goal else 'after 1h '}send push {clause}"
    assert cases(rules, kind, "`n > 1`", f"10:00 a; +1m b {{ n: {n} }}") == {case}
    assert cases(rules, kind, "`n > 1`", f"10:00 b {{ n: {n} }}; +1m a") == set()


@pytest.mark.parametrize(
    ("value", "case"),
    [("19.97", None), ("19.98", "just below"), ("19.99", "at"), ("20", "just above"), ("20.01", None)],
)
def test_a_number_with_decimals_has_values_around_it_at_its_last_decimal(value: str, case: str | None) -> None:
    rules = "rule r: if a and n > 19.99 then send push"
    found = cases(rules, "condition", "`n` against 19.99", f"10:00 a {{ n: {value} }}")
    assert found == ({case} if case else set())


def test_a_boolean_is_no_number_near_another() -> None:
    rules = "rule r: if a and n > 1 then send push"
    assert cases(rules, "condition", "`n` against 1", "10:00 a { n: true }") == set()


def test_two_machines_of_one_program_note_each_for_itself() -> None:
    program, checked = parse_checked("rule r: if a and n > 1 then send push", explained=True)
    point = next(one for one in Covering(program, checked).points if one.text == "`n > 1`: true")
    first, second = Recording(), Recording()
    clocks = [Clockwork(program, machine=one.machine(program, lambda _: None)) for one in (first, second)]
    clocks[0].handle(Input(user="u", time=0, event="a", properties={"n": 2}))
    clocks[1].handle(Input(user="u", time=0, event="a", properties={"n": 1}))
    assert (point.exercised(first.record()), point.exercised(second.record())) == (True, False)
    clocks[1].handle(Input(user="u", time=0, event="a", properties={"n": 2}))
    assert not point.exercised(second.record()), "it was over"


# ---------------------------------------------------------------------- steps and windows
def test_unless_within_more_than_the_delay_ends_with_the_delay() -> None:
    said = "what ends the run comes when `after 1h` of step 1 runs out"
    assert cases("rule r: if a then after 1h send push unless b within 2h", "delay", said, "10:00 a; +1h b") == {"at"}
    assert cases("rule r: if a then after 1h send push unless b within 1h", "delay", said, "10:00 a; +1h b") == {"at"}
    points = coverage("rule r: if a then after 1h send push unless b within 59m").points
    assert said not in {one.about for one in points}


def test_a_window_was_closed_though_the_waiting_run_was_ended() -> None:
    rules = "rule r: if a then send push between 09:00-21:00 unless b"
    about = "`between 09:00-21:00` is closed when due"
    assert cases(rules, "window", about, "22:00 a; +1h b") == {"yes"}
    assert cases(rules, "window", "`between 09:00-21:00` is open when due", "22:00 a; +1h b") == set()


def test_a_window_is_not_looked_at_when_the_guard_refuses() -> None:
    rules = "rule r: if a then if n > 1 send push between 09:00-21:00"
    about = "`between 09:00-21:00` is closed when due"
    assert cases(rules, "window", about, "22:00 a { n: 1 }") == set()
    assert cases(rules, "window", about, "22:00 a { n: 2 }") == {"yes"}


@pytest.mark.parametrize(
    ("time", "case"),
    [
        ("2026-11-20 23:00", "holds"),
        ("2026-11-21 01:59", "holds"),
        ("2026-11-21 02:00", "does not hold"),
        ("2026-11-21 23:00", "does not hold"),
        ("2026-11-20 01:00", "does not hold"),
    ],
)
def test_what_is_left_of_a_window_after_midnight_is_of_the_day_before(time: str, case: str) -> None:
    """2026-11-20 is a Friday."""
    rules = "rule r: if a then send push between 22:00-02:00 on fri"
    said = {one for one in covered(rules, f"{time} a") if "on fri" in one}
    assert said == {f"window `on fri` {case} when due"}


def test_days_are_those_of_the_zone_of_the_hours() -> None:
    """20:00 on Friday in UTC is Saturday in Seoul."""
    about = "window `on sat` holds when due"
    assert about in covered('rule r: if a then send push between 04:00-06:00 "Asia/Seoul" on sat', "20:00 a")
    assert about not in covered("rule r: if a then send push between 19:00-21:00 utc on sat", "20:00 a")


# ---------------------------------------------------------------------- caps, limits, clauses
def test_urgent_sends_have_no_caps_and_fill_none() -> None:
    kinds = {one.kind for one in coverage("cap push 1 per 1d\nrule r: if a then send push urgent").points}
    assert "cap" not in kinds
    rules = "cap push 1 per 1d\nrule r: if a then send push\nrule s: if b then send push urgent"
    assert cases(rules, "cap", SAID, "10:00 b; +1d a") == set()


def test_a_cap_is_asked_by_the_rule_that_sends_later() -> None:
    found = coverage("cap push 1 per 1d\nrule r: if a then send push\nrule s: if b then send push", "10:00 a; +1d b")
    assert {one.rule for one in found.covered if one.about == SAID} == {"s"}


@pytest.mark.parametrize(("gap", "case"), [("89m", "just before"), ("90m", "at"), ("91m", "just after"), ("1h", None)])
def test_the_period_of_a_limit_begins_with_the_first_action_that_was_carried_out(gap: str, case: str | None) -> None:
    """The trigger at 10:00 sends at 10:30; 1h after that is 90m after the trigger."""
    rules = "rule r: if a then after 30m send push once per 1h"
    found = cases(rules, "limit", "a run when the period of an earlier one ends", f"10:00 a; +{gap} a; +1d a")
    assert found >= ({case} if case else set())
    if case is None or case == "just before":
        assert found == ({case} if case else set())


@pytest.mark.parametrize(
    ("gap", "case", "full"),
    [
        ("23h57m59s", None, True),
        ("23h58m59s", "just before", True),
        ("23h59m", "at", False),
        ("23h59m30s", "just after", False),
        ("1d1s", None, False),
    ],
)
@pytest.mark.parametrize("kind", ["cap", "limit"])
def test_the_period_that_matters_is_that_of_what_makes_it_full(
    gap: str, case: str | None, full: bool, kind: str
) -> None:
    """Of 2 per 1d at 10:00 and 10:01 the first leaves at 10:00 of the next day, 23h59m after the second."""
    if kind == "cap":
        rules, about = "cap push 2 per 1d\nrule r: if a then send push", SAID
    else:
        rules, about = "rule r: if a then send push at most 2 per 1d", "a run when the period of an earlier one ends"
    lines = f"10:00 a; +1m a; +{gap} a"
    assert cases(rules, kind, about, lines) == ({case} if case else set())
    held = "cap `push 2 per 1d` is full" if kind == "cap" else "`at most 2 per 1d` holds a run back"
    assert cases(rules, kind, held, lines) == ({"yes"} if full else set())
    assert cases(rules, kind, about, "10:00 a; +1d a") == set(), "one alone does not make it full"


def test_limits_are_told_apart_by_the_value_of_for_each() -> None:
    rules = "rule r: if a then send push once per 1h for each n"
    about = "a run when the period of an earlier one ends"
    assert cases(rules, "limit", about, "10:00 a { n: 1 }; +1h a { n: 2 }") == set()
    assert cases(rules, "limit", about, "10:00 a { n: 1 }; +1h a { n: 1 }") == {"at"}


def test_a_chain_of_restarts_counts_from_its_first_trigger() -> None:
    """The second trigger restarts at 10:20; 30m after it is 50m after the first, well past the end."""
    rules = "rule r: if a then after 1h send push while pending restart for at most 30m"
    about = "a trigger 30m after the first of a chain"
    assert cases(rules, "pending", about, "10:00 a; +20m a; +30m a") == set()
    assert cases(rules, "pending", about, "10:00 a; +20m a; +10m a") == {"at"}


def test_a_new_chain_begins_when_no_run_is_unfinished() -> None:
    """The first run is over at 10:10; so the trigger at 10:30 begins a chain, though it comes 30m after the first."""
    rules = "rule r: if a then after 10m send push while pending restart for at most 30m"
    assert cases(rules, "pending", "a trigger 30m after the first of a chain", "10:00 a; +30m a") == set()


def test_stacked_runs_meet_at_the_moment_at_which_the_first_is_due() -> None:
    rules = "rule r: if a then after 1h send push while pending stack"
    about = "`while pending stack` meets an unfinished run"
    assert cases(rules, "pending", about, "10:00 a; +1h a") == {"yes"}, "inputs come before timers"
    assert cases(rules, "pending", about, "10:00 a; +1h1s a") == set()


def test_a_goal_counts_from_the_first_send_of_each_run() -> None:
    rules = "rule r: if a then send push goal b within 1h"
    assert cases(rules, "goal", "`goal b` comes `within 1h`", "10:00 a; +3h a; +1h b") == {"at"}


@pytest.mark.parametrize(("time", "over"), [("22:59:59", False), ("23:00", True)])
def test_a_campaign_is_over_when_a_step_is_due(time: str, over: bool) -> None:
    rules = "rule r: if a then after 1h send push until 2026-11-20"
    about = "`until 2026-11-20` is over when a step is due"
    assert cases(rules, "campaign", about, f"{time} a") == ({"yes"} if over else set())


def test_a_campaign_without_delays_is_over_for_triggers_alone() -> None:
    points = coverage("rule r: if a then send push until 2026-11-20").points
    assert {one.about for one in points if one.kind == "campaign"} == {"a trigger when `until 2026-11-20` ends"}
