"""RULES or `-e` text → a program, or its diagnostics on standard error and exit status 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from trigdsl.cli.exits import RULES_AT_FAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trigdsl.checker.program import CheckedProgram
    from trigdsl.diagnostics.diagnostic import Diagnostic
    from trigdsl.engine.program import Program
    from trigdsl.source import Source

EXPRESSION_NAME = "-e"


def read_program(rules: str | None, expression: str | None) -> Program:
    """Compile `expression` if it is given, else the file or folder `rules`; raises as `read_checked` does."""
    return read_checked(rules, expression)[0]


def read_checked(
    rules: str | None, expression: str | None, *, explained: bool = False
) -> tuple[Program, CheckedProgram]:
    """`read_program`, and the checked program beside it; `explained` as with `parse_checked`.

    Raises TrigError for rules that cannot run, click.UsageError for a path that cannot be read.
    """
    from trigdsl.loading import compile_sources

    return compile_sources(*read_texts(rules, expression), {}, explained=explained)


def read_texts(rules: str | None, expression: str | None) -> tuple[list[Source], Path | None]:
    """The text `expression` if it is given, else those of the file or folder `rules`; and the folder of the program.

    Raises click.UsageError for a path that cannot be read.
    """
    from trigdsl.source import Source, folder_of, read_sources

    if expression is not None:
        return [Source(EXPRESSION_NAME, expression)], None
    if rules is None:
        raise click.UsageError("no rules: name a .trig file or a folder, or give -e 'if …'")
    path = Path(rules)
    if not path.exists():
        raise click.UsageError(f"no file or folder `{rules}`")
    try:
        return read_sources(path), folder_of(path)
    except (OSError, UnicodeError) as error:
        raise click.UsageError(f"cannot read `{rules}`: {error}") from error


def program_or_exit(rules: str | None, expression: str | None) -> Program:
    """The program, after its warnings went to standard error; rules that cannot run end the command.

    It may have been compiled by an earlier command: see `trigdsl.caching`.
    """
    from trigdsl.caching import cached_program

    with _ending(RULES_AT_FAULT):
        program = cached_program(*read_texts(rules, expression))
    _warn(program)
    return program


def checked_or_exit(
    rules: str | None, expression: str | None, *, explained: bool = False
) -> tuple[Program, CheckedProgram]:
    """`program_or_exit`, and the checked program beside it; `explained` as with `trigdsl.loading.parse_checked`."""
    with _ending(RULES_AT_FAULT):
        program, checked = read_checked(rules, expression, explained=explained)
    _warn(program)
    return program, checked


@contextmanager
def _ending(status: int) -> Iterator[None]:
    """Rules that cannot run end the command with a status, after what is wrong with them was said."""
    from trigdsl.diagnostics.diagnostic import TrigError

    try:
        yield
    except TrigError as error:
        print_diagnostics(error.diagnostics, sys.stderr)
        raise click.exceptions.Exit(status) from error


def _warn(program: Program) -> None:
    if program.diagnostics:
        print_diagnostics(program.diagnostics, sys.stderr)


def print_diagnostics(diagnostics: Sequence[Diagnostic], out: IO[str]) -> None:
    """Write every diagnostic and how many there are, in colour on a terminal."""
    from trigdsl.diagnostics.render_text import render_all, summary_line

    color = in_color(out)
    blocks = [render_all(diagnostics, color=color)] if diagnostics else []
    click.echo("\n\n".join([*blocks, summary_line(diagnostics)]), file=out, color=color)


def in_color(out: IO[str]) -> bool:
    """Whether people want colour there: a terminal, and NO_COLOR is not set."""
    return out.isatty() and not os.environ.get("NO_COLOR")
