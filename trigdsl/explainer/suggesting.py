"""A silent rule and a stream → the fewest changes found that make it send, each run before it is claimed.

The changes that may help the nearest attempt are tried one at a time.  When none is enough, the one after which the
rule came farthest stays, and the next attempt is looked at, a few times over.  At the end every change is left out once
to see whether the others do without it.  So a suggestion is true, and no part of it can be left out; that nothing
smaller exists is not claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from attrs import define, evolve, frozen

from trigdsl.engine.program import Program
from trigdsl.engine.tracing import Entry
from trigdsl.explainer.candidates import Candidates
from trigdsl.explainer.changes import AddRecord, Change, MoveClock, applied, lasts
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import Silences
from trigdsl.explainer.solving import Changes
from trigdsl.explainer.story import Suggestion
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import LAST_INSTANT, Micros

MOST_CHANGES = 4
"""How many times an attempt is looked at: so many clauses, one after another, may hold a message back."""
TRIED_EACH = 5
"""How many candidates are tried for an attempt, and for how many attempts."""
TRIED_ATTEMPTS = 2
MOST_RUNS = 24
"""How many changed streams are run for one rule, and once more to leave out what is not needed."""
MOST_HANDLED = 50_000
"""How many inputs all runs of one explanation handle together."""

Run = Callable[[list[Input], Micros], Reasons]
"""Runs inputs until an instant."""


@frozen
class Outcome:
    """What became of a rule in a changed stream."""

    changes: Changes
    reasons: Reasons
    inputs: list[Input]
    sent: Decision | None
    attempts: list[Entry]
    distance: tuple[int, int, float]

    @property
    def hindrance(self) -> tuple[object, ...]:
        """What held the nearest attempt back, to be told from what holds it back after a change."""
        if not self.attempts:
            return ()
        nearest = self.attempts[0]
        missed = tuple(miss.text for miss in self.reasons.misses(nearest))
        made = nearest.decision
        decided = () if made is None else (made.status, made.reason, made.step, made.triggered)
        return (nearest.outcome, nearest.time, missed, *decided)


@define(kw_only=True)
class Suggesting:
    """Finds suggestions for the rules of one explanation. `end` is where the clock stopped, or was drained from."""

    program: Program
    run: Run
    inputs: list[Input]
    user: str
    end: Micros
    drain: bool = False
    handled: int = 0
    _runs: int = 0

    def suggestion(self, rule: int) -> Suggestion | None:
        """Changes with which the rule would have sent; None when none were found within the bounds."""
        self._runs = 0
        base = self._outcome(rule, ())
        best: Outcome | None = base
        for _ in range(MOST_CHANGES):
            if best is None or best.sent is not None:
                break
            best = self._step(rule, best)
        if best is None or best.sent is None:
            return None
        least = self._least(rule, best)
        assert least.sent is not None
        return self._told(least, least.sent)

    def _step(self, rule: int, before: Outcome) -> Outcome | None:
        """The outcome of the first change that makes the rule send, else of the one that brings it nearest."""
        until = self._until(before.changes)
        candidates = Candidates(
            reasons=before.reasons, program=self.program, inputs=before.inputs, user=self.user, end=until
        )
        best: Outcome | None = None
        for changes in self._candidates(rule, before, candidates):
            found = self._outcome(rule, (*before.changes, *changes))
            if found is None:
                continue
            if found.sent is not None:
                return found
            comes_on = found.distance <= before.distance and found.hindrance != before.hindrance
            if comes_on and (best is None or found.distance < best.distance):
                best = found
        return best

    def _candidates(self, rule: int, before: Outcome, candidates: Candidates) -> Iterator[Changes]:
        """Those of the nearest attempts; that a refused trigger comes again by itself is the last that is tried."""
        if not before.attempts:
            yield from islice(candidates.of(rule, None), TRIED_EACH)
        last: list[Changes] = []
        for attempt in before.attempts[:TRIED_ATTEMPTS]:
            for changes in islice(candidates.of(rule, attempt), TRIED_EACH):
                if attempt.kind == "tried" and all(isinstance(one, MoveClock) for one in changes):
                    last.append(changes)
                else:
                    yield changes
        yield from last[:1]

    def _least(self, rule: int, best: Outcome) -> Outcome:
        """The outcome with every change left out that the others do without."""
        self._runs = 0
        place = 0
        while place < len(best.changes) > 1:
            less = self._without(rule, best.changes, place)
            if less is not None and less.sent is not None:
                best, place = less, 0
            else:
                place += 1
        return best

    def _without(self, rule: int, changes: Changes, place: int) -> Outcome | None:
        """The outcome without one of the changes.

        When the record before which another is added is not where it was without it, what is added comes last.
        """
        rest = (*changes[:place], *changes[place + 1 :])
        found = self._outcome(rule, rest)
        if found is not None or not any(isinstance(one, AddRecord) and one.before is not None for one in rest):
            return found
        return self._outcome(rule, [evolve(one, before=None) if isinstance(one, AddRecord) else one for one in rest])

    def _outcome(self, rule: int, changes: Sequence[Change]) -> Outcome | None:
        """What becomes of a rule after some changes; None beyond the bounds, or when they do not fit together."""
        try:
            inputs = applied(changes, self.inputs, self.user)
        except LookupError:
            return None
        if self._runs >= MOST_RUNS or self.handled + len(inputs) > MOST_HANDLED:
            return None
        self._runs += 1
        self.handled += len(inputs)
        until = self._until(changes)
        reasons = self.run(inputs, min(until, LAST_INSTANT))
        silences = Silences(reasons)
        decided = (one for one in reasons.trace.entries if one.rule == rule and silences.speaks(one))
        sent = next((one.decision for one in decided), None)
        attempts = silences.attempts(rule)
        nearest = attempts[0] if attempts else None
        if sent is None and nearest is not None and changes and _waits(nearest) and nearest.time > until:
            return self._outcome(rule, (*changes, MoveClock(until=nearest.time)))
        return Outcome(tuple(changes), reasons, inputs, sent, attempts, silences.distance(nearest))

    def _until(self, changes: Sequence[Change]) -> Micros:
        """Where the clock stops: late enough for every record that was moved or added."""
        return max([self.end, *(until for one in changes if (until := lasts(one)) is not None)])

    def _told(self, found: Outcome, sent: Decision) -> Suggestion:
        """The clock goes on only as far as it must: not at all, when it is drained anyway and that is enough."""
        changes: Changes = tuple(one for one in found.changes if not isinstance(one, MoveClock))
        is_drained = self.drain and len(changes) == len(found.changes)
        until = self._until(changes) if is_drained else max(self._until(changes), sent.time)
        if until > self._until(changes):
            changes = (*changes, MoveClock(until=until))
        return Suggestion(changes=changes, decision=sent, until=until)


def _waits(entry: Entry) -> bool:
    return entry.decision is not None and entry.decision.status == "pending"
