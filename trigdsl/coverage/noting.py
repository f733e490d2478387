"""A program → the same program, which also tells of each condition when it is asked.

So what is noted is what the engine asked, when it asked: no guard of a step whose campaign is over, no variant behind
the one that was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar

from attrs import evolve

from trigdsl.engine.context import Context
from trigdsl.engine.program import (
    CompiledAction,
    CompiledRule,
    CompiledStep,
    Ender,
    EventPlan,
    PartKey,
    Program,
    RuleEnders,
    SendAction,
    Test,
)

Note: TypeAlias = Callable[[int, PartKey], None]
"""Told the rule for which a condition is asked, and the key of its parts."""

T = TypeVar("T", bound="Test | None")


def noting(program: Program, note: Note) -> Program:
    """The program with every condition that has parts telling `note` when it is asked.

    The `where` of an event trigger aside: there, nothing but the machine knows which events it was asked of.
    """
    return _Noting(program, note).program()


def keys(program: Program, what: str, owner: int) -> Iterator[PartKey]:
    """The keys of all conditions of one kind and number."""
    number = 0
    while (what, owner, 0, number) in program.parts:
        yield what, owner, 0, number
        number += 1


class _Noting:
    def __init__(self, program: Program, note: Note) -> None:
        self._program = program
        self._note = note

    def program(self) -> Program:
        return evolve(
            self._program,
            rules=tuple(self._rule(rule) for rule in self._program.rules),
            plans={name: self._plan(plan) for name, plan in self._program.plans.items()},
            other=None if self._program.other is None else self._plan(self._program.other),
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
        for key in keys(self._program, *what):
            test = self._test(test, rule, key)
        return test

    def _test(self, test: T, rule: int, key: PartKey) -> T:
        if test is None or key not in self._program.parts:
            return test
        asked: Test = test

        def telling(c: Context) -> bool:
            self._note(rule, key)
            return asked(c)

        return telling  # type: ignore[return-value]
