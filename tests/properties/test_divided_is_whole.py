"""Rules that the kernel decides apart from the others: decisions, counts and warnings are those of one machine."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from budget import FIRST, share
from case_parts import Case
from differences import differ, shown, shrunk
from divided_programs import divided_case

import trigdsl
from trigdsl.engine.program import Program
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

pytest.importorskip("trigdsl.native.kernel")

PARTS = 10


def replay_of(program: Program, case: Case, *, flatly: bool) -> Replay:
    options = dict(case.options)
    until = parse_time(options.pop("until"))[0] if "until" in options else None
    return Replay(program, [input_of(record) for record in case.records], until=until, flatly=flatly, **options)


def replayed(case: Case, *, flatly: bool) -> tuple[list[dict[str, Any]], Any]:
    """The decisions, and everything that was counted."""
    replay = replay_of(trigdsl.parse(case.text), case, flatly=flatly)
    return [decision.to_dict() for decision in replay], replay.stats


def disagree(case: Case) -> bool:
    try:
        return replayed(case, flatly=True) != replayed(case, flatly=False)
    except trigdsl.TrigError:
        return False


@pytest.mark.parametrize("part", range(PARTS))
def test_two_parts_decide_what_one_machine_decides(part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(2), PARTS):
        drawn = divided_case(seed)
        if disagree(drawn):
            pytest.fail(f"seed {seed}\n{shown(shrunk(drawn, disagree))}", pytrace=False)
        if differ(drawn):
            pytest.fail(f"seed {seed}: not as the definition says\n{shown(shrunk(drawn))}", pytrace=False)


def test_many_drawn_programs_are_divided_and_both_parts_decide_at_one_instant() -> None:
    divided = ties = both = 0
    reasons: set[str] = set()
    for seed in range(300):
        drawn = divided_case(seed)
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        assert program.division is not None
        bound = {program.rules[index].name for index in program.division.bound}
        reasons |= {why.split(" with ")[0] for whys in program.division.bound.values() for why in whys}
        replay = replay_of(program, drawn, flatly=True)
        if not replay.is_divided:
            continue
        divided += 1
        decisions = list(replay)
        kinds = [{one.rule in bound for one in of} for _, of in groupby(decisions, lambda one: (one.time, one.user))]
        ties += sum(len(kind) > 1 for kind in kinds)
        both += len({kind for of in kinds for kind in of}) > 1
    assert divided > 120
    assert both > 60
    assert ties > 20
    assert reasons > {"it asks about the past", "it heeds what rules send", "it has more than one step"}
