"""A user → everything that is kept of them, shown or erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import asdict, evolve, frozen

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.duplicates import times_of
from trigdsl.engine.links import user_of
from trigdsl.engine.program import CompiledRule, Program
from trigdsl.engine.state import Run, State
from trigdsl.model.decisions import json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value, instant_text
from trigdsl.store.bodies import decode_decision
from trigdsl.store.protocol import Erased, Transaction

ALL = 2**62
"""More rows than there are."""


@frozen(kw_only=True)
class Forgotten:
    """What was erased of a user: their ids, whether rules knew anything of them, and how many of each thing.

    `runs` are those that were unfinished, `held` records held back, `deliveries` those not delivered yet, `decisions`
    and `rejects` what was kept of what had been.
    """

    ids: tuple[str, ...]
    state: bool
    runs: int
    links: int
    held: int
    deliveries: int
    decisions: int
    rejects: int

    def with_held(self, held: int) -> Forgotten:
        """The same with so many records that had been held back."""
        return evolve(self, held=held)

    def to_dict(self) -> dict[str, Any]:
        """The same as a record of JSON's values."""
        return asdict(self) | {"ids": list(self.ids)}


def ids_of(clockwork: Clockwork, transaction: Transaction | None, user: str) -> tuple[str, ...]:
    """All ids of a user, the one by which they are known first."""
    found = [user_of(clockwork.links, user)]
    for known in found:
        if transaction is not None:
            found += transaction.aliases(known)
        else:
            found += sorted(alias for alias, owner in clockwork.links.items() if owner == known)
    return tuple(found)


def forget_user(clockwork: Clockwork, transaction: Transaction | None, user: str) -> Forgotten:
    """Erase a user. Records that an engine holds back are the engine's to drop."""
    ids = ids_of(clockwork, transaction, user)
    state = clockwork.states.pop(ids[0], None)
    if transaction is not None:
        erased = transaction.erase(ids)
        clockwork.links.forget()  # type: ignore[attr-defined]
    else:
        links = [alias for alias in ids if clockwork.links.pop(alias, None) is not None]
        erased = Erased(links=len(links))
    return Forgotten(
        ids=ids,
        state=state is not None,
        runs=len(state.runs or ()) if state is not None else 0,
        links=erased.links,
        held=erased.held,
        deliveries=erased.deliveries,
        decisions=erased.decisions,
        rejects=erased.rejects,
    )


def export_user(
    clockwork: Clockwork, transaction: Transaction | None, user: str, held: Iterable[Input]
) -> dict[str, Any]:
    """Everything that is kept of a user."""
    ids = ids_of(clockwork, transaction, user)
    state = clockwork.states.get(ids[0])
    out: dict[str, Any] = {
        "user": ids[0],
        "ids": list(ids),
        "state": None if state is None else shown_state(clockwork.program, state),
        "pending": [decision.to_dict() for decision in clockwork.pending([ids[0]])],
        "held": [_shown_input(given) for given in held if given.user in ids],
    }
    if transaction is not None:
        deliveries = [row for one in ids for row in transaction.deliveries(one, None, 0, ALL)]
        logged = [body for one in ids for _, body in transaction.logged(one, 0, ALL)]
        rejects = [row for _, row in transaction.rejects(0, ALL) if row.user in ids]
        out["deliveries"] = [decode_decision(row.body).to_dict() for row in deliveries]
        out["decisions"] = [decode_decision(body).to_dict() for body in logged]
        out["rejects"] = [{"reason": row.reason, "record": row.record.decode("utf-8", "replace")} for row in rejects]
    return out


def _shown_input(given: Input) -> dict[str, Any]:
    names = ("event", "properties", "set", "add", "remove", "id", "alias")
    parts = {name: json_value(value) for name in names if (value := getattr(given, name)) is not None}
    return {"user": given.user, "time": instant_text(given.time), **parts}


# ------------------------------------------------------------------------ a state
def shown_state(program: Program, state: State) -> dict[str, Any]:
    """What rules know of a user, by the names of rules and of what they ask, instants as text."""
    rules = [rule.name for rule in program.rules]

    def by_rule(entries: dict[int, Any] | None, show: Any) -> dict[str, Any]:
        return {rules[rule]: show(entry) for rule, entry in (entries or {}).items()}

    history = zip(program.slot_keys, state.history or (), strict=False)
    shown = {
        "user": state.user,
        "profile": json_value(state.profile or {}),
        "lists": sorted(state.lists or ()),
        "next_due": _at(state.due),
        "first": _at(state.first),
        "runs": [_shown_run(program.rules[run.rule], run) for run in state.runs or ()],
        "silences": by_rule(state.silences, lambda entry: {"due": _at(entry[0]), "event": json_value(entry[1])}),
        "ignored": by_rule(state.ignored, lambda sends: [_at(send[0]) for send in sends]),
        "calendar": by_rule(state.calendar, lambda entry: _at(entry[0])),
        "inside": by_rule(state.members, lambda entry: entry[0]),
        "limits": by_rule(
            state.limits, lambda by_key: [{"for": key, "times": list(map(_at, by_key[key]))} for key in by_key]
        ),
        "caps": {program.caps[cap].label: list(map(_at, times)) for cap, times in (state.caps or {}).items()},
        "goals": [{"rule": rules[goal[0]], "until": _at(goal[1])} for goal in state.goals or ()],
        "history": {key: _plain(kept) for key, kept in history if kept is not None},
        "record_ids": {one: list(map(_at, times_of(held))) for one, held in (state.ids or {}).items()},
    }
    return {name: value for name, value in shown.items() if value not in (None, [], {})}


def _shown_run(rule: CompiledRule, run: Run) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "by_old_text": rule.is_old,
        "step": run.step + 1,
        "triggered": _at(run.triggered),
        "due": _at(run.due),
        "wakes": _at(run.wake),
        "waits_for_window": run.waiting,
        "event": json_value(run.event),
        "event_id": run.event_id,
        "for": run.key,
        "holdout": run.holdout,
    }


def _at(moment: Micros | None) -> str | None:
    return None if moment is None else instant_text(moment)


def _plain(kept: Any) -> Value:
    """What a history slot keeps: tuples as lists, the rest in JSON's values."""
    if isinstance(kept, list | tuple):
        return [_plain(part) for part in kept]
    return json_value(kept)
