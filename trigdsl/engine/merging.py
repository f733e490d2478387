"""What is kept for two ids that turn out to be one user → what is kept for that user.

Here the live engine merges: it has decided what it has decided, so it merges what was kept, and nothing that
happened before the merge triggers or ends anything now.  (A replay that has all records does without: it renames
the alias in them before it runs.)  The known user and the other id are treated alike but for this:

- What both did is put in one order by time; at one instant, what the other id did came first.
- Of an attribute that both have, the known user's value stands.
- What stood open for both goes on, as far as it could stand open for one user.  Runs that `while pending` would
  not have let stand side by side end: with `ignore` the newer one, with `restart` the older one (the newer one
  if `for at most` was over when it started), and what is over the most runs of a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trigdsl.engine.duplicates import add_all
from trigdsl.engine.history import Count, Latest, Recent, Slot, Tally, Window
from trigdsl.engine.invariants import merge_watched
from trigdsl.engine.program import CompiledRule, Program
from trigdsl.engine.shares import holdout_share
from trigdsl.engine.state import Run, State
from trigdsl.engine.steps import MOST_RUNS, MOST_VALUES, key_under
from trigdsl.model.values import Micros


def merge(program: Program, into: State, other: State, now: Micros) -> list[Run]:
    """Merge what is kept for another id into a known user's state, and give the runs that end with it.

    These come in rule order, the older first.  `other` is used up.  Calendar triggers, memberships and the next
    timer are the machine's to find anew.
    """
    _put_in_order(program, (other, into))
    take_over_profile(into, other)
    into.lists = {*(into.lists or ()), *(other.lists or ())} or None
    _merge_history(program, into, other, now)
    ended = _merge_runs(program, into, other)
    into.first = _earlier(into.first, other.first)
    _merge_waiting(into, other)
    _merge_calendars(into, other)
    _merge_limits(program, into, other)
    _merge_caps(program, into, other)
    merge_watched(program.invariants, into, other)
    goals = [goal for goal in (*(other.goals or ()), *(into.goals or ())) if goal[1] >= now]
    into.goals = goals or None
    if other.ids:
        into.ids = into.ids or {}
        add_all(into.ids, other.ids)
    return ended


def take_history(program: Program, into: State, other: State, since: Mapping[int, Micros], now: Micros) -> None:
    """Merge the history of some slots, found up to and including a moment for each, into what a user has since.

    `other` is used up.  What a window still has of before that moment is found again, and so given up.
    """
    for number, last in since.items():
        if isinstance(program.slots[number], Window) and into.history is not None and into.history[number] is not None:
            into.history[number] = [entry for entry in into.history[number] if entry[0] > last] or None
    _put_in_order(program, (other, into))
    _merge_history(program, into, other, now)


def take_over_profile(into: State, other: State) -> None:
    """Give the known user the attributes that only the other id has."""
    if other.profile:
        into.profile = {**other.profile, **(into.profile or {})}


def _earlier(a: Micros | None, b: Micros | None) -> Micros | None:
    return min((at for at in (a, b) if at is not None), default=None)


# ------------------------------------------------------------------------ one order
def _put_in_order(program: Program, states: tuple[State, State]) -> None:
    """Number anew what shares an instant, so that the numbers of both states can be compared."""
    moments = sorted(
        (time, which, seq) for which, state in enumerate(states) for time, seq in {*_moments(program, state)}
    )
    places = {(which, seq): place for place, (_, which, seq) in enumerate(moments, 1)}
    for which, state in enumerate(states):
        for slot in program.slots if state.history is not None else ():
            assert state.history is not None
            kept = state.history[slot.number]
            if kept is not None and isinstance(slot, Latest):
                state.history[slot.number] = (kept[0], places[which, kept[1]])
            elif kept is not None and isinstance(slot, Recent):
                state.history[slot.number] = [(places[which, seq], *rest) for seq, *rest in kept]
        for run in state.runs or ():
            run.seq = places[which, run.seq]
        state.seq = len(moments)


def _moments(program: Program, state: State) -> Iterator[tuple[Micros, int]]:
    """The time and number of each event and run that is kept."""
    for run in state.runs or ():
        yield run.triggered, run.seq
    for slot in program.slots if state.history is not None else ():
        assert state.history is not None
        kept = state.history[slot.number]
        if kept is not None and isinstance(slot, Latest):
            yield kept
        elif kept is not None and isinstance(slot, Recent):
            yield from ((time, seq) for seq, time, _ in kept)


# ------------------------------------------------------------------------ history
def _merge_history(program: Program, into: State, other: State, now: Micros) -> None:
    if other.history is None or into.history is None:
        into.history = into.history or other.history
        return
    for slot in program.slots:
        known, kept = into.history[slot.number], other.history[slot.number]
        if known is None or kept is None:
            into.history[slot.number] = kept if known is None else known
        else:
            into.history[slot.number] = _merged(slot, known, kept, now)


def _merged(slot: Slot, known: Any, other: Any, now: Micros) -> Any:
    """What a slot keeps of the events of both, of which each has some."""
    match slot:
        case Latest():
            return max(known, other, key=lambda kept: kept[1])
        case Count():
            return known + other
        case Tally():
            return _merged_tallies(known, other, slot.timed)
        case Window():
            entries = sorted((*other, *known), key=lambda entry: entry[0])
            return [entry for entry in entries if entry[0] > now - slot.length] or None
        case Recent():
            return sorted((*known, *other), key=lambda entry: entry[0])[-2:]


def _merged_tallies(known: Any, other: Any, timed: bool) -> Any:
    """The sums of both; of values since E2, not those that were all before the other's latest E2.

    When that E2 came amid one's values, which of them were before it is known no more, and all are counted.
    """
    if not timed:
        return [*_added([other, known]), other[5], known[6]]
    reset = max((at for kept in (known, other) if (at := _reset_of(kept)) is not None), default=None)
    values = [kept for kept, beside in ((other, known), (known, other)) if _counts(kept, beside, kept is other)]
    if not values:
        return reset
    first, last = min(values, key=lambda kept: kept[7]), max(reversed(values), key=lambda kept: kept[8])
    return [*_added(values), first[5], last[6], first[7], last[8], reset]


def _reset_of(kept: Any) -> Micros | None:
    """The time of the latest E2."""
    held: Micros | None = kept[9] if kept.__class__ is list else kept
    return held


def _counts(kept: Any, beside: Any, is_other: bool) -> bool:
    """Whether there are values, of which not all were before the E2 of the one beside."""
    if kept.__class__ is not list:
        return False
    reset = _reset_of(beside)
    return reset is None or bool(kept[8] > reset or (kept[8] == reset and not is_other))


def _added(tallies: list[Any]) -> list[Any]:
    """How many numbers, their sum, the least and the greatest, and how many values."""
    least = min((one[2] for one in tallies if one[2] is not None), default=None)
    greatest = max((one[3] for one in tallies if one[3] is not None), default=None)
    numbers, total, values = (sum(one[place] for one in tallies) for place in (0, 1, 4))
    return [numbers, total, least, greatest, values]


# ------------------------------------------------------------------------ runs
def _merge_runs(program: Program, into: State, other: State) -> list[Run]:
    """Let the runs of both stand side by side as far as one user's can; those that end."""
    for run in other.runs or ():
        _move(program.rules[run.rule], run, other.user, into.user)
    runs = sorted((*(into.runs or ()), *(other.runs or ())), key=lambda run: run.seq)
    ended = [run for rule in program.rules if not rule.is_old for run in _ended(program, rule, runs)]
    into.runs = [run for run in runs if run not in ended] or None
    return ended


