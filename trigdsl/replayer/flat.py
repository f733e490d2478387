"""All inputs of a replay under a flat program, in order → its decisions, one user after another.

What each input triggers and may end is found out in the order of time, so that what is observed on the way is noted in
that order; then users are independent of each other, and only their decisions are put in order again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TypeAlias

from trigdsl.engine.flat import FlatProgram
from trigdsl.engine.flat_user import FlatRun, FlatUser, Happened
from trigdsl.engine.keys import key_of
from trigdsl.engine.machine import Machine
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import LAST_INSTANT, Micros, Value
from trigdsl.records.effects import EventRows
from trigdsl.replayer.flat_inputs import inputs_under
from trigdsl.replayer.summary import Shown

Found: TypeAlias = tuple[Micros, str, int, FlatRun, str, str | None]
"""Time, user, number among those of the user, run, status and reason of a decision."""


class FlatReplay:
    """Runs a flat program over inputs; `machine` is that of the same program, which decides conditions.

    Decisions that are not `shown` are not made.
    """

    def __init__(self, program: FlatProgram, machine: Machine, shown: Shown) -> None:
        self._machine = machine
        self._shows = shown.shows if shown.limits else None
        self._inputs = inputs_under(program, machine)
        self._zones: dict[str, Zone] = {}
        self._happened: dict[str, list[Happened]] = {}
        self._rows_from: Micros = LAST_INSTANT + 1
        self._arrivals: dict[str, list[int]] | None = None
        self._found: list[Found] = []
        self._pending: list[Found] = []

    def set_profile(self, user: str, attributes: dict[str, Value]) -> None:
        """Give a user attributes before everything else."""
        if (found := self._inputs.set_profile(user, attributes)) is not None:
            self._zones[user] = found

    def decisions(self, inputs: Iterable[Input], until: Micros | None) -> Iterator[Decision]:
        """The decisions up to and including `until`, then what is pending, in their defined order."""
        for at, user, _, run, status, reason in self.found(inputs, until):
            yield decision_of(at, user, run, status, reason)

    def found(self, inputs: Iterable[Input], until: Micros | None, rows: EventRows | None = None) -> Iterator[Found]:
        """The same before decisions are made of it.

        `rows` are more events, of which it is known what they do; then the inputs are of `Arrived`.
        """
        if rows is None:
            self._take(inputs)
        else:
            self._take_beside(inputs, rows)
            for user, happened in self._with_rows(rows):
                self._live(user, happened, until)
        for user, happened in self._happened.items():
            if rows is None or _triggers_any(happened):
                self._live(user, happened, until)
        self._happened.clear()
        for found in (self._found, self._pending):
            found.sort()
            yield from found

    # ------------------------------------------------------------------ what happened
    def _take(self, inputs: Iterable[Input]) -> None:
        """Find out what each input triggers and ends, by user."""
        happened, arrivals, does = self._happened, self._arrivals, self._inputs.does
        for given in inputs:
            if (done := does(given)) is None:
                continue
            user, (enders, rules, changed, silent) = given.user, done
            known = happened.get(user)
            if known is None:
                if not (rules or silent) and given.time < self._rows_from:
                    if changed is not None:
                        self._zones[user] = changed
                    continue
                known = happened[user] = []
            known.append((given.time, enders, rules, given.id, changed, silent))
            if arrivals is not None:
                arrivals.setdefault(user, []).append(given.arrival)  # type: ignore[attr-defined]

    def _take_beside(self, inputs: Iterable[Input], rows: EventRows) -> None:
        """The same beside rows: from the first of them on, what an input does is kept for every user."""
        from trigdsl.records.line_rows import first_time

        self._rows_from = first_time(rows)
        self._arrivals = {}
        self._take(inputs)

    def _with_rows(self, rows: EventRows) -> Iterator[tuple[str, list[Happened]]]:
        """What happened to each user who has rows, and is triggered by one or by an input."""
        from trigdsl.records.line_rows import by_user

        enders = [self._inputs.plan(event)[1] for event, _ in rows.effects]
        rules = [self._inputs.rules(fired) for _, fired in rows.effects]
        arrivals = self._arrivals or {}
        others = [user for user, happened in self._happened.items() if _triggers_any(happened)]
        for user, of_user in by_user(rows, [bool(each) for each in rules], others):
            happened: list[Happened] = [
                (time, enders[effect], rules[effect], None, None, ()) for time, _, effect in of_user
            ]
            if (more := self._happened.pop(user, None)) is not None:
                placed = [((time, arrival), one) for (time, arrival, _), one in zip(of_user, happened, strict=True)]
                placed += [((one[0], at), one) for one, at in zip(more, arrivals.pop(user), strict=True)]
                placed.sort(key=itemgetter(0))
                happened = [one for _, one in placed]
            yield user, happened

    # ------------------------------------------------------------------ one user
    def _live(self, user: str, happened: list[Happened], until: Micros | None) -> None:
        shows, found, pending = self._shows, self._found, self._pending

        def decide(at: Micros, run: FlatRun, status: str, reason: str | None) -> None:
            if shows is None or shows(status, run.rule.rule.name, user):
                into = pending if status == "pending" else found
                into.append((at, user, len(into), run, status, reason))

        one = FlatUser(self._zones.get(user, self._inputs.default), decide, self._machine.observations.runs)
        one.live(happened, until)
        one.pending()


def _triggers_any(happened: list[Happened]) -> bool:
    return any(rules or silent for _, _, rules, _, _, silent in happened)


def decision_of(at: Micros, user: str, run: FlatRun, status: str, reason: str | None) -> Decision:
    """The decision about a run that was found."""
    rule, action = run.rule.rule, run.rule.action
    return Decision(
        user=user,
        rule=rule.name,
        step=1,
        action="send",
        status=status,
        time=at,
        triggered=run.triggered,
        due=run.due,
        key=key_of(user, rule.name, run.triggered, run.number, 1, 0),
        reason=reason,
        channel=action.channel.name,
        variant=action.variants[0].label if status in ("sent", "capped") else None,
        text=run.rule.text if status == "sent" else None,
        event_id=run.event_id,
        title=rule.title,
    )
