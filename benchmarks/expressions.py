"""What a condition costs beside the same one written by hand as a Python lambda.

    python benchmarks/expressions.py

Both are called for each of the same records, in turns, and must answer alike.  Shown is the least CPU time of several
rounds for one call, that of an empty loop taken off, and how many times as long ours takes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conditions import CONDITIONS, NOW, Condition, Record, records

import trigdsl
from trigdsl.engine.context import Context
from trigdsl.engine.state import State
from trigdsl.model.values import micros

RECORDS, ROUNDS, REPEATS = 200, 40, 10


def compiled(condition: Condition) -> tuple[Callable[[Context], Any], Context]:
    """A condition as the engine has it, and the context it is called with."""
    program = trigdsl.parse(f'list newsletter\nrule r: if e and {condition.text} then send push "x"')
    test = program.rules[0].condition
    assert test is not None
    context = Context(program.zone, program.functions, lambda *_: None)
    context.now = micros(NOW)
    return test, context


def of_ours(test: Callable[[Context], Any], context: Context, given: list[Any]) -> list[bool]:
    answers = []
    for event, state in given:
        context.event, context.trigger, context.state = event, event, state
        answers.append(bool(test(context)))
    return answers


def states_of(given: list[tuple[Record, Record, set[str]]]) -> list[tuple[Record, State]]:
    made = []
    for event, user, lists in given:
        state = State("u")
        state.profile, state.lists = user, lists or None
        made.append((event, state))
    return made


def measured(condition: Condition) -> tuple[float, float]:
    """Nanoseconds of a call by hand, and of ours."""
    given = records(RECORDS)
    ours = states_of(given)
    test, context = compiled(condition)
    by_hand = condition.by_hand
    if of_ours(test, context, ours) != [bool(by_hand(*one)) for one in given]:
        raise SystemExit(f"another answer: {condition.text}")
    runs = [
        (_hand(by_hand, given), _empty_hand(given), _ours(test, context, ours), _empty_ours(context, ours))
        for _ in range(ROUNDS)
    ]
    hand, empty_hand, our, empty_our = (min(column) / (RECORDS * REPEATS) * 1e9 for column in zip(*runs, strict=True))
    return hand - empty_hand, our - empty_our


def _hand(test: Callable[..., Any], given: list[Any]) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        for event, user, lists in given:
            test(event, user, lists)
    return time.process_time() - began


def _empty_hand(given: list[Any]) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        for _event, _user, _lists in given:
            pass
    return time.process_time() - began


def _ours(test: Callable[[Context], Any], context: Context, given: list[Any]) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        for event, state in given:
            context.event = event
            context.state = state
            test(context)
    return time.process_time() - began


def _empty_ours(context: Context, given: list[Any]) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        for event, state in given:
            context.event = event
            context.state = state
    return time.process_time() - began


def table() -> list[dict[str, Any]]:
    """Each condition with its figures."""
    found = []
    for condition in CONDITIONS:
        hand, ours = measured(condition)
        found.append({"condition": condition.text, "by_hand_ns": hand, "ours_ns": ours, "ratio": ours / hand})
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    found = table()
    print("| condition | by hand | ours | ratio |\n|---|--:|--:|--:|")
    for one in found:
        print(f"| `{one['condition']}` | {one['by_hand_ns']:.0f} ns | {one['ours_ns']:.0f} ns | {one['ratio']:.2f} |")
    print(f"\ngeometric mean of the ratios: {statistics.geometric_mean(one['ratio'] for one in found):.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
