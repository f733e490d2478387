"""Everything that waits for events → one plan for each event name: what is kept, ended, triggered."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from trigdsl.checker.program import CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.compiler.patterns import Alternative, alternatives
from trigdsl.compiler.reactions import reaction
from trigdsl.compiler.rules import clause
from trigdsl.compiler.sieving import MayTrigger, may_trigger
from trigdsl.compiler.triggering import Ways, triggered
from trigdsl.engine.context import Context, Test
from trigdsl.engine.history import Tally
from trigdsl.engine.program import Ender, EventPlan, Keep, RuleEnders
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_event_set

if TYPE_CHECKING:
    from trigdsl.compiler.questions import Asked
    from trigdsl.compiler.unit import Unit


@define
class Wait:
    """Something that waits for events: to be triggered, ended, met …; `place` is an unless' step from 0."""

    what: str
    rule: CheckedRule
    ways: tuple[Alternative, ...]
    reason: str = ""
    place: int = -1
    within: Micros | None = None
    node: int = -1


@define
class Plans:
    """Collects what waits, then makes the plans."""

    _unit: Unit
    _waits: list[Wait] = field(factory=list)
    _watches: list[tuple[int, nodes.Invariant, tuple[Alternative, ...]]] = field(factory=list)
    _silent_for: dict[int, Micros | None] = field(factory=dict)

    def add_rule(self, rule: CheckedRule) -> None:
        """All that one rule waits for; rules must be added in order."""
        self._add_trigger(rule)
        self.add_old_rule(rule)

    def _add_trigger(self, rule: CheckedRule) -> None:
        node = rule.node
        match node.trigger:
            case nodes.EventTrigger():
                self._wait("triggers", rule, node.trigger.event)
            case nodes.SilenceTrigger():
                self._wait("silences", rule, node.trigger.event)
            case nodes.IgnoredTrigger():
                of = node.trigger.rule
                self._wait("sends", rule, nodes.SystemEvent("sent", of, id=node.trigger.id, span=node.trigger.span))
                answers = tuple(
                    nodes.SystemEvent(kind, of, id=node.trigger.id, span=node.trigger.span)
                    for kind in ("opened", "clicked")
                )
                self._wait("answers", rule, nodes.EventGroup(answers))

    def add_old_rule(self, rule: CheckedRule) -> None:
        """All that the runs of a rule wait for, though nothing starts one any more."""
        node = rule.node
        for place, step in enumerate(node.steps):
            for unless in step.unless:
                reason = f"unless {print_event_set(unless.event)}"
                within = None if unless.within is None else length_of(unless.within)
                self._wait("unless", rule, unless.event, reason=reason, place=place, within=within, node=unless.id)
        for one in node.clauses:
            if isinstance(one, nodes.StopOn):
                reason = f"stop on {print_event_set(one.event)}"
                self._wait("stop_on", rule, one.event, reason=reason, node=one.id)
        goal = clause(node, nodes.Goal)
        if goal is not None:
            self._wait("goals", rule, goal.event)

    def add_invariant(self, number: int, node: nodes.Invariant) -> None:
        """The events, if any, that an invariant wants no send after."""
        if isinstance(node.promise, nodes.NoSendAfter):
            self._watches.append((number, node, alternatives(self._unit, node.promise.event)))

    def _wait(
        self,
        what: str,
        rule: CheckedRule,
        event: nodes.EventSet,
        *,
        reason: str = "",
        place: int = -1,
        within: Micros | None = None,
        node: int = -1,
    ) -> None:
        self._waits.append(Wait(what, rule, alternatives(self._unit, event), reason, place, within, node))

    def of_rules(self, rules: Container[int]) -> Plans:
        """What waits for some of the rules alone, by their numbers."""
        return Plans(self._unit, [wait for wait in self._waits if wait.rule.index in rules])

    # ------------------------------------------------------------------ making
    def make(self, asked: tuple[Asked, ...]) -> tuple[dict[str, EventPlan], EventPlan | None]:
        """The plan of each name that the program says, and that of all other events."""
        self._silent_for = {
            wait.rule.index: self._silent_length(wait.rule) for wait in self._waits if wait.what == "silences"
        }
        ways = [way for wait in self._waits for way in wait.ways]
        ways += [way for one in asked for way in (*one.ways, *one.reset)]
        ways += [way for _, _, watched in self._watches for way in watched]
        names = dict.fromkeys(way.name for way in ways if way.name is not None)
        plans = {name: self._plan(name, asked) for name in names}
        other = self._plan(None, asked)
        if other.keeps_nothing and not other.enders and not other.triggers:
            return plans, None
        return {"sent": self._plan("sent", asked), **plans}, other  # `any` does not stand for `sent`

    def _plan(self, name: str | None, asked: tuple[Asked, ...]) -> EventPlan:
        plan = EventPlan(
            keeps=self._keeps(name, asked),
            silences=self._tests("silences", name),
            sends=self._tests("sends", name),
            answers=self._tests("answers", name),
            enders=self._enders(name),
            goals=self._tests("goals", name),
            triggers=self._tests("triggers", name),
            triggered=self._triggered(name),
            watches=self._watched(name),
        )
        rules = self._triggering(name)
        keeps = any((plan.keeps, plan.silences, plan.sends, plan.answers, plan.goals, plan.watches))
        if keeps or plan.enders or plan.triggers:
            slots = tuple(one.slot() for one in asked)
            plan = evolve(plan, react=reaction(self._unit, name, plan, slots, self._silent_for, rules))
        if keeps:
            return plan
        may = may_trigger(self._unit, name, rules) if rules else MayTrigger()
        plan = evolve(plan, keeps_nothing=True, may_trigger=may.may_trigger, bounds=may.bounds)
        return evolve(plan, reads=may.reads, turns=may.turns)

    def _keeps(self, name: str | None, asked: tuple[Asked, ...]) -> tuple[Keep, ...]:
        made = []
        for one in asked:
            slot = one.slot()
            for ways, act in ((one.ways, slot.keep), (one.reset, slot.reset if isinstance(slot, Tally) else None)):
                concerned, test = self._unit.tests.test("history", None, ways, name)
                if concerned and act is not None:
                    made.append((test, act))
        return tuple(made)

    def _tests(self, what: str, name: str | None) -> tuple[tuple[int, Test | None], ...]:
        made = []
        for wait in self._waits:
            if wait.what == what:
                concerned, test = self._unit.tests.test(f"{wait.rule.name}__{what}", wait.rule.name, wait.ways, name)
                if concerned:
                    made.append((wait.rule.index, test))
        return tuple(made)

    def _triggered(self, name: str | None) -> Callable[[Context], list[int]] | None:
        return triggered(self._unit, name, self._triggering(name))

    def _silent_length(self, rule: CheckedRule) -> Micros | None:
        """How long a silence lasts; None where what `previous` finds must be noted with it."""
        assert isinstance(rule.node.trigger, nodes.SilenceTrigger)
        captures = self._unit.questions.captures
        return None if captures.get(rule.name) or captures.get(None) else length_of(rule.node.trigger.duration)

    def _triggering(self, name: str | None) -> Ways:
        """The rules that an event of that name may trigger, and how."""
        waits = [wait for wait in self._waits if wait.what == "triggers"]
        return [(wait.rule, wait.ways) for wait in waits if any(way.concerns(name) for way in wait.ways)]

    def _watched(self, name: str | None) -> tuple[tuple[int, Test | None], ...]:
        made = []
        for number, node, ways in self._watches:
            concerned, test = self._unit.tests.test(f"{node.name.text}__invariant", None, ways, name)
            if concerned:
                made.append((number, test))
        return tuple(made)

    def _enders(self, name: str | None) -> dict[int, RuleEnders]:
        unless: dict[int, dict[int, list[Ender]]] = {}
        stops: dict[int, list[Ender]] = {}
        for wait in self._waits:
            if wait.what not in ("unless", "stop_on"):
                continue
            concerned, test = self._unit.tests.test(f"{wait.rule.name}__{wait.what}", wait.rule.name, wait.ways, name)
            if not concerned:
                continue
            ender = Ender(reason=wait.reason, test=test, within=wait.within, node=wait.node)
            if wait.what == "unless":
                unless.setdefault(wait.rule.index, {}).setdefault(wait.place, []).append(ender)
            else:
                stops.setdefault(wait.rule.index, []).append(ender)
        return {
            rule: RuleEnders(
                unless={place: tuple(enders) for place, enders in unless.get(rule, {}).items()},
                stop_on=tuple(stops.get(rule, ())),
            )
            for rule in unless.keys() | stops.keys()
        }
