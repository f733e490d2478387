"""How a rule stands for a user in a running engine: what waits, what is used up and when it is free, what was decided.

A running engine keeps no stream to tell a story from.  What it keeps says why a message has not gone yet, or could
not go now; its log says what was decided, if it keeps one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from trigdsl.engine.action_types import CompiledPeriod, SendAction
from trigdsl.engine.dates import date_of, month_start
from trigdsl.engine.program import CompiledRule, Program
from trigdsl.engine.state import State
from trigdsl.engine.zones import UTC, Zone, zone
from trigdsl.model.decisions import Decision
from trigdsl.model.printing import print_duration
from trigdsl.model.values import Micros, instant, instant_text, micros

MOST_DECISIONS = 20
"""How many decisions of the log are told of each rule, the latest ones."""


@frozen(kw_only=True)
class Quota:
    """A limit or cap: how much of it is used now, and, if it is full, when there is room again (None: never)."""

    name: str
    most: int
    used: int
    free_at: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether one more would be too many."""
        return self.used >= self.most


@frozen(kw_only=True)
class Standing:
    """How one rule stands for one user at the engine's clock.

    `pending` are its unfinished runs, `awaits` the moments that its trigger waits for: the end of a silence, of the
    wait for an answer, the next date of a calendar.  `limits` go by the value of `for each`, None without one.
    `decisions` are the latest of the log.
    """

    user: str
    rule: str
    at: datetime | None
    pending: tuple[Decision, ...]
    awaits: tuple[tuple[str, datetime], ...]
    limits: tuple[tuple[Any, Quota], ...]
    caps: tuple[Quota, ...]
    decisions: tuple[Decision, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "user": self.user,
            "rule": self.rule,
            "at": _text(self.at),
            "pending": [one.to_dict() for one in self.pending],
            "awaits": [{"what": what, "at": _text(at)} for what, at in self.awaits],
            "limits": [{"key": key, **_quota(quota)} for key, quota in self.limits],
            "caps": [_quota(one) for one in self.caps],
            "decisions": [one.to_dict() for one in self.decisions],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.rule} for {self.user}, {_text(self.at) or 'before the first record'}"
        for one in self.pending:
            waits = "its window" if one.reason == "window" else "its delay"
            yield f"  waits for {waits} until {instant_text(one.time)}: step {one.step}, {_action(one)}"
        for what, at in self.awaits:
            yield f"  waits for {what} at {_text(at)}"
        for key, quota in self.limits:
            yield f"  {_said(quota)}{'' if key is None else f' for {key}'}"
        yield from (f"  {_said(quota)}" for quota in self.caps)
        for one in self.decisions:
            reason = "" if one.reason is None else f" ({one.reason})"
            yield f"  {instant_text(one.time)} {one.status}{reason}: step {one.step}, {_action(one)}"
        if not (self.pending or self.awaits or self.limits or self.caps or self.decisions):
            yield "  nothing is kept"


def standing(
    program: Program, name: str, state: State, now: Micros | None, pending: Iterable[Decision], log: Iterable[Decision]
) -> Standing:
    """How a rule stands for a user; `pending` and `log` are all decisions of the user.

    Raises ValueError for a rule that there is not.
    """
    rule = next((rule for rule in program.rules if rule.name == name), None)
    if rule is None:
        raise ValueError(f"no rule `{name}`")
    own = (state.profile or {}).get("timezone")
    user_zone = (zone(own) if isinstance(own, str) else None) or program.zone or UTC
    return Standing(
        user=state.user,
        rule=name,
        at=None if now is None else instant(now),
        pending=tuple(one for one in pending if one.rule == name),
        awaits=tuple(_awaits(rule, state)),
        limits=tuple(_limits(rule, state, now or 0, user_zone)),
        caps=tuple(_caps(_with_old_texts(program, rule, state), state, now or 0, user_zone)),
        decisions=tuple([one for one in log if one.rule == name][-MOST_DECISIONS:]),
    )


