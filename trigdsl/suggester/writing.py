"""Suggested tests → text as it stands in a rule file, each with a comment that says what it is for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from trigdsl.coverage import Point
from trigdsl.formatter import format_text
from trigdsl.source import Source
from trigdsl.suggester.suggest import Suggestion, Suggestions
from trigdsl.suggester.titles import said
from trigdsl.syntax.printer import print_tree

WIDTH = 118
NOTICE = "# It expects what the rules do now. Is that what you mean?"


def suggestions_text(suggestions: Iterable[Suggestion]) -> str:
    """The tests one below the other, in the one form that files are written in; empty when there are none."""
    blocks = ["\n".join((*_comment(one), print_tree(one.test))) for one in suggestions]
    return format_text(Source("<suggested>", "\n\n".join(blocks))) if blocks else ""


def _comment(suggestion: Suggestion) -> Iterator[str]:
    """What the test exercises, as one sentence over as many lines as it needs."""
    points = "; ".join(said(suggestion.points))
    yield from _wrapped(f"Exercises {points}.")
    yield NOTICE


def _wrapped(text: str) -> list[str]:
    """The lines of a comment; no word is broken, at a hyphen neither."""
    marked = textwrap.TextWrapper(
        WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False, break_long_words=False
    )
    return marked.wrap(text)


def summary(found: Suggestions) -> Iterator[str]:
    """What the tests do for the program, and each point that no story reached."""
    reached = sum(len(one.points) for one in found.suggestions)
    yield f"the program's tests exercise {found.covered} of {_counted(found.total, 'point')}"
    if reached:
        yield f"{_counted(len(found.suggestions), 'test')} suggested, for {_counted(reached, 'more point')}"
    by_rule: dict[str, list[Point]] = {}
    for point in found.not_reached:
        by_rule.setdefault(point.rule, []).append(point)
    for rule, points in by_rule.items():
        yield from (f"not reached: {rule}: {what}" for what in said(points))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
