"""The state of one user → bytes, and back: MessagePack, form 1, as docs/state.md tells it.

A state is a list: the form, the number of its layout, then the slots of `State` in the order of `encode_state`, those
at the end that hold nothing being left out.  A new slot goes to the end, where an old state has nothing; any other
change makes a new form, and the old one must still be read.
"""

from __future__ import annotations

from typing import Any

from trigdsl.engine.duplicates import Times
from trigdsl.engine.history import Latest, Recent, Slot, Window
from trigdsl.engine.program import Program
from trigdsl.engine.state import Run, State
from trigdsl.model.values import Micros
from trigdsl.store.errors import StoreTooNew
from trigdsl.store.packing import decode, encode, packed

FORM = 1
"""The form of states that is written."""


def encode_state(program: Program, layout: int, state: State) -> bytes:
    """The bytes of a state; `layout` is the number under which a store keeps the layout of the program."""
    out = [
        FORM,
        layout,
        state.user,
        state.seq,
        state.due,
        packed(state.profile) if state.profile is not None else None,
        sorted(state.lists) if state.lists else None,
        None if state.history is None else _packed_history(program.slots, state.history),
        None if state.runs is None else [_packed_run(run) for run in state.runs],
        state.first,
        _packed_silences(state.silences) if state.silences else None,
        _packed_ignored(state.ignored) if state.ignored else None,
        state.calendar or None,
        state.members or None,
        {rule: list(by_key.items()) for rule, by_key in state.limits.items()} if state.limits else None,
        state.caps or None,
        None if state.goals is None else [[*goal[:4], packed(goal[4])] for goal in state.goals],
        state.starts,
        None if state.ids is None else _packed_ids(state.ids),
        state.watched,
    ]
    while out[-1] is None:
        out.pop()
    return encode(out)


def _packed_ids(held: dict[str, Times]) -> dict[str, list[Micros]]:
    return {one: times if isinstance(times, list) else [times] for one, times in held.items()}


def _packed_silences(held: dict[int, list[Any]]) -> dict[int, Any]:
    return {
        rule: [at, packed(event), event_id, None if found is None else _captured(found)]
        for rule, (at, event, event_id, found) in held.items()
    }


def _packed_ignored(held: dict[int, list[list[Any]]]) -> dict[int, Any]:
    return {rule: [[at, packed(event), _captured(found)] for at, event, found in sends] for rule, sends in held.items()}


def _captured(held: dict[int, Any] | None) -> dict[int, Any] | None:
    """What `previous` found, by slot: [number, time, value] or None."""
    if held is None:
        return None
    return {slot: None if found is None else [found[0], found[1], packed(found[2])] for slot, found in held.items()}


def _packed_run(run: Run) -> list[Any]:
    return [
        run.rule,
        run.seq,
        run.number,
        run.triggered,
        packed(run.event),
        run.event_id,
        run.key,
        _captured(run.captured),
        run.chain,
        run.holdout,
        run.step,
        run.armed,
        run.due,
        run.wake,
        run.waiting,
        run.counted,
        run.started_goal,
        run.started_as,
    ]


def _packed_history(slots: tuple[Slot, ...], history: list[Any]) -> list[Any]:
    out = []
    for slot, kept in zip(slots, history, strict=True):
        kind = slot.__class__
        if kept is None or kind is Latest:
            out.append(kept)
        elif kind is Window:
            out.append([(time, packed(value)) for time, value in kept])
        elif kind is Recent:
            out.append([(place, time, packed(value)) for place, time, value in kept])
        else:
            out.append(packed(kept))
    return out


# ------------------------------------------------------------------------ back
def read_state(data: bytes) -> list[Any]:
    """The parts of a state as they were written. Raises StoreTooNew for a form that is not known."""
    parts: list[Any] = decode(data)
    if parts[0] > FORM:
        raise StoreTooNew(f"the state of `{parts[2] if len(parts) > 2 else '?'}`", parts[0], FORM)
    return parts


def layout_number(parts: list[Any]) -> int:
    """The number of the layout that the parts of a state were written by."""
    number: int = parts[1]
    return number


def state_of(slots: tuple[Slot, ...], parts: list[Any]) -> State:
    """The state that its parts tell; `slots` are those of the layout by which they were written."""
    values = parts[2:] + [None] * (_PARTS - len(parts))
    state = State(values[0])
    (_, state.seq, state.due, state.profile, lists, history, runs, state.first) = values[:8]
    (state.silences, ignored, state.calendar, state.members, limits) = values[8:13]
    (state.caps, state.goals, starts, ids, state.watched) = values[13:]
    state.lists = set(lists) if lists else None
    state.history = None if history is None else list(map(_slot, slots, history))
    state.runs = [_run(run) for run in runs] if runs else None
    state.silences = state.silences and {rule: [*entry[:3], _found(entry[3])] for rule, entry in state.silences.items()}
    state.ignored = ignored and {
        rule: [[at, event, _found(held)] for at, event, held in sends] for rule, sends in ignored.items()
    }
    state.limits = limits and {rule: dict(by_key) for rule, by_key in limits.items()}
    state.ids = ids and {one: times[0] if len(times) == 1 else times for one, times in ids.items()}
    state.starts = tuple(starts) if starts else None
    return state


_PARTS = 20
"""How many parts a state has when none is left out."""


def _slot(slot: Slot, kept: Any) -> Any:
    """What a slot keeps, with the tuples that it had."""
    if kept is None:
        return None
    match slot:
        case Latest():
            return tuple(kept)
        case Window() | Recent():
            return [tuple(entry) for entry in kept]
    return kept


def _found(captured: dict[int, Any] | None) -> dict[int, Any] | None:
    if captured is None:
        return None
    return {slot: None if found is None else tuple(found) for slot, found in captured.items()}


def _run(parts: list[Any]) -> Run:
    rule, seq, number, triggered, event, event_id, key, captured, chain, holdout, *rest = parts
    run = Run(
        rule=rule,
        seq=seq,
        number=number,
        triggered=triggered,
        event=event,
        event_id=event_id,
        key=key,
        captured=_found(captured),
        chain=chain,
        holdout=holdout,
    )
    run.step, run.armed, run.due, run.wake, run.waiting, run.counted, run.started_goal, run.started_as = rest
    return run


# ------------------------------------------------------------------------ together
def decode_state(program: Program, data: bytes) -> State:
    """The state of bytes that were written by a program of the same layout."""
    return state_of(program.slots, read_state(data))
