"""Decisions in their order, each with its user's zone → all that a report counts, in one pass."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros
from trigdsl.replayer.summary import ChannelSummary, RuleSummary, Tally
from trigdsl.reporter.civil import day_of, weekday_and_hour
from trigdsl.reporter.conflicts import Conflicts
from trigdsl.reporter.pressure import Pressure
from trigdsl.reporter.sample import MOST_ROWS, Sample
from trigdsl.reporter.steps import Steps

Series = tuple[str, str]
"""A rule and a channel."""


@define
class Figures:
    """What decisions add up to. Memory grows with users, rules and days, not with decisions.

    A message is a send that was sent.  Its day, week and hour are those of the zone that comes with the decision.
    `decisions` and `users` count all decisions, `disorder` those that were earlier than the one before; `first` and
    `last` span those that are not pending.
    """

    program: Program | None = None
    most_rows: int = MOST_ROWS
    decisions: int = 0
    messages: int = 0
    disorder: int = 0
    first: Micros | None = None
    last: Micros | None = None
    first_message: Micros | None = None
    last_message: Micros | None = None
    days: dict[Series, Counter[int]] = field(factory=dict)
    hours: Counter[tuple[int, int]] = field(factory=Counter)
    pressure: Pressure = field(factory=Pressure)
    steps: Steps = field(factory=Steps)
    titles: dict[str, str | None] = field(factory=dict)
    tally: Tally = field(factory=Tally)
    conflicts: Conflicts = field(init=False)
    sample: Sample = field(init=False)
    _users: set[str] = field(factory=set)
    _latest: tuple[bool, Micros] | None = None

    def __attrs_post_init__(self) -> None:
        self.conflicts = Conflicts(self.program)
        self.sample = Sample(self.most_rows)
        if self.program is not None:
            self.titles = {rule.name: rule.title for rule in self.program.rules}

    def add(self, decision: Decision, zone: Zone) -> None:
        """Count the next decision."""
        self._note_order(decision)
        self.decisions += 1
        self._users.add(decision.user)
        if self.titles.get(decision.rule) is None:
            self.titles[decision.rule] = decision.title
        self.tally.decision(decision)
        self.steps.add(decision)
        day = day_of(decision.time, zone)
        if decision.status == "sent" and decision.action == "send":
            self._message(decision, zone, day)
        self.sample.add(decision, zone, self.conflicts.add(decision, day))

    def finish(self) -> None:
        """There are no more decisions."""
        self.pressure.finish()

    @property
    def users(self) -> int:
        """How many users there is a decision about."""
        return len(self._users)

    @property
    def users_reached(self) -> int:
        """How many users got at least one message."""
        return self.tally.users_reached

    def rules(self) -> tuple[RuleSummary, ...]:
        """What became of each rule, in the program's order, else in that in which they came."""
        return self.tally.rules(self.titles, {name: self.steps.reached[name, 1] for name in self.titles}, {})

    def channels(self) -> tuple[ChannelSummary, ...]:
        """What became of the sends on each channel."""
        return self.tally.channels()

    def _message(self, decision: Decision, zone: Zone, day: int) -> None:
        self.messages += 1
        self.first_message = decision.time if self.first_message is None else min(self.first_message, decision.time)
        self.last_message = decision.time if self.last_message is None else max(self.last_message, decision.time)
        self.days.setdefault((decision.rule, decision.channel or ""), Counter())[day] += 1
        self.hours[weekday_and_hour(decision.time, zone)] += 1
        self.pressure.add(decision.user, day)

    def _note_order(self, decision: Decision) -> None:
        """Decisions come by time; those that are pending come after all others, by time again."""
        at = (decision.status == "pending", decision.time)
        if self._latest is not None and at < self._latest:
            self.disorder += 1
        self._latest = at
        if not at[0]:
            self.first = decision.time if self.first is None else min(self.first, decision.time)
            self.last = decision.time if self.last is None else max(self.last, decision.time)
