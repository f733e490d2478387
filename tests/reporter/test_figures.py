"""Boundaries of what a report counts: hours, days and weeks, runs, caps, the sample."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest

import trigdsl
from trigdsl.engine.keys import key_of
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import DAY, HOUR, MINUTE, Micros
from trigdsl.records.times import parse_time
from trigdsl.reporter.charts import LEVELS, level
from trigdsl.reporter.civil import day_text, first_day, week_of, weekday_and_hour
from trigdsl.reporter.conflicts import KEPT, Conflict, Conflicts
from trigdsl.reporter.figures import Figures
from trigdsl.reporter.pressure import MOST_LISTED, Pressure, Week
from trigdsl.reporter.sample import Sample
from trigdsl.reporter.steps import Steps

NOON: Micros = parse_time("2026-11-20T12:00:00Z")[0]


def at(text: str) -> Micros:
    return parse_time(text)[0]


def named(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


def decision(**told: Any) -> Decision:
    """A send that was sent at noon, but for what is told; its key is that of its rule's first run then."""
    given = {
        "user": "u", "rule": "r", "step": 1, "action": "send", "status": "sent", "time": NOON, "channel": "push",
    } | told  # fmt: skip
    given = {"triggered": given["time"], "due": given["time"]} | given
    number, place = given.pop("number", 1), given.pop("place", 0)
    key = key_of(given["user"], given["rule"], given["triggered"], number, given["step"], place)
    return Decision(**({"key": key} | given))


def figures_of(decisions: Iterable[Decision], where: Zone = UTC) -> Figures:
    figures = Figures()
    for one in decisions:
        figures.add(one, where)
    figures.finish()
    return figures


# ---------------------------------------------------------------------- civil time
@pytest.mark.parametrize(
    ("instant", "name", "expected"),
    [
        ("2026-11-22T23:59:59.999999Z", "UTC", (6, 23)),
        ("2026-11-23T00:00:00Z", "UTC", (0, 0)),
        ("2026-11-22T14:59:59Z", "Asia/Seoul", (6, 23)),
        ("2026-11-22T15:00:00Z", "Asia/Seoul", (0, 0)),
        # Clocks went back at 03:00 to 02:00 that Sunday: both hours are hour 2.
        ("2026-10-25T00:30:00Z", "Europe/Berlin", (6, 2)),
        ("2026-10-25T01:30:00Z", "Europe/Berlin", (6, 2)),
        ("2026-10-25T02:00:00Z", "Europe/Berlin", (6, 3)),
        ("2026-11-22T18:14:59Z", "Asia/Kathmandu", (6, 23)),
        ("2026-11-22T18:15:00Z", "Asia/Kathmandu", (0, 0)),
        ("1969-12-31T23:00:00Z", "UTC", (2, 23)),
    ],
)
def test_weekday_and_hour(instant: str, name: str, expected: tuple[int, int]) -> None:
    assert weekday_and_hour(at(instant), named(name)) == expected


def test_weeks_begin_on_monday() -> None:
    sunday, monday = named("UTC").day(at("2026-11-22T23:00:00Z")), named("UTC").day(at("2026-11-23T01:00:00Z"))
    assert week_of(monday) == week_of(sunday) + 1
    assert day_text(first_day(week_of(sunday))) == "2026-11-16"
    assert day_text(first_day(week_of(monday))) == "2026-11-23"


@pytest.mark.parametrize(
    ("count", "most", "shade"),
    # Of 640 the shades end at 10, 40, 90, 160, 250, 360, 490 and 640.
    [
        (0, 640, 0), (1, 640, 1), (10, 640, 1), (11, 640, 2), (40, 640, 2), (41, 640, 3), (490, 640, 7), (491, 640, 8),
        (640, 640, 8), (1, 1, 8),
    ],
)  # fmt: skip
def test_shades(count: int, most: int, shade: int) -> None:
    assert level(count, most) == shade <= LEVELS


# ---------------------------------------------------------------------- pressure
def test_the_week_of_a_message_is_the_users_own() -> None:
    last, first = at("2026-11-22T14:59:59Z"), at("2026-11-22T15:00:00Z")
    in_seoul = figures_of([decision(time=last), decision(time=first)], named("Asia/Seoul")).pressure
    assert in_seoul.user_weeks == {1: 2}
    in_utc = figures_of([decision(time=last), decision(time=first)]).pressure
    assert in_utc.user_weeks == {2: 1}
    assert (in_utc.most, in_utc.most_user) == (2, "u")
    assert in_utc.weeks == {week_of(UTC.day(last)): Week(users=1, messages=2, most=2)}


