"""A seed → a program some of whose rules are of the simplest shape, and a stream of records on its boundaries.

The other rules are any.  They have few names of events, round times and priorities in common, so that both kinds decide
at the same instants of a user.
"""

from __future__ import annotations

from attrs import evolve
from case_parts import Case, RuleParts
from draws import EVENTS
from flat_programs import FlatStreams
from program_parts import Programs
from programs import Streams


class DividedStreams(FlatStreams):
    """Rules that `trigdsl.engine.flat` takes among others, which mostly send on a channel of their own."""

    def declarations(self) -> tuple[str, ...]:
        found = Programs.declarations(self)
        if self.maybe(0.8):
            self.timed.clear()  # nothing is triggered by a segment, which would bind all rules together
        return found

    def rules(self) -> tuple[RuleParts, ...]:
        simple = [self.maybe(0.5) for _ in self.names]
        drawn = Streams.rules(self)
        return tuple(
            FlatStreams.rule(self, one.name) if is_simple else self.apart(one)
            for one, is_simple in zip(drawn, simple, strict=True)
        )

    def rule(self, place: int, trigger: str, has_event: bool) -> RuleParts:  # type: ignore[override]
        drawn = Programs.rule(self, place, trigger, has_event)
        return self.nearly(drawn.name) if self.maybe(0.4) else drawn

    def nearly(self, name: str) -> RuleParts:
        """A rule that is simple but for a thing or two."""
        event = self.pick(*EVENTS)
        trigger = self.pick(event, event, f"2nd {event}", f"no {event} for {self.length()}", "every day at 09:00")
        wait = self.pick("", f" after {self.length()}", " at 09:00", f" after {self.length()} at 09:00")
        steps = [(f"then{wait} send email", *self.ends())]
        if self.maybe(0.4):
            steps.append((f"then after {self.length()} send email", *self.ends()))
        clauses = self.random.sample(
            ("once", "goal c within 1d", "while pending stack", "holdout 50%"), self.pick(1, 2)
        )
        return RuleParts(name, trigger, None, tuple(steps), tuple(clauses))

    def apart(self, rule: RuleParts) -> RuleParts:
        """Mostly a rule with all its sends on a channel that no simple rule uses, and without a tag in common."""
        if self.maybe(0.2):
            return rule
        steps = tuple(
            tuple(part.replace("send push", "send email").replace("send sms", "send email") for part in step)
            for step in rule.steps
        )
        return evolve(rule, steps=steps, clauses=tuple(one for one in rule.clauses if one != "tag t"))

    def case(self) -> Case:
        return Streams.case(self)


def divided_case(seed: int) -> Case:
    """The case of a seed: the same for ever."""
    return DividedStreams(seed).case()
