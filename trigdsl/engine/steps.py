"""Runs: how they start, how their steps are armed and carried out, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trigdsl.engine import quotas
from trigdsl.engine.history import recent
from trigdsl.engine.program import CompiledRule, CompiledStep
from trigdsl.engine.schedules import at_or_after, calendar_days_later
from trigdsl.engine.shares import holdout_share
from trigdsl.engine.state import Run
from trigdsl.engine.timers import later
from trigdsl.engine.values import key_of
from trigdsl.engine.windows import next_opening
from trigdsl.model.values import LAST_INSTANT, Micros, Value

if TYPE_CHECKING:
    from trigdsl.engine.machine import Machine

MOST_RUNS = 100
"""How many runs of a rule are unfinished for one user at the most."""

MOST_VALUES = 1_000
"""For how many values of a `for each` a limit without end is kept for a user."""


def key_at(properties: dict[str, Value], path: tuple[str, ...]) -> str | None:
    """The key of an event's value at a path, None when there is none."""
    value: Any = properties
    for name in path:
        if value.__class__ is not dict:
            return None
        value = value.get(name)
    return None if value is None else key_of(value)


def key_under(living: CompiledRule, own: CompiledRule, run: Run) -> str | None:
    """The key by which a rule as it is now keeps a run apart, which may have started by an older text of it."""
    if own.for_each == living.for_each:
        key: str | None = run.key
        return key
    return None if living.for_each is None else key_at(run.event, living.for_each)