def test_only_messages_that_were_sent_are_pressure() -> None:
    others = [
        decision(status="control", reason="holdout"),
        decision(action="add", channel=None, target="l"),
        decision(status="pending", reason="due"),
    ]
    figures = figures_of(others)
    assert (figures.messages, figures.pressure.user_weeks, figures.hours) == (0, {}, {})


def test_very_many_messages_in_a_week_are_one_line() -> None:
    pressure = Pressure()
    for user, count in (("a", MOST_LISTED), ("b", MOST_LISTED + 1), ("c", MOST_LISTED + 9), ("d", 1)):
        for _ in range(count):
            pressure.add(user, 0)
    pressure.finish()
    listed = pressure.listed()
    assert listed[0] == ("1", 1)
    assert listed[MOST_LISTED - 1] == (str(MOST_LISTED), 1)
    assert listed[MOST_LISTED] == (f"more than {MOST_LISTED}", 2)
    assert sum(weeks for _, weeks in listed) == 4


# ---------------------------------------------------------------------- runs
def counted(*decisions: Decision) -> tuple[dict[Any, int], dict[Any, int]]:
    steps = Steps()
    for one in decisions:
        steps.add(one)
    return dict(steps.reached), {key: count for key, count in steps.waited.items() if count}


def test_actions_of_one_step_are_one_run() -> None:
    reached, _ = counted(decision(), decision(place=1, channel="sms"), decision(place=2))
    assert reached == {("r", 1): 1}


def test_runs_that_start_at_one_instant_are_told_apart_by_their_keys() -> None:
    two = [decision(number=number, place=place) for number in (1, 2) for place in (0, 1)]
    assert counted(*two)[0] == {("r", 1): 2}
    # The first of three was ended before: the others are numbers 2 and 3.
    assert counted(*(decision(number=number) for number in (2, 3)))[0] == {("r", 1): 2}


def test_runs_of_a_user_who_had_another_id_are_told_apart_by_their_actions() -> None:
    one, other = (decision(key=f"{number}", place=0) for number in range(2))
    assert counted(one, other)[0] == {("r", 1): 2}
    assert counted(one, decision(key="2", channel="sms"))[0] == {("r", 1): 1}


@pytest.mark.parametrize(
    ("told", "waited"),
    [
        ({}, False),
        ({"triggered": NOON - 1}, True),
        ({"status": "skipped", "reason": "guard"}, False),
        ({"status": "cancelled", "reason": "unless x", "due": NOON + HOUR}, True),
        ({"status": "pending", "reason": "due"}, True),
    ],
)
def test_who_was_armed(told: dict[str, Any], waited: bool) -> None:
    assert counted(decision(**told)) == ({("r", 1): 1}, {("r", 1): 1} if waited else {})


# ---------------------------------------------------------------------- conflicts
def capped(rule: str, cap: str, time: Micros = NOON, **told: Any) -> Decision:
    return decision(rule=rule, status="capped", reason=cap, time=time, **told)


def sent(rule: str, hours: int, **told: Any) -> Decision:
    return decision(rule=rule, time=NOON - hours * HOUR, **told)


def test_the_latest_messages_that_count_filled_the_cap() -> None:
    conflicts = Conflicts()
    for one in (sent("old", 9), sent("a", 3), sent("b", 2, channel="sms"), sent("c", 1)):
        assert conflicts.add(one, 0) is None
    filled = conflicts.add(capped("loser", "push 2 per day"), 0)
    assert filled is not None
    assert [one.rule for one in filled.sends] == ["a", "c"]
    assert filled.unknown == 0
    filled = conflicts.add(capped("loser", "all 3 per 1w", NOON + 1), 0)
    assert filled is not None
    assert [one.rule for one in filled.sends] == ["a", "b", "c"]


def test_user_days_count_a_user_and_a_day_once() -> None:
    conflicts = Conflicts()
    for user in ("u", "v"):
        conflicts.add(sent("winner", 1, user=user), 0)
    for user, day in (("u", 0), ("u", 0), ("v", 0), ("u", 1)):
        conflicts.add(capped("loser", "push 1 per 7d", NOON + day * DAY, user=user), day)
    [conflict] = conflicts.listed()
    assert conflict == Conflict("push 1 per 7d", "loser", "winner")
    assert (conflicts.capped[conflict], conflicts.user_days[conflict]) == (4, 3)
    total = conflicts.totals()["push 1 per 7d"]
    assert (total.capped, total.user_days) == (4, 3)


