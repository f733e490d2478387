"""One checked rule → one compiled rule: its trigger, condition, steps and clauses."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import blake2b
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from trigdsl.checker.program import CheckedRule
from trigdsl.compiler.contents import Contents
from trigdsl.compiler.expressions import Reading, Writer, length_of
from trigdsl.compiler.old_rules import CheckedOldRule
from trigdsl.compiler.policies import WEEKDAYS, Policies, compile_period, compile_zone
from trigdsl.engine import history
from trigdsl.engine.action_types import CallFunction, CompiledAction, EmitAction, ListAction, SendAction, SetAction
from trigdsl.engine.dates import day_number
from trigdsl.engine.fires import (
    AttributeFires,
    CalendarFires,
    EventFires,
    Fires,
    IgnoredFires,
    ListFires,
    NeverFires,
    SegmentFires,
    SilenceFires,
)
from trigdsl.engine.program import CompiledGoal, CompiledLimit, CompiledRule, CompiledStep
from trigdsl.engine.schedules import Daily, Monthly, OnCalendar, Once, Schedule, Weekly, Yearly
from trigdsl.engine.zones import UTC, zone
from trigdsl.model.values import SECOND, Micros
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit

C = TypeVar("C", bound=nodes.Clause)


def clause(rule: nodes.Rule, kind: type[C]) -> C | None:
    """The clause of that kind, None when the rule has none."""
    return next((one for one in rule.clauses if isinstance(one, kind)), None)


def own_text(rule: nodes.Rule) -> str:
    """What a rule says, but for what is to become of its runs when it says something else."""
    left = tuple(one for one in rule.clauses if not isinstance(one, nodes.OnEdit))
    return print_tree(rule if len(left) == len(rule.clauses) else evolve(rule, clauses=left))


def folder_of(source: Source, folder: PurePath | None) -> str:
    """The folder of a file within the program's folder, written with `/`; empty for that folder itself."""
    parent = PurePath(source.name).parent
    if folder is None or not parent.is_relative_to(folder):
        return ""
    found = parent.relative_to(folder).as_posix()
    return "" if found == "." else found


