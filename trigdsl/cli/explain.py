"""`trig explain`: rules, events and a user → what happened to the user and why, and why not; or rules in prose."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.arguments import column_map, instant, one_of, rules_and_events
from trigdsl.cli.exits import FINE, RULES_AT_FAULT
from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.model.values import Micros, instant_text

if TYPE_CHECKING:
    from trigdsl.cli.prose import Prose
    from trigdsl.model.inputs import Input


@click.command(short_help="Tell a user's story: why, and why not; or what rules do.")
@click.argument("paths", nargs=-1, metavar="RULES EVENTS...")
@click.option("-e", "expression", metavar="TEXT", help="Rules as text, in place of RULES.")
@click.option("--rules", "as_prose", is_flag=True, help="Read every rule back as prose; needs no events.")
@click.option("--user", "users", multiple=True, metavar="USER", help="Whose story it is.")
@click.option("--rule", metavar="RULE", help="Tell only what concerns this rule.")
@click.option("--at", callback=instant, metavar="TIME", help="As it stood then: the clock stops there.")
@click.option("--drain", is_flag=True, help="After the last input let the clock run until nothing waits any more.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN,...", help="Other names of user, time, event, id.")
@click.option("--profiles", metavar="FILE", help="Attributes of users that hold before everything else.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def explain(
    *,
    paths: tuple[str, ...],
    expression: str | None,
    as_prose: bool,
    users: tuple[str, ...],
    rule: str | None,
    at: Micros | None,
    drain: bool,
    maps: tuple[str, ...],
    profiles: str | None,
    as_json: bool,
) -> int:
    """Run RULES over EVENTS and tell what happened to one user and why, and why a rule sent nothing.

    The story is a time line in the user's local time: what came in, what was tried, with the value of each
    condition under its text, what waited for what, and every decision with its reason. For a rule that
    stayed silent it says what came nearest, and what was needed.

    `--rules` reads every rule back as prose instead, and after the rules what stands around them: channels, caps,
    segments, calendars and invariants, so that whoever answers for them can confirm it.

    \b
    Example:
      trig explain rules.trig events.jsonl --user u1
      trig explain rules.trig events.jsonl --user u1 --rule reminder --at 2026-11-20T12:00:00Z
      trig explain rules.trig --rules
    """
    if as_prose:
        if users or rule is not None or at is not None or drain or maps or profiles:
            raise click.UsageError("--rules goes with --json only: it reads rules, whatever happened")
        return _read_back(paths, expression, as_json)
    if not users:
        raise click.UsageError("say what to explain: `--user USER` what happened to a user, `--rules` what rules do")
    if len(users) > 1:
        raise click.UsageError("a story is of one user: give `--user` once, and run the command again for another")
    rules_path, events = rules_and_events(paths, expression)
    if at is not None and drain:
        raise click.UsageError("--at and --drain exclude each other")
    columns = column_map(maps)

    from trigdsl.cli.inputs import read_all
    from trigdsl.cli.program import checked_or_exit
    from trigdsl.explainer import Explainable

    program, checked = checked_or_exit(rules_path, expression, explained=True)
    if rule is not None:
        one_of(rule, [one.name for one in program.rules], "rule")
    inputs, known = read_all(events, columns, profiles)
    _heed_user(users[0], at, inputs, [name for name, _ in known])
    story = Explainable(program, checked).explain_inputs(
        inputs, user=users[0], rule=rule, until=at, drain=drain, profiles=known
    )
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(story.to_dict()), indent=2))
    else:
        click.echo(str(story))
    return FINE


def _heed_user(user: str, at: Micros | None, inputs: list[Input], known: list[str]) -> None:
    """Raise UsageError for a user of whom nothing is known, or nothing yet when the clock stops."""
    names = {name for one in inputs for name in (one.user, one.alias) if name is not None}
    if user not in names and user not in known:
        meant = did_you_mean(user, sorted(names))
        raise click.UsageError(f"no record is of user `{user}`" + (f": {meant}" if meant else ""))
    times = [one.time for one in inputs if user in (one.user, one.alias)]
    if at is not None and times and at < min(times):
        raise click.UsageError(f"the first record of user `{user}` is at {instant_text(min(times))}, after --at")


def _read_back(paths: tuple[str, ...], expression: str | None, as_json: bool) -> int:
    """The rules in prose."""
    if len(paths) != (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    prose = _prose(paths[0] if paths else None, expression)
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
