"""Decisions in their order → how many runs reached each step of a rule, and how many of them waited there."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from trigdsl.engine.keys import key_of
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros

MOST_NUMBERS = 100
"""How many runs of a rule that started for a user at one instant are told apart by their keys."""

StepKey = tuple[str, int]
"""A rule and a step, from 1."""


@define
class Steps:
    """Counts runs by the step at which they stood.

    A step with several actions makes a decision for each of them.  They come one after another, and so do those of
    two runs that started at the same instant; the key of a decision tells which of the two it is.
    """

    reached: Counter[StepKey] = field(factory=Counter)
    waited: Counter[StepKey] = field(factory=Counter)
    _group: tuple[str, str, int, Micros, Micros] | None = None
    _first: Decision | None = None
    _number: int | None = None
    _place: int = 0

    def add(self, decision: Decision) -> None:
        """Count the run of a decision, unless the decision before was of the same step of the same run."""
        group = (decision.user, decision.rule, decision.step, decision.triggered, decision.time)
        if group == self._group and self._goes_on(decision):
            return
        self._group, self._first, self._number, self._place = group, decision, None, 0
        step = (decision.rule, decision.step)
        self.reached[step] += 1
        self.waited[step] += has_waited(decision)

    def _goes_on(self, decision: Decision) -> bool:
        """Whether a decision is about the next action of the step that the one before was about."""
        first = self._first
        assert first is not None
        if self._number is None:
            self._number = _number_of(first)
        if self._number == 0:
            # The key was made from another user's id, or by somebody else: what differs must do.
            return _what(decision) != _what(first)
        expected = key_of(first.user, first.rule, first.triggered, self._number, first.step, self._place + 1)
        if expected != decision.key:
            return False
        self._place += 1
        return True


def has_waited(decision: Decision) -> bool:
    """Whether a step was armed before it was decided: it had a delay, a time or a window to wait for."""
    return decision.time > decision.triggered or decision.status in ("cancelled", "pending")


def _number_of(decision: Decision) -> int:
    """The number of the run, from 1, if the decision is about its step's first action; else 0."""
    for number in range(1, MOST_NUMBERS + 1):
        if key_of(decision.user, decision.rule, decision.triggered, number, decision.step, 0) == decision.key:
            return number
    return 0


def _what(decision: Decision) -> tuple[str, str | None, str | None]:
    return decision.action, decision.channel, decision.target
