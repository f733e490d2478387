"""Events of the past → what history slots would hold if they had been asked then, and nothing else.

No rule runs: what a rule would have sent or changed has not happened, so history must not know of it.  So history of
what the engine itself does (`sent`) cannot be found in events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve, frozen

from trigdsl.engine.context import Context
from trigdsl.engine.program import EventPlan, Keep, Program
from trigdsl.engine.state import State
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.stats import Stats

OF_THE_ENGINE = frozenset({"sent", "ignored"})
"""Names of events that only the engine makes."""


@frozen(kw_only=True)
class Histories:
    """The states of users, with histories and profiles only, and the counts of the replay that made them."""

    states: Mapping[str, State]
    stats: Stats


def fillable(program: Program) -> frozenset[int]:
    """The slots that events of a file can fill."""
    plans = [plan for name, plan in program.plans.items() if name not in OF_THE_ENGINE]
    plans += [] if program.other is None else [program.other]
    return frozenset(_slot_of(keep) for plan in plans for keep in plan.keeps)


def histories(program: Program, inputs: Iterable[Input], until: Mapping[int, Micros]) -> Histories:
    """What the slots that `until` names would hold of events up to and including its moment for each.

    Records may come in any order, and those that came twice count once; an alias joins users from the beginning.
    """
    plans = {name: _only_history(plan, until) for name, plan in program.plans.items() if name not in OF_THE_ENGINE}
    remembering = evolve(
        program,
        plans=plans,
        other=None if program.other is None else _only_history(program.other, until),
        calendar_rules=(),
        segment_rules=(),
        attribute_rules={},
        list_rules={},
        invariants=(),
    )
    replay = Replay(remembering, inputs, until=max(until.values(), default=None), flatly=False)
    for _ in replay:
        raise AssertionError("no rule runs")
    return Histories(states=replay.states, stats=replay.stats)


def _slot_of(keep: Keep) -> int:
    """The slot whose `keep` or `reset` it is."""
    number: int = keep[1].__self__.number  # type: ignore[attr-defined]
    return number


def _only_history(plan: EventPlan, until: Mapping[int, Micros]) -> EventPlan:
    wanted = [keep for keep in plan.keeps if _slot_of(keep) in until]
    return EventPlan(keeps=tuple((test, _up_to(until[_slot_of((test, act))], act)) for test, act in wanted))


def _up_to(last: Micros, act: Callable[[Context, list[Any]], None]) -> Callable[[Context, list[Any]], None]:
    def keep(c: Context, history: list[Any]) -> None:
        if c.now <= last:
            act(c, history)

    return keep
