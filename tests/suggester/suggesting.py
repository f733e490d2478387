"""What is suggested for a text, in a form that tests can look into."""

from __future__ import annotations

from functools import cache

from trigdsl.loading import parse_checked
from trigdsl.suggester.suggest import Suggestions, suggest
from trigdsl.syntax.printer import print_tree


@cache
def suggested(text: str, budget: int = 1_000) -> Suggestions:
    program, checked = parse_checked(text, explained=True)
    return suggest(program, checked, budget=budget)


def told(text: str) -> list[str]:
    """Each suggested test as one line of words."""
    return [" ".join(print_tree(one.test).split()) for one in suggested(text).suggestions]


def is_told(text: str, *parts: str) -> bool:
    """Whether one suggested test says all this, in this order."""
    return any(_says(test, parts) for test in told(text))


def _says(test: str, parts: tuple[str, ...]) -> bool:
    at = 0
    for part in parts:
        at = test.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
