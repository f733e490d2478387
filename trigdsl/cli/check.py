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
@click.option("--fix", is_flag=True, help="Mend in the files what is safe to mend, and show what is left.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--explain", "code", metavar="CODE", help="Print the page of a code such as unless-never.")
def check(
    rules: str | None,
    expression: str | None,
    form: str | None,
    as_json: bool,
    show_bounds: bool,
    show_code: bool,
    fix: bool,
    diff: bool,
    code: str | None,
) -> int:
    """Look for mistakes in RULES, a .trig file or a folder of them, without running anything.

    Every finding comes with its place, the line itself, and what to do about it, in the order of the text.
    The exit status is 0 when the rules can run (warnings and notes alone leave it so), 1 when there is an error, and
    2 when the call is wrong or a file cannot be read.

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
    if as_json:
        if form not in (None, "json"):
            raise click.UsageError(f"--json and --format {form} exclude each other")
        form = "json"
    if show_code and form not in (None, "text"):
        raise click.UsageError(f"--show-code and {'--json' if as_json else f'--format {form}'} exclude each other")
    if show_bounds and (show_code or form not in (None, "text", "json")):
        raise click.UsageError("--bounds goes with text and JSON only")
    if diff and (fix or show_code or show_bounds or form is not None):
        raise click.UsageError("--diff stands alone: it shows what --fix would change")
    if fix and (show_code or show_bounds):
        raise click.UsageError("--fix goes with the diagnostics only")
    if fix and expression is not None:
        raise click.UsageError("--fix mends files; with -e, --diff shows what it would change")
    if fix or diff:
        _mend(rules, expression, in_place=fix)
        if diff:
            return FINE
    diagnostics, can_run = _check(rules, expression)
    if can_run and (show_code or show_bounds):
        from trigdsl.cli.program import read_program

        program = read_program(rules, expression)
        if show_code:
            click.echo(program.code)
        else:
            _print_bounds(program, as_json=form == "json")
    else:
        _print(diagnostics, form or "text")
    return FINE if can_run else RULES_AT_FAULT


def _check(rules: str | None, expression: str | None) -> tuple[tuple[Diagnostic, ...], bool]:
    """Everything there is to say about the rules, in source order, and whether they can run."""
    from trigdsl.cli.program import read_texts
    from trigdsl.diagnostics.diagnostic import TrigError
    from trigdsl.linter.lint import lint
    from trigdsl.loading import check_sources

    try:
        checked, diagnostics = check_sources(*read_texts(rules, expression), {})
    except TrigError as error:
        return error.diagnostics, False
    return lint(checked, diagnostics), True


def _explain(code: str) -> int:
    from trigdsl.cli.arguments import one_of
    from trigdsl.diagnostics.codes import CODES
    from trigdsl.diagnostics.pages import page

    click.echo(page(one_of(code, CODES, "code")), nl=False)
    return FINE


def _mend(rules: str | None, expression: str | None, *, in_place: bool) -> None:
    """Makes all safe fixes in the files, or shows them; says on standard error how many there were."""
    from trigdsl.cli import mending
    from trigdsl.cli.program import read_texts

    diagnostics, _ = _check(rules, expression)
    sources, folder = read_texts(rules, expression)
    after, count = mending.mended(sources, folder, diagnostics)
    if not in_place:
        click.echo(mending.diff(sources, after), nl=False)
        return
    mending.write(sources, after)
    click.echo(f"mended {count} finding{'' if count == 1 else 's'}", err=True)


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
