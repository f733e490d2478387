"""Sends, and the events they must keep away from → the invariants that are broken.

An invariant judges every send that was `sent`, urgent ones included, at the moment it is made, by what was handled
before it: an event of the same instant counts when it came first.  Nothing that is watched here changes a decision.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from trigdsl.engine import quotas
from trigdsl.engine.action_types import CompiledPeriod
from trigdsl.engine.program import CompiledInvariant, EventPlan, MostSends, NoSendAfter, NoSendBetween
from trigdsl.engine.state import State
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.printing import print_duration
from trigdsl.model.values import HOUR, MINUTE, SECOND, Micros, Value
from trigdsl.model.violations import Violation

if TYPE_CHECKING:
    from trigdsl.engine.machine import Machine

OnViolation: TypeAlias = Callable[[Violation], None]

_WHEN = {"day": "that day already", "week": "that week already", "month": "that month already", "ever": "before it"}


class Watch:
    """Watches the machine's present user at its present moment.

    What it keeps stands in `state.watched`, by the number of the invariant: the time and the name of the latest
    event that sends keep away from, or the times of the latest sends that are counted.
    """

    def __init__(self, machine: Machine, on_violation: OnViolation) -> None:
        self._machine = machine
        self._c = machine.context
        self._invariants = machine.program.invariants
        self._on_violation = on_violation

    def event(self, plan: EventPlan, properties: dict[str, Value]) -> None:
        """Note an event that invariants speak of."""
        for number, test in plan.watches:
            if self._machine.holds(test, properties):
                self._memory()[number] = [self._c.now, self._named(properties)]

    def sent(self, decision: Decision) -> None:
        """Judge a message that was sent."""
        for invariant in self._invariants:
            because = self._broken(invariant, decision)
            if because is not None:
                told = {"invariant": invariant.name, "promise": invariant.text, "because": because}
                self._on_violation(Violation(decision=decision, **told))

    def _broken(self, invariant: CompiledInvariant, decision: Decision) -> str | None:
        """Why the send breaks the invariant, None when it does not."""
        promise = invariant.promise
        if isinstance(promise, MostSends):
            return self._too_many(invariant.number, promise)
        if promise.target not in (None, decision.channel, decision.rule):
            return None
        if isinstance(promise, NoSendBetween):
            return self._in_window(promise)
        return self._too_soon(invariant.number, promise)

    def _in_window(self, promise: NoSendBetween) -> str | None:
        zone, now = promise.window.zone or self._c.zone, self._c.now
        return f"it was {_clock(zone, now)} in {zone.name}" if promise.window.is_open(now, zone) else None

    def _too_soon(self, number: int, promise: NoSendAfter) -> str | None:
        kept = self._memory()[number]
        if kept is None or self._c.now - kept[0] > promise.length:
            return None
        since = self._c.now - kept[0]
        when = f"{print_duration(timedelta(microseconds=since))} before" if since else "at the same moment"
        return f"`{kept[1]}` came {when}"

    def _too_many(self, number: int, promise: MostSends) -> str | None:
        memory, c = self._memory(), self._c
        times = memory[number] = memory[number] or []
        is_full = quotas.is_full(times, promise.count, promise.period, c.now, c.zone)
        quotas.note(times, promise.count, c.now)
        return f"{promise.count} had gone out {_when(promise.period)}" if is_full else None

    def _memory(self) -> list[Any]:
        state = self._c.state
        if state.watched is None:
            state.watched = [None] * len(self._invariants)
        return state.watched

    def _named(self, properties: dict[str, Value]) -> str:
        """The event that is being handled, as rules name it."""
        wire = self._c.name or ""
        rule = properties.get("rule")
        if wire in ("sent", "opened", "clicked", "bounced", "unsubscribed") and isinstance(rule, str):
            return f"{wire} {rule}"
        return self._machine.program.event_names.get(wire, wire)


def merge_watched(invariants: tuple[CompiledInvariant, ...], into: State, other: State) -> None:
    """Let a user's memory hold what is kept of both of two users that are one."""
    if other.watched is None or into.watched is None:
        into.watched = into.watched or other.watched
        return
    for invariant in invariants:
        known, kept = into.watched[invariant.number], other.watched[invariant.number]
        if known is None or kept is None:
            into.watched[invariant.number] = kept if known is None else known
        elif isinstance(invariant.promise, MostSends):
            times = sorted([*known, *kept])
            into.watched[invariant.number] = times[max(len(times) - invariant.promise.count, 0) :]
        else:
            into.watched[invariant.number] = max(kept, known, key=lambda entry: entry[0])


def _when(period: CompiledPeriod) -> str:
    if period.kind == "duration":
        return f"in the {print_duration(timedelta(microseconds=period.length))} before it"
    return _WHEN[period.kind]


def _clock(zone: Zone, at: Micros) -> str:
    """The time of day that a wall clock shows, with seconds when there are any."""
    time = zone.micros_of_day(at)
    seconds = time // SECOND % 60
    return f"{time // HOUR:02}:{time // MINUTE % 60:02}" + (f":{seconds:02}" if seconds else "")
