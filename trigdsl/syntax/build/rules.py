"""Rules: triggers, steps and clauses → nodes, with the order of their parts checked."""

from __future__ import annotations

from attrs import define, field
from lark import Token, Tree

from trigdsl.source import Span
from trigdsl.syntax import messages
from trigdsl.syntax.build.actions import ACTIONS
from trigdsl.syntax.build.base import tokens, tree, trees
from trigdsl.syntax.build.parts import Parts, word_of
from trigdsl.syntax.nodes import (
    BecomesTrigger,
    CalendarTrigger,
    ChangesTrigger,
    Clause,
    EventTrigger,
    EveryDateOf,
    EveryDay,
    EveryMonth,
    EveryWeekday,
    EveryYear,
    EveryYearOf,
    Expression,
    IgnoredTrigger,
    MembershipTrigger,
    Name,
    OnDate,
    Rule,
    Schedule,
    SilenceTrigger,
    Step,
    Trigger,
)
from trigdsl.syntax.spans import Branch

_WINDOWS = frozenset({"between", "on_days", "on_calendar", "not_on_calendar"})
_MODIFIERS = _WINDOWS | {"unless", "else_skip", "expires", "priority", "urgent"}
_SINGLE_MODIFIERS = {"between", "else_skip", "expires", "priority", "urgent"}
_REPEATABLE_CLAUSES = {"stop_on"}


@define
class _Parts:
    """The parts of a rule in order: each step with its modifiers, then the clauses."""

    steps: list[tuple[Branch, list[Branch]]] = field(factory=list)
    clauses: list[Branch] = field(factory=list)