class RuleCompiler:
    """Compiles the rules of one program, one after another."""

    def __init__(self, unit: Unit, policies: Policies, contents: Contents, folder: PurePath | None) -> None:
        self._folder = folder
        self._unit = unit
        self._policies = policies
        self._contents = contents
        self._zone = (zone(unit.checked.timezone) if unit.checked.timezone else None) or UTC

    def compile_old(self, rule: CheckedOldRule) -> CompiledRule:
        """A rule as it was before it was changed, which nothing triggers any more."""
        old = rule.old
        return evolve(
            self.compile(rule.rule, is_old=True),
            name=old.name,
            limit=None,
            fingerprint=old.fingerprint,
            text=old.text,
            folder=old.folder,
            living=rule.living,
        )

    def compile(self, rule: CheckedRule, *, is_old: bool = False) -> CompiledRule:
        node, name = rule.node, rule.name
        tags = tuple(tag.text for one in node.clauses if isinstance(one, nodes.Tags) for tag in one.names)
        limit, pending = clause(node, nodes.Limit), clause(node, nodes.WhilePending)
        for_each, holdout, goal = clause(node, nodes.ForEach), clause(node, nodes.Holdout), clause(node, nodes.Goal)
        on_edit, text = clause(node, nodes.OnEdit), own_text(node)
        starts, ends = self._campaign(node)
        fires: Fires = NeverFires() if is_old else self._fires(node.trigger, name)
        asked = None if is_old else node.condition
        condition = None if asked is None else self._unit.test(f"{name}__condition", asked, name)
        steps = tuple(self._step(step, place, name, tags) for place, step in enumerate(node.steps, 1))
        return CompiledRule(
            index=rule.index,
            name=name,
            title=rule.title,
            fires=fires,
            condition=condition,
            steps=steps,
            limit=None if limit is None else CompiledLimit(count=limit.count, period=compile_period(limit.period)),
            pending="ignore" if pending is None else pending.policy,
            at_most=None if pending is None or pending.at_most is None else length_of(pending.at_most),
            for_each=None if for_each is None else for_each.path,
            starts=starts,
            ends=ends,
            holdout=None if holdout is None else holdout.percent,
            goal=None if goal is None else CompiledGoal(length=length_of(goal.within)),
            tags=tags,
            captures=tuple(sorted(self._captures(name))),
            fingerprint=blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
            text=text,
            folder=folder_of(rule.source, self._folder),
            on_edit="keep" if on_edit is None else on_edit.policy,
        )

    def _captures(self, rule: str) -> set[int]:
        """The `previous` of the rule's own expressions, and of the channels' conditions, which any rule may meet."""
        captures = self._unit.questions.captures
        return captures.get(rule, set()) | captures.get(None, set())

    def _campaign(self, rule: nodes.Rule) -> tuple[Micros | None, Micros | None]:
        """From 00:00 of the first day to 24:00 of the last, in the program's zone."""
        campaigns = [one for one in rule.clauses if isinstance(one, nodes.Campaign)]
        starts = next((one.start for one in campaigns if one.start is not None), None)
        ends = next((one.end for one in campaigns if one.end is not None), None)
        return self._midnight(starts), self._midnight(None if ends is None else _next(ends))

    def _midnight(self, day: date | None) -> Micros | None:
        return None if day is None else self._zone.start_of_day(day_number(day))

    # ------------------------------------------------------------------ triggers
    def _fires(self, trigger: nodes.Trigger, rule: str) -> Fires:
        match trigger:
            case nodes.EventTrigger(ordinal=None):
                return EventFires()
            case nodes.EventTrigger():
                slot = self._unit.questions.ask(history.Count, trigger.event).number
                return EventFires(ordinal=trigger.ordinal, every=trigger.every, slot=slot)
            case nodes.SilenceTrigger():
                return SilenceFires(length=length_of(trigger.duration))
            case nodes.IgnoredTrigger():
                return IgnoredFires(length=length_of(trigger.duration))
            case nodes.ChangesTrigger():
                return AttributeFires(attribute=trigger.attribute.text)
            case nodes.BecomesTrigger():
                return self._becomes(trigger, rule)
            case nodes.MembershipTrigger():
                return self._membership(trigger, rule)
        return CalendarFires(
            schedule=self._schedule(trigger.schedule),
            attribute=trigger.schedule.attribute.text if isinstance(trigger.schedule, nodes.EveryYearOf) else None,
            at=trigger.at.seconds * SECOND,
            zone=compile_zone(trigger.zone),
        )

    def _becomes(self, trigger: nodes.BecomesTrigger, rule: str) -> AttributeFires:
        literal = Writer(self._unit, rule=rule).value(trigger.value)
        body = f"equals(value, {literal}, zone) is True"
        test = self._unit.function(f"{rule}__becomes", "value, zone", trigger.span.text, body)
        return AttributeFires(attribute=trigger.attribute.text, becomes=test)

    def _membership(self, trigger: nodes.MembershipTrigger, rule: str) -> Fires:
        name = trigger.name.text
        segment = self._unit.checked.segments.get(name)
        if segment is None:
            return ListFires(list=name, enters=trigger.enters)
        inside = self._unit.code.namespace[self._unit.segment(name, certainly=True)]
        moments = ", ".join(self._unit.questions.passes(segment.condition))
        said = f"when a window of {name} passes"
        passes = self._unit.function(f"segment_{name}__passes", "c", said, f"earliest({moments})")
        return SegmentFires(inside=inside, passes=passes, enters=trigger.enters)

    def _schedule(self, schedule: nodes.Schedule) -> Schedule | None:
        match schedule:
            case nodes.EveryDay():
                return Daily()
            case nodes.EveryWeekday():
                return Weekly(frozenset(WEEKDAYS[day] for day in schedule.days))
            case nodes.EveryMonth():
                return Monthly(schedule.day)
            case nodes.EveryYear():
                return Yearly(schedule.month, schedule.day)
            case nodes.EveryDateOf():
                return OnCalendar(self._policies.calendars[schedule.calendar.text])
            case nodes.OnDate():
                return Once(day_number(schedule.date))
        return None

    # ------------------------------------------------------------------ steps
    def _step(self, step: nodes.Step, number: int, rule: str, tags: tuple[str, ...]) -> CompiledStep:
        label = f"{rule}__{number}"
        return CompiledStep(
            number=number,
            actions=tuple(self._action(action, label, rule, tags) for action in step.actions),
            after=None if step.after is None else length_of(step.after),
            days=step.calendar_days,
            at=None if step.at is None else step.at.seconds * SECOND,
            zone=compile_zone(step.zone),
            guard=None if step.guard is None else self._unit.test(f"{label}__guard", step.guard, rule),
            windows=self._policies.windows(step),
            else_skip=step.else_skip,
            expires=None if step.expires is None else length_of(step.expires),
            priority=step.priority or 0,
            urgent=step.urgent,
        )

    def _action(self, action: nodes.Action, label: str, rule: str, tags: tuple[str, ...]) -> CompiledAction:
        unit = self._unit
        match action:
            case nodes.Send():
                variants, by_share = self._contents.variants(action, rule)
                return SendAction(
                    channel=self._policies.channel(action.channel.text),
                    variants=variants,
                    by_share=by_share,
                    fields=self._contents.fields(action.fields, rule),
                    caps=self._policies.caps_of(action.channel.text, tags),
                )
            case nodes.SetAttribute():
                removes = isinstance(action.value, nodes.Nothing)
                value = None if removes else unit.evaluate(f"{label}__set", action.value, rule)  # type: ignore[arg-type]
                return SetAction(target=action.attribute.text, evaluate=value)
            case nodes.AddTo() | nodes.RemoveFrom():
                return ListAction(target=action.list.text, kind="add" if isinstance(action, nodes.AddTo) else "remove")
            case nodes.Emit():
                record = action.record or nodes.RecordLiteral(())
                evaluate = unit.evaluate(f"{label}__emit", record, rule)
                return EmitAction(target=action.event.text, wire=unit.wire(action.event.text), evaluate=evaluate)
            case nodes.CallAction():
                writer = Writer(unit, Reading.TRIGGERING, rule)
                body = writer.record(nodes.RecordLiteral(action.arguments), nulls=True)
                evaluate = unit.function(f"{label}__call", "c", action.span.text, body)
                return CallFunction(target=action.name.text, evaluate=evaluate)


def _next(day: date) -> date:
    return day + timedelta(days=1)
