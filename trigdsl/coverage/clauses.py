"""Points of what stands after a rule's steps: what stops it, runs side by side, campaigns and goals.

A holdout has none: who is held out hangs on the user's id, which no test chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.coverage.conditions import of_wheres
from trigdsl.coverage.events import is_one
from trigdsl.coverage.limits import of_limit
from trigdsl.coverage.points import Exercised, Point, around, point, shown
from trigdsl.coverage.record import Record, RunName
from trigdsl.coverage.runs import key_of, keys_of
from trigdsl.engine.dates import day_number
from trigdsl.engine.zones import UTC, zone
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes


def of_clauses(checked: CheckedProgram, rule: CheckedRule) -> Iterator[Point]:
    """The points of all clauses of a rule."""
    for clause in rule.node.clauses:
        match clause:
            case nodes.StopOn():
                yield _stop(rule, clause)
                yield from of_wheres(checked, rule, "stop on", clause.event)
            case nodes.Limit():
                yield from of_limit(rule, clause)
            case nodes.WhilePending():
                yield from _pending(rule, clause)
            case nodes.ForEach():
                yield _for_each(rule, clause)
            case nodes.Campaign():
                yield from _campaign(checked, rule, clause)
            case nodes.Goal():
                yield from _goal(checked, rule, clause)


def _stop(rule: CheckedRule, clause: nodes.StopOn) -> Point:
    text = f"`{shown(clause)}` ends a run"
    return point(
        rule.name,
        "stop on",
        text,
        clause.span,
        lambda record: any(clause.id in one.clauses for one in record.of_rule(rule.index)),
    )


def _pending(rule: CheckedRule, clause: nodes.WhilePending) -> Iterator[Point]:
    def meets(record: Record) -> bool:
        """A trigger came while a run was unfinished."""
        started = [tried.time for tried in record.tried.get(rule.index, ()) if tried.outcome == "started"]
        match clause.policy:
            case "restart":
                return any(one.decision.reason == "restarted" for one in record.of_rule(rule.index))
            case "ignore":
                return any(tried.outcome == "pending" for tried in record.tried.get(rule.index, ()))
        ends = {one.decision.triggered: one.decision.time for one in record.of_rule(rule.index)}
        return any(first < second <= ends.get(first, first) for first in started for second in started)

    yield point(rule.name, "pending", f"`{shown(clause)}` meets an unfinished run", clause.span, meets)
    if clause.at_most is None:
        return
    length = length_of(clause.at_most)

    def gaps(record: Record) -> Iterable[Micros]:
        """How long after the time for restarts was over a trigger met a run that hangs on an earlier one."""
        restarted = {one.decision.time for one in record.of_rule(rule.index) if one.decision.reason == "restarted"}
        first: dict[str | None, Micros] = {}
        for tried in record.tried.get(rule.index, ()):
            key = key_of(tried, rule)
            if tried.outcome == "started" and (tried.time not in restarted or key not in first):
                first[key] = tried.time
            elif tried.outcome in ("started", "restart"):
                yield tried.time - first[key] - length

    said = f"a trigger {shown(clause.at_most)} after the first of a chain"
    yield from around(rule.name, "pending", said, clause.at_most.span, gaps, length)


def _for_each(rule: CheckedRule, clause: nodes.ForEach) -> Point:
    def two(record: Record) -> bool:
        return len(set(keys_of(record, rule).values())) > 1

    return point(rule.name, "for each", f"`{shown(clause)}` has two values", clause.span, two)


def _campaign(checked: CheckedProgram, rule: CheckedRule, clause: nodes.Campaign) -> Iterator[Point]:
    """Triggers around the first moment of a campaign, and around the first one after its end."""
    day = clause.start if clause.start is not None else clause.end
    assert day is not None
    own = (zone(checked.timezone) if checked.timezone else None) or UTC
    edge = own.start_of_day(day_number(day + timedelta(days=clause.start is None)))

    def gaps(record: Record) -> Iterable[Micros]:
        return (tried.time - edge for tried in record.tried.get(rule.index, ()))

    what = "begins" if clause.start is not None else "ends"
    yield from around(rule.name, "campaign", f"a trigger when `{shown(clause)}` {what}", clause.span, gaps)
    if clause.end is not None and any(step.after or step.calendar_days or step.at for step in rule.node.steps):
        text = f"`{shown(clause)}` is over when a step is due"
        yield point(rule.name, "campaign", text, clause.span, _is_over(rule))


def _is_over(rule: CheckedRule) -> Exercised:
    return lambda record: any(one.decision.reason == "campaign ended" for one in record.of_rule(rule.index))


def _goal(checked: CheckedProgram, rule: CheckedRule, clause: nodes.Goal) -> Iterator[Point]:
    length = length_of(clause.within)

    def since(record: Record) -> list[Micros]:
        """How long after the first send of a run its event came."""
        firsts: dict[RunName | None, Micros] = {}
        for one in record.of_rule(rule.index):
            if one.decision.action == "send" and one.decision.status in ("sent", "control"):
                firsts.setdefault(one.run, one.decision.time)
        times = [came.time for came in record.events if is_one(checked, clause.event, came)]
        return [time - first for first in firsts.values() for time in times if time >= first]

    yield from of_wheres(checked, rule, "goal", clause.event)
    text = f"`goal {shown(clause.event)}`"
    yield point(
        rule.name, "goal", f"{text} is met", clause.span, lambda record: any(t <= length for t in since(record))
    )
    said = f"{text} comes `within {shown(clause.within)}`"
    yield from around(
        rule.name, "goal", said, clause.within.span, lambda record: (time - length for time in since(record)), length
    )
