"""What is kept for one user: plain data only, so that a codec can write it and no class name is stored."""

from __future__ import annotations

from typing import Any

from trigdsl.engine.duplicates import Times
from trigdsl.engine.keys import key_of
from trigdsl.model.values import Micros, Value


class Run:
    """One unfinished run of a rule for a user: a copy of the triggering event, a position, a timer.

    `wake` is the moment its timer stands at; `waiting` tells that it waits for a window (not for its delay).
    `started_as` is the id of its user when it started, if that was merged into another since.
    """

    __slots__ = (
        "armed",
        "captured",
        "chain",
        "counted",
        "due",
        "event",
        "event_id",
        "holdout",
        "key",
        "number",
        "rule",
        "seq",
        "started_as",
        "started_goal",
        "step",
        "triggered",
        "waiting",
        "wake",
    )

    def __init__(
        self,
        rule: int,
        seq: int,
        number: int,
        triggered: Micros,
        event: dict[str, Value],
        event_id: str | None,
        key: Any,
        captured: dict[int, Any] | None,
        chain: Micros,
        holdout: bool,
    ) -> None:
        self.rule = rule
        self.seq = seq
        self.number = number
        self.triggered = triggered
        self.event = event
        self.event_id = event_id
        self.key = key
        self.captured = captured
        self.chain = chain
        self.holdout = holdout
        self.step = 0
        self.armed: Micros = triggered
        self.due: Micros = triggered
        self.wake: Micros = triggered
        self.waiting = False
        self.counted = False
        self.started_goal = False
        self.started_as: str | None = None


def delivery_key(user: str, rule: str, run: Run, place: int) -> str:
    """The name of what is delivered for the action at `place` (from 0) of the step at which a user's run stands."""
    return key_of(run.started_as or user, rule, run.triggered, run.number, run.step + 1, place)


class State:
    """Everything that the engine keeps for one user. Containers stand at None until they are needed.

    | slot | holds |
    |---|---|
    | `profile` | attribute → value |
    | `lists` | names of the lists the user is in |
    | `history` | what each history slot of the program keeps, by its number |
    | `runs` | unfinished runs, older first |
    | `seq` | how many events and runs there were, which orders what shares an instant |
    | `first` | time of the first input, if the program has a use for it |
    | `silences` | rule → [moment, event, event id, captured] of an armed silence |
    | `ignored` | rule → [[moment, the `sent` event, captured], …] of sends that nobody opened yet |
    | `calendar` | rule → [next moment or None, its day, last day it fired on or None] |
    | `members` | rule → [inside, moment to look again or None], for `enters` and `leaves` of a segment |
    | `limits` | rule → key → latest times at which a run counted |
    | `caps` | cap → latest times of sends it counted |
    | `goals` | [rule, deadline, variant, is control, event] of runs that may still convert |
    | `starts` | the latest instant at which runs started, then their rules, in order |
    | `ids` | record id → times of the records that had it |
    | `due` | earliest timer, None without one |
    | `watched` | what the program's invariants, when they are checked, keep, by their number |
    """

    __slots__ = (
        "calendar",
        "caps",
        "due",
        "first",
        "goals",
        "history",
        "ids",
        "ignored",
        "limits",
        "lists",
        "members",
        "profile",
        "runs",
        "seq",
        "silences",
        "starts",
        "user",
        "watched",
    )

    def __init__(self, user: str) -> None:
        self.user = user
        self.profile: dict[str, Value] | None = None
        self.lists: set[str] | None = None
        self.history: list[Any] | None = None
        self.runs: list[Run] | None = None
        self.seq = 0
        self.first: Micros | None = None
        self.silences: dict[int, list[Any]] | None = None
        self.ignored: dict[int, list[list[Any]]] | None = None
        self.calendar: dict[int, list[Any]] | None = None
        self.members: dict[int, list[Any]] | None = None
        self.limits: dict[int, dict[Any, list[Micros]]] | None = None
        self.caps: dict[int, list[Micros]] | None = None
        self.goals: list[list[Any]] | None = None
        self.starts: tuple[int, ...] | None = None
        self.ids: dict[str, Times] | None = None
        self.due: Micros | None = None
        self.watched: list[Any] | None = None