class Rules(Parts):
    """Trees → rules."""

    def rule(self, part: Branch) -> Rule:
        name, title, head, *rest = part.children
        rule_name: Name | None = None if name is None else self.name(name)
        rule_title = None if title is None else self.text_value(title)
        trigger, condition = self._head(head)
        parts = self._sorted(rest)
        steps = tuple(self._step(step, modifiers) for step, modifiers in parts.steps)
        clauses: tuple[Clause, ...] = tuple(self.clause(clause) for clause in parts.clauses)
        return self.node(
            Rule,
            part,
            name=rule_name,
            title=rule_title,
            trigger=trigger,
            condition=condition,
            steps=steps,
            clauses=clauses,
        )

    def _sorted(self, rest: list[Branch]) -> _Parts:
        parts = _Parts()
        for part in rest:
            if part.data == "step":
                parts.steps.append((part, []))
                for clause in parts.clauses:
                    self.found(messages.misplaced_clause(self._word_span(clause), self._word(clause)))
                parts.clauses.clear()
            elif part.data in _MODIFIERS:
                self._add_modifier(parts, part)
            elif not self._is_second(part, parts.clauses, _REPEATABLE_CLAUSES):
                parts.clauses.append(part)
        return parts

    def _add_modifier(self, parts: _Parts, part: Branch) -> None:
        modifiers = parts.steps[-1][1]
        if parts.clauses:
            clause = self._word(parts.clauses[0])
            self.found(messages.misplaced_modifier(self._word_span(part), self._word(part), clause))
        elif part.data == "else_skip" and not any(earlier.data in _WINDOWS for earlier in modifiers):
            self.found(messages.else_without_window(self.span(part)))
        elif part.data not in _SINGLE_MODIFIERS or not self._is_second(part, modifiers, set()):
            modifiers.append(part)

    def _is_second(self, part: Branch, earlier: list[Branch], repeatable: set[str]) -> bool:
        first = next((other for other in earlier if _kind(other) == _kind(part)), None)
        if first is None or part.data in repeatable:
            return False
        message = messages.duplicate_modifier if part.data in _MODIFIERS else messages.duplicate_clause
        if first.data != part.data:
            message = messages.second_limit
        self.found(message(self._word_span(part), self._word(part), self._word_span(first)))
        return True

    def _word(self, part: Branch) -> str:
        return word_of(part, self.span(part))

    def _word_span(self, part: Branch) -> Span:
        """The place of the keyword that a modifier or clause begins with."""
        span = self.span(part)
        last = self._word(part).split()[-1]
        return Span(span.source, span.start, span.text.index(last, 0) + len(last) + span.start)

    # Steps

    def _step(self, part: Branch, modifiers: list[Branch]) -> Step:
        after, after_days, guard, at = (tree(part, kind) for kind in ("after", "after_days", "guard", "at"))
        delay = None if after is None else self.duration(tokens(after, "DURATION")[0])
        days = None if after_days is None else self.whole_number(tokens(after_days, "NUMBER")[0])
        time, zone = (None, None) if at is None else self.at(at)
        condition: Expression | None = None if guard is None else self.expression(guard.children[0])
        actions = self.actions(trees(part, *ACTIONS))
        timing = {"after": delay, "calendar_days": days, "at": time, "zone": zone, "guard": condition}
        place = self.span(part, modifiers[-1] if modifiers else None)
        return self.node(Step, place, actions=actions, **timing, **self._modifiers(modifiers))

    def _modifiers(self, parts: list[Branch]) -> dict[str, object]:
        single = {part.data: part for part in parts}
        fields: dict[str, object] = {
            "unless": tuple(self.unless(part) for part in parts if part.data == "unless"),
            "days": tuple(self.days(part) for part in parts if part.data in _WINDOWS - {"between"}),
            "else_skip": "else_skip" in single,
            "urgent": "urgent" in single,
        }
        if "between" in single:
            fields["between"] = self.between(single["between"])
        if "expires" in single:
            fields["expires"] = self.duration(single["expires"].children[0])
        if "priority" in single:
            fields["priority"] = self._priority(single["priority"])
        return fields

    def _priority(self, part: Branch) -> int:
        number = self.whole_number(tokens(part, "NUMBER")[0])
        return -number if tokens(part, "MINUS") else number

    # Triggers

    def _head(self, part: Branch) -> tuple[Trigger, Expression | None]:
        trigger = self._trigger(part.children[0])
        condition = part.children[1] if len(part.children) > 1 else None
        if condition is None:
            return trigger, None
        if isinstance(condition, Tree) and condition.data == "or":
            self.found(messages.ambiguous_or(self.span(condition)))
        return trigger, self.expression(condition)

    def _trigger(self, part: Branch) -> Trigger:
        built: Trigger = getattr(self, f"_trigger_{part.data}")(part)
        return built

    def _trigger_on_event(self, part: Branch) -> EventTrigger:
        return self._event_trigger(part, part.children)

    def _trigger_on_nth(self, part: Branch) -> EventTrigger:
        ordinal = self.ordinal(part.children[0])
        return self._event_trigger(part, part.children[1:], ordinal)

    def _trigger_on_every_nth(self, part: Branch) -> EventTrigger:
        ordinal = self.ordinal(part.children[0])
        return self._event_trigger(part, part.children[1:], ordinal, every=True)

    def _event_trigger(
        self, part: Branch, of: list[Branch], ordinal: int | None = None, *, every: bool = False
    ) -> EventTrigger:
        if len(of) == 1:
            self._refuse_loose_group(of[0])
        event = self.event(of[0]) if len(of) == 1 else self.event_where(of[0], of[1])
        return self.node(EventTrigger, part, event=event, ordinal=ordinal, every=every)

    def _refuse_loose_group(self, part: Branch) -> None:
        if part.data == "either":
            self.found(messages.ambiguous_trigger(self.span(part)))

    def _trigger_silence(self, part: Branch) -> SilenceTrigger:
        event, duration = (child for child in part.children if not _is_token(child, "NO"))
        self._refuse_loose_group(event)
        return self.node(SilenceTrigger, part, event=self.event(event), duration=self.duration(duration))

    def _trigger_becomes(self, part: Branch) -> BecomesTrigger:
        attribute, value = part.children
        return self.node(BecomesTrigger, part, attribute=self.attribute(attribute), value=self.expression(value))

    def _trigger_changes(self, part: Branch) -> ChangesTrigger:
        return self.node(ChangesTrigger, part, attribute=self.attribute(part.children[0]))

    def _trigger_enters(self, part: Branch) -> MembershipTrigger:
        return self.node(MembershipTrigger, part, name=self.name(part.children[0]), enters=True)

    def _trigger_leaves(self, part: Branch) -> MembershipTrigger:
        return self.node(MembershipTrigger, part, name=self.name(part.children[0]), enters=False)

    def _trigger_ignored(self, part: Branch) -> IgnoredTrigger:
        rule, duration = part.children
        return self.node(IgnoredTrigger, part, rule=self.name(rule), duration=self.duration(duration))

    def _trigger_scheduled(self, part: Branch) -> CalendarTrigger:
        schedule, at = part.children
        dates = self._schedule(schedule)
        time, zone = self.at(at)
        return self.node(CalendarTrigger, part, schedule=dates, at=time, zone=zone)

    def _schedule(self, part: Branch) -> Schedule:
        match part.data:
            case "every_day":
                return self.node(EveryDay, part)
            case "every_weekday":
                return self.node(EveryWeekday, part, days=self.weekdays(part))
            case "every_month":
                return self.node(EveryMonth, part, day=self._day_of_month(part.children[0]))
            case "every_year":
                month, day = self.month_day(part.children[0])
                return self.node(EveryYear, part, month=month, day=day)
            case "every_year_of":
                return self.node(EveryYearOf, part, attribute=self.attribute(part.children[0]))
            case "every_date_of":
                return self.node(EveryDateOf, part, calendar=self.name(part.children[0]))
        return self.node(OnDate, part, date=self.date(part.children[0]))

    def _day_of_month(self, token: Token) -> int:
        day = self.whole_number(token)
        if 1 <= day <= 31:
            return day
        self.found(messages.impossible_day_of_month(self.span(token)))
        return 1


def _kind(part: Branch) -> str:
    return "at_most" if part.data == "once" else str(part.data)


def _is_token(part: object, kind: str) -> bool:
    return isinstance(part, Token) and part.type == kind
