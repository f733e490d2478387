"""What a report counts in the decisions of random programs is what the machine that made them knows."""

from __future__ import annotations

from collections import Counter
from functools import cache

import msgspec
from budget import FIRST, share
from programs import Case, case

import trigdsl
from trigdsl.engine.tracing import Trace, TracingMachine
from trigdsl.model.decisions import Decision
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.zoned import ZonedMachine
from trigdsl.reporter.conflicts import Conflicts
from trigdsl.reporter.figures import Figures
from trigdsl.reporter.saved import decision_of

PROGRAMS = share(20)


def replay(drawn: Case, machine: ZonedMachine | TracingMachine) -> Replay:
    until = drawn.options.get("until")
    return Replay(
        machine.program,
        [input_of(record) for record in drawn.records],
        until=None if until is None else parse_time(until)[0],
        drain=drawn.options.get("drain", False),
        machine=machine,
    )


@cache
def cases() -> list[tuple[Case, trigdsl.Program]]:
    found = []
    for seed in range(FIRST + 1_100_000, FIRST + 1_100_000 + PROGRAMS):
        drawn = case(seed)
        try:
            found.append((drawn, trigdsl.parse(drawn.text)))
        except trigdsl.TrigError:
            continue
    return found


def test_runs_are_those_that_the_machine_started() -> None:
    seen: Counter[str] = Counter()
    for drawn, program in cases():
        machine = ZonedMachine(program)
        driven, figures = replay(drawn, machine), Figures(program)
        for decision in driven:
            figures.add(decision, machine.zone_of(decision))
        counted = {rule: figures.steps.reached[rule, 1] for rule in figures.titles if figures.steps.reached[rule, 1]}
        assert counted == {rule: runs for rule, runs in driven.stats.runs.items() if runs}, drawn.text
        assert not machine._zones
        seen["runs"] += sum(counted.values())
        seen["of several at once"] += sum(1 for one in program.rules for step in one.steps if len(step.actions) > 1)
    assert PROGRAMS < 50 or (seen["runs"] and seen["of several at once"])


def test_what_filled_a_cap_is_what_the_trace_says() -> None:
    capped = 0
    for drawn, program in cases():
        trace = Trace()
        made = list(replay(drawn, TracingMachine(program, trace)))
        known: dict[str, list[Decision]] = {}
        for entry in trace.entries:
            if entry.decision is not None and entry.decision.status == "capped":
                filled = [trace.entries[place].decision for place in entry.filled]
                known[entry.decision.key] = [one for one in filled if one is not None]
        conflicts = Conflicts(program)
        for decision in made:
            found = conflicts.add(decision, 0)
            assert (found is not None) == (decision.key in known)
            if found is not None:
                capped += 1
                sends = [(one.rule, one.step, one.channel, one.time) for one in known[decision.key]]
                assert [(one.rule, one.step, one.channel, one.time) for one in found.sends] == sends, drawn.text
    assert PROGRAMS < 50 or capped


def test_a_saved_decision_is_read_as_it_was() -> None:
    for drawn, program in cases():
        for decision in replay(drawn, ZonedMachine(program)):
            said = decision.to_dict()
            assert decision_of(msgspec.json.encode(said)).to_dict() == said
