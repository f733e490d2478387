"""A rule's trigger → scenes that fire it at their moment or, for what time itself triggers, from their moment on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from attrs import evolve, frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.engine.dates import day_number
from trigdsl.engine.fires import CalendarFires
from trigdsl.engine.program import CompiledRule
from trigdsl.engine.schedules import next_moment
from trigdsl.engine.zones import UTC, Zone
from trigdsl.model.values import SECOND
from trigdsl.suggester.conditions import Solver
from trigdsl.suggester.scenes import ABSENT, DAY_LENGTH, MORNING, Around, Before, Given, Need, Scene
from trigdsl.suggester.values import around, known_value
from trigdsl.suggester.ways import MOST_REPEATED
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk
from trigdsl.tester.literals import duration_value
from trigdsl.tester.mentions import QUIET_EVENT
from trigdsl.tester.stories import FIRST_DAY, Line

HOUR = 3_600
BIRTH_YEAR = 1992
BETWEEN_REPEATS = 120
"""The seconds between events of which the last one triggers."""


@frozen
class Triggers:
    """Makes scenes that fire the triggers of a program's rules; `zone` is the program's own.

    `base` gives a scene in which another rule acts, and when it first sends.
    """

    checked: CheckedProgram
    rules: tuple[CompiledRule, ...]
    zone: Zone | None
    base: Callable[[str], tuple[Scene, int] | None]

    def scenes(self, rule: CheckedRule, solver: Solver) -> list[Scene]:
        """Scenes that fire the rule, conditions aside; the plainest first."""
        trigger = rule.node.trigger
        match trigger:
            case nodes.EventTrigger():
                return self._events(trigger, solver)
            case nodes.SilenceTrigger(event=event):
                return [self._scene(lines, needs) for lines, needs in solver.history.happenings(event)]
            case nodes.BecomesTrigger(attribute=name, value=value):
                return [self._set(name.text, one) for one in around("==", known_value(value))]
            case nodes.ChangesTrigger(attribute=name):
                return self._changes(name.text)
            case nodes.MembershipTrigger():
                return self._membership(trigger, solver)
            case nodes.CalendarTrigger():
                return self._calendar(trigger, self.rules[rule.index], first_day(rule.node))
        return self._after(trigger.rule.text)

    def _scene(self, lines: Iterable[Line], needs: Iterable[Need]) -> Scene:
        told = tuple(lines)
        return Scene(told, frozenset(line.name for line in told if line.at == 0)).given(needs)

    # ------------------------------------------------------------------ events
    def _events(self, trigger: nodes.EventTrigger, solver: Solver) -> list[Scene]:
        ordinal = min(trigger.ordinal or 1, MOST_REPEATED)
        found = []
        for lines, needs in solver.history.happenings(trigger.event):
            scene = self._scene(lines, needs)
            counts = [ordinal, max(ordinal - 1, 1), ordinal + 1] if trigger.ordinal else [1]
            counts += [2 * ordinal] if trigger.every and 2 * ordinal <= MOST_REPEATED else []
            found += [repeated(scene, count) for count in dict.fromkeys(counts)]
        found += [self._scene(lines, needs) for lines, needs in solver.history.failing(trigger.event)]
        for part in _system_events(trigger.event):
            found += self._after(part.rule.text, None if part.kind == "sent" else part.kind)
        return found

    def _after(self, rule: str, kind: str | None = None) -> list[Scene]:
        """What makes a rule send, and then an event of this kind about it."""
        base = self.base(rule)
        if base is None:
            return []
        scene, sent = base
        if kind is None:
            return [scene]
        return [scene.adding(Line(sent + 60, "event", kind, ((("rule",), rule),)))]

    # ------------------------------------------------------------------ the profile
    def _set(self, name: str, value: object) -> Scene:
        return Scene((Line(0, "set", name, (), value),))  # type: ignore[arg-type]

    def _changes(self, name: str) -> list[Scene]:
        known = {"number": (1, 2), "boolean": (True, False)}.get(
            (self.checked.user_fields or {}).get((name,), ""), ("a", "b")
        )
        held = self._set(name, known[1]).given([Given("user", (name,), known[0])])
        same = self._set(name, known[0]).given([Given("user", (name,), known[0])])
        gone = self._set(name, None).given([Given("user", (name,), known[0])])
        return [held, self._set(name, known[0]), same, gone]

    def _membership(self, trigger: nodes.MembershipTrigger, solver: Solver) -> list[Scene]:
        name, enters = trigger.name.text, trigger.enters
        segment = self.checked.segments.get(name)
        if segment is None:
            line = Line(0, "add" if enters else "remove", name)
            fresh = Scene((line,))
            inside = evolve(fresh, lists=(name,))
            return [fresh, inside] if enters else [inside, fresh]
        inside_ways, outside_ways = solver.ways(segment.condition, True), solver.ways(segment.condition, False)
        quiet = Scene((Line(0, "event", QUIET_EVENT),))
        if enters:
            return [_moving(way) or quiet.given(way) for way in inside_ways] + [quiet.given(way) for way in inside_ways]
        found = []
        for way in inside_ways:
            scene = quiet.given(way)
            for other in outside_ways:
                moved = _moving(other)
                found += [evolve(scene, lines=(*scene.lines, *_later(moved.lines)))] if moved else []
            found += [scene.adding(Line(at, "event", QUIET_EVENT)) for at in _lengths(segment)]
        return found

    # ------------------------------------------------------------------ the calendar
    def _calendar(self, trigger: nodes.CalendarTrigger, rule: CompiledRule, start: dt.date) -> list[Scene]:
        """The user is there the day before; at the moment it is time, and the clock runs on for an hour."""
        profile = ()
        if isinstance(trigger.schedule, nodes.EveryYearOf):
            birth = (start + dt.timedelta(days=1)).replace(year=BIRTH_YEAR)
            profile = (((trigger.schedule.attribute.text,), birth.isoformat()),)  # type: ignore[assignment]
        found = []
        for day in self._days(trigger, rule, start):
            lines = (Line(-DAY_LENGTH, "event", QUIET_EVENT), Line(HOUR, "event", QUIET_EVENT))
            found.append(Scene(lines, day=day, second=trigger.at.seconds % DAY_LENGTH, profile=profile))
        return found

    def _days(self, trigger: nodes.CalendarTrigger, rule: CompiledRule, first: dt.date) -> list[dt.date]:
        fires = rule.fires
        assert isinstance(fires, CalendarFires)
        zone = fires.zone or self.zone or UTC
        if fires.schedule is None:
            return [first + dt.timedelta(days=1)]
        starts = [first]
        if isinstance(trigger.schedule, nodes.OnDate):
            starts.append(trigger.schedule.date - dt.timedelta(days=2))
        days = []
        for start in starts:
            after = zone.instant(day_number(start), MORNING * SECOND)
            for _ in range(2):
                following = next_moment(fires.schedule, trigger.at.seconds * SECOND, zone, after, None)
                if following is None:
                    break
                after = following[1]
                days.append(zone.date(after))
        return list(dict.fromkeys(days))


def first_day(rule: nodes.Rule) -> dt.date:
    """The day on which stories of a rule begin that have no reason for another: one of its campaign."""
    campaigns = [clause for clause in rule.clauses if isinstance(clause, nodes.Campaign)]
    start = next((one.start for one in campaigns if one.start is not None), FIRST_DAY)
    end = next((one.end for one in campaigns if one.end is not None), FIRST_DAY)
    return start if start > FIRST_DAY else min(end, FIRST_DAY)


def repeated(scene: Scene, count: int, gap: int = BETWEEN_REPEATS) -> Scene:
    """The scene with what happens at its moment as the last of so many times."""
    last = [line for line in scene.lines if line.at == 0]
    earlier = [evolve(line, at=-gap * place) for place in range(count - 1, 0, -1) for line in last]
    return evolve(scene, lines=(*(line for line in scene.lines if line.at != 0), *earlier, *last))


def _system_events(event: nodes.EventSet) -> list[nodes.SystemEvent]:
    match event:
        case nodes.SystemEvent():
            return [event]
        case nodes.EventWhere():
            return _system_events(event.event)
        case nodes.EventGroup(events=events):
            return [one for part in events for one in _system_events(part)]
    return []


def _moving(needs: Iterable[Need]) -> Scene | None:
    """A scene in which the last thing that is needed comes about at the moment; None when nothing can."""
    needs = list(needs)
    for place in reversed(range(len(needs))):
        match needs[place]:
            case Given(root="user", path=(name,), value=value) if not isinstance(value, Around):
                line = Line(0, "set", name, (), None if value is ABSENT else value)  # type: ignore[arg-type]
                return Scene((line,)).given(needs[:place] + needs[place + 1 :])
            case Before(line=line):
                return Scene((evolve(line, at=0),)).given(needs[:place] + needs[place + 1 :])
    return None


def _later(lines: Iterable[Line]) -> list[Line]:
    return [evolve(line, at=line.at + HOUR) for line in lines if line.at == 0]


def _lengths(node: nodes.Node) -> list[int]:
    lengths = [int(duration_value(one).total_seconds()) for one in walk(node) if isinstance(one, nodes.Duration)]
    return [length + tick for length in dict.fromkeys(lengths) for tick in (0, 1, -1) if length + tick > 0]
