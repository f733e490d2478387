"""The summary of a replay as a marketer reads it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from trigdsl.cli.summary_text import summary_blocks
from trigdsl.cli.tables import print_blocks
from trigdsl.model.decisions import STATUSES
from trigdsl.replayer.summary import (
    ChannelSummary,
    GoalSummary,
    Reason,
    RejectedRecord,
    RejectSummary,
    RuleSummary,
    StepSummary,
    Summary,
    WarningSummary,
)


def statuses(**counts: int) -> dict[str, int]:
    return {**dict.fromkeys(STATUSES, 0), **counts}


def rule(**facts: Any) -> RuleSummary:
    return RuleSummary(
        **{
            "rule": "r",
            "title": None,
            "runs": 10,
            "statuses": statuses(sent=10),
            "rates": {"sent": 1.0},
            "steps": (),
            "reasons": (),
            **facts,
        }
    )


def text(**facts: Any) -> str:
    out = io.StringIO()
    summary = Summary(
        **{
            "inputs": 10,
            "events": 10,
            "users": 4,
            "duplicates": 0,
            "first": "2026-01-01T00:00:00Z",
            "last": "2026-01-02T00:00:59.5Z",
            "users_reached": 1,
            "rules": (rule(),),
            "channels": (),
            "data_warnings": (),
            "record_warnings": {},
            "rejected": RejectSummary(count=0, reasons={}, first=()),
            "hints": (),
            "shown": {},
            **facts,
        }
    )
    print_blocks(summary_blocks(summary), out)
    return out.getvalue()


def test_a_quiet_replay_takes_few_lines() -> None:
    assert text() == (
        "Replayed 10 events of 4 users, 2026-01-01 00:00 to 2026-01-02 00:00 UTC.\n"
        "1 user (25%) got at least one message.\n"
        "\n"
        "Rules\n"
        "     runs       sent\n"
        "  r    10  10 (100%)\n"
    )


def test_one_is_singular_and_thousands_are_apart() -> None:
    out = text(inputs=12_001, events=1, users=1, duplicates=1)
    assert out.startswith("Replayed 1 event of 1 user, ")
    assert "12,000 records changed profiles only.\n1 duplicate record dropped." in out


def test_a_status_that_never_occurs_has_no_column() -> None:
    out = text(rules=(rule(statuses=statuses(sent=1, capped=2)),))
    assert "capped" in out
    assert "skipped" not in out


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1 / 3000, "<0.1%"),
        (0.001, "0.1%"),
        (0.062, "6.2%"),
        (0.0999, "10.0%"),
        (0.1, "10%"),
        (0.5, "50%"),
        (0.99, "99%"),
        (0.995, "99.5%"),
        (0.9999, "99.9%"),
        (1.0, "100%"),
    ],
)
def test_a_rate_is_never_a_false_0_or_100(share: float, shown: str) -> None:
    assert f"10 ({shown})" in text(rules=(rule(rates={"sent": share}),))


def test_a_rule_of_one_step_does_not_list_it() -> None:
    one, two = (StepSummary(step=step, statuses=statuses(sent=step)) for step in (1, 2))
    assert "step" not in text(rules=(rule(steps=(one,)),))
    assert "    step 1                1\n    step 2                2\n" in text(rules=(rule(steps=(one, two)),))


@pytest.mark.parametrize(("reasons", "listed", "rest"), [(5, 5, False), (6, 6, False), (7, 5, True)])
def test_the_top_reasons_are_listed_and_the_others_summed_up(reasons: int, listed: int, rest: bool) -> None:
    found = tuple(Reason(status="skipped", reason=f"x{n}", words=f"because {n}", count=3) for n in range(reasons))
    out = text(rules=(rule(reasons=found),))
    assert out.count("because") == listed
    assert ("6           for other reasons" in out) is rest


def test_goals_stand_beside_those_of_the_control() -> None:
    goals = (
        GoalSummary(variant="plain", control=False, runs=4, converted=1, rate=0.25),
        GoalSummary(variant=None, control=True, runs=1, converted=0, rate=0.0),
    )
    assert (
        "Goals\n  r  plain      1 of 4 runs reached the goal (25%)\n     (control)  0 of 1 run reached the goal (0%)\n"
    ) in text(rules=(rule(goals=goals),))


def test_channels_rejects_warnings_and_hints() -> None:
    out = text(
        channels=(ChannelSummary(channel="push", statuses=statuses(sent=9)),),
        data_warnings=(
            WarningSummary(rule="r", place="rules.trig:1:2", text="`x` does not fit", example="a" * 50, count=1_000),
        ),
        record_warnings={"a time without an offset was taken as UTC": 2},
        rejected=RejectSummary(
            count=2,
            reasons={"no `user`": 2},
            first=(
                RejectedRecord(file="e.jsonl", line=7, reason="no `user`"),
                RejectedRecord(file="-", line=None, reason="no `user`"),
            ),
        ),
        hints=("do this",),
    )
    assert "2 records: a time without an offset was taken as UTC." in out
    assert "Channels\n        sent\n  push     9\n" in out
    assert f'  1,000  r rules.trig:1:2  `x` does not fit: "{"a" * 38}…\n' in out
    assert "2 records rejected\n  2  no `user`\n  first: e.jsonl:7: no `user`\n  first: -: no `user`\n" in out
    assert out.endswith("Hints\n  do this\n")
