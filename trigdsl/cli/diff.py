"""`trig diff`: two programs and files of events → which decisions differ, and why."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from trigdsl.cli.arguments import column_map, instant
from trigdsl.cli.exits import CALL_AT_FAULT, FINE, RULES_AT_FAULT
from trigdsl.model.values import Micros

if TYPE_CHECKING:
    from trigdsl.differ import Diff
    from trigdsl.explainer import Explainable


@click.command(short_help="Show which decisions a change of rules changes.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.argument("events", nargs=-1, required=True, metavar="EVENTS...")
@click.option("--until", callback=instant, metavar="TIME", help="Stop the clock then; later inputs are not handled.")
@click.option("--drain", is_flag=True, help="After the last input let the clock run until nothing waits any more.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN,...", help="Other names of user, time, event, id.")
@click.option("--profiles", metavar="FILE", help="Attributes of users that hold before everything else.")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Of each kind, for each rule.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
@click.option("--markdown", is_flag=True, help="Print the differences as Markdown, for a comment.")
def diff(
    *,
    old: str,
    new: str,
    events: tuple[str, ...],
    until: Micros | None,
    drain: bool,
    maps: tuple[str, ...],
    profiles: str | None,
    examples: int,
    as_json: bool,
    markdown: bool,
) -> int:
    """Run the rules OLD and NEW over EVENTS and show which decisions differ, and why each side decided so.

    OLD and NEW are .trig files or folders, or such in a revision of git: HEAD~1:rules/. The exit status is
    1 when a decision differs, 0 when none does, and 2 when rules of a side cannot run.

    \b
    Example:
      trig diff old.trig new.trig events.jsonl
      trig diff HEAD~1:rules/ rules/ events.jsonl --json
    """
    if until is not None and drain:
        raise click.UsageError("--until and --drain exclude each other")
    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    columns = column_map(maps)

    from trigdsl.cli.inputs import read_all
    from trigdsl.differ.diff import Clock
    from trigdsl.differ.diff import diff as compare

    with TemporaryDirectory() as folder:
        sides = [_side(text, Path(folder) / name) for name, text in (("old", old), ("new", new))]
    inputs, known = read_all(events, columns, profiles)
    clock = Clock(until=until, drain=drain, profiles=known)
    found = compare(sides[0], sides[1], inputs, clock, examples=examples)
    _print(found, as_json, markdown)
    return FINE if found.is_empty else RULES_AT_FAULT


def _side(text: str, folder: Path) -> Explainable:
    """The program of one side; rules that cannot run end the command, with the status of a call at fault."""
    from trigdsl.cli.program import checked_or_exit
    from trigdsl.differ.revisions import RevisionError, check_out, revision
    from trigdsl.explainer import Explainable

    of = revision(text)
    if of is not None:
        try:
            text = str(check_out(of, folder))
        except RevisionError as error:
            raise click.UsageError(f"cannot get `{text}`: {error}") from error
    try:
        return Explainable(*checked_or_exit(text, None, explained=True))
    except click.exceptions.Exit as error:
        raise click.exceptions.Exit(CALL_AT_FAULT) from error


def _print(found: Diff, as_json: bool, markdown: bool) -> None:
    from trigdsl.differ.render_text import render, render_markdown

    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found.to_dict()), indent=2))
    else:
        click.echo(render_markdown(found) if markdown else render(found))
