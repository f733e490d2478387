"""Goals: which runs count, until when, and once."""

from trigdsl.loading import parse
from trigdsl.records.native import input_of
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.stats import GoalCount


def goals(rules: str, *records: tuple[str, str, str]) -> tuple[GoalCount, ...]:
    """The goals of a replay of (user, time of 20 November 2026, event)."""
    inputs = [input_of({"user": user, "time": f"2026-11-20T{time}Z", "event": event}) for user, time, event in records]
    replay = Replay(parse(rules), inputs)
    list(replay)
    return replay.stats.goals


RULE = "rule r: if cart then after 1h send push goal purchase within 2h"


def test_the_last_moment_counts_and_the_next_does_not() -> None:
    at_bound = goals(RULE, ("u", "10:00:00", "cart"), ("u", "13:00:00", "purchase"))
    after = goals(RULE, ("u", "10:00:00", "cart"), ("u", "13:00:00.000001", "purchase"))
    assert at_bound == (GoalCount("r", None, False, 1, 1),)
    assert after == (GoalCount("r", None, False, 1, 0),)


def test_a_purchase_before_the_send_does_not_count() -> None:
    assert goals(RULE, ("u", "10:00:00", "cart"), ("u", "10:59:59", "purchase"), ("u", "12:00:00", "other")) == (
        GoalCount("r", None, False, 1, 0),
    )


def test_a_run_converts_once_and_each_run_for_itself() -> None:
    twice = goals(RULE, ("u", "10:00:00", "cart"), ("u", "11:30:00", "purchase"), ("u", "11:40:00", "purchase"))
    assert twice == (GoalCount("r", None, False, 1, 1),)
    stacked = goals(
        RULE + " while pending stack",
        ("u", "10:00:00", "cart"),
        ("u", "10:10:00", "cart"),
        ("u", "11:30:00", "purchase"),
    )
    assert stacked == (GoalCount("r", None, False, 2, 2),)


def test_the_control_group_counts_from_the_send_that_was_withheld() -> None:
    found = goals(RULE + " holdout 100%", ("u", "10:00:00", "cart"), ("u", "13:00:00", "purchase"))
    assert found == (GoalCount("r", None, True, 1, 1),)


def test_variants_are_counted_apart() -> None:
    rules = 'rule r: if cart then send push when n > 1 as big: "b" otherwise: "s" goal purchase within 2h'
    found = goals(rules, ("u", "10:00:00", "cart"), ("v", "10:00:00", "cart"), ("v", "10:30:00", "purchase"))
    assert found == (GoalCount("r", "otherwise", False, 2, 1),)
