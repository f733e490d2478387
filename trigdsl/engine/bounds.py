"""A compiled program → what is kept for a user in the worst case, and for how long.

Each `Kept` is one thing that `engine.state.State` holds.  Where the language bounds how many there are, `most` is that
number; where it is bounded by how often something happens, `most` is None and `label` says of what one is kept each.
`length` bounds for how long, from the moment it came; None is for ever, or until a window opens that no clock bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from attrs import asdict, frozen

from trigdsl.engine import history
from trigdsl.engine.action_types import CompiledPeriod
from trigdsl.engine.duplicates import SAME_RECORD
from trigdsl.engine.fires import CalendarFires, IgnoredFires, SegmentFires, SilenceFires
from trigdsl.engine.program import CompiledRule, CompiledStep, MostSends, NoSendAfter, Program
from trigdsl.engine.steps import MOST_RUNS, MOST_VALUES
from trigdsl.engine.zones import LARGEST_SHIFT
from trigdsl.model.printing import print_duration
from trigdsl.model.values import DAY, SECOND, Micros


@frozen(kw_only=True)
class Kept:
    """One thing that is kept: what it is (`runs`, `history`, …), of what, how many at most, for how long.

    `holds` is what one of them is.  `number` is that of the history slot, cap or invariant, None for others.
    """

    what: str
    label: str
    holds: str
    most: int | None
    length: Micros | None
    number: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; the length as seconds."""
        data = asdict(self)
        length = data.pop("length")
        return {**data, "seconds": None if length is None else length / SECOND}

    @property
    def duration(self) -> str:
        """For how long, for people."""
        if self.length is None:
            return "until its window opens" if self.what == "runs" else "for ever"
        return f"for {_short(self.length)}"


@frozen(kw_only=True)
class RuleBounds:
    """What a rule keeps by itself, and the history slots that it asks, which other rules may share."""

    rule: str
    kept: tuple[Kept, ...]
    slots: tuple[int, ...]


@frozen(kw_only=True)
class Bounds:
    """What is kept for a user: by each rule, and by the program for all of them."""

    rules: tuple[RuleBounds, ...]
    program: tuple[Kept, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "rules": [
                {"rule": one.rule, "kept": [kept.to_dict() for kept in one.kept], "slots": list(one.slots)}
                for one in self.rules
            ],
            "program": [kept.to_dict() for kept in self.program],
            "most_runs": self.most_runs,
        }

    @property
    def most_runs(self) -> int:
        """How many runs can be unfinished for one user, those of all rules together."""
        return sum(kept.most or 0 for one in self.rules for kept in one.kept if kept.what == "runs")


def bounds(program: Program) -> Bounds:
    """What the program keeps for one user in the worst case."""
    rules = [
        RuleBounds(rule=rule.name, kept=tuple(_of_rule(rule)), slots=program.slot_uses.get(rule.index, ()))
        for rule in program.rules
    ]
    return Bounds(rules=tuple(rules), program=tuple(_of_program(program)))


def _of_rule(rule: CompiledRule) -> Iterator[Kept]:
    yield from _runs(rule)
    yield from _trigger(rule)
    if rule.limit is not None and rule.limit.count:
        yield from _limit(rule)
    if rule.goal is not None:
        holds = "the triggering event and a deadline"
        label = f"run that sent in the last {_short(rule.goal.length)}"
        yield Kept(what="goals", label=label, holds=holds, most=None, length=rule.goal.length)


def _runs(rule: CompiledRule) -> Iterator[Kept]:
    """Unfinished runs: none of a rule whose steps are all done at once."""
    if all(step.immediate and not step.windows for step in rule.steps):
        return
    most = 1 if rule.for_each is None and rule.pending != "stack" else MOST_RUNS
    lengths = [_longest(step) for step in rule.steps]
    known = [length for length in lengths if length is not None]
    length = sum(known) if len(known) == len(lengths) else None
    holds = "the triggering event, a position and a timer"
    yield Kept(what="runs", label="unfinished run", holds=holds, most=most, length=length)


