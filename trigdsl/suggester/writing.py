"""Suggested tests → text as it stands in a rule file, each with a comment that says what it is for."""

from __future__ import annotations

from collections.abc import Iterable

from trigdsl.formatter import format_text
from trigdsl.source import Source
from trigdsl.suggester.suggest import Suggestion
from trigdsl.syntax.printer import print_tree

WIDTH = 118
NOTICE = "# What is expected is what the rules do now: check that it is what you mean."


def suggestions_text(suggestions: Iterable[Suggestion]) -> str:
    """The tests one below the other, in the one form that files are written in; empty when there are none."""
    blocks = ["\n".join((*_comment(one), print_tree(one.test))) for one in suggestions]
    return format_text(Source("<suggested>", "\n\n".join(blocks))) if blocks else ""


def _comment(suggestion: Suggestion) -> list[str]:
    """What the test shows, a line for each thing of which it shows something."""
    return [f"# {line}" for line in shown(suggestion)] + [NOTICE]
