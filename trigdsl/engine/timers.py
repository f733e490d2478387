"""Timers of one user: which comes next, and the moments of calendar triggers and of passing windows.

Timers due at one instant go by priority (triggers have 0), rule order, triggers before steps, step order, and
the older run first.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from trigdsl.engine.context import Context
from trigdsl.engine.fires import CalendarFires, SegmentFires
from trigdsl.engine.program import Program
from trigdsl.engine.schedules import Yearly, next_moment
from trigdsl.engine.state import Run, State
from trigdsl.engine.values import as_month_day
from trigdsl.model.values import LAST_INSTANT, Micros

Key: TypeAlias = tuple[Micros, int, int, int, int, int]
Timer: TypeAlias = tuple[Key, str, Any]
"""Its place in the order, what it is (run, silence, ignored, calendar, member), and the run or rule."""


def run_key(program: Program, run: Run) -> Key:
    """The place of a run's timer among all timers of its user."""
    rule = program.rules[run.rule]
    priority = rule.steps[run.step].priority
    return (run.wake, -priority, rule.living, 1, run.step, run.seq)


def next_timer(program: Program, state: State, *, calendars: bool = True) -> Timer | None:
    """The timer that goes off first; without calendar triggers while a replay drains."""
    best: Timer | None = None
    runs = state.runs
    if runs is not None:
        for run in runs:
            if best is None or run.wake <= best[0][0]:
                key = run_key(program, run)
                if best is None or key < best[0]:
                    best = (key, "run", run)
    if state.silences is not None:
        for rule, entry in state.silences.items():
            moment = entry[0]
            if best is None or (moment <= best[0][0] and (moment, 0, rule, 0, 0, 0) < best[0]):
                best = ((moment, 0, rule, 0, 0, 0), "silence", rule)
    if state.ignored:
        best = _earlier(best, "ignored", {rule: entries[0][0] for rule, entries in state.ignored.items()})
    if state.calendar and calendars:
        best = _earlier(best, "calendar", {rule: entry[0] for rule, entry in state.calendar.items()})
    if state.members:
        best = _earlier(best, "member", {rule: entry[1] for rule, entry in state.members.items()})
    return best


def next_due(state: State, *, calendars: bool = True) -> Micros | None:
    """When the timer goes off that goes off first, as `next_timer` has it."""
    due: Micros | None = None
    if state.runs is not None:
        for run in state.runs:
            if due is None or run.wake < due:
                due = run.wake
    if state.silences is not None:
        for entry in state.silences.values():
            if due is None or entry[0] < due:
                due = entry[0]
    if state.ignored is not None:
        for entries in state.ignored.values():
            if due is None or entries[0][0] < due:
                due = entries[0][0]
    if state.calendar is not None and calendars:
        due = _earliest(due, [entry[0] for entry in state.calendar.values()])
    if state.members is not None:
        due = _earliest(due, [entry[1] for entry in state.members.values()])
    return due


def _earliest(due: Micros | None, moments: list[Micros | None]) -> Micros | None:
    return min((moment for moment in (due, *moments) if moment is not None), default=None)


def _earlier(best: Timer | None, kind: str, moments: dict[int, Micros | None]) -> Timer | None:
    """The best timer up to now, or one of these triggers' if it goes off before."""
    for rule, moment in moments.items():
        if moment is not None and (best is None or (moment, 0, rule, 0, 0, 0) < best[0]):
            best = ((moment, 0, rule, 0, 0, 0), kind, rule)
    return best


def take_silence(state: State, rule: int) -> list[Any]:
    """A rule's silence that has come to its moment: it is armed no more."""
    assert state.silences is not None
    entry = state.silences.pop(rule)
    state.silences = state.silences or None
    return entry


def take_ignored(state: State, rule: int) -> list[Any]:
    """A rule's earliest send that nobody opened in time: it is waited for no more."""
    assert state.ignored is not None
    entry = state.ignored[rule].pop(0)
    if not state.ignored[rule]:
        del state.ignored[rule]
    state.ignored = state.ignored or None
    return entry


def is_armed(state: State) -> bool:
    """Whether a step, silence or `ignored` is still to come, for which a replay drains on."""
    return bool(state.runs or state.silences or state.ignored)


def later(at: Micros, length: Micros) -> Micros:
    """The moment a length of time after another, at most the last instant there is."""
    return min(at + length, LAST_INSTANT)


def arm_calendars(program: Program, c: Context) -> None:
    """Find the next moment of each calendar trigger anew: at the first input, and when the profile changes."""
    state = c.state
    assert state.first is not None
    if state.calendar is None:
        state.calendar = {}
    # What is due at this very instant comes after its inputs, so it has not fired yet.
    after = max(state.first, c.now - 1)
    for rule in program.calendar_rules:
        last = state.calendar[rule][2] if rule in state.calendar else None
        state.calendar[rule] = [*_next_calendar(program, rule, c, after, last), last]


def calendar_fired(program: Program, c: Context, rule: int) -> None:
    """Note the date on which a calendar trigger fired, and find its next moment."""
    assert c.state.calendar is not None
    day = c.state.calendar[rule][1]
    c.state.calendar[rule] = [*_next_calendar(program, rule, c, c.now, day), day]


def _next_calendar(
    program: Program, rule: int, c: Context, after: Micros, last: int | None
) -> tuple[Micros | None, int | None]:
    fires = program.rules[rule].fires
    assert isinstance(fires, CalendarFires)
    zone = fires.zone or c.zone
    schedule = fires.schedule
    if schedule is None:
        date = as_month_day(c.user.get(fires.attribute or ""), c.zone)
        if date is None:
            return None, None
        schedule = Yearly(*date)
    found = next_moment(schedule, fires.at, zone, after, last)
    return (None, None) if found is None else (found[1], found[0])


def look_at_segments(program: Program, c: Context) -> dict[int, bool]:
    """Determine the memberships that rules watch; those that changed, by rule: whether the user is now inside."""
    state = c.state
    if state.members is None:
        state.members = {}
    changed = {}
    for rule in program.segment_rules:
        was = state.members[rule][0] if rule in state.members else False
        if look_at_segment(program, c, rule) is not was:
            changed[rule] = not was
    return changed


def look_at_segment(program: Program, c: Context, rule: int) -> bool:
    """Whether the user is now in the segment that a rule watches; the next moment to look is noted."""
    fires = program.rules[rule].fires
    assert isinstance(fires, SegmentFires)
    assert c.state.members is not None
    inside = bool(fires.inside(c))
    c.state.members[rule] = [inside, fires.passes(c)]
    return inside


def earliest_member(state: State) -> Micros | None:
    """The earliest moment at which a window of a watched segment passes."""
    return min((entry[1] for entry in (state.members or {}).values() if entry[1] is not None), default=None)
