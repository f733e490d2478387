"""Program and what the data held → why a rule did nothing, as advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.engine.fires import EventFires, SilenceFires
from trigdsl.engine.program import CompiledRule, EventPlan, Program

MOST_NAMES = 8


def hints(program: Program, event_names: Mapping[str, int], runs: Mapping[str, int]) -> tuple[str, ...]:
    """One sentence for each rule that started no run and waits for an event.

    `event_names` counts the events of the data by their names on the wire, `runs` the runs by rule.
    """
    if not program.rules:
        return ("the program has no rules: nothing can happen",)
    if not event_names:
        return ("no event was read: nothing can happen",) if not any(runs.values()) else ()
    return tuple(
        hint for rule in program.rules if not runs.get(rule.name) for hint in _hint(program, rule, event_names)
    )


def _hint(program: Program, rule: CompiledRule, event_names: Mapping[str, int]) -> Iterator[str]:
    wanted = _trigger_events(program, rule)
    if not wanted:
        return
    met = sum(event_names.get(name, 0) for name in wanted)
    named = " and ".join(f"`{name}`" for name in sorted(wanted))
    came = f"{named} came {met:,} time{'' if met == 1 else 's'}"
    if met and isinstance(rule.fires, SilenceFires):
        silence = "no silence after it was as long as the rule asks, or what else the rule asks did not hold then"
        yield f"`{rule.name}` started no run: {came}, but {silence}"
    elif met:
        yield f"`{rule.name}` started no run: {came}, but what else the rule asks never held"
    else:
        yield f"`{rule.name}` started no run: {named} never occurs in the data; {_instead(wanted, event_names)}"


def _trigger_events(program: Program, rule: CompiledRule) -> set[str]:
    """The names on the wire that the rule's trigger waits for; none when it waits for any or for something else."""
    if not isinstance(rule.fires, EventFires | SilenceFires):
        return set()
    if program.other is not None and _starts(program.other, rule.index):
        return set()
    return {name for name, plan in program.plans.items() if _starts(plan, rule.index)}


def _starts(plan: EventPlan, rule: int) -> bool:
    return any(number == rule for number, _ in (*plan.triggers, *plan.silences))


def _instead(wanted: set[str], event_names: Mapping[str, int]) -> str:
    for name in sorted(wanted):
        if (meant := did_you_mean(name, event_names)) is not None:
            return meant
    commonest = sorted(event_names, key=lambda name: (-event_names[name], name))
    listed = ", ".join(f"`{name}`" for name in commonest[:MOST_NAMES])
    return f"it holds {listed}" + (" and others" if len(commonest) > MOST_NAMES else "")
