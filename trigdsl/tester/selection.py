"""Patterns and tests → the tests that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from trigdsl.syntax.nodes import ExpectRule, Test


def select(tests: Iterable[Test], patterns: Sequence[str]) -> list[Test]:
    """The tests that one of the patterns fits; all of them without a pattern.

    A pattern fits a title or the name of a rule that the test expects something of, whole or in part, upper and
    lower case alike; `*` stands for any characters, `?` for any one.
    """
    folded = [f"*{pattern.casefold()}*" for pattern in patterns]
    return [test for test in tests if not folded or any(_fits(test, pattern) for pattern in folded)]


def _fits(test: Test, pattern: str) -> bool:
    rules = {line.rule.text for line in test.lines if isinstance(line, ExpectRule)}
    return any(fnmatchcase(name.casefold(), pattern) for name in (test.title, *rules))
