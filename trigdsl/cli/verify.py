"""`trig verify`: rules → stories that break what they promise, as tests that fail."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.exits import FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.checker.program import CheckedProgram
    from trigdsl.engine.program import Program
    from trigdsl.verifier.search import Budget, Verdict


@click.command(short_help="Search for events that break what rules promise.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Verify this text instead of a file.")
@click.option(
    "--budget", metavar="N|DURATION", help="Try so many stories (default: 2000), or search so long: 60s, 10m."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Where the search starts (default: 0)."
)
@click.option("--promise", "promises", multiple=True, metavar="NAME", help="Look at this promise alone.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify(
    rules: str | None, expression: str | None, budget: str | None, seed: int, promises: tuple[str, ...], as_json: bool
) -> int:
    """Search for a story of one user that breaks a promise of RULES, a .trig file or a folder of them.

    Promises are the invariants of the rules, and those that always hold: `windows`, `unless`, `caps`, `ends`. A story
    that breaks one is shrunk to the least and printed as a test that fails. The exit status is then 1.
    Needs the extra `verify`.

    \b
    Example:
      trig verify rules/
      trig verify rules.trig --budget 10m --seed 7
    """
    from trigdsl.cli.program import print_diagnostics, read_checked
    from trigdsl.diagnostics.diagnostic import TrigError

    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    _want_hypothesis()
    given = _budget(budget)
    try:
        program, checked = read_checked(rules, expression)
    except TrigError as error:
        if as_json:
            _print_json(None, error.diagnostics)
        else:
            print_diagnostics(error.diagnostics, sys.stderr)
        return RULES_AT_FAULT
    if program.diagnostics and not as_json:
        print_diagnostics(program.diagnostics, sys.stderr)
    verdict = _search(program, checked, given, seed, promises)
    if as_json:
        _print_json(verdict, program.diagnostics)
    else:
        from trigdsl.cli.program import in_color
        from trigdsl.verifier.render_text import render_verdict

        color = in_color(sys.stdout)
        click.echo(render_verdict(verdict, color=color), color=color)
    return RULES_AT_FAULT if verdict.findings else FINE


def _want_hypothesis() -> None:
    from importlib.util import find_spec

    if find_spec("hypothesis") is None:
        raise click.UsageError("trig verify needs Hypothesis: pip install 'trigdsl[verify]'")


def _budget(text: str | None) -> Budget:
    from trigdsl.model.durations import parse_duration
    from trigdsl.model.values import SECOND
    from trigdsl.verifier.search import Budget

    if text is None:
        return Budget()
    try:
        if re.fullmatch(r"\d+", text):
            budget = Budget(examples=int(text))
        else:
            budget = Budget(examples=None, seconds=parse_duration(text) / SECOND)
    except ValueError as error:
        raise click.UsageError(f"--budget wants a number of stories or a duration such as 60s, not `{text}`") from error
    if not (budget.examples or budget.seconds):
        raise click.UsageError("--budget wants something above 0")
    return budget


def _search(program: Program, checked: CheckedProgram, budget: Budget, seed: int, promises: tuple[str, ...]) -> Verdict:
    from trigdsl.cli.arguments import one_of
    from trigdsl.verifier.search import promises_of
    from trigdsl.verifier.search import verify as search

    known = promises_of(program)
    only = [one_of(name, known, "promise") for name in promises] or None
    return search(program, checked, budget=budget, seed=seed, only=only)


def _print_json(verdict: Verdict | None, diagnostics: tuple) -> None:  # type: ignore[type-arg]
    import msgspec

    from trigdsl.verifier.render_json import to_dict

    click.echo(msgspec.json.format(msgspec.json.encode(to_dict(verdict, diagnostics)), indent=2))
