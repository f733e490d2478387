"""A rule → the points that tests of it should exercise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from trigdsl.checker.program import CheckedRule
from trigdsl.engine.program import CompiledRule, CompiledStep
from trigdsl.engine.tracing import Entry
from trigdsl.engine.windows import Window
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, SECOND, Micros
from trigdsl.suggester.points import (
    AFTER,
    AT,
    BEFORE,
    Aspect,
    Owner,
    Sides,
    after,
    condition_aspects,
    micros_of,
    three,
    wires_of,
)
from trigdsl.suggester.watching import View
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk

ACTED = ("sent", "control")


@frozen
class RulePoints:
    """Finds the aspects of one rule."""

    rule: CheckedRule
    compiled: CompiledRule
    wires: dict[str, str]
    owner: Owner

    def aspects(self) -> Iterator[Aspect]:
        node, owner = self.rule.node, self.owner
        yield owner.aspect(node.trigger.id, [("fires", "the trigger fires")], self._outcomes({"started": "fires"}))
        yield from self._trigger(node.trigger)
        for where in (one for one in walk(node.trigger) if isinstance(one, nodes.EventWhere)):
            yield from condition_aspects(owner, where.condition, self.wires)
        if node.condition is not None:
            yield from condition_aspects(owner, node.condition, self.wires)
        for place, (step, compiled) in enumerate(zip(node.steps, self.compiled.steps, strict=True)):
            yield from self._step(place, step, compiled)
        for clause in node.clauses:
            yield from self._clause(clause)

    # ------------------------------------------------------------------ the trigger
    def _trigger(self, trigger: nodes.Trigger) -> Iterator[Aspect]:
        match trigger:
            case nodes.EventTrigger(ordinal=int()):
                sides = [(BEFORE, "one event too few"), (AT, "as many events as are wanted"), (AFTER, "one too many")]
                yield self.owner.aspect(trigger.id, sides, self._ordinal)
            case nodes.SilenceTrigger(event=event, duration=duration):
                names, length = wires_of(event, self.wires), micros_of(duration)

                def starts(view: View) -> list[Micros]:
                    return [time for name in names for time in view.events.get(name, ())]

                what = f"`{print_tree(event)}` again"
                sides = three(what, f"{print_tree(duration)} are over")
                yield self.owner.aspect(trigger.id, sides, after(names, starts, length))

    def _outcomes(self, sides: dict[str, str]) -> Sides:
        """Sides by how it went that the trigger was tried."""

        def seen(view: View) -> Iterator[str]:
            for entry in view.of(self.rule.index, "tried"):
                if entry.outcome in sides:
                    yield sides[entry.outcome]

        return seen

    def _ordinal(self, view: View) -> Iterator[str]:
        fired = False
        for entry in view.of(self.rule.index, "tried"):
            fired = fired or entry.outcome != "ordinal"
            yield AT if entry.outcome != "ordinal" else AFTER if fired else BEFORE

    # ------------------------------------------------------------------ steps
    def _step(self, place: int, step: nodes.Step, compiled: CompiledStep) -> Iterator[Aspect]:
        owner, number = self.owner, f"step {place + 1}"
        if step.guard is not None:
            yield from condition_aspects(owner, step.guard, self.wires)
        for action in step.actions:
            yield from self._action(place, action)
        for unless in step.unless:
            yield from self._unless(place, unless, is_armed=step.after is not None or step.at is not None)
        for window in compiled.windows:
            yield from self._window(place, step, window)
        if step.expires is not None and compiled.windows:
            until = f"`expires {print_tree(step.expires)}`"
            told = [
                (AT, f"{number}: its window opens at the last moment of {until}"),
                (AFTER, f"{number}: just after {until}"),
            ]
            yield owner.aspect(step.expires.id, told, self._expiry(place, micros_of(step.expires)))

    def _action(self, place: int, action: nodes.Action) -> Iterator[Aspect]:
        def acted(view: View) -> Iterator[str]:
            for entry in view.decisions(self.rule.index, place):
                if entry.decision is not None and entry.decision.status in ACTED:
                    yield "done"
                    yield f"as {entry.decision.variant}"

        variants = action.variants if isinstance(action, nodes.Send) else ()
        whens = [one for one in variants if isinstance(one, nodes.WhenVariant)]
        for one in whens:
            if one.condition is not None:
                yield from condition_aspects(self.owner, one.condition, self.wires)
        if whens:
            labels = [_label(one, number) for number, one in enumerate(whens, 1)]
            sides = [(f"as {label}", f"the variant `{label}`") for label in labels]
            yield self.owner.aspect(action.id, sides, acted)
        else:
            yield self.owner.aspect(action.id, [("done", f"`{_action_text(action)}` done")], acted)

    def _unless(self, place: int, unless: nodes.Unless, *, is_armed: bool) -> Iterator[Aspect]:
        index, names = self.rule.index, wires_of(unless.event, self.wires)
        what = f"`{print_tree(unless.event)}`"
        yield self.owner.aspect(unless.id, [("ends", f"`{print_tree(unless)}` ends the run")], self._ended(unless.id))
        if is_armed:

            def due(view: View) -> list[Micros]:
                return [entry.until for entry in view.armed(index, place) if entry.until is not None]

            yield self.owner.aspect(unless.event.id, three(what, f"step {place + 1} is due"), after(names, due, 0))
        if unless.within is not None:

            def armed(view: View) -> list[Micros]:
                return [entry.time for entry in view.armed(index, place)]

            sides = three(what, f"the `within {print_tree(unless.within)}` ends")
            yield self.owner.aspect(unless.within.id, sides, after(names, armed, micros_of(unless.within)))

    def _ended(self, clause: int) -> Sides:
        def seen(view: View) -> Iterator[str]:
            return ("ends" for entry in view.decisions(self.rule.index) if clause in entry.clauses)

        return seen

    def _window(self, place: int, step: nodes.Step, window: Window) -> Iterator[Aspect]:
        def dues(view: View) -> Iterator[tuple[Micros, Zone]]:
            for entry in view.of(self.rule.index, "decision", "waits"):
                if entry.step == place and not (entry.decision is not None and entry.decision.status == "cancelled"):
                    due = entry.time if entry.decision is None else entry.decision.due
                    zone = window.zone or entry.zone
                    yield zone.micros_of_day(due), zone

        for start, end in window.hours.ranges if window.hours is not None else ():
            told = f"`{_clock(start)}-{_clock(end)}`"
            sides = {
                "opening soon": (start - SECOND, f"step {place + 1} due just before {told} opens"),
                "opens": (start, f"step {place + 1} due as {told} opens"),
                "closing soon": (end - SECOND, f"step {place + 1} due just before {told} closes"),
                "closes": (end, f"step {place + 1} due as {told} closes"),
            }

            def seen(view: View, sides: dict[str, tuple[Micros, str]] = sides) -> Iterator[str]:
                moments = {moment for moment, _ in dues(view)}
                return (side for side, (at, _) in sides.items() if at % DAY in moments)

            node = -(step.id * 100_000 + start // SECOND)
            yield self.owner.aspect(node, [(side, text) for side, (_, text) in sides.items()], seen)
        if window.weekdays is not None or window.on or window.not_on:
            sides_of_day = [("closed day", f"step {place + 1} due on a day that is not open")]
            yield self.owner.aspect(step.id, sides_of_day, self._closed_day(place, window))

    def _closed_day(self, place: int, window: Window) -> Sides:
        ranges = window.hours.ranges if window.hours is not None else ((0, DAY),)

        def seen(view: View) -> Iterator[str]:
            for entry in view.of(self.rule.index, "decision", "waits"):
                is_out = entry.kind == "waits" or (entry.decision and entry.decision.reason == "outside window")
                at = (window.zone or entry.zone).micros_of_day(entry.time)
                if entry.step == place and is_out and any(_inside(at, start, end) for start, end in ranges):
                    yield "closed day"

        return seen

    def _expiry(self, place: int, length: Micros) -> Sides:
        def seen(view: View) -> Iterator[str]:
            for entry in view.of(self.rule.index, "waits"):
                if entry.step == place and entry.opens is not None:
                    late = entry.opens - entry.time - length
                    yield AT if late == 0 else AFTER if late == SECOND else ""

        return seen

    # ------------------------------------------------------------------ clauses
    def _clause(self, clause: nodes.Clause) -> Iterator[Aspect]:
        owner, rule = self.owner, self.compiled
        match clause:
            case nodes.StopOn():
                yield owner.aspect(
                    clause.id, [("ends", f"`{print_tree(clause)}` ends the run")], self._ended(clause.id)
                )
            case nodes.ForEach(path=path):
                told = [("missing", f"`{'.'.join(path)}` missing")]
                yield owner.aspect(clause.id, told, self._outcomes({"for each": "missing"}))
            case nodes.Limit(period=period):
                yield owner.aspect(clause.id, [("full", f"`{print_tree(clause)}` reached")], self._limited)
                if period.duration is not None:
                    what, length = f"`{print_tree(clause)}`: the trigger", micros_of(period.duration)
                    sides = three(what, "a run ceases to count")
                    yield owner.aspect(period.id, sides, beside_end(self._tried, self._counted, length, clause.count))
                elif period.kind in PERIODS:
                    told = period_sides(f"`{print_tree(clause)}`", period.kind)
                    yield owner.aspect(period.id, told, self._edges_of(period.kind))
            case nodes.WhilePending(policy=policy, at_most=at_most):
                yield from self._pending(clause, policy, at_most)
            case nodes.Campaign(start=start):
                edge = rule.starts if start is not None else rule.ends
                sides = [(BEFORE, f"the trigger just before `{print_tree(clause)}`"), (AT, "the trigger as it begins")]
                if start is None:
                    what = f"`{print_tree(clause)}`"
                    sides = [
                        (BEFORE, f"the trigger at the last moment of {what}"),
                        (AT, f"the trigger as {what} is over"),
                    ]
                assert edge is not None
                yield owner.aspect(clause.id, sides, self._edge(edge))
            case nodes.Goal(event=event, within=within):
                names = wires_of(event, self.wires)
                sides = three(f"`{print_tree(event)}`", f"the `within {print_tree(within)}` of the goal ends")
                yield owner.aspect(clause.id, sides, after(names, self._first_sends, micros_of(within)))

    def _pending(self, clause: nodes.WhilePending, policy: str, at_most: nodes.Duration | None) -> Iterator[Aspect]:
        sides = {"ignore": "pending", "restart": "restarted", "stack": "stacked"}[policy]
        told = [(sides, f"`{print_tree(clause)}`: the trigger while a run is pending")]

        def seen(view: View) -> Iterator[str]:
            waiting: list[Entry] = []
            for entry in view.of(self.rule.index, "armed", "tried", "decision"):
                if entry.kind == "armed":
                    waiting.append(entry)
                elif entry.kind == "decision":
                    if entry.decision is not None and entry.decision.reason == "restarted":
                        yield "restarted"
                    waiting = [one for one in waiting if one.run != entry.run]
                elif entry.outcome == "pending":
                    yield "pending"
                elif entry.outcome == "started" and waiting:
                    yield "stacked"

        yield self.owner.aspect(clause.id, told, seen)
        if at_most is not None:
            late = [("late", f"the trigger again after `{print_tree(at_most)}` of restarts")]
            yield self.owner.aspect(at_most.id, late, self._outcomes({"restart": "late"}))

    def _tried(self, view: View) -> Iterator[Micros]:
        outcomes = ("started", "limit", "pending", "restart")
        return (one.time for one in view.of(self.rule.index, "tried") if one.outcome in outcomes)

    def _counted(self, view: View) -> Iterable[Micros]:
        """When each run of the rule counted: at its first action that was carried out."""
        first: dict[object, Micros] = {}
        for entry in view.decisions(self.rule.index):
            if entry.decision is not None and entry.decision.status in ACTED:
                first.setdefault(entry.run, entry.time)
        return first.values()

    def _edges_of(self, kind: str) -> Sides:
        def seen(view: View) -> Iterator[str]:
            counted = sorted(self._counted(view))
            return (edge_of_period(kind, one, counted) for one in view.of(self.rule.index, "tried"))

        return seen

    def _first_sends(self, view: View) -> Iterable[Micros]:
        first: dict[object, Micros] = {}
        for entry in view.decisions(self.rule.index):
            decision = entry.decision
            if decision is not None and decision.status in ACTED and decision.action == "send":
                first.setdefault(entry.run, entry.time)
        return first.values()

    def _limited(self, view: View) -> Iterator[str]:
        for entry in view.of(self.rule.index, "tried", "decision"):
            if entry.outcome == "limit" or (entry.decision is not None and entry.decision.reason == "limit"):
                yield "full"

    def _edge(self, edge: Micros) -> Sides:
        def seen(view: View) -> Iterator[str]:
            for entry in view.of(self.rule.index, "tried"):
                if entry.outcome in ("started", "campaign"):
                    yield BEFORE if entry.time == edge - SECOND else AT if entry.time == edge else ""

        return seen


Moments = Callable[[View], Iterable[Micros]]


def beside_end(times: Moments, counted: Moments, length: Micros, count: int) -> Sides:
    """What is tried just before, at or just after a full number that counted is one less again."""

    def seen(view: View) -> Iterator[str]:
        held = sorted(counted(view))
        return (side_of_end(time, [one for one in held if one < time], length, count) for time in times(view))

    return seen


def side_of_end(time: Micros, counted: Sequence[Micros], length: Micros, count: int) -> str:
    """The side of the moment at which the first of the `count` last that counted is a `length` old."""
    if not 0 < count <= len(counted):
        return ""
    age = time - counted[-count]
    return {length - SECOND: BEFORE, length: AT, length + SECOND: AFTER}.get(age, "")


PERIODS = ("day", "week", "month")


def period_sides(what: str, kind: str) -> list[tuple[str, str]]:
    """The sides of the end of a calendar period, after something in it has counted."""
    return [(BEFORE, f"{what}: at the last moment of the {kind}"), (AT, f"{what}: as the next {kind} begins")]


def edge_of_period(kind: str, entry: Entry, counted: Iterable[Micros]) -> str:
    """The side of the end of a period on which something happens after what has counted; empty when on none."""
    zone, at = entry.zone, entry.time
    if all(other >= at for other in counted):
        return ""
    for side, moment in ((AT, at), (BEFORE, at + SECOND)):
        date = zone.date(moment)
        begins = {"day": True, "week": date.weekday() == 0, "month": date.day == 1}[kind]
        if begins and zone.micros_of_day(moment) == 0:
            return side
    return ""


def _label(variant: nodes.WhenVariant, number: int) -> str:
    if variant.label is not None:
        return variant.label.text
    return str(number) if variant.condition is not None else "otherwise"


def _action_text(action: nodes.Action) -> str:
    if isinstance(action, nodes.Send):
        return f"send {action.channel.text}"
    return print_tree(action)


def _clock(at: Micros) -> str:
    return print_tree(nodes.TimeOfDay(at // SECOND))


def _inside(at: Micros, start: Micros, end: Micros) -> bool:
    return start <= at < end if start < end else at >= start or at < end
