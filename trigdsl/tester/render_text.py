"""Results of tests → text for people: what failed and why first, then a line of counts for each file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trigdsl.diagnostics.excerpt import cells, visible
from trigdsl.diagnostics.render_text import excerpt, paint
from trigdsl.model.violations import Violation
from trigdsl.syntax.nodes import Test
from trigdsl.tester.expectations import Outcome
from trigdsl.tester.run import TestResult
from trigdsl.tester.wording import (
    actual_in_words,
    clock_of,
    decision_in_words,
    expected_in_words,
    nearest_in_words,
    timeline_lines,
)

_BOLD, _RED, _GREEN, _BLUE, _DIM = "1", "1;31", "1;32", "1;34", "2"


def render_results(results: Sequence[TestResult], *, verbose: bool = False, color: bool = False) -> str:
    """The whole report, without a last line break; `verbose` names each test, `color` adds ANSI escapes."""
    blocks = [render_failure(result, color=color) for result in results if not result.passed]
    blocks.append("\n".join(_counts(results, verbose, color)))
    return "\n\n".join(blocks)


def render_failure(result: TestResult, *, color: bool = False) -> str:
    """One failed test: each expectation and invariant that does not hold, then what happened by time."""
    title = paint(visible(result.test.title), _BOLD, color)
    lines = [f"{paint(f'{place_of(result.test)}: failed:', _RED, color)} {title}"]
    for outcome in result.outcomes:
        if not outcome.met:
            lines += _outcome(outcome, result, color)
    for violation in result.violations:
        lines += _violation(violation, result, color)
    lines.append(f"  what happened, in the time of {result.zone.name}:")
    lines += [f"    {line}" for line in _timeline(result, color)]
    return "\n".join(lines)


def place_of(test: Test) -> str:
    """The file and the line at which a test starts."""
    return f"{visible(test.span.source.name)}:{test.span.position[0]}"


def _outcome(outcome: Outcome, result: TestResult, color: bool) -> Iterator[str]:
    yield from excerpt(outcome.node.span, color=color)
    yield _note("expected:", expected_in_words(outcome.node), _GREEN, color)
    yield _note("happened:", actual_in_words(outcome, result), _RED, color)
    nearest = nearest_in_words(outcome, result)
    if nearest is not None:
        yield _note("nearest: ", nearest, _BLUE, color)


def _violation(violation: Violation, result: TestResult, color: bool) -> Iterator[str]:
    yield f"  the invariant `{visible(violation.invariant)}` is broken"
    yield _note("expected:", violation.promise, _GREEN, color)
    sent = f"{clock_of(result)(violation.time)} {decision_in_words(violation.decision)}"
    yield _note("happened:", f"{sent} ({violation.because})", _RED, color)


def _note(label: str, text: str, code: str, color: bool) -> str:
    return f"      {paint(f'= {label}', code, color)} {visible(text)}"


def _timeline(result: TestResult, color: bool) -> Iterator[str]:
    lines = timeline_lines(result)
    for line in lines:
        yield f"{paint(line.local, _DIM, color)}  {visible(line.happened)}"
    if not lines:
        yield "nothing"


def _counts(results: Sequence[TestResult], verbose: bool, color: bool) -> Iterator[str]:
    by_file: dict[str, list[TestResult]] = {}
    for result in results:
        by_file.setdefault(result.test.span.source.name, []).append(result)
    width = max((cells(visible(name)) for name in by_file), default=0)
    for name, held in by_file.items():
        yield f"{visible(name)}{' ' * (width - cells(visible(name)))}  {_count(held, color)}"
        if verbose:
            for result in held:
                word = paint("passed", _GREEN, color) if result.passed else paint("failed", _RED, color)
                yield f"  {word}  {visible(result.test.title)}"
    if len(by_file) > 1:
        yield f"{'all':{width}}  {_count(results, color)}"


def _count(results: Sequence[TestResult], color: bool) -> str:
    passed = sum(result.passed for result in results)
    failed = len(results) - passed
    words = [paint(f"{passed} passed", _GREEN if not failed else _BOLD, color)]
    if failed:
        words.append(paint(f"{failed} failed", _RED, color))
    return ", ".join(words)
