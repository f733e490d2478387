"""Results of tests → plain data for JSON: the same facts as the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.diagnostics.render_json import to_list
from trigdsl.model.values import instant_text
from trigdsl.tester.expectations import Outcome
from trigdsl.tester.run import TestResult
from trigdsl.tester.wording import actual_in_words, expected_in_words, nearest_in_words, timeline_lines


def to_dict(
    results: Sequence[TestResult], *, not_run: int = 0, diagnostics: Sequence[Diagnostic] = ()
) -> dict[str, Any]:
    """Counts, every test in order, and what the checker found; `not_run` were left out after a failure."""
    passed = sum(result.passed for result in results)
    return {
        "passed": passed,
        "failed": len(results) - passed,
        "not_run": not_run,
        "tests": [_test(result) for result in results],
        "diagnostics": to_list(diagnostics),
    }


def _test(result: TestResult) -> dict[str, Any]:
    """Where a test stands, whether it passed, and all that was expected and happened."""
    return {
        "title": result.test.title,
        "file": result.test.span.source.name,
        "line": result.test.span.position[0],
        "passed": result.passed,
        "zone": result.zone.name,
        "expectations": [_outcome(outcome, result) for outcome in result.outcomes],
        "violations": [violation.to_dict() for violation in result.violations],
        "timeline": [
            {"time": instant_text(line.time), "local": line.local, "happened": line.happened}
            for line in timeline_lines(result)
        ],
        "decisions": [decision.to_dict() for decision in result.decisions],
    }


def _outcome(outcome: Outcome, result: TestResult) -> dict[str, Any]:
    """`actual` and `nearest` are null for an expectation that holds."""
    return {
        "line": outcome.node.span.position[0],
        "text": outcome.expected,
        "met": outcome.met,
        "expected": expected_in_words(outcome.node),
        "actual": None if outcome.met else actual_in_words(outcome, result),
        "nearest": None if outcome.met else nearest_in_words(outcome, result),
    }
