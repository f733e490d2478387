"""A seed → a program all of whose rules are of the simplest shape, and a stream of records on its boundaries."""

from __future__ import annotations

from attrs import evolve
from case_parts import Case, RuleParts
from draws import EVENTS
from programs import Streams

CLAUSES = ("stop on", "while pending", "tag", "once", "at most", "from", "until")


class FlatStreams(Streams):
    """Draws only what `trigdsl.engine.flat` takes."""

    def policies(self) -> list[str]:
        return [one for one in super().policies() if not one.startswith("requires")] or ["limit 3 characters"]

    def declarations(self) -> tuple[str, ...]:
        return tuple(one for one in super().declarations() if not one.startswith(("segment", "list")))

    def flat_condition(self) -> str:
        comparisons = ("n > 1", "n >= 2", 'k == "u"', "n exists", "at.n < 2", "not (n > 1)", "n in [1, 2]", "k < 2")
        return " and ".join(self.random.sample(comparisons, self.pick(1, 1, 2)))

    def rule(self, name: str) -> RuleParts:
        event = self.pick(*EVENTS, *EVENTS, "(a or b)", "any", f"(a where {self.flat_condition()})")
        delay = f" after {self.length()}" if self.maybe(0.85) else ""
        text = self.pick("", "", ' "hi"')
        modifiers = [one.replace("not on cal", "on weekdays").replace("on cal", "on weekends") for one in self.ends()]
        return RuleParts(
            name,
            event,
            self.flat_condition() if self.maybe(0.5) else None,
            ((f"then{delay} send {self.pick('push', 'push', 'sms')}{text}", *modifiers),),
            tuple(one for one in self.clauses() if one.startswith(CLAUSES)),
        )

    def ends(self) -> list[str]:
        return [one for one in self.modifiers() if not one.startswith("priority") or self.maybe(0.8)]

    def unless_event(self) -> str:
        return self.pick(*EVENTS, "(a or c)", "any")

    def case(self) -> Case:
        declarations = self.declarations()
        rules = tuple(self.rule(name) for name in self.names)
        return Case(declarations, rules, tuple(self.stream('event a = "Event A"' in declarations)), self.options())


class PastStreams(FlatStreams):
    """Draws rules that hang on a user's past and profile: ordinals, silences, conditions of all kinds."""

    def declarations(self) -> tuple[str, ...]:
        return Streams.declarations(self)

    def flat_condition(self) -> str:
        return super().flat_condition() if self.maybe(0.3) else self.atom()

    def rule(self, name: str) -> RuleParts:
        drawn = super().rule(name)
        kind = self.random.random()
        if kind < 0.35:
            event = self.pick(*EVENTS, "any", "(a or b)", f"(a where {self.where()})")
            return evolve(drawn, trigger=f"no {event} for {self.length()}", condition=None)
        if kind < 0.55:
            return evolve(drawn, trigger=f"{self.pick('first', '2nd', 'every 2nd')} {self.pick(*EVENTS)}")
        return drawn


def flat_case(seed: int) -> Case:
    """The case of a seed: the same for ever."""
    return FlatStreams(seed).case()


def past_case(seed: int) -> Case:
    """The case of a seed whose rules ask about the past: the same for ever."""
    return PastStreams(seed).case()
