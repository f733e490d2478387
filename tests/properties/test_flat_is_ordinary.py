"""The short cut for programs of the simplest shape, compiled and not, decides, counts and warns as the machine does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from budget import FIRST, share
from case_parts import Case
from differences import differ, shown, shrunk
from flat_programs import flat_case, past_case

import trigdsl
from trigdsl.engine.flat import flat
from trigdsl.model.values import Micros
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

PARTS = 10


def replayed(case: Case, *, flatly: bool, compiled: bool = True) -> tuple[list[dict[str, Any]], Any]:
    """The decisions, and everything that was counted."""
    options = dict(case.options)
    until: Micros | None = parse_time(options.pop("until"))[0] if "until" in options else None
    inputs = [input_of(record) for record in case.records]
    replay = Replay(trigdsl.parse(case.text), inputs, until=until, flatly=flatly, compiled=compiled, **options)
    return [decision.to_dict() for decision in replay], replay.stats


def disagree(case: Case) -> bool:
    try:
        told = replayed(case, flatly=False)
        return any(replayed(case, flatly=True, compiled=compiled) != told for compiled in (True, False))
    except trigdsl.TrigError:
        return False


@pytest.mark.parametrize("draw", [flat_case, past_case])
@pytest.mark.parametrize("part", range(PARTS))
def test_the_short_cut_decides_what_the_machine_decides(part: int, draw: Callable[[int], Case]) -> None:
    for seed in range(FIRST + part, FIRST + share(2), PARTS):
        drawn = draw(seed)
        if disagree(drawn):
            pytest.fail(f"seed {seed}\n{shown(shrunk(drawn, disagree))}", pytrace=False)
        if differ(drawn):
            pytest.fail(f"seed {seed}: not as the definition says\n{shown(shrunk(drawn))}", pytrace=False)


def test_most_drawn_programs_are_flat_and_reach_every_status() -> None:
    flat_ones, statuses = 0, set()
    for seed in range(200):
        drawn = flat_case(seed)
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        if flat(program) is not None:
            flat_ones += 1
            statuses |= {(each["status"], each.get("reason", "")) for each in replayed(drawn, flatly=True)[0]}
    assert flat_ones > 100
    assert {status for status, _ in statuses} == {"sent", "cancelled", "capped", "skipped", "pending"}
    reasons = {reason for _, reason in statuses}
    assert reasons >= {"restarted", "expired", "outside window", "due", "window", "unless a", "stop on b"}


def test_many_drawn_programs_ask_about_the_past_and_wait_for_silences() -> None:
    asking = silent = sent = 0
    for seed in range(300):
        drawn = past_case(seed)
        try:
            program = flat(trigdsl.parse(drawn.text))
        except trigdsl.TrigError:
            continue
        if program is None or not program.asks_past:
            continue
        asking += 1
        waiting = {rule.rule.name for rule in program.rules if rule.silence is not None}
        silent += bool(waiting)
        sent += any(one["rule"] in waiting and one["status"] == "sent" for one in replayed(drawn, flatly=True)[0])
    assert asking > 100
    assert silent > 50
    assert sent > 20
