"""Windows and days → those that never open together, lie over each other, or miss the time of their step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.domains import WEEKDAYS
from trigdsl.linter.facts import DAY, Facts
from trigdsl.linter.report import note, warning
from trigdsl.syntax.nodes import (
    Between,
    CalendarDecl,
    DayCondition,
    OnCalendar,
    OnDays,
    Step,
    TimeOfDay,
    TimeRange,
    Zone,
)

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHANGES_BEFORE, _CHANGE = 4 * 3600, 2 * 3600
"""Clocks are put forward in the first hours of a day, by two hours at most: such a step comes due later."""


def lint_windows(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of windows and days alone."""
    for node in facts.nodes:
        if isinstance(node, Between):
            yield from _overlapping(node)
    for rule in facts.rules:
        for step in rule.node.steps:
            yield from _never_together(step, facts)
            yield from _never_a_day(step, facts)
            yield from _at_outside(step, facts)


def _overlapping(window: Between) -> Iterator[Diagnostic]:
    for place, later in enumerate(window.ranges):
        for first in window.ranges[:place]:
            if _overlap([first], [later]):
                message = f"`{later.span.text}` and `{first.span.text}` lie over each other"
                help = "write one window for both, or part them"
                yield warning("overlapping-windows", later.span, message, help, Label(first.span, "the first"))
                break


def _never_together(step: Step, facts: Facts) -> Iterator[Diagnostic]:
    windows = facts.windows(step)
    for place, later in enumerate(windows):
        for first in windows[:place]:
            if _zone(first.zone) == _zone(later.zone) and not _overlap(first.ranges, later.ranges):
                message = "this step waits for the windows of all its channels, and two are never open together"
                labels = (Label(first.span, "this one"), Label(later.span, "and this one"))
                help = "send in two steps, or give the step a `between` of its own"
                span = step.actions[0].span.to(step.actions[-1].span)
                yield warning("windows-never-meet", span, message, help, *labels)
                return


def _never_a_day(step: Step, facts: Facts) -> Iterator[Diagnostic]:
    days = facts.days(step)
    crossing = any(one.start.seconds >= one.end.seconds for window in facts.windows(step) for one in window.ranges)
    zones = {_zone(window.zone) for window in facts.windows(step)}
    if not days or (not step.days and (crossing or len(zones) > 1)):
        return
    if not _days_left(days, facts):
        labels = [Label(one.span, "and these days") for one in days[1:]]
        help = "change one of the conditions on days"
        yield warning("days-never-meet", days[0].span, "no day is left that meets all conditions", help, *labels)


def _days_left(days: Iterable[DayCondition], facts: Facts) -> bool:
    """Whether a day may meet all conditions; holidays may fall on any."""
    weekdays = set(WEEKDAYS)
    dates: set[dt.date] | None = None
    without: set[dt.date] = set()
    named: dict[str, bool] = {}
    for one in days:
        match one:
            case OnDays(days=names):
                weekdays &= set(names)
            case OnCalendar(calendar=name, negated=negated):
                if named.setdefault(name.text, negated) is not negated:
                    return False
                calendar = facts.program.calendars[name.text]
                if isinstance(calendar, CalendarDecl):
                    held = {date.value for date in calendar.dates}
                    if negated:
                        without |= held
                    else:
                        dates = held if dates is None else dates & held
    if dates is None:
        return bool(weekdays)
    return any(_NAMES[date.weekday()] in weekdays for date in dates - without)


def _at_outside(step: Step, facts: Facts) -> Iterator[Diagnostic]:
    if step.at is None:
        return
    for window in facts.windows(step):
        if _zone(window.zone) != _zone(step.zone) or not _is_outside(step.at, window):
            continue
        there = Label(window.span, "the window")
        if step.else_skip:
            message = "this time is outside the window, so the step is always skipped"
            yield warning("at-outside-window", step.at.span, message, "move one of the two", there)
        else:
            message = "this time is outside the window, so the step always waits for the next opening"
            yield note("at-outside-window", step.at.span, message, "name a time inside the window", there)
        return


def _is_outside(at: TimeOfDay, window: Between) -> bool:
    moment = at.seconds
    if moment < _CHANGES_BEFORE and any(0 < one.start.seconds - moment <= _CHANGE for one in window.ranges):
        return False
    return not any(start <= moment < end for one in window.ranges for start, end in _parts(one))


def _overlap(first: Iterable[TimeRange], second: Iterable[TimeRange]) -> bool:
    others = [part for one in second for part in _parts(one)]
    return any(
        start < other_end and other_start < end
        for one in first
        for start, end in _parts(one)
        for other_start, other_end in others
    )


def _parts(window: TimeRange) -> list[tuple[int, int]]:
    """The parts of a day in which a window is open; one that crosses midnight has two."""
    start, end = window.start.seconds, window.end.seconds
    return [(start, end)] if start < end else [(start, DAY), (0, end)]


def _zone(zone: Zone | None) -> str:
    return "local" if zone is None else zone.name