class Steps:
    """Runs and steps of the machine's present user at its present moment."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._c = machine.context
        self._rules = machine.program.rules

    # ------------------------------------------------------------------ triggering
    def trigger(
        self,
        rule: CompiledRule,
        event: dict[str, Value],
        event_id: str | None,
        seq: int | None,
        captured: dict[int, Any] | None = None,
    ) -> None:
        """Try a trigger that fired, in order: condition, campaign, `for each`, limit, `while pending`."""
        c = self._c
        c.rule, c.event, c.trigger, c.seq, c.captured = rule, event, event, seq, captured
        if rule.condition is None or rule.condition(c):
            self.start(rule, event, event_id)

    def start(self, rule: CompiledRule, event: dict[str, Value], event_id: str | None) -> None:
        """Start a run of a rule whose trigger fired and whose condition holds, if all else allows it."""
        c = self._c
        if (rule.starts is not None and c.now < rule.starts) or (rule.ends is not None and c.now >= rule.ends):
            return
        key = None
        if rule.for_each is not None and (key := key_at(event, rule.for_each)) is None:
            return
        if rule.limit is not None and self._is_limited(rule, key):
            return
        chain = c.now if c.state.runs is None else self._pending(rule, key, c.state.runs)
        if chain is not None:
            self._make_run(rule, event, event_id, key, chain)

    def _pending(self, rule: CompiledRule, key: str | None, runs: list[Run]) -> Micros | None:
        """Heed `while pending`: the first trigger of the chain when a run is to start, else None."""
        chain = now = self._c.now
        rules = self._machine.program.rules
        unfinished = [run for run in runs if rules[run.rule].living == rule.index]
        if not unfinished:
            return chain
        same = [run for run in unfinished if key_under(rule, rules[run.rule], run) == key]
        if same and rule.pending == "ignore":
            return None
        if same and rule.pending == "restart":
            if rule.at_most is not None:
                chain = same[-1].chain
                if now > chain + rule.at_most:
                    return None
            for run in same:
                self._machine.end(run, "restarted")
            return chain
        return None if len(unfinished) >= MOST_RUNS else chain

    def _make_run(
        self, rule: CompiledRule, event: dict[str, Value], event_id: str | None, key: str | None, chain: Micros
    ) -> None:
        state, now, index = self._c.state, self._c.now, rule.index
        starts = state.starts
        if starts is None or starts[0] != now:
            number, state.starts = 1, (now, index)
        else:
            number, state.starts = starts[1:].count(index) + 1, (*starts, index)
        state.seq += 1
        captured = self.captured(rule) if rule.captures else None
        holdout = rule.holdout is not None and holdout_share(rule.name, state.user) < rule.holdout
        run = Run(index, state.seq, number, now, event, event_id, key, captured, chain, holdout)
        if state.runs is None:
            state.runs = [run]
        else:
            state.runs.append(run)
        self._machine.observations.runs[index] += 1
        if self._arm(run):
            self.proceed(run)

    def captured(self, rule: CompiledRule) -> dict[int, Any]:
        """What `previous` finds now, to be kept for the later steps of a run."""
        return {slot: recent(self._c, slot) for slot in rule.captures}

    # ------------------------------------------------------------------ steps
    def proceed(self, run: Run) -> None:
        """Carry out the step at which a run stands, then those that follow at once."""
        while self._carry_out(run):
            run.step += 1
            if run.step == len(self._rules[run.rule].steps):
                self.remove(run)
                return
            if not self._arm(run):
                return

    def _arm(self, run: Run) -> bool:
        """Arm the step at which a run stands; True when it is to be done at once."""
        now = self._c.now
        step = self._rules[run.rule].steps[run.step]
        run.armed = now
        run.waiting = False
        if step.immediate:
            run.due = run.wake = now
            return True
        run.due = run.wake = min(self._due(step), LAST_INSTANT)
        self._machine.timers_changed = True
        return False

    def retime(self, run: Run, now: Micros) -> None:
        """Find anew when the step is due at which a run stands, from when it was armed; not before `now`."""
        armed, self._c.now = run.armed, run.armed
        self._arm(run)
        self._c.now = now
        run.armed, run.wake = armed, max(run.wake, now)

    def _due(self, step: CompiledStep) -> Micros:
        c = self._c
        if step.at is None:
            assert step.after is not None
            return later(c.now, step.after)
        zone = step.zone or c.zone
        if step.days is not None:
            return calendar_days_later(zone, c.now, step.days, step.at)
        return at_or_after(zone, later(c.now, step.after or 0), step.at)

    def _carry_out(self, run: Run) -> bool:
        """Carry out one step that is due or whose window may be open; True when the run goes on to the next."""
        c, rule = self._c, self._rules[run.rule]
        step, now = rule.steps[run.step], c.now
        c.rule, c.event, c.trigger = rule, run.event, run.event
        c.seq, c.captured = None, run.captured
        if rule.ends is not None and now >= rule.ends:
            return self._give_up(run, step, "campaign ended")
        opening = next_opening(step.windows, now, c.zone) if step.windows else now
        if step.expires is not None and self._is_expired(run, step.expires, opening == now):
            return self._skip(run, step, "expired")
        if step.guard is not None and not step.guard(c):
            return self._skip(run, step, "guard")
        if opening != now:
            if opening is None or step.else_skip:
                return self._skip(run, step, "outside window")
            run.waiting = True
            run.wake = opening if step.expires is None else min(opening, later(run.due, step.expires))
            self._machine.timers_changed = True
            return False
        if not run.counted and self._rules[rule.living].limit is not None and self._is_run_limited(run):
            return self._give_up(run, step, "limit")
        perform = self._machine.actions.perform
        for place, action in enumerate(step.actions):
            perform(run, action, place)
        return True

    def _is_expired(self, run: Run, expires: Micros, is_open: bool) -> bool:
        """Exactly D after it was due is in time, if the window is open then."""
        last = later(run.due, expires)
        return self._c.now > last or (self._c.now == last and not is_open and (run.waiting or expires == 0))

    def _skip(self, run: Run, step: CompiledStep, reason: str) -> bool:
        self._machine.decide(run, step.actions[0], 0, "skipped", reason)
        return True

    def _give_up(self, run: Run, step: CompiledStep, reason: str) -> bool:
        self._machine.decide(run, step.actions[0], 0, "skipped", reason)
        self.remove(run)
        return False

    def remove(self, run: Run) -> None:
        """Forget a run that has ended."""
        state = self._c.state
        assert state.runs is not None
        state.runs.remove(run)
        if not state.runs:
            state.runs = None

    # ------------------------------------------------------------------ limits
    def _is_run_limited(self, run: Run) -> bool:
        """Whether the limit of the rule as it is now holds a run back."""
        own = self._machine.rule(run)
        living = self._machine.program.rules[own.living]
        return self._is_limited(living, key_under(living, own, run))

    def _is_limited(self, rule: CompiledRule, key: str | None) -> bool:
        limit, c = rule.limit, self._c
        if limit is None:
            return False
        times = (c.state.limits or {}).get(rule.index, {}).get(key)
        return quotas.is_full(times, limit.count, limit.period, c.now, c.zone)

    def note_limit(self, run: Run) -> None:
        """Count a run for its rule's limit."""
        own, c = self._machine.rule(run), self._c
        rule = self._machine.program.rules[own.living]
        if rule.limit is None:
            return
        key = key_under(rule, own, run)
        if c.state.limits is None:
            c.state.limits = {}
        by_key = c.state.limits.setdefault(rule.index, {})
        times = by_key.pop(key, None) or []
        quotas.note(times, rule.limit.count, c.now)
        by_key[key] = times
        if len(by_key) > MOST_VALUES:
            self._forget_values(by_key, rule)

    def _forget_values(self, by_key: dict[Any, list[Micros]], rule: CompiledRule) -> None:
        assert rule.limit is not None
        c = self._c
        if rule.limit.period.kind == "ever":
            del by_key[next(iter(by_key))]
            return
        for key in [one for one, times in by_key.items() if quotas.is_over(times, rule.limit.period, c.now, c.zone)]:
            del by_key[key]