def test_who_filled_a_cap_may_not_be_known() -> None:
    conflicts = Conflicts()
    conflicts.add(sent("a", 1), 0)
    for cap, unknown in (("push 2 per day", 1), ("tag loud 1 per day", 1), ("push 0 per day", 0), ("nonsense", 1)):
        filled = conflicts.add(capped("b", cap), 0)
        assert filled is not None
        assert filled.unknown == unknown
    winners = {(one.cap, one.winner) for one in conflicts.listed()}
    assert winners == {
        ("push 2 per day", "a"),
        ("push 2 per day", None),
        ("tag loud 1 per day", None),
        ("push 0 per day", None),
        ("nonsense", None),
    }


def test_the_rules_tell_tags_and_what_is_urgent() -> None:
    program = trigdsl.parse(
        "cap push 1 per day cap tag loud 1 per 7d\n"
        "rule a: if x then send push tag loud\n"
        "rule b: if x then send push urgent\n"
        "rule c: if x then send push tag loud"
    )
    conflicts = Conflicts(program)
    conflicts.add(sent("a", 2), 0)
    conflicts.add(sent("b", 1), 0)
    for cap in ("push 1 per day", "tag loud 1 per 7d"):
        filled = conflicts.add(capped("c", cap), 0)
        assert filled is not None
        assert [one.rule for one in filled.sends] == ["a"]
    plain = Conflicts()
    plain.add(sent("a", 2), 0)
    plain.add(sent("b", 1), 0)
    filled = plain.add(capped("c", "push 1 per day"), 0)
    assert filled is not None
    assert [one.rule for one in filled.sends] == ["b"]


def test_of_a_large_cap_the_latest_messages_are_known() -> None:
    conflicts = Conflicts()
    for number in range(KEPT + 10):
        conflicts.add(sent("a", 100 - number), 0)
    filled = conflicts.add(capped("b", f"push {KEPT + 10} per 7d"), 0)
    assert filled is not None
    assert (len(filled.sends), filled.unknown) == (KEPT, 10)


# ---------------------------------------------------------------------- the sample
def sampled(most: int, decisions: Iterable[Decision]) -> Sample:
    sample = Sample(most)
    for one in decisions:
        sample.add(one, UTC, None)
    return sample


def many(seed: int = 3) -> list[Decision]:
    drawn = random.Random(seed)
    return [decision(user=f"u{drawn.randrange(100)}", time=NOON + number * MINUTE) for number in range(1000)]


@pytest.mark.parametrize("most", [0, 1, 50, 500, 999, 1000, 5000])
def test_a_sample_holds_users_whole_and_in_order(most: int) -> None:
    made = many()
    sample = sampled(most, made)
    rows = list(sample.rows())
    assert len(rows) == sample.kept <= most
    assert [row.place for row in rows] == sorted(row.place for row in rows)
    assert all(made[row.place] is row.decision for row in rows)
    users = {row.decision.user for row in rows}
    assert len(users) == sample.users
    if most >= 50:
        assert [row.decision for row in rows] == [one for one in made if one.user in users]
        # No user would have fitted beside them.
        assert most >= 1000 or len(rows) > most - 30
    if most >= 1000:
        assert len(rows) == 1000


def test_a_sample_does_not_depend_on_the_order_of_users() -> None:
    made = many()
    shuffled = sorted(made, key=lambda one: (one.user, one.time))
    first, second = ({row.decision.user for row in sampled(200, each).rows()} for each in (made, shuffled))
    assert first == second


def test_of_a_single_user_the_first_decisions_are_kept() -> None:
    made = [decision(time=NOON + number) for number in range(10)]
    assert [row.decision for row in sampled(4, made).rows()] == made[:4]


# ---------------------------------------------------------------------- order
def test_decisions_out_of_order_are_counted() -> None:
    in_order = [decision(), decision(time=NOON + 1), decision(status="pending", reason="due", time=NOON - 5)]
    figures = figures_of(in_order)
    assert figures.disorder == 0
    assert (figures.first, figures.last) == (NOON, NOON + 1)
    assert figures_of([*in_order, decision(time=NOON + 2)]).disorder == 1
    assert figures_of([decision(), decision(time=NOON - 1)]).disorder == 1
