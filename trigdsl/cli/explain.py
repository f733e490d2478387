"""`trig explain`: rules, events and a user → what happened to the user and why, and why not."""

from __future__ import annotations

import click

from trigdsl.cli.arguments import column_map, instant, one_of, rules_and_events
from trigdsl.cli.exits import FINE
from trigdsl.model.values import Micros


@click.command(short_help="Tell a user's story: why, and why not.")
@click.argument("paths", nargs=-1, metavar="RULES EVENTS...")
@click.option("-e", "expression", metavar="TEXT", help="Rules as text, in place of RULES.")
@click.option("--user", required=True, metavar="USER", help="Whose story it is.")
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
    user: str,
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

    \b
    Example:
      trig explain rules.trig events.jsonl --user u1
      trig explain rules.trig events.jsonl --user u1 --rule reminder --at 2026-11-20T12:00:00Z
    """
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
    story = Explainable(program, checked).explain_inputs(
        inputs, user=user, rule=rule, until=at, drain=drain, profiles=known
    )
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(story.to_dict()), indent=2))
    else:
        click.echo(str(story))
    return FINE
