"""Tests that are suggested for random programs: they pass, they read, and they add to what is exercised."""

from __future__ import annotations

import pytest
from budget import FIRST, share
from programs import case

import trigdsl
from trigdsl.coverage import Covering
from trigdsl.formatter import format_text
from trigdsl.loading import parse_checked
from trigdsl.source import Source
from trigdsl.suggester.suggest import suggest
from trigdsl.suggester.writing import suggestions_text
from trigdsl.tester.run import run_tests

BUDGET = 200


def program_of(seed: int) -> str | None:
    text = case(seed).text
    try:
        parse_checked(text)
    except trigdsl.TrigError:
        return None
    return text


@pytest.mark.parametrize("seed", range(FIRST, FIRST + share(100)))
def test_suggested_tests_pass_and_exercise_more(seed: int) -> None:
    text = program_of(seed)
    if text is None:
        return
    program, checked = parse_checked(text, explained=True)
    found = suggest(program, checked, budget=BUDGET)
    tests = suggestions_text(found.suggestions)
    whole = f"{text}\n{tests}"
    more, more_checked = parse_checked(whole, explained=True)

    assert format_text(Source("<suggested>", tests)) == tests
    assert len(more_checked.tests) == len(found.suggestions)
    assert all(result.passed for result in run_tests(more_checked.tests, more))
    assert len({test.title for test in more_checked.tests}) == len(more_checked.tests)

    covered = Covering(more, more_checked).of_tests(more_checked.tests)
    assert {str(point) for one in found.suggestions for point in one.points} <= {str(point) for point in covered}
    assert len(covered) >= found.covered + sum(len(one.points) for one in found.suggestions)
    assert found.total == found.covered + sum(len(one.points) for one in found.suggestions) + len(found.not_reached)

    again = suggest(*parse_checked(text, explained=True), budget=BUDGET)
    assert suggestions_text(again.suggestions) == tests
