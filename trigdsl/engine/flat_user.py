"""What happened to one user under a flat program → its decisions; see `flat`.

This says what `machine`, `steps` and `actions` say, for rules of the simplest shape alone; a test holds the two
together.  It runs several times as fast, since of a user only runs, caps and the zone are to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TypeAlias

from trigdsl.engine import quotas
from trigdsl.engine.flat import Enders, FlatRule
from trigdsl.engine.program import CompiledLimit
from trigdsl.engine.steps import MOST_RUNS
from trigdsl.engine.timers import later
from trigdsl.engine.windows import next_opening
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, LAST_INSTANT, Micros


class FlatRun:
    """One run of a flat rule; see `state.Run`. `open` until it has ended."""

    __slots__ = ("chain", "due", "event_id", "number", "open", "rule", "seq", "triggered", "waiting", "wake")

    def __init__(
        self, rule: FlatRule, seq: int, number: int, now: Micros, wake: Micros, event_id: str | None, chain: Micros
    ) -> None:
        self.rule = rule
        self.seq = seq
        self.number = number
        self.triggered = now
        self.due = self.wake = wake
        self.event_id = event_id
        self.chain = chain
        self.waiting = False
        self.open = True


class FlatSilence:
    """The silence of a rule since an event; `open` until another one comes, or it is over."""

    __slots__ = ("event_id", "open", "rule", "wake")

    def __init__(self, rule: FlatRule, wake: Micros, event_id: str | None) -> None:
        self.rule = rule
        self.wake = wake
        self.event_id = event_id
        self.open = True


Happened: TypeAlias = tuple[Micros, Enders | None, tuple[FlatRule, ...], str | None, Zone | None, tuple[FlatRule, ...]]
"""The time of an input, what it ends, the rules it triggers, its id, the user's zone if it changed, and the rules whose
silence starts anew."""

Decide: TypeAlias = Callable[[Micros, FlatRun, str, "str | None"], None]
"""What gets each decision: its time, run, status and reason."""

Timer: TypeAlias = tuple[Micros, int, int, int, int, FlatRun | FlatSilence]
"""A place among the user's timers: moment, priority, rule, 0 for its silence and 1 for its runs, age."""


