"""States at rest: what comes back is what went, whoever was asked for in between."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import trigdsl
from trigdsl.engine.state import Run, State
from trigdsl.store.resting import Dozing, RestingStates, at_rest, awakened


def full_run() -> Run:
    run = Run(3, 4, 1, 10, {"a": {"b": [1, 2.5, None, True]}}, "e-1", "text", {0: (1, 2, "x")}, 9, True)
    run.step, run.armed, run.due, run.wake = 2, 11, 12, 13
    run.waiting, run.counted, run.started_goal, run.started_as = True, True, True, "before"
    return run


def full_state() -> State:
    """A state with another value in each of its slots."""
    state = State("u")
    for number, name in enumerate(State.__slots__):
        if name not in ("user", "runs"):
            setattr(state, name, [number, (number, name), {name: {number}}])
    state.runs = [full_run(), full_run()]
    return state


def told(state: State) -> dict[str, Any]:
    slots = {name: getattr(state, name) for name in State.__slots__}
    slots["runs"] = [{name: getattr(run, name) for name in Run.__slots__} for run in state.runs or ()]
    return slots


def types_in(value: Any) -> Any:
    """The types of a value and of all that it holds: `1 == True` and `(1,) != [1]` must not hide anything."""
    if isinstance(value, dict):
        return {key: types_in(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value), *map(types_in, value)]
    return type(value)


def test_every_slot_comes_back() -> None:
    state = full_state()
    resting = at_rest(state)
    assert isinstance(resting, bytes)
    found = awakened("u", resting)
    assert told(found) == told(state)
    assert types_in(told(found)) == types_in(told(state))


def test_a_new_state_comes_back() -> None:
    resting = at_rest(State("u"))
    assert isinstance(resting, bytes)
    assert told(awakened("u", resting)) == told(State("u"))


@pytest.mark.parametrize("value", [date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), timedelta(hours=1)])
def test_a_state_with_values_that_have_no_bytes_is_kept_as_it_is(value: object) -> None:
    state = full_state()
    state.profile = {"since": [value]}
    assert at_rest(state) is state
    states = RestingStates(2)
    states["u"] = state
    for number in range(10):
        states[f"other-{number}"] = State(f"other-{number}")
    assert states["u"].profile == {"since": [value]}


def test_states_come_back_after_many_others() -> None:
    states = RestingStates(4)
    for number in range(100):
        states[str(number)] = State(str(number))
        states[str(number)].seq = number
    assert sum(bool(resting) for resting in states._resting.values()) >= 95
    assert [states[str(number)].seq for number in range(100)] == list(range(100))
    assert sorted(states, key=int) == [str(number) for number in range(100)]
    assert len(states) == 100


@pytest.mark.parametrize("before", range(12))
def test_what_is_changed_after_two_others_of_eight_were_asked_for_lasts(before: int) -> None:
    states = RestingStates(8)
    for number in range(50):
        states[str(number)] = State(str(number))
    for number in range(before):
        states.get(str(number))
    held = states["7"]
    states.get("40")
    states.get("41")
    held.seq = 700
    for number in range(50):
        states.get(str(number))
    assert states["7"].seq == 700


def test_the_garbage_collector_leaves_states_at_rest_alone() -> None:
    states = RestingStates(2)
    for number in range(20):
        states[str(number)] = State(str(number))
    sleepless = full_state()
    sleepless.profile = {"since": date(2026, 1, 2)}
    states["u"] = sleepless
    for number in range(20):
        states.get(str(number))
    gc.collect()
    assert not gc.is_tracked(states._resting)
    assert states["u"] is sleepless


def test_users_who_are_not_there() -> None:
    states = RestingStates(2)
    assert states.get("a") is None
    assert "a" not in states
    with pytest.raises(KeyError):
        states["a"]
    with pytest.raises(KeyError):
        del states["a"]


@pytest.mark.parametrize("others", [0, 1, 2, 20])
def test_a_user_can_be_deleted_and_put_back(others: int) -> None:
    states = RestingStates(2)
    states["a"] = State("a")
    for number in range(others):
        states[str(number)] = State(str(number))
    assert "a" in states
    del states["a"]
    assert "a" not in states
    assert len(states) == others
    states["a"] = State("a")
    states["a"].seq = 3
    for number in range(others):
        states.get(str(number))
    assert states["a"].seq == 3
    assert len(states) == others + 1


def test_a_state_put_in_the_place_of_one_at_rest_stays() -> None:
    states = RestingStates(2)
    for number in range(20):
        states[str(number)] = State(str(number))
    replaced = State("0")
    replaced.seq = 5
    states["0"] = replaced
    for number in range(1, 20):
        states.get(str(number))
    assert states["0"].seq == 5
    assert len(states) == 20


def test_all_states_can_be_gone_through_while_they_wake() -> None:
    states = RestingStates(2)
    for number in range(20):
        states[str(number)] = State(str(number))
    assert sorted(int(state.user) for state in states.values()) == list(range(20))


@pytest.mark.parametrize(("on_edit", "text"), [(None, None), ("keep", None), ("retime", "hello")])
def test_an_engine_that_is_reloaded_goes_on_with_states_that_rest(on_edit: str | None, text: str | None) -> None:
    program = trigdsl.parse("rule r: if a then after 1h send push")
    engine = trigdsl.Engine(program)
    engine._clockwork.states = RestingStates(2)
    for number in range(10):
        engine.feed({"user": f"u{number}", "time": "2026-01-05T10:00:00Z", "event": "a"})
    engine.reload(trigdsl.parse('rule r: if a then after 1h send push "hello"'), on_edit=on_edit)
    assert isinstance(engine._clockwork.states, RestingStates)
    sent = engine.advance("2026-01-05T11:00:00Z")
    assert [(one.user, one.status, one.text) for one in sent] == [(f"u{number}", "sent", text) for number in range(10)]


LARGER = [name for name in State.__slots__ if name not in ("user", "seq", "due", "first", "ids")]


def dozing() -> State:
    resting = at_rest(full_state())
    assert isinstance(resting, bytes)
    found = awakened("u", resting)
    assert isinstance(found, Dozing)
    return found


@pytest.mark.parametrize("name", LARGER)
def test_the_larger_part_opens_when_any_of_it_is_asked_for(name: str) -> None:
    found = dozing()
    assert getattr(found, name) is not None
    assert type(found) is State
    assert told(found) == told(full_state())


@pytest.mark.parametrize("name", LARGER)
def test_the_larger_part_opens_when_any_of_it_is_set(name: str) -> None:
    found, wanted = dozing(), full_state()
    setattr(found, name, None)
    setattr(wanted, name, None)
    assert type(found) is State
    assert told(found) == told(wanted)


def test_what_comes_with_each_record_opens_nothing() -> None:
    found, wanted = dozing(), full_state()
    for state in (found, wanted):
        state.seq, state.due, state.first, state.ids = 90, 91, 92, {"e": 93}
    assert (found.user, found.seq, found.due, found.first, found.ids) == ("u", 90, 91, 92, {"e": 93})
    assert isinstance(found, Dozing)
    again = at_rest(found)
    assert isinstance(found, Dozing)
    assert isinstance(again, bytes)
    assert told(awakened("u", again)) == told(wanted)


@pytest.mark.parametrize("name", ["history", "runs"])
def test_no_history_and_no_runs_are_known_unopened(name: str) -> None:
    state = full_state()
    setattr(state, name, None)
    resting = at_rest(state)
    assert isinstance(resting, bytes)
    found = awakened("u", resting)
    assert getattr(found, name) is None
    assert isinstance(found, Dozing)
    assert told(found) == told(state)


@pytest.mark.parametrize("name", [name for name in LARGER if name != "runs"])
def test_each_part_alone_comes_back(name: str) -> None:
    state = State("u")
    setattr(state, name, {name: 1})
    resting = at_rest(state)
    assert isinstance(resting, bytes)
    assert told(awakened("u", resting)) == told(state)


def test_a_state_of_ids_alone_has_nothing_to_open() -> None:
    state = State("u")
    state.seq, state.ids = 3, {"e-1": 7, "e-2": [8, 9]}
    resting = at_rest(state)
    assert isinstance(resting, bytes)
    found = awakened("u", resting)
    assert type(found) is State
    assert told(found) == told(state)