def _longest(step: CompiledStep) -> Micros | None:
    """The longest that a run stands at a step; None when only a window tells."""
    if step.windows and step.expires is None:
        return None
    delay = step.after or 0
    if step.at is not None:  # the next such time of day, or the one some days later, however the clock is changed
        delay += (1 + (step.days or 0)) * DAY + LARGEST_SHIFT
    return delay + (step.expires or 0 if step.windows else 0)


def _trigger(rule: CompiledRule) -> Iterator[Kept]:
    match rule.fires:
        case SilenceFires(length=length):
            yield Kept(what="silences", label="latest event", holds="that event and a timer", most=1, length=length)
        case IgnoredFires(length=length):
            label = f"send in the last {_short(length)}"
            yield Kept(what="ignored", label=label, holds="that `sent` and a timer", most=None, length=length)
        case CalendarFires():
            yield Kept(what="calendar", label="next moment", holds="a time and two dates", most=1, length=None)
        case SegmentFires():
            yield Kept(what="members", label="membership", holds="whether inside, and a timer", most=1, length=None)


def _limit(rule: CompiledRule) -> Iterator[Kept]:
    assert rule.limit is not None
    count, period = rule.limit.count, rule.limit.period
    if rule.for_each is None:
        yield Kept(what="limits", label="run that counted", holds="a time", most=count, length=None)
        return
    of = ".".join(rule.for_each)
    times = f"{count} times" if count > 1 else "a time"
    if period.kind == "ever":
        yield Kept(what="limits", label=f"value of `{of}`", holds=times, most=MOST_VALUES, length=None)
    else:
        label = f"value of `{of}` in a {_period(period)}, or of the latest {MOST_VALUES:,}"
        yield Kept(what="limits", label=label, holds=times, most=None, length=None)


def _of_program(program: Program) -> Iterator[Kept]:
    yield Kept(what="profile", label="attribute", holds="its value", most=None, length=None)
    yield Kept(what="lists", label="list the user is in", holds="its name", most=None, length=None)
    yield Kept(
        what="ids",
        label=f"record with an `id` in the last {_short(SAME_RECORD)}",
        holds="its id and time",
        most=None,
        length=SAME_RECORD,
    )

    for slot, label in zip(program.slots, program.slot_labels, strict=True):
        yield _slot(slot, label)
    for cap in program.caps:
        if cap.count:
            yield Kept(what="caps", label=cap.label, holds="a time", most=cap.count, length=None, number=cap.number)
    for invariant in program.invariants:
        match invariant.promise:
            case MostSends(count=count):
                most, holds = count, "a time"
            case NoSendAfter():
                most, holds = 1, "the latest event's time and name"
            case _:
                continue
        label = f"invariant {invariant.name}"
        yield Kept(what="watched", label=label, holds=holds, most=most, length=None, number=invariant.number)


def _slot(slot: history.Slot, label: str) -> Kept:
    most: int | None = 1
    length: Micros | None = None
    match slot:
        case history.Latest():
            holds = "the time of the latest"
        case history.Count():
            holds = "how many there were"
        case history.Tally():
            holds = "count, sum, least, greatest, first and last value"
        case history.Recent():
            most, holds = 2, "time and value of the latest two"
        case history.Window(length=length):
            most, holds = None, "time and value"
            label = f"{label} in the last {_short(length)} before the latest"
    return Kept(what="history", label=label, holds=holds, most=most, length=length, number=slot.number)


def _short(length: Micros) -> str:
    """A length of time in days and shorter units: `90d`, which people say, not `12w6d`."""
    days, rest = divmod(length, DAY)
    return (f"{days}d" if days else "") + (print_duration(timedelta(microseconds=rest)) if rest or not days else "")


def _period(period: CompiledPeriod) -> str:
    return _short(period.length) if period.kind == "duration" else period.kind