def _awaits(rule: CompiledRule, state: State) -> Iterator[tuple[str, datetime]]:
    if (silence := (state.silences or {}).get(rule.index)) is not None:
        yield "the end of a silence", instant(silence[0])
    for send in (state.ignored or {}).get(rule.index, ()):
        yield "an answer to what was sent", instant(send[0])
    calendar = (state.calendar or {}).get(rule.index)
    if calendar is not None and calendar[0] is not None:
        yield "its next date", instant(calendar[0])


def _limits(rule: CompiledRule, state: State, now: Micros, own: Zone) -> Iterator[tuple[Any, Quota]]:
    if rule.limit is None:
        return
    name = f"at most {rule.limit.count} per {_period(rule.limit.period)}"
    for key, times in (state.limits or {}).get(rule.index, {}).items():
        # A text stands behind a quote; other values as the engine tells them apart.
        shown = key[1:] if isinstance(key, str) and key.startswith('"') else key
        yield shown, _used(name, rule.limit.count, rule.limit.period, times, now, own)


def _with_old_texts(program: Program, rule: CompiledRule, state: State) -> list[CompiledRule]:
    """A rule, and the rules as they were before by which runs of it go on for a user."""
    of_runs = (program.rules[number] for number in dict.fromkeys(run.rule for run in state.runs or ()))
    return [rule, *(one for one in of_runs if one.is_old and one.living == rule.index)]


def _caps(rules: Iterable[CompiledRule], state: State, now: Micros, own: Zone) -> Iterator[Quota]:
    sends = [
        action for rule in rules for step in rule.steps for action in step.actions if isinstance(action, SendAction)
    ]
    for cap in dict.fromkeys(cap for send in sends for cap in send.caps):
        times = (state.caps or {}).get(cap.number, [])
        yield _used(f"cap {cap.label}", cap.count, cap.period, times, now, own)


def _used(name: str, most: int, period: CompiledPeriod, times: list[Micros], now: Micros, own: Zone) -> Quota:
    begins = _begin(period, now, own)
    counted = [time for time in times if begins is None or time >= begins]
    is_full = len(counted) >= most
    free = _free_at(period, counted[-most] if most and is_full else now, now, own) if is_full and most else None
    return Quota(name=name, most=most, used=len(counted), free_at=None if free is None else instant(free))


def _begin(period: CompiledPeriod, now: Micros, own: Zone) -> Micros | None:
    """The first moment of the period that holds now; None: it has none."""
    if period.kind == "ever":
        return None
    if period.kind == "duration":
        return now - period.length + 1
    return own.start_of_day(_first_day(period.kind, own.day(now)))


def _free_at(period: CompiledPeriod, oldest: Micros, now: Micros, own: Zone) -> Micros | None:
    """When the oldest that counts does no longer."""
    if period.kind == "ever":
        return None
    if period.kind == "duration":
        return oldest + period.length
    day = own.day(now)
    following = {"day": 1, "week": 7, "month": 31}[period.kind]
    return own.start_of_day(_first_day(period.kind, _first_day(period.kind, day) + following))


def _first_day(kind: str, day: int) -> int:
    if kind == "day":
        return day
    if kind == "week":
        return (day + 3) // 7 * 7 - 3
    date = date_of(day)
    return month_start(date.year, date.month)


def _period(period: CompiledPeriod) -> str:
    return print_duration(timedelta(microseconds=period.length)) if period.kind == "duration" else period.kind


def _said(quota: Quota) -> str:
    if not quota.is_full:
        return f"{quota.name}: {quota.used} used"
    return f"{quota.name}: full, " + ("for ever" if quota.free_at is None else f"until {_text(quota.free_at)}")


def _quota(quota: Quota) -> dict[str, Any]:
    return {"name": quota.name, "most": quota.most, "used": quota.used, "free_at": _text(quota.free_at)}


def _action(one: Decision) -> str:
    at = one.channel or one.target
    return one.action if at is None else f"{one.action} {at}"


def _text(at: datetime | None) -> str | None:
    return None if at is None else instant_text(micros(at))
