"""`trig test --suggest`: rules → tests for what theirs do not exercise, printed or added to a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT


def suggest_tests(rules: str | None, expression: str | None, *, file: str | None, budget: int | None, seed: int) -> int:
    """Print tests, or add them to the end of `file`; what they do for the program is told on standard error."""
    from trigdsl.cli.program import print_diagnostics, read_checked
    from trigdsl.diagnostics.diagnostic import TrigError
    from trigdsl.suggester.suggest import DEFAULT_STORIES, suggest
    from trigdsl.suggester.writing import summary, suggestions_text

    try:
        program, checked = read_checked(rules, expression)
    except TrigError as error:
        print_diagnostics(error.diagnostics, sys.stderr)
        return RULES_AT_FAULT
    found = suggest(program, checked, budget=budget or DEFAULT_STORIES, seed=seed)
    text = suggestions_text(found.suggestions)
    if file is None:
        click.echo(text, nl=False)
    elif text:
        _append(Path(file), text)
    for line in summary(found):
        click.echo(line, err=True)
    return FINE


def _append(path: Path, text: str) -> None:
    """Add text to the end of a file, a blank line below what stands there; the file may be a new one."""
    try:
        held = path.read_bytes() if path.exists() else b""
        gap = b"" if not held else b"\n" if held.endswith(b"\n") else b"\n\n"
        with path.open("ab") as out:
            out.write(gap + text.encode("utf-8"))
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from error
