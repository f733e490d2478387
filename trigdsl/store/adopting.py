"""A state that one program wrote → the state with which another goes on, and what becomes of runs that wait.

What becomes of runs is for `fates` to say.  What rules ask of history goes on where they asked it before, and starts
empty where they ask something new.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

from attrs import field, frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.fires import CalendarFires, IgnoredFires, SegmentFires, SilenceFires
from trigdsl.engine.program import CompiledRule, Program
from trigdsl.engine.state import Run, State, delivery_key
from trigdsl.engine.steps import key_at
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros
from trigdsl.store.codec import encode_state, read_state, state_of
from trigdsl.store.fates import Fate, OldRulesWantedError, fates
from trigdsl.store.layouts import Layout, Numbers, RuleLayout, layout_of, numbers

T = TypeVar("T")
_HISTORY = 7
"""The place of the history among the parts of a state."""


@frozen(kw_only=True)
class Adoption:
    """From the layout that wrote states to a program: what goes where, and what becomes of runs.

    `policy` stands in place of what the rules say of it, None to heed them.
    """

    program: Program
    old: Layout
    new: Layout
    policy: str | None
    numbers: Numbers = field(init=False)
    _fates: tuple[Fate, ...] = field(init=False)
    _old_rules: dict[tuple[str, str], int] = field(init=False)

    @numbers.default
    def _numbers(self) -> Numbers:
        return numbers(self.old, self.new)

    @_fates.default
    def _their_fates(self) -> tuple[Fate, ...]:
        return fates(self.old, self.program, self.policy)

    @_old_rules.default
    def _where_old_rules_are(self) -> dict[tuple[str, str], int]:
        return {(rule.name, rule.fingerprint): rule.index for rule in self.program.rules if rule.is_old}

    def adopt(self, parts: list[Any]) -> Adopted:
        """The state that goes on from the parts of one that was written by the old layout.

        Raises OldRulesWantedError when runs of it go on by old rules that the program was not compiled with.
        """
        parts = list(parts)
        if len(parts) > _HISTORY and parts[_HISTORY] is not None:
            parts[_HISTORY] = self._history(parts[_HISTORY])
        state = state_of(self.program.slots, parts)
        adopted = Adopted(state=state)
        self._runs(state, adopted)
        self._triggers(state)
        self._counts(state)
        return adopted

    def _history(self, kept: list[Any]) -> list[Any] | None:
        history: list[Any] = [None] * len(self.new.slots)
        taken: set[int] = set()
        for new, old in self.numbers.slots.items():
            history[new] = deepcopy(kept[old]) if old in taken else kept[old]
            taken.add(old)
        return history if any(one is not None for one in history) else None

    # ------------------------------------------------------------------ runs
    def _runs(self, state: State, adopted: Adopted) -> None:
        left = []
        for run in state.runs or ():
            old, fate = self.old.rules[run.rule], self._fates[run.rule]
            why = self._why_it_ends(run, old, fate)
            if why is not None:
                adopted.ended.append((run, old, why))
                continue
            left.append(run)
            if fate.kind == "retime":
                adopted.retimed.append(run)
            run.rule = self._old_rules[fate.rule_key] if fate.kind == "old" else fate.living
            run.captured = self._captured(run.captured)
        state.runs = left or None

    def _why_it_ends(self, run: Run, old: RuleLayout, fate: Fate) -> str | None:
        """Why a run cannot go on; one that takes the new text is put under the value that `for each` now asks for."""
        match fate.kind:
            case "removed":
                return "rule removed"
            case "cancel":
                return "rule changed"
            case "old" if fate.rule_key not in self._old_rules:
                if fate.rule_key not in self.program.refused:
                    raise OldRulesWantedError((fate.rule,))
                return f"old text cannot run: {self.program.refused[fate.rule_key]}"
            case "retime" | "new text":
                rule = self.program.rules[fate.living]
                run.key = None if rule.for_each is None else key_at(run.event, rule.for_each)
                fits = run.step < len(rule.steps) and (rule.for_each is None or run.key is not None)
                return None if fits else "rule changed"
        return None

    def _captured(self, captured: dict[int, Any] | None) -> dict[int, Any] | None:
        if captured is None:
            return None
        return {new: captured[old] for new, old in self.numbers.slots.items() if old in captured}

    # ------------------------------------------------------------------ triggers and counts
    def _triggers(self, state: State) -> None:
        def by_rule(entries: dict[int, T] | None, kind: type) -> dict[int, T] | None:
            return self._by_rule(entries, lambda rule: isinstance(rule.fires, kind))

        state.silences = by_rule(state.silences, SilenceFires)
        for entry in (state.silences or {}).values():
            entry[3] = self._captured(entry[3])
        state.ignored = by_rule(state.ignored, IgnoredFires)
        for sends in (state.ignored or {}).values():
            for send in sends:
                send[2] = self._captured(send[2])
        state.calendar = by_rule(state.calendar, CalendarFires)
        state.members = by_rule(state.members, SegmentFires)

    def _counts(self, state: State) -> None:
        limits = self._by_rule(state.limits, lambda rule: rule.limit is not None)
        for number, by_key in (limits or {}).items():
            limit = self.program.rules[number].limit
            assert limit is not None
            for key, times in by_key.items():
                by_key[key] = times[-limit.count :]
        state.limits = limits
        caps = _moved(state.caps or {}, self.numbers.caps)
        state.caps = {cap: times[-self.program.caps[cap].count :] for cap, times in caps.items()} or None
        rules = self.numbers.rules
        goals = [[self._goal(goal[0]), *goal[1:]] for goal in state.goals or () if goal[0] in rules]
        state.goals = [goal for goal in goals if self.program.rules[goal[0]].goal is not None] or None
        if state.starts is not None:
            state.starts = (state.starts[0], *(rules[rule] for rule in state.starts[1:] if rule in rules))
        if state.watched is not None:
            watched: list[Any] = [None] * len(self.new.invariants)
            for old, new in self.numbers.invariants.items():
                watched[new] = state.watched[old]
            state.watched = watched

    def _goal(self, number: int) -> int:
        """The rule whose goal it is: as it was, as long as runs go on by that, else as it is."""
        return self._old_rules.get(self._fates[number].rule_key, self.numbers.rules[number])

    def _by_rule(self, entries: dict[int, T] | None, fits: Callable[[CompiledRule], bool]) -> dict[int, T] | None:
        moved = _moved(entries or {}, self.numbers.rules)
        return {number: entry for number, entry in moved.items() if fits(self.program.rules[number])} or None


def _moved(entries: dict[int, T], to: dict[int, int]) -> dict[int, T]:
    return {to[number]: entry for number, entry in entries.items() if number in to}


@frozen(kw_only=True)
class Adopted:
    """A state that goes on, the runs that end (with the old rule and the reason), and those to be timed anew."""

    state: State
    ended: list[tuple[Run, RuleLayout, str]] = field(factory=list)
    retimed: list[Run] = field(factory=list)

    def decisions(self, now: Micros) -> list[Decision]:
        """That the runs that end are cancelled."""
        return [_cancelled(self.state.user, run, rule, reason, now) for run, rule, reason in self.ended]


def _cancelled(user: str, run: Run, rule: RuleLayout, reason: str, now: Micros) -> Decision:
    kind, channel, target = rule.steps[run.step]
    return Decision(
        user=user,
        rule=rule.name,
        step=run.step + 1,
        action=kind,
        status="cancelled",
        time=now,
        triggered=run.triggered,
        due=run.due,
        key=delivery_key(user, rule.name, run, 0),
        reason=reason,
        channel=channel,
        target=target,
        event_id=run.event_id,
    )


def adopt_all(old: Clockwork, new: Clockwork, policy: str | None, now: Micros) -> list[Decision]:
    """Let one clockwork in memory go on with all users of another; the runs that end with it, by user."""
    layout = layout_of(old.program)
    adoption = Adoption(program=new.program, old=layout, new=layout_of(new.program), policy=policy)
    decisions = []
    for user, state in sorted(old.states.items()):
        adopted = adoption.adopt(read_state(encode_state(old.program, 0, state)))
        new.machine.adopt(adopted.state, now, adopted.retimed)
        new.states[user] = adopted.state
        if adopted.state.due is not None:
            new.expect([(adopted.state.due, user)])
        decisions += adopted.decisions(now)
    new.links.update(old.links)
    return decisions