def _move(rule: CompiledRule, run: Run, other: str, known: str) -> None:
    """Make a run another user's: its deliveries keep their names; held out it is as the user, unless it acted."""
    if run.started_as is None:
        run.started_as = other
    if rule.holdout is not None and not run.counted:
        run.holdout = holdout_share(rule.name, known) < rule.holdout


def _ended(program: Program, rule: CompiledRule, unfinished: list[Run]) -> list[Run]:
    """Of the unfinished runs of a rule, older first, those that cannot stand beside the others."""
    runs = [run for run in unfinished if program.rules[run.rule].living == rule.index]
    ended = []
    if rule.pending != "stack":
        standing: dict[Any, Run] = {}
        for run in runs:
            key = key_under(rule, program.rules[run.rule], run)
            older = standing.get(key)
            if older is None:
                standing[key] = run
            elif rule.pending == "ignore" or not _restarts(rule, older, run):
                ended.append(run)
            else:
                ended.append(older)
                standing[key] = run
    left = [run for run in runs if run not in ended]
    return sorted((*ended, *left[MOST_RUNS:]), key=lambda run: run.seq)


def _restarts(rule: CompiledRule, older: Run, newer: Run) -> bool:
    """Whether the newer run would have ended the older one; it then stands in that one's chain."""
    if rule.at_most is None:
        return True
    if newer.triggered > older.chain + rule.at_most:
        return False
    newer.chain = older.chain
    return True


# ------------------------------------------------------------------------ what waits, and what is counted
def _merge_waiting(into: State, other: State) -> None:
    """A silence is that of the later event; of the sends that nobody opened, all are waited for."""
    for rule, entry in (other.silences or {}).items():
        into.silences = into.silences or {}
        if rule not in into.silences or into.silences[rule][0] < entry[0]:
            into.silences[rule] = entry
    for rule, entries in (other.ignored or {}).items():
        into.ignored = into.ignored or {}
        into.ignored[rule] = sorted((*entries, *into.ignored.get(rule, ())), key=lambda entry: entry[0])


def _merge_calendars(into: State, other: State) -> None:
    """A calendar trigger has fired last on the later of both last dates."""
    for rule, entry in (other.calendar or {}).items():
        into.calendar = into.calendar or {}
        held = into.calendar.setdefault(rule, entry)
        held[2] = max((day for day in (held[2], entry[2]) if day is not None), default=None)


def _merge_limits(program: Program, into: State, other: State) -> None:
    for index, times in (other.limits or {}).items():
        into.limits = into.limits or {}
        limit = program.rules[index].limit
        assert limit is not None
        by_key = dict(into.limits.get(index, {}))
        for key, held in times.items():
            by_key[key] = _latest((*held, *by_key.get(key, ())), limit.count)
        # The values that were used last stand last, where they are forgotten last.
        ordered = sorted(by_key.items(), key=lambda item: item[1][-1])
        into.limits[index] = dict(ordered[-MOST_VALUES:] if limit.period.kind == "ever" else ordered)


def _merge_caps(program: Program, into: State, other: State) -> None:
    for number, times in (other.caps or {}).items():
        into.caps = into.caps or {}
        into.caps[number] = _latest((*times, *into.caps.get(number, ())), program.caps[number].count)


def _latest(times: Iterable[Micros], count: int) -> list[Micros]:
    """So many of the latest times, in order; they are never none of some."""
    return sorted(times)[-count:]
