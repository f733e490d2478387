"""`trig explain`: rules → what they do, in prose."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.cli.prose import Prose


@click.command(short_help="Say what rules do.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Explain this text instead of a file.")
@click.option("--rules", "as_prose", is_flag=True, help="Read every rule back as prose.")
@click.option("--json", "as_json", is_flag=True, help="Print the prose as JSON.")
def explain(rules: str | None, expression: str | None, as_prose: bool, as_json: bool) -> int:
    """Say what RULES do, a .trig file or a folder of them, so that whoever answers for them can confirm it.

    `--rules` reads every rule back as prose, and after the rules what stands around them: channels, caps,
    segments, calendars and invariants.

    \b
    Example:
      trig explain rules.trig --rules
      trig explain --rules -e 'if signup then after 1h send push'
    """
    if not as_prose:
        raise click.UsageError("say what to explain: `--rules` reads the rules back as prose")
    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    prose = _prose(rules, expression)
    if prose is None:
        return RULES_AT_FAULT
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(prose.to_dict()), indent=2))
    else:
        from trigdsl.diagnostics.excerpt import visible

        click.echo("\n".join(visible(line) for line in prose.to_text().split("\n")))
    return FINE


def _prose(rules: str | None, expression: str | None) -> Prose | None:
    """What the rules say, None for rules that cannot run; what is wrong or doubtful goes to standard error."""
    from trigdsl.cli.program import print_diagnostics, read_checked
    from trigdsl.cli.prose import prose_of
    from trigdsl.diagnostics.diagnostic import TrigError

    try:
        program, checked = read_checked(rules, expression)
    except TrigError as error:
        print_diagnostics(error.diagnostics, sys.stderr)
        return None
    if program.diagnostics:
        print_diagnostics(program.diagnostics, sys.stderr)
    return prose_of(checked)
