"""A checked program → what several lints ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from attrs import frozen

from trigdsl.checker.names import rule_label
from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.linter.domains import seconds
from trigdsl.source import Span
from trigdsl.syntax.nodes import (
    Between,
    Campaign,
    ChannelDecl,
    DayCondition,
    EventTrigger,
    EventWhere,
    Expression,
    Node,
    OnCalendar,
    OnDays,
    Policy,
    Rule,
    SegmentDecl,
    Send,
    Step,
    WhenVariant,
)
from trigdsl.syntax.nodes import Requires as RequiresPolicy
from trigdsl.syntax.walk import walk

DAY = 86_400


@frozen(slots=False)
class Facts:
    """The program, and answers about it that are worked out once."""

    program: CheckedProgram

    @property
    def rules(self) -> tuple[CheckedRule, ...]:
        return self.program.rules

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of the program, in the order of the text."""
        return tuple(node for item in self.program.items for node in walk(item))

    @cached_property
    def channels(self) -> dict[str, ChannelDecl]:
        """The declared channels by name."""
        return {item.name.text: item for item in self.program.items if isinstance(item, ChannelDecl)}

    def policies(self, step: Step) -> tuple[Policy, ...]:
        """The policies of all channels that the step sends on."""
        names = dict.fromkeys(send.channel.text for send in sends(step))
        return tuple(policy for name in names for policy in self.program.channels.get(name, ()))

    def windows(self, step: Step) -> list[Between]:
        """The windows that hold for the step: its own, else those of its channels."""
        if step.urgent:
            return []
        own = [] if step.between is None else [step.between]
        return own or [policy for policy in self.policies(step) if isinstance(policy, Between)]

    def days(self, step: Step) -> list[DayCondition]:
        """The conditions on days that hold for the step: its own, else those of its channels."""
        if step.urgent:
            return []
        return list(step.days) or [p for p in self.policies(step) if isinstance(p, OnDays | OnCalendar)]

    def can_wait(self, step: Step) -> bool:
        """Whether any time can pass between the arming of a step and its being done."""
        timed = step.after is not None or step.calendar_days is not None or step.at is not None
        return timed or bool(self.windows(step)) or bool(self.days(step))

    def conditions(self) -> Iterator[Expression]:
        """Every whole condition of the program, those of `where` included."""
        for node in self.nodes:
            match node:
                case Rule(condition=Node() as found) | Step(guard=Node() as found):
                    yield found
                case WhenVariant(condition=Node() as found):
                    yield found
                case EventWhere(condition=found) | SegmentDecl(condition=found) | RequiresPolicy(condition=found):
                    yield found


def sends(step: Step) -> list[Send]:
    return [action for action in step.actions if isinstance(action, Send)]


def label(rule: CheckedRule) -> Span:
    """What is underlined for a rule as a whole."""
    return rule_label(rule.node)


def campaign_seconds(rule: Rule, zoned: bool) -> int | None:
    """How long the campaign of a rule lasts at most; None without both ends.

    In a zone the clocks may be put back and dates be repeated, so a day is added.
    """
    campaigns = [clause for clause in rule.clauses if isinstance(clause, Campaign)]
    start = next((one.start for one in campaigns if one.start), None)
    end = next((one.end for one in campaigns if one.end), None)
    return None if start is None or end is None else ((end - start).days + 1 + zoned) * DAY


def least_wait(step: Step) -> int:
    """The seconds that pass at least between the arming of a step and its being due."""
    if step.after is not None:
        return seconds(step.after)
    return max(0, (step.calendar_days or 0) - 1) * DAY


def trigger_condition(rule: Rule) -> list[Expression]:
    """The conditions that hold whenever the rule is triggered: its `where`, and the one after `and`."""
    found = [] if rule.condition is None else [rule.condition]
    if isinstance(rule.trigger, EventTrigger) and isinstance(rule.trigger.event, EventWhere):
        found.append(rule.trigger.event.condition)
    return found
