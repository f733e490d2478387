"""A timer on which the engine fails is ended with a reason and kept as a reject; nobody else's is held up by it.

What makes the engine fail here are functions of a host that return what is no value, and faults put into the engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import Program

DAY = "2026-11-20"


class Odd:
    """What is no value: it cannot even be asked what it is."""

    @property
    def __class__(self) -> type:
        raise RuntimeError("poison")


def program(rules: str) -> Program:
    """Rules with two functions: `odd(1)` is no value, and a text of `half(1)` no store can keep; other numbers are."""
    functions: dict[str, Any] = {
        "odd": (lambda n: Odd() if n == 1 else n, "(number) -> number"),
        "half": (lambda n: "\ud800" if n == 1 else "whole", "(number) -> text"),
    }
    return trigdsl.parse(rules, functions=functions)


def record(time: str, event: str, user: str = "u", n: int = 0, **more: Any) -> dict[str, Any]:
    return {"user": user, "time": f"{DAY}T{time}Z", "event": event, "properties": {"n": n}, **more}


def told(decisions: list[trigdsl.Decision]) -> list[str]:
    return [
        f"{one.user} {one.rule} {one.status}{' ' + one.reason if one.reason else ''} {one.to_dict()['time'][11:16]}"
        for one in decisions
    ]


@pytest.fixture(params=["none", "memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    if request.param == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    return {"none": None, "memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'state.db'}"}[request.param]


STEP = """
rule r: if cart then after 1h if odd(n) != 7 send push "{{ n }}"
rule later: if cart then after 2h send email
"""
FAILED = "the engine failed on a timer: RuntimeError: poison"
MOVES: dict[str, Callable[[trigdsl.Engine], list[trigdsl.Decision]]] = {
    "advance": lambda engine: engine.advance(f"{DAY}T13:00:00Z"),
    "a record": lambda engine: engine.feed(record("13:00:00.000001", "visit", "z")),
}


@pytest.mark.parametrize("how", MOVES)
def test_a_step_that_fails_ends_its_run_and_holds_up_nobody(store: str | None, how: str) -> None:
    rejected: list[Any] = []
    with trigdsl.Engine(program(STEP), store=store, on_reject=lambda *one: rejected.append(one)) as engine:
        engine.feed_many([record("10:00:00", "cart", user, int(user == "b"), id="e-1") for user in "abc"])
        assert told(MOVES[how](engine)) == [
            "a r sent 11:00",
            "b r cancelled failed 11:00",
            "c r sent 11:00",
            "a later sent 12:00",
            "b later sent 12:00",
            "c later sent 12:00",
        ]
        assert [(one["user"], why) for one, why in rejected] == [("b", FAILED)]
        assert rejected[0][0] == {
            "user": "b",
            "time": f"{DAY}T11:00:00Z",
            "timer": "step",
            "rule": "r",
            "step": 1,
            "triggered": f"{DAY}T10:00:00Z",
            "event": {"n": 1},
            "event_id": "e-1",
        }
        assert engine.rejected == 1
        assert engine.pending("b") == []
        if store is not None:
            assert [(row.user, row.reason, json.loads(row.record)) for _, row in engine.rejects()] == [
                ("b", FAILED, rejected[0][0])
            ]


def test_nothing_of_a_step_that_fails_is_kept_in_a_store(store: str | None) -> None:
    rules = """
    rule r: if cart then after 1h emit got { n: n }, set user.x = 5, send push
    rule bad: if got and odd(n) == 1 then send email
    rule end: if cart then after 90m if user.x is missing send sms
    """
    with trigdsl.Engine(program(rules), store=store) as engine:
        engine.feed_many([record("10:00:00", "cart", "a"), record("10:00:00", "cart", "b", 1)])
        made = told(engine.advance(f"{DAY}T12:00:00Z"))
    # Without a store nothing can be taken back: what it did before it failed holds, and is told.
    ended = ["b r cancelled failed 11:00", "b end sent 11:30"] if store else ["b r sent 11:00"] * 3
    assert [one for one in made if one[0] == "b" and "skipped" not in one] == ended


def test_what_cannot_be_kept_is_laid_to_the_timer_that_made_it(tmp_path: Path) -> None:
    rules = """
    rule r: if cart then after 1h set user.x = half(n)
    rule later: if cart then after 2h send email
    """
    with trigdsl.Engine(program(rules), store=f"sqlite:///{tmp_path / 'state.db'}") as engine:
        engine.feed_many([record("10:00:00", "cart", user, int(user == "b")) for user in "abc"])
        # The record that comes is as good as any; the timer goes off before it.
        made = engine.feed_many([record("11:30:00", "cart", "d"), record("13:00:00.000001", "visit", "d")])
        assert told(made) == [
            "a r sent 11:00",
            "b r cancelled failed 11:00",
            "c r sent 11:00",
            "a later sent 12:00",
            "b later sent 12:00",
            "c later sent 12:00",
            "d r sent 12:30",
        ]
        ((_, row),) = engine.rejects()
        assert row.user == "b"
        assert row.reason.startswith("the engine failed on a timer: UnicodeEncodeError")
        assert len(engine.pending("d")) == 1


OTHERS = {
    "silence": ("if no cart for 1h and odd(n) != 7 then send push", "11:00"),
    "calendar": ("if every day at 11:00 and odd(user.n) != 7 then send push", "11:00"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_trigger_by_the_clock_that_fails_starts_nothing_and_holds_up_nobody(store: str | None, kind: str) -> None:
    text, at = OTHERS[kind]
    rules = f"rule r: {text}\nrule later: if cart then after 2h send email"
    rejected: list[Any] = []
    with trigdsl.Engine(program(rules), store=store, on_reject=lambda *one: rejected.append(one)) as engine:
        engine.feed_many(
            [record("10:00:00", "cart", user, int(user == "b"), set={"n": int(user == "b")}) for user in "abc"]
        )
        assert told(engine.advance(f"{DAY}T13:00:00Z")) == [
            f"a r sent {at}",
            f"c r sent {at}",
            "a later sent 12:00",
            "b later sent 12:00",
            "c later sent 12:00",
        ]
        assert rejected == [({"user": "b", "time": f"{DAY}T{at}:00Z", "timer": kind, "rule": "r"}, FAILED)]
        # A calendar's next day comes as ever.
        engine.feed({"user": "b", "time": f"{DAY}T14:00:00Z", "set": {"n": 2}})
        made = told(engine.advance("2026-11-21T12:00:00Z"))
        assert made == (["a r sent 11:00", "b r sent 11:00", "c r sent 11:00"] if kind == "calendar" else [])


def test_a_membership_and_a_calendar_whose_next_moment_cannot_be_found_are_not_looked_at_again(
    store: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = """
    segment busy = count(visit) in last 1h >= 1
    rule daily: if every day at 11:00 then send push
    rule gone: if user leaves busy then send sms
    rule later: if visit then after 2h send email
    """

    def fails(*_: Any) -> Any:
        raise RuntimeError("poison")

    rejected: list[Any] = []
    with trigdsl.Engine(program(rules), store=store, on_reject=lambda *one: rejected.append(one)) as engine:
        engine.feed(record("10:00:00", "visit"))
        for name in ("calendar_fired", "look_at_segment"):
            monkeypatch.setattr(f"trigdsl.engine.timers.{name}", fails)
        assert told(engine.advance(f"{DAY}T13:00:00Z")) == ["u later sent 12:00"]
        assert {(one["timer"], one["rule"]) for one, _ in rejected} == {("calendar", "daily"), ("member", "gone")}
        monkeypatch.undo()
        assert engine.next_due is None


@pytest.mark.parametrize("how", MOVES)
def test_a_timer_that_cannot_even_be_left_out_is_told(
    store: str | None, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trigdsl.Engine(program(STEP), store=store) as engine:
        engine.feed(record("10:00:00", "cart", n=1))

        def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError("no way")

        monkeypatch.setattr(Machine, "decide", fails)
        with pytest.raises(RuntimeError, match="no way"):
            MOVES[how](engine)
        monkeypatch.undo()
        assert engine.rejected == (0 if store is not None else 1), "a record that comes is not at fault"
        if store is not None:
            assert told(engine.advance(f"{DAY}T11:00:00Z")) == ["u r cancelled failed 11:00"]


def test_what_a_failed_record_had_still_to_cause_falls_to_nobody_else(store: str | None) -> None:
    rules = """
    rule a: if cart then emit got { n: n }
    rule b: if cart and odd(n) == 1 then send push
    rule c: if got then send email
    """
    with trigdsl.Engine(program(rules), store=store) as engine:
        given = [record("10:00:00", "cart", "a", 1), record("10:00:01", "visit", "b"), record("10:00:02", "cart", "c")]
        made: list[trigdsl.Decision] = []
        if store is None:
            with pytest.raises(RuntimeError, match="poison"):
                engine.feed(given.pop(0))
        made += engine.feed_many(given)
        assert told(made) == ["c a sent 10:00", "c c sent 10:00"]


def test_a_failed_timer_is_forgotten_with_its_user(tmp_path: Path) -> None:
    with trigdsl.Engine(program(STEP), store=f"sqlite:///{tmp_path / 'state.db'}") as engine:
        engine.feed(record("10:00:00", "cart", "secret-user", 1))
        engine.advance(f"{DAY}T12:00:00Z")
        assert engine.forget("secret-user").rejects == 1
        assert engine.rejects() == []


@pytest.mark.parametrize("how", MOVES)
@pytest.mark.parametrize("is_alone", [True, False], ids=["a call each", "one call"])
def test_a_record_that_was_held_back_holds_up_nobody(store: str | None, how: str, is_alone: bool) -> None:
    """It waits for its time, and the engine fails on it only in a later call."""
    if store is None:
        pytest.skip("without a store nothing can be taken back: whoever calls is told")
    rejected: list[Any] = []
    rules = program("rule r: if cart and odd(n) != 7 then send push")
    with trigdsl.Engine(rules, store=store, lateness="10m", on_reject=lambda *one: rejected.append(one)) as engine:
        given = [record(f"10:00:0{place}", "cart", user, int(user == "b")) for place, user in enumerate("abc")]
        for some in [[one] for one in given] if is_alone else [given]:
            assert engine.feed_many(some) == []
        assert told(MOVES[how](engine)) == ["a r sent 10:00", "c r sent 10:00"]
        assert [why for _, why in rejected] == ["the engine failed on it: RuntimeError: poison"]
        assert engine.rejected == 1
