"""`trig check`: rules → every diagnostic, the rules mended, or the page of a code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.diagnostics.diagnostic import Diagnostic
    from trigdsl.source import Source


@click.command(short_help="Look for mistakes in rules.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Check this text instead of a file.")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnostics as a JSON list.")
@click.option("--show-code", is_flag=True, help="Print the Python source that the rules compile to.")
@click.option("--fix", is_flag=True, help="Mend in the files what is safe to mend, and show what is left.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--explain", "code", metavar="CODE", help="Print the page of a code such as unless-never.")
def check(
    rules: str | None, expression: str | None, as_json: bool, show_code: bool, fix: bool, diff: bool, code: str | None
) -> int:
    """Look for mistakes in RULES, a .trig file or a folder of them, without running anything.

    Every finding comes with its place, the line itself, and what to do about it. The exit status is 1
    when there is an error; warnings and notes alone leave it 0.

    \b
    Example:
      trig check rules.trig
      trig check -e 'if signup then send push'
      trig check --explain unless-never
    """
    if code is not None:
        return _explain(code)
    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    if sum((as_json, show_code, diff)) > 1 or (fix and (diff or show_code)):
        raise click.UsageError("of --json, --show-code, --fix and --diff only --json and --fix go together")
    if fix and expression is not None:
        raise click.UsageError("--fix mends files; with -e, --diff shows what it would change")
    if fix or diff:
        _mend(rules, expression, in_place=fix)
        if diff:
            return FINE
    diagnostics, python = _check(rules, expression)
    if as_json:
        _print_json(diagnostics)
    elif show_code and python is not None:
        click.echo(python)
    else:
        from trigdsl.cli.program import print_diagnostics

        print_diagnostics(diagnostics, sys.stdout)
    return FINE if python is not None else RULES_AT_FAULT


def _check(rules: str | None, expression: str | None) -> tuple[tuple[Diagnostic, ...], str | None]:
    """Everything there is to say about the rules, in source order, and their code when they can run."""
    from trigdsl.cli.program import read_checked
    from trigdsl.diagnostics.diagnostic import TrigError
    from trigdsl.linter.lint import lint

    try:
        program, checked = read_checked(rules, expression)
    except TrigError as error:
        return error.diagnostics, None
    return lint(checked, program.diagnostics), program.code


def _explain(code: str) -> int:
    from trigdsl.cli.arguments import one_of
    from trigdsl.diagnostics.codes import CODES
    from trigdsl.diagnostics.pages import page

    click.echo(page(one_of(code, CODES, "code")), nl=False)
    return FINE


def _mend(rules: str | None, expression: str | None, *, in_place: bool) -> None:
    """Makes all safe fixes in the files, or shows them; says on standard error how many there were."""
    from trigdsl.cli import mending

    diagnostics, _ = _check(rules, expression)
    sources, folder = _sources(rules, expression)
    after, count = mending.mended(sources, folder, diagnostics)
    if not in_place:
        click.echo(mending.diff(sources, after), nl=False)
        return
    mending.write(sources, after)
    click.echo(f"mended {count} finding{'' if count == 1 else 's'}", err=True)


def _sources(rules: str | None, expression: str | None) -> tuple[list[Source], Path | None]:
    from trigdsl.cli.program import EXPRESSION_NAME
    from trigdsl.loading import read_sources
    from trigdsl.source import Source

    if rules is None:
        return [Source(EXPRESSION_NAME, expression or "")], None
    path = Path(rules)
    return read_sources(path), path if path.is_dir() else path.parent


def _print_json(diagnostics: tuple[Diagnostic, ...]) -> None:
    import msgspec

    from trigdsl.diagnostics.render_json import to_list

    click.echo(msgspec.json.format(msgspec.json.encode(to_list(diagnostics)), indent=2))
