"""On random programs and streams, what is kept for a user never exceeds what the program's bounds state."""

from __future__ import annotations

from collections import Counter

import pytest
from budget import FIRST, share
from programs import Case, case

import trigdsl
from trigdsl.engine.bounds import Bounds, Kept, bounds
from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.records.native import input_of

PARTS = 10
START = FIRST + 700_000


@pytest.mark.parametrize("part", range(PARTS))
def test_no_state_exceeds_the_bounds(part: int) -> None:
    for seed in range(START + part, START + share(5), PARTS):
        drawn = case(seed)
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        for excess in excesses(program, drawn):
            pytest.fail(f"seed {seed}\n{drawn.text}\n{excess}", pytrace=False)


def excesses(program: Program, drawn: Case) -> list[str]:
    found, stated = [], bounds(program)
    clockwork = Clockwork(program)
    inputs = sorted((input_of(record) for record in drawn.records), key=lambda given: given.time)
    for given in inputs:
        list(clockwork.run_timers(given.time - 1))
        clockwork.handle(given)
        list(clockwork.run_timers(given.time))
        found += [
            excess for state in clockwork.states.values() for excess in beyond(program, stated, state, given.time)
        ]
    return found


def beyond(program: Program, stated: Bounds, state: State, now: int) -> list[str]:
    """What a state holds beyond the bounds, as texts; empty for a state within them."""
    found: list[str] = []
    of_rule = {(rule.rule, kept.what): kept for rule in stated.rules for kept in rule.kept}
    names = [rule.name for rule in program.rules]

    def check(kept: Kept | None, what: str, count: int, times: tuple[int, ...] = (), oldest: int = 0) -> None:
        if kept is None:
            found.append(f"{what}: not stated, and there are {count}")
        elif kept.most is not None and count > kept.most:
            found.append(f"{what}: {count}, and stated are {kept.most}")
        elif kept.length is not None and any(time < oldest - kept.length for time in times):
            found.append(f"{what}: kept longer than {kept.length}: {times} at {oldest}")

    for rule, count in Counter(run.rule for run in state.runs or ()).items():
        started = tuple(run.triggered for run in state.runs or () if run.rule == rule)
        check(of_rule.get((names[rule], "runs")), f"runs of {names[rule]}", count, started, now)
    for what, held in (("silences", state.silences), ("calendar", state.calendar), ("members", state.members)):
        for rule in held or {}:
            check(of_rule.get((names[rule], what)), f"{what} of {names[rule]}", 1)
    for rule, (moment, *_) in (state.silences or {}).items():
        kept = of_rule[names[rule], "silences"]
        assert kept.length is not None
        check(kept, f"silence of {names[rule]}", 1, (moment - kept.length,), now)
    for rule, entries in (state.ignored or {}).items():
        kept = of_rule[names[rule], "ignored"]
        assert kept.length is not None
        check(kept, f"ignored of {names[rule]}", len(entries), tuple(entry[0] - kept.length for entry in entries), now)
    for rule, by_key in (state.limits or {}).items():
        kept, count = of_rule.get((names[rule], "limits")), program.rules[rule].limit
        assert count is not None
        if program.rules[rule].for_each is None:
            check(kept, f"limit of {names[rule]}", max(map(len, by_key.values())))
        else:
            check(kept, f"limit of {names[rule]}", len(by_key))
        assert max(map(len, by_key.values())) <= count.count
    goals: dict[int, list[int]] = {}
    for rule, deadline, *_ in state.goals or ():
        goals.setdefault(rule, []).append(deadline)
    for rule, deadlines in goals.items():
        check(
            of_rule.get((names[rule], "goals")),
            f"goals of {names[rule]}",
            len(deadlines),
            tuple(deadlines),
            max(deadlines),
        )
    for kept in stated.program:
        if kept.what == "history":
            entry = (state.history or {kept.number: None})[kept.number]  # type: ignore[index]
            if kept.most is None:
                times = tuple(time for time, _ in entry or ())
                check(kept, f"slot {kept.number}", len(times), times, max(times, default=0))
            elif kept.most == 2:
                check(kept, f"slot {kept.number}", len(entry or ()))
        if kept.what == "caps":
            assert kept.number is not None
            check(kept, f"cap {kept.label}", len((state.caps or {}).get(kept.number, ())))
    return found


def test_the_bounds_are_reached() -> None:
    """Random cases do come to the bounds, so that a smaller one would be found out."""
    reached: set[str] = set()
    for seed in range(START, START + 300):
        drawn = case(seed)
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        clockwork = Clockwork(program)
        stated = bounds(program)
        for given in sorted((input_of(record) for record in drawn.records), key=lambda given: given.time):
            list(clockwork.run_timers(given.time - 1))
            clockwork.handle(given)
            list(clockwork.run_timers(given.time))
            for state in clockwork.states.values():
                reached |= full(program, stated, state)
        if reached >= {"runs", "silences", "limits", "caps", "recent"}:
            return
    pytest.fail(f"only {reached}")


def full(program: Program, stated: Bounds, state: State) -> set[str]:
    """Which kinds of things a state holds as many of as are stated."""
    found = set()
    names = [rule.name for rule in program.rules]
    of_rule = {(rule.rule, kept.what): kept for rule in stated.rules for kept in rule.kept}
    for rule, count in Counter(run.rule for run in state.runs or ()).items():
        found |= {"runs"} if of_rule[names[rule], "runs"].most == count else set()
    found |= {"silences"} if state.silences else set()
    for rule, by_key in (state.limits or {}).items():
        kept = of_rule[names[rule], "limits"]
        found |= {"limits"} if kept.most == max(map(len, by_key.values())) else set()
    for kept in stated.program:
        if kept.what == "caps" and len((state.caps or {}).get(kept.number or 0, ())) == kept.most:
            found.add("caps")
        if (
            kept.what == "history"
            and kept.most == 2
            and state.history
            and len(state.history[kept.number or 0] or ()) == 2
        ):
            found.add("recent")
    return found
