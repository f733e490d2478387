"""Small pieces of the work, measured one by one with pytest-benchmark: parse, check, compile, evaluate, store.

    python -m pytest benchmarks/micro -n 0 --benchmark-columns=min,median,rounds

The tests of the project run them once, without measuring (tests/test_benchmarks.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.engine.context import Context
from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.loading import check_sources
from trigdsl.model.inputs import Input
from trigdsl.records.native import input_of
from trigdsl.source import Source
from trigdsl.store.codec import decode_state, encode_state
from trigdsl.store.resting import at_rest, awakened
from trigdsl.syntax.parser import parse_file

RULES = (Path(__file__).parents[2] / "examples" / "abandoned_cart" / "rules.trig").read_text("utf-8")
ONE = 'rule cart: if cart and value > 200 then after 30m send push "Still there?" unless purchase'
ASKING = "rule r: if purchase and sum(purchase.price) in last 7d > 300 and count(cart) in last 1d < 2 then send email"
RECORD = {"user": "u1", "time": "2026-03-02T10:00:00.125Z", "event": "cart", "properties": {"value": 250, "items": 3}}


@pytest.fixture
def program() -> Program:
    return trigdsl.parse(ONE)


@pytest.fixture
def waiting(program: Program) -> State:
    """The state of a user for whom a message waits."""
    engine = trigdsl.Engine(program)
    engine.feed(RECORD)
    state: State = engine._clockwork.states["u1"]
    return state


def test_parse(benchmark: Any) -> None:
    assert benchmark(parse_file, Source("rules.trig", RULES)).file.items


def test_check(benchmark: Any) -> None:
    """Parse and check, without compiling."""
    checked, _ = benchmark(check_sources, [Source("rules.trig", RULES)], None, {})
    assert checked.rules


def test_load(benchmark: Any) -> None:
    """Parse, check and compile."""
    assert len(benchmark(trigdsl.parse, ONE).rules) == 1


def test_evaluate(benchmark: Any, program: Program) -> None:
    condition = program.rules[0].condition
    context = Context(None, {}, lambda *_: None)
    context.event = {"value": 250}
    assert benchmark(condition, context)


def test_evaluate_history(benchmark: Any) -> None:
    """A sum and a count over windows, of a user with a hundred purchases."""
    program = trigdsl.parse(ASKING)
    engine = trigdsl.Engine(program)
    for number in range(100):
        time = f"2026-03-02T10:{number % 60:02d}:00Z" if number < 60 else f"2026-03-02T11:{number % 60:02d}:00Z"
        engine.feed({"user": "u1", "time": time, "event": "purchase", "properties": {"price": 2.5}})
    context = engine._clockwork.machine.context
    context.state = engine._clockwork.states["u1"]
    context.history = context.state.history
    assert benchmark(program.rules[0].condition, context) is False


def test_record(benchmark: Any) -> None:
    assert benchmark(input_of, RECORD).user == "u1"


def test_feed_an_event_that_no_rule_names(benchmark: Any, program: Program) -> None:
    engine = trigdsl.Engine(program)
    record = {**RECORD, "event": "page_view"}
    assert benchmark(engine.feed, record) == []


def test_handle(benchmark: Any, program: Program) -> None:
    """An event that ends a run, and one that starts it again."""
    clockwork = trigdsl.Engine(program)._clockwork
    started = Input("u1", 1_772_445_600_000_000, "cart", {"value": 250})
    ended = Input("u1", 1_772_445_600_000_000, "purchase", {})

    def both() -> int:
        clockwork.handle(started)
        clockwork.handle(ended)
        return len(clockwork.flush())

    assert benchmark(both) == 1


def test_state_to_bytes(benchmark: Any, program: Program, waiting: State) -> None:
    assert benchmark(encode_state, program, 0, waiting)


def test_state_from_bytes(benchmark: Any, program: Program, waiting: State) -> None:
    assert benchmark(decode_state, program, encode_state(program, 0, waiting)).user == "u1"


def test_state_to_rest_and_back(benchmark: Any, waiting: State) -> None:
    def both() -> State:
        resting = at_rest(waiting)
        assert isinstance(resting, bytes)
        return awakened("u1", resting)

    assert benchmark(both).user == "u1"


def test_store(benchmark: Any, program: Program, tmp_path: Path) -> None:
    """A record taken in on a store of SQLite, one transaction."""
    engine = trigdsl.Engine(program, store=f"sqlite:///{tmp_path}/state.db")
    assert benchmark(engine.feed, RECORD) == []
