"""`trig check`: rules → every diagnostic."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.diagnostics.diagnostic import Diagnostic


@click.command(short_help="Look for mistakes in rules.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Check this text instead of a file.")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnostics as a JSON list.")
@click.option("--show-code", is_flag=True, help="Print the Python source that the rules compile to.")
def check(rules: str | None, expression: str | None, as_json: bool, show_code: bool) -> int:
    """Look for mistakes in RULES, a .trig file or a folder of them, without running anything.

    Every finding comes with its place, the line itself, and what to do about it. The exit status is 1
    when there is an error; warnings alone leave it 0.

    \b
    Example:
      trig check rules.trig
      trig check -e 'if signup then send push'
    """
    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    if as_json and show_code:
        raise click.UsageError("--json and --show-code exclude each other")
    diagnostics, code = _check(rules, expression)
    if as_json:
        _print_json(diagnostics)
    elif show_code and code is not None:
        click.echo(code)
    else:
        from trigdsl.cli.program import print_diagnostics

        print_diagnostics(diagnostics, sys.stdout)
    return FINE if code is not None else RULES_AT_FAULT


def _check(rules: str | None, expression: str | None) -> tuple[tuple[Diagnostic, ...], str | None]:
    """Everything there is to say about the rules, in source order, and their code when they can run."""
    from trigdsl.cli.program import read_program
    from trigdsl.diagnostics.diagnostic import TrigError

    try:
        program = read_program(rules, expression)
    except TrigError as error:
        return error.diagnostics, None
    return program.diagnostics, program.code


def _print_json(diagnostics: tuple[Diagnostic, ...]) -> None:
    import msgspec

    from trigdsl.diagnostics.render_json import to_list

    click.echo(msgspec.json.format(msgspec.json.encode(to_list(diagnostics)), indent=2))
