"""A program → the same program, which also tells of each condition when it is asked.

So what is noted is what the engine asked, when it asked: no guard of a step whose campaign is over, no variant behind
the one that was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from attrs import evolve

from trigdsl.engine.action_types import CompiledAction, SendAction
from trigdsl.engine.context import Context, Test
from trigdsl.engine.program import CompiledRule, CompiledStep, Ender, EventPlan, PartKey, Program, RuleEnders

Note: TypeAlias = Callable[[int, PartKey], None]
"""Told the rule for which a condition is asked, and the key of its parts."""

Notes: TypeAlias = dict[Context, Note]
"""Who wants to be told of what a machine asks, by the context of the machine."""

T = TypeVar("T", bound="Test | None")


def noting(program: Program) -> tuple[Program, Notes]:
    """The program with every condition that has parts telling one of the notes when it is asked.

    The `where` of an event trigger aside, of which the machine must tell.  It is made once for a program.
    """
    if program not in _MADE:
        notes: Notes = {}
        _MADE[program] = _Noting(program.parts, notes).program(program), notes
    return _MADE[program]


_MADE: WeakKeyDictionary[Program, tuple[Program, Notes]] = WeakKeyDictionary()


def keys(parts: Mapping[PartKey, object], what: str, owner: int) -> Iterator[PartKey]:
    """The keys of all conditions of one kind and number."""
    number = 0
    while (what, owner, 0, number) in parts:
        yield what, owner, 0, number
        number += 1


class _Noting:
    def __init__(self, parts: Mapping[PartKey, object], notes: Notes) -> None:
        self._parts = parts
        self._notes = notes

    def program(self, program: Program) -> Program:
        return evolve(
            program,
            rules=tuple(self._rule(rule) for rule in program.rules),
            plans={name: self._plan(plan) for name, plan in program.plans.items()},
            other=None if program.other is None else self._plan(program.other),
        )

    def _rule(self, rule: CompiledRule) -> CompiledRule:
        return evolve(
            rule,
            condition=self._test(rule.condition, rule.index, ("condition", rule.index, 0, 0)),
            steps=tuple(self._step(step, rule.index, place) for place, step in enumerate(rule.steps)),
        )

    def _step(self, step: CompiledStep, rule: int, place: int) -> CompiledStep:
        return evolve(
            step,
            guard=self._test(step.guard, rule, ("guard", rule, place, 0)),
            actions=tuple(self._action(action, rule, place) for action in step.actions),
        )

    def _action(self, action: CompiledAction, rule: int, place: int) -> CompiledAction:
        if not isinstance(action, SendAction):
            return action
        channel = action.channel
        requires = (
            self._test(test, rule, ("requires", channel.name, 0, number))
            for number, test in enumerate(channel.requires)
        )
        variants = (
            evolve(variant, test=self._test(variant.test, rule, ("when", rule, place, number)))
            for number, variant in enumerate(action.variants)
        )
        return evolve(action, channel=evolve(channel, requires=tuple(requires)), variants=tuple(variants))

    def _plan(self, plan: EventPlan) -> EventPlan:
        enders = {
            rule: RuleEnders(
                unless={place: self._enders(some, rule) for place, some in of_rule.unless.items()},
                stop_on=self._enders(of_rule.stop_on, rule),
            )
            for rule, of_rule in plan.enders.items()
        }
        silences = tuple((rule, self._all(test, rule, ("where", rule))) for rule, test in plan.silences)
        goals = tuple((rule, self._all(test, rule, ("goal", rule))) for rule, test in plan.goals)
        return evolve(plan, enders=enders, silences=silences, goals=goals)

    def _enders(self, enders: tuple[Ender, ...], rule: int) -> tuple[Ender, ...]:
        return tuple(evolve(one, test=self._all(one.test, rule, ("ends", one.node))) for one in enders)

    def _all(self, test: Test | None, rule: int, what: tuple[str, int]) -> Test | None:
        """A test of an event, which tells of every `where` of that kind and number."""
        for key in keys(self._parts, *what):
            test = self._test(test, rule, key)
        return test

    def _test(self, test: T, rule: int, key: PartKey) -> T:
        if test is None or key not in self._parts:
            return test
        asked: Test = test
        notes = self._notes

        def telling(c: Context) -> bool:
            note = notes.get(c)
            if note is not None:
                note(rule, key)
            return asked(c)

        return telling  # type: ignore[return-value]
