"""Decisions in their order → which rules competed for a cap, on how many days of a user, and whose messages went.

A message is capped because earlier ones filled the cap: as many as it allows, the latest that counted for it.  Their
rules won, the rule of the capped message lost.
"""

from __future__ import annotations

import re
from collections import Counter, deque

from attrs import define, field, frozen

from trigdsl.engine.action_types import SendAction
from trigdsl.engine.program import Program
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros

KEPT = 64
"""How many of a user's latest messages are remembered to tell who filled a cap."""

_CAP = re.compile(r"(?P<scope>.+) (?P<count>\d+) per (?P<period>.+)", re.DOTALL)

Step = tuple[str, int, str | None]
"""A rule, a step, and a channel."""


@frozen
class Sent:
    """A message that went, as far as caps go."""

    rule: str
    step: int
    channel: str | None
    time: Micros


@frozen
class Filled:
    """The messages that filled a cap, the oldest first; `unknown` are those that are not to be found."""

    sends: tuple[Sent, ...] = ()
    unknown: int = 0


@frozen
class Conflict:
    """A rule whose messages a cap held back, and the rule whose messages had filled it; None when it is not known."""

    cap: str
    loser: str
    winner: str | None


@frozen(kw_only=True)
class CapTotal:
    """What a cap held back: messages, and days of a user on which it did so at all."""

    capped: int
    user_days: int


@define
class Conflicts:
    """Follows the messages of each user. A user's decisions must come in the order of time.

    With a program it is known which caps a message counts for.  Without one, `urgent` messages, which count for none,
    cannot be told from others, nor is it known which rules have a tag.
    """

    program: Program | None = None
    capped: Counter[Conflict] = field(factory=Counter)
    user_days: Counter[Conflict] = field(factory=Counter)
    _caps: Counter[str] = field(factory=Counter)
    _cap_days: Counter[str] = field(factory=Counter)
    _sends: dict[str, deque[Sent]] = field(factory=dict)
    _days: dict[str, tuple[int, set[Conflict | str]]] = field(factory=dict)
    _counted: dict[Step, frozenset[str]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._counted = {} if self.program is None else _counted_caps(self.program)

    def add(self, decision: Decision, day: int) -> Filled | None:
        """Take a decision of a local day; of a capped one, which messages filled the cap."""
        if decision.action != "send":
            return None
        if decision.status == "sent":
            sent = Sent(decision.rule, decision.step, decision.channel, decision.time)
            self._sends.setdefault(decision.user, deque(maxlen=KEPT)).append(sent)
        elif decision.status == "capped" and decision.reason:
            filled = self._filled(decision.user, decision.reason)
            self._count(decision, decision.reason, day, filled)
            return filled
        return None

    def totals(self) -> dict[str, CapTotal]:
        """What each cap held back, the one that held back most first."""
        return {
            cap: CapTotal(capped=count, user_days=self._cap_days[cap])
            for cap, count in sorted(self._caps.items(), key=lambda item: (-item[1], item[0]))
        }

    def listed(self) -> list[Conflict]:
        """The conflicts by user-days, the most first."""
        return sorted(
            self.capped,
            key=lambda one: (-self.user_days[one], -self.capped[one], one.cap, one.loser, one.winner or ""),
        )

    def _count(self, decision: Decision, cap: str, day: int, filled: Filled) -> None:
        winners: set[str | None] = {sent.rule for sent in filled.sends}
        if filled.unknown or not winners:
            winners.add(None)
        at, met = self._days.get(decision.user, (day, set()))
        if at != day:
            met = set()
        self._days[decision.user] = day, met
        self._caps[cap] += 1
        if cap not in met:
            met.add(cap)
            self._cap_days[cap] += 1
        for winner in winners:
            conflict = Conflict(cap, decision.rule, winner)
            self.capped[conflict] += 1
            if conflict not in met:
                met.add(conflict)
                self.user_days[conflict] += 1

    def _filled(self, user: str, cap: str) -> Filled:
        """The latest messages of the user that counted for a cap, as many as it allows."""
        parts = _CAP.fullmatch(cap)
        if parts is None:
            return Filled(unknown=1)
        count, scope = int(parts["count"]), parts["scope"]
        found: list[Sent] = []
        for sent in reversed(self._sends.get(user, ())):
            if len(found) == count:
                break
            if self._counts(sent, cap, scope):
                found.append(sent)
        return Filled(tuple(reversed(found)), count - len(found))

    def _counts(self, sent: Sent, cap: str, scope: str) -> bool:
        if self.program is not None:
            return cap in self._counted.get((sent.rule, sent.step, sent.channel), ())
        return scope in ("all", sent.channel)


def _counted_caps(program: Program) -> dict[Step, frozenset[str]]:
    """The caps for which a send of each step counts."""
    return {
        (rule.name, number, action.channel.name): frozenset(() if step.urgent else (cap.label for cap in action.caps))
        for rule in program.rules
        for number, step in enumerate(rule.steps, 1)
        for action in step.actions
        if isinstance(action, SendAction)
    }
