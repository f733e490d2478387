"""`trig check`: rules → every diagnostic."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.diagnostics.diagnostic import Diagnostic
    from trigdsl.engine.program import Program


@click.command(short_help="Look for mistakes in rules.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Check this text instead of a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    help="Print the diagnostics as text (the default), as a JSON list, as a SARIF log for code scanning, or as"
    " annotations of GitHub Actions.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--bounds", "show_bounds", is_flag=True, help="Print what the rules keep for a user, at most.")
@click.option("--show-code", is_flag=True, help="Print the Python source that the rules compile to.")
def check(
    rules: str | None,
    expression: str | None,
    form: str | None,
    as_json: bool,
    show_bounds: bool,
    show_code: bool,
) -> int:
    """Look for mistakes in RULES, a .trig file or a folder of them, without running anything.

    Every finding comes with its place, the line itself, and what to do about it, in the order of the text.
    The exit status is 0 when the rules can run (warnings alone leave it so), 1 when there is an error, and
    2 when the call is wrong or a file cannot be read.

    \b
    Example:
      trig check rules.trig
      trig check -e 'if signup then send push'
    """
    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    if as_json:
        if form not in (None, "json"):
            raise click.UsageError(f"--json and --format {form} exclude each other")
        form = "json"
    if show_code and form not in (None, "text"):
        raise click.UsageError(f"--show-code and {'--json' if as_json else f'--format {form}'} exclude each other")
    if show_bounds and (show_code or form not in (None, "text", "json")):
        raise click.UsageError("--bounds goes with text and JSON only")
    diagnostics, program = _check(rules, expression)
    if show_code and program is not None:
        click.echo(program.code)
    elif show_bounds and program is not None:
        _print_bounds(program, as_json=form == "json")
    else:
        _print(diagnostics, form or "text")
    return FINE if program is not None else RULES_AT_FAULT


def _check(rules: str | None, expression: str | None) -> tuple[tuple[Diagnostic, ...], Program | None]:
    """Everything there is to say about the rules, in source order, and the program when they can run."""
    from trigdsl.cli.program import read_program
    from trigdsl.diagnostics.diagnostic import TrigError

    try:
        program = read_program(rules, expression)
    except TrigError as error:
        return error.diagnostics, None
    return program.diagnostics, program


def _print_bounds(program: Program, *, as_json: bool) -> None:
    from trigdsl.engine.bounds import bounds

    found = bounds(program)
    if as_json:
        _print_json(found.to_dict())
        return
    from trigdsl.cli.bounds_text import bounds_blocks
    from trigdsl.cli.tables import print_blocks

    print_blocks(bounds_blocks(found), sys.stdout)


def _print(diagnostics: tuple[Diagnostic, ...], form: str) -> None:
    if form == "text":
        from trigdsl.cli.program import print_diagnostics

        print_diagnostics(diagnostics, sys.stdout)
    elif form == "github":
        from trigdsl.diagnostics.render_github import to_commands

        for command in to_commands(diagnostics):
            click.echo(command)
    else:
        from trigdsl.diagnostics.render_json import to_list
        from trigdsl.diagnostics.render_sarif import to_sarif

        _print_json(to_list(diagnostics) if form == "json" else to_sarif(diagnostics))


def _print_json(data: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2))
