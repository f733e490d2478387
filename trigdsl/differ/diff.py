"""Two programs and the same inputs → the differences of their decisions, each example with its reason on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve, field, frozen

from trigdsl.differ.differences import Difference, RuleDifference, by_rule, differences
from trigdsl.explainer import Explainable, Explanation
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value
from trigdsl.replayer.driver import Replay

EXAMPLES = 3
"""How many examples of each kind a rule shows."""


@frozen(kw_only=True)
class Diff:
    """What a change of rules changes. `rules` are only those with a difference."""

    decisions_old: int
    decisions_new: int
    rules: tuple[RuleDifference, ...]
    all: tuple[Difference, ...] = field(repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether both decide the same."""
        return not self.rules

    def to_dict(self) -> dict[str, Value]:
        return {
            "same": self.is_empty,
            "decisions": {"old": self.decisions_old, "new": self.decisions_new},
            "rules": [rule.to_dict() for rule in self.rules],
        }


@frozen(kw_only=True)
class Clock:
    """What both replays have alike: where the clock stops, and attributes that hold before everything else."""

    until: Micros | None = None
    drain: bool = False
    profiles: tuple[tuple[str, dict[str, Any]], ...] = ()


def diff(
    old: Explainable, new: Explainable, inputs: Sequence[Input], clock: Clock | None = None, *, examples: int = EXAMPLES
) -> Diff:
    """Replay both programs over the inputs and compare; reasons are found for the examples only."""
    clock = clock or Clock()
    before, after = (_decided(side, inputs, clock) for side in (old, new))
    found = differences(before, after)
    rules = by_rule(found, before, after, examples)
    reasons = _Reasons(old, new, inputs, clock)
    explained = tuple(evolve(rule, examples=tuple(reasons.explain(one) for one in rule.examples)) for rule in rules)
    return Diff(decisions_old=len(before), decisions_new=len(after), rules=explained, all=tuple(found))


def _decided(side: Explainable, inputs: Sequence[Input], clock: Clock) -> list[Decision]:
    return list(Replay(side.program, inputs, until=clock.until, drain=clock.drain, profiles=clock.profiles))


class _Reasons:
    """Explains both sides of differences; each user's story is told once for each side."""

    def __init__(self, old: Explainable, new: Explainable, inputs: Sequence[Input], clock: Clock) -> None:
        self._sides = {"old": old, "new": new}
        self._inputs = list(inputs)
        self._clock = clock
        self._stories: dict[tuple[str, str], Explanation] = {}

    def explain(self, one: Difference) -> Difference:
        return evolve(one, why_old=self._why("old", one.old, one), why_new=self._why("new", one.new, one))

    def _why(self, side: str, decision: Decision | None, one: Difference) -> str:
        """Why a side decided so; if it decided nothing, what stopped its rule."""
        user, rule = one.decision.user, one.decision.rule
        story = self._story(side, user)
        if decision is not None:
            return next(reason.text for reason in story.reasons if reason.decision.key == decision.key)
        if rule not in {known.name for known in self._sides[side].program.rules}:
            return "there is no such rule"
        at = one.decision.triggered
        tries = [line for line in story.lines if line.rule == rule and line.kind == "tried" and line.time == at]
        if tries:
            return tries[-1].text
        silent = next((silence for silence in story.silences if silence.rule == rule), None)
        return "nothing triggered it then" if silent is None else silent.text

    def _story(self, side: str, user: str) -> Explanation:
        if (side, user) not in self._stories:
            self._stories[side, user] = self._sides[side].explain_inputs(
                self._inputs,
                user=user,
                until=self._clock.until,
                drain=self._clock.drain,
                profiles=self._clock.profiles,
                suggest=False,
            )
        return self._stories[side, user]
