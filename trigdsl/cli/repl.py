"""`trig repl`: a session with rules and a clock, for people or from a script."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.engine.program import Program
    from trigdsl.repl.shell import Shell


@click.command(short_help="Try rules with a clock that you move.")
@click.argument("rules", required=False, metavar="[RULES]")
@click.option("-e", "expression", metavar="TEXT", help="Rules as text, beside RULES or alone.")
@click.option("--events", metavar="FILE", help="Events that happened before: the clock starts at the last.")
@click.option("--user", metavar="USER", help="Whom to begin with: u1, or the first of the events.")
@click.option("--at", metavar="TIME", help="Where the clock starts, on the user's clock: 2026-11-20T10:00.")
def repl(rules: str | None, expression: str | None, events: str | None, user: str | None, at: str | None) -> int:
    """Type rules and they are live; send events, move the clock, and see what happens as it happens.

    A line is a rule or a declaration, an event or a change of the user as in a test, a move of the clock, or a
    command such as :pending, :why, :back and :fork; :help lists them all. From a pipe or a file it prints the
    transcript, and the exit status is 1 when a line could not be done.

    \b
    Example:
      trig repl rules.trig
      trig repl rules.trig --events events.jsonl --user u1
      trig repl < session.txt
    """
    shell = _opened(rules, expression, events, user, at)
    if sys.stdin.isatty():
        from trigdsl.repl.terminal import talk

        talk(shell)
        return FINE
    from trigdsl.repl.script import run

    for line in run(shell, sys.stdin):
        click.echo(line, color=shell.color)
    return RULES_AT_FAULT if shell.failed else FINE


def _opened(rules: str | None, expression: str | None, events: str | None, user: str | None, at: str | None) -> Shell:
    """The session as the options open it; ends the command when that cannot be."""
    from trigdsl.cli.program import in_color
    from trigdsl.engine.zones import UTC
    from trigdsl.repl.opening import moment_of, open_shell

    try:
        moment_of(at or "2026-01-05", UTC)
    except ValueError as error:
        raise click.BadParameter(f"`{at}` is no time such as 2026-11-20T10:00", param_hint="--at") from error
    shell, said = open_shell(
        rules=rules,
        expression=expression,
        events=events,
        user=user,
        at=at,
        bounds_of=_bounds,
        color=in_color(sys.stdout),
    )
    for line in said:
        click.echo(line, err=True, color=shell.color)
    if shell.failed:
        raise click.exceptions.Exit(RULES_AT_FAULT)
    return shell


def _bounds(program: Program) -> str:
    from io import StringIO

    from trigdsl.cli.bounds_text import bounds_blocks
    from trigdsl.cli.tables import print_blocks
    from trigdsl.engine.bounds import bounds

    out = StringIO()
    print_blocks(bounds_blocks(bounds(program)), out)
    return out.getvalue()