class FlatUser:
    """The runs of one user; `runs` counts them by rule."""

    def __init__(self, zone: Zone, decide: Decide, runs: Counter[int]) -> None:
        self._decide = decide
        self._zone = zone
        self._counted = runs
        self._timers: list[Timer] = []
        self._runs: list[FlatRun] = []
        self._silences: dict[int, FlatSilence] = {}
        self._seq = 0
        self._started_at: Micros | None = None
        self._started: list[int] = []
        self._caps: dict[int, list[Micros]] = {}
        self._limits: dict[int, list[Micros]] = {}

    def live(self, happened: list[Happened], until: Micros | None) -> None:
        """Everything that happened, in order of time; then the timers up to and including `until`."""
        timers = self._timers
        for now, enders, triggered, event_id, zone, silent in happened:
            while timers and timers[0][0] < now:
                self._go_off(heappop(timers)[5])
            if zone is not None:
                self._zone = zone
            for rule in silent:
                self._fall_silent(rule, now, event_id)
            if enders and self._runs:
                self._end(enders, now)
            for rule in triggered:
                self._start(rule, now, event_id)
        while until is not None and timers and timers[0][0] <= until:
            self._go_off(heappop(timers)[5])

    def pending(self) -> None:
        """Decide what is still armed as pending."""
        for wake, *_, run in sorted(timer for timer in self._timers if timer[5].open):
            if isinstance(run, FlatRun):
                self._decide(wake, run, "pending", "window" if run.waiting else "due")

    def _fall_silent(self, rule: FlatRule, now: Micros, event_id: str | None) -> None:
        """Start the silence of a rule anew."""
        assert rule.silence is not None
        if (before := self._silences.get(rule.index)) is not None:
            before.open = False
        self._seq += 1
        silence = self._silences[rule.index] = FlatSilence(rule, later(now, rule.silence), event_id)
        heappush(self._timers, (silence.wake, 0, rule.index, 0, self._seq, silence))

    def _end(self, enders: Enders, now: Micros) -> None:
        """End the runs that an event ends, in rule order, the older first."""
        met = [run for run in self._runs if run.rule.index in enders]
        if len(met) > 1:
            met.sort(key=_by_rule)
        for run in met:
            for ender in enders[run.rule.index]:
                if ender.within is None or now <= run.triggered + ender.within:
                    self._finish(run, now, "cancelled", ender.reason)
                    break

    def _start(self, rule: FlatRule, now: Micros, event_id: str | None) -> None:
        """Start a run, if the campaign, the limit and `while pending` allow it."""
        starts, ends = rule.rule.starts, rule.rule.ends
        if (starts is not None and now < starts) or (ends is not None and now >= ends):
            return
        if rule.limit is not None and self._is_limited(rule, rule.limit, now):
            return
        chain = now
        if self._runs and (rule.pending != "stack" or len(self._runs) >= MOST_RUNS):
            allowed = self._chain(rule, now)
            if allowed is None:
                return
            chain = allowed
        started = self._started
        if self._started_at != now:
            self._started_at = now
            started.clear()
        started.append(rule.index)
        self._counted[rule.index] += 1
        self._seq += 1
        after = rule.after
        wake = now if after is None else min(now + after, LAST_INSTANT)
        run = FlatRun(rule, self._seq, started.count(rule.index), now, wake, event_id, chain)
        self._runs.append(run)
        if after is None:
            self._carry_out(run, now)
        else:
            heappush(self._timers, (wake, -rule.priority, rule.index, 1, run.seq, run))

    def _chain(self, rule: FlatRule, now: Micros) -> Micros | None:
        """The first trigger of the chain that a run of the rule continues; None when none may start."""
        unfinished = [run for run in self._runs if run.rule is rule]
        if not unfinished:
            return now
        if rule.pending == "restart":
            chain = now
            if rule.at_most is not None:
                chain = unfinished[-1].chain
                if now > chain + rule.at_most:
                    return None
            for run in unfinished:
                self._finish(run, now, "cancelled", "restarted")
            return chain
        return None if rule.pending == "ignore" or len(unfinished) >= MOST_RUNS else now

    def _go_off(self, timer: FlatRun | FlatSilence) -> None:
        if not timer.open:
            return
        if isinstance(timer, FlatRun):
            self._carry_out(timer, timer.wake)
        else:
            timer.open = False
            self._start(timer.rule, timer.wake, timer.event_id)

    def _carry_out(self, run: FlatRun, now: Micros) -> None:
        """Send, or wait for the window, or give up."""
        rule = run.rule
        if rule.rule.ends is not None and now >= rule.rule.ends:
            self._finish(run, now, "skipped", "campaign ended")
            return
        if rule.windows:
            opening = self._opening(rule, now)
            if rule.expires is not None:
                last = later(run.due, rule.expires)
                waited = opening != now and (run.waiting or rule.expires == 0)
                if now > last or (now == last and waited):
                    self._finish(run, now, "skipped", "expired")
                    return
            if opening is None or (opening != now and rule.else_skip):
                self._finish(run, now, "skipped", "outside window")
                return
            if opening != now:
                run.waiting = True
                run.wake = opening if rule.expires is None else min(opening, later(run.due, rule.expires))
                heappush(self._timers, (run.wake, -rule.priority, rule.index, 1, run.seq, run))
                return
        if rule.limit is not None and self._is_limited(rule, rule.limit, now):
            self._finish(run, now, "skipped", "limit")
            return
        full = self._full_cap(rule, now) if rule.caps else None
        if full is None:
            if rule.limit is not None:
                quotas.note(self._limits.setdefault(rule.index, []), rule.limit.count, now)
            self._finish(run, now, "sent", None)
        else:
            self._finish(run, now, "capped", full)

    def _opening(self, rule: FlatRule, now: Micros) -> Micros | None:
        """The rule's next opening; hours of each day need no search while the clock runs evenly."""
        if rule.hours is not None:
            opens, closes, fixed = rule.hours
            _, end, offset = (fixed or self._zone).segment(now)
            time = (now + offset) % DAY
            if opens <= time < closes:
                return now
            opening = now + opens - time + (0 if time < opens else DAY)
            if opening < end and opening <= LAST_INSTANT:
                return opening
        return next_opening(rule.windows, now, self._zone)

    def _is_limited(self, rule: FlatRule, limit: CompiledLimit, now: Micros) -> bool:
        return quotas.is_full(self._limits.get(rule.index), limit.count, limit.period, now, self._zone)

    def _full_cap(self, rule: FlatRule, now: Micros) -> str | None:
        """The label of the first cap that is full; when none is, this send counts in all of them."""
        caps = self._caps
        for cap in rule.caps:
            if quotas.is_full(caps.get(cap.number), cap.count, cap.period, now, self._zone):
                return cap.label
        for cap in rule.caps:
            quotas.note(caps.setdefault(cap.number, []), cap.count, now)
        return None

    def _finish(self, run: FlatRun, now: Micros, status: str, reason: str | None) -> None:
        run.open = False
        self._runs.remove(run)
        self._decide(now, run, status, reason)


def _by_rule(run: FlatRun) -> int:
    return run.rule.index
