"""`trig test --suggest`: rules → tests for what theirs do not exercise, printed or added to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--suggest", is_flag=True, help="Run nothing: print tests for what the tests leave out."),
    click.option("--suggest-to", metavar="FILE", help="Add such tests to the end of a file, which may be new."),
    click.option("--budget", type=click.IntRange(min=1), metavar="N", help="Try so many stories for them."),
    click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Where chance starts (default: 0)."),
)


def suggest_options(command: Command) -> Command:
    """Give a command the options of `suggest_tests`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wants_suggestions(given: Mapping[str, Any], others: Iterable[object]) -> bool:
    """Whether tests are to be suggested; raises UsageError for options that do not go together.

    `others` are the options about running tests.
    """
    wanted = bool(given["suggest"] or given["suggest_to"] is not None)
    if wanted and any(others):
        raise click.UsageError("--suggest runs no tests: it goes with --suggest-to, --budget and --seed alone")
    if not wanted and (given["budget"] is not None or given["seed"] is not None):
        raise click.UsageError("--budget and --seed are for --suggest")
    return wanted


def suggest_tests(
    rules: str | None,
    expression: str | None,
    *,
    suggest: bool,
    suggest_to: str | None,
    budget: int | None,
    seed: int | None,
) -> int:
    """Print tests, add them to the end of a file, or both; what they do for the program goes to standard error."""
    from trigdsl.cli.program import print_diagnostics, read_checked
    from trigdsl.diagnostics.diagnostic import TrigError
    from trigdsl.suggester.suggest import suggest as search
    from trigdsl.suggester.writing import suggestions_text, summary

    try:
        program, checked = read_checked(rules, expression, explained=True)
    except TrigError as error:
        print_diagnostics(error.diagnostics, sys.stderr)
        return RULES_AT_FAULT
    found = search(program, checked, budget=budget, seed=seed or 0)
    text = suggestions_text(found.suggestions)
    if suggest or suggest_to is None:
        click.echo(text, nl=False)
    if suggest_to is not None and text:
        _append(Path(suggest_to), text)
    for line in summary(found):
        click.echo(line, err=True)
    return FINE


def _append(path: Path, text: str) -> None:
    """Add text to the end of a file, a blank line below what stands there."""
    try:
        held = path.read_bytes() if path.exists() else b""
        gap = b"" if not held else b"\n" if held.endswith(b"\n") else b"\n\n"
        with path.open("ab") as out:
            out.write(gap + text.encode("utf-8"))
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from error
