"""Every example checks without a finding, its tests pass, and its events lead to the decisions worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from example_programs import EXAMPLES, PROGRAMS, load_example

import trigdsl
from trigdsl.syntax.nodes import ExpectRule
from trigdsl.tester.run import run_tests

REPLAYS = [
    ("abandoned_cart/rules.trig", "abandoned_cart/events.jsonl", "abandoned_cart/expected.jsonl"),
    ("abandoned_cart/tuned.trig", "abandoned_cart/events.jsonl", "abandoned_cart/expected_tuned.jsonl"),
    ("winback", "winback/events.jsonl", "winback/expected.jsonl"),
    ("mobile_app", "mobile_app/sessions.jsonl", "mobile_app/expected.jsonl"),
]


def records(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLES / file).read_text("utf-8").splitlines()]


def without_key(decision: trigdsl.Decision) -> dict[str, Any]:
    held = decision.to_dict()
    del held["key"]
    return held


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_wrong_with_the_program(program: str) -> None:
    assert load_example(program)[0].diagnostics == ()


@pytest.mark.parametrize("program", PROGRAMS)
def test_its_own_tests_pass(program: str) -> None:
    compiled, checked = load_example(program)
    failed = [
        f"{result.test.title}: {outcome.expected}"
        for result in run_tests(checked.tests, compiled)
        for outcome in result.outcomes
        if not outcome.met
    ]
    assert failed == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_with_tests_tests_each_of_its_rules(program: str) -> None:
    compiled, checked = load_example(program)
    tested = {line.rule.text for test in checked.tests for line in test.lines if isinstance(line, ExpectRule)}
    replayed = {record["rule"] for rules, _, expected in REPLAYS if rules == program for record in records(expected)}
    assert not checked.tests or {rule.name for rule in compiled.rules} == tested | replayed


@pytest.mark.parametrize(("program", "events", "expected"), REPLAYS, ids=[expected for *_, expected in REPLAYS])
def test_the_replay_makes_the_expected_decisions(program: str, events: str, expected: str) -> None:
    compiled, _ = load_example(program)
    assert [without_key(one) for one in trigdsl.replay(compiled, records(events))] == records(expected)


@pytest.mark.parametrize(("program", "events", "expected"), REPLAYS, ids=[expected for *_, expected in REPLAYS])
def test_live_the_decisions_are_those_of_the_replay(program: str, events: str, expected: str) -> None:
    engine = trigdsl.Engine(load_example(program)[0])
    live = [one for record in records(events) for one in engine.feed(record)]
    live += engine.advance(records(events)[-1]["time"])
    live.sort(key=lambda one: (one.time, one.user))
    assert [without_key(one) for one in live] == [one for one in records(expected) if one["status"] != "pending"]


def test_every_file_of_expected_decisions_is_compared() -> None:
    compared = {expected for _, _, expected in REPLAYS}
    assert {str(file.relative_to(EXAMPLES)) for file in EXAMPLES.rglob("expected*.jsonl")} == compared
