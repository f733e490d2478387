"""Every example replays over its events to exactly the decisions that were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import trigdsl

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

REPLAYS = [
    ("abandoned_cart/rules.trig", "abandoned_cart/events.jsonl", "abandoned_cart/expected.jsonl"),
    ("abandoned_cart/tuned.trig", "abandoned_cart/events.jsonl", "abandoned_cart/expected_tuned.jsonl"),
    ("winback/rules.trig", "winback/events.jsonl", "winback/expected.jsonl"),
]


def records(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLES / file).read_text("utf-8").splitlines()]


def without_key(decision: trigdsl.Decision) -> dict[str, Any]:
    held = decision.to_dict()
    del held["key"]
    return held


@pytest.mark.parametrize(("rules", "events", "expected"), REPLAYS, ids=lambda file: file.partition("/")[2])
def test_the_replay_makes_the_expected_decisions(rules: str, events: str, expected: str) -> None:
    program = trigdsl.load(EXAMPLES / rules)
    assert program.diagnostics == ()
    assert [without_key(one) for one in trigdsl.replay(program, records(events))] == records(expected)


def test_every_file_of_expected_decisions_is_compared() -> None:
    compared = {expected for _, _, expected in REPLAYS}
    assert {str(file.relative_to(EXAMPLES)) for file in EXAMPLES.rglob("expected*.jsonl")} == compared


def test_live_the_decisions_are_those_of_the_replay() -> None:
    for rules, events, expected in REPLAYS:
        engine = trigdsl.Engine(trigdsl.load(EXAMPLES / rules))
        live = [one for record in records(events) for one in engine.feed(record)]
        live += engine.advance(records(events)[-1]["time"])
        live.sort(key=lambda one: (one.time, one.user))
        assert [without_key(one) for one in live] == [one for one in records(expected) if one["status"] != "pending"]
