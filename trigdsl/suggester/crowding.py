"""A scene in which a rule sends → scenes in which other rules have sent before, as near to a cap as they come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from trigdsl.engine.action_types import CompiledCap, SendAction
from trigdsl.engine.program import Program
from trigdsl.model.values import SECOND
from trigdsl.suggester.scenes import Given, Scene
from trigdsl.tester.run import TestResult

TICKS = (0, -1, 1)
HOUR, DAY = 3_600, 86_400

BACKS = (HOUR, 2 * HOUR, 600, DAY, DAY + HOUR, 2 * DAY, 3 * DAY, 4 * DAY)
"""So long before the rule's own message others go out, in seconds: on its day, and on days before in its week."""


@frozen
class Sending:
    """A scene in which a rule sends, and when it first does, in seconds from the scene's moment."""

    scene: Scene
    sent: int


@frozen
class Crowd:
    """A cap, and the names of the rules whose messages it counts."""

    cap: CompiledCap
    rules: frozenset[str]

    def count(self, result: TestResult) -> int:
        """How many messages went out that the cap counts."""
        return sum(one.action == "send" and one.status == "sent" and one.rule in self.rules for one in result.decisions)

    def is_full(self, result: TestResult) -> bool:
        return any(one.status == "capped" and one.reason == self.cap.label for one in result.decisions)


def crowds_of(program: Program, rule: int) -> list[Crowd]:
    """The caps on what a rule sends, each once."""
    own = {cap.number: cap for cap in _caps(program, rule)}
    return [Crowd(cap, _counted(program, cap)) for cap in own.values()]


def _counted(program: Program, cap: CompiledCap) -> frozenset[str]:
    rules = (rule for rule in program.rules if any(one.number == cap.number for one in _caps(program, rule.index)))
    return frozenset(rule.name for rule in rules)


def _caps(program: Program, rule: int) -> Iterator[CompiledCap]:
    for step in program.rules[rule].steps:
        for action in step.actions:
            if isinstance(action, SendAction) and not step.urgent:
                yield from action.caps


def joined(own: Sending, other: Sending, back: int) -> Scene:
    """The scene with another one in it, which sends so many seconds before it does."""
    shift = own.sent - back - other.sent
    known = {path for path, _ in own.scene.profile}
    needs = [Given("user", path, value) for path, value in other.scene.profile if path not in known]
    lists = tuple(dict.fromkeys((*own.scene.lists, *other.scene.lists)))
    lines = (*(evolve(line, at=line.at + shift) for line in other.scene.lines), *own.scene.lines)
    return evolve(own.scene, lines=lines, lists=lists).given(needs)


def at_ends(own: Sending, others: Sequence[Sending], cap: CompiledCap) -> Iterator[Scene]:
    """Scenes in which the rule sends as another's message just still counts, or just no more."""
    for other in others:
        for tick in TICKS:
            if cap.period.kind == "duration":
                yield joined(own, other, cap.period.length // SECOND + tick)
            elif cap.period.kind in ("day", "week", "month"):
                yield joined(_sending_at(own, _end(own.scene.day, cap.period.kind), tick), other, 6 * HOUR)


def _sending_at(own: Sending, day: dt.date, tick: int) -> Sending:
    """The same, sending a tick beside the first moment of a day."""
    at = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=tick - own.sent)
    second = at.hour * HOUR + at.minute * 60 + at.second
    return evolve(own, scene=evolve(own.scene, day=at.date(), second=second))


def _end(day: dt.date, kind: str) -> dt.date:
    """The first day of the period after that of a day."""
    match kind:
        case "day":
            return day + dt.timedelta(days=1)
        case "week":
            return day + dt.timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
