"""`trig schema`: records of events → declarations for a program."""

from __future__ import annotations

import os
import sys

import click

from trigdsl.cli.arguments import column_map
from trigdsl.cli.exits import FINE


@click.group(short_help="Declare what events look like.")
def schema() -> None:
    """Declarations of events and users."""


@schema.command(short_help="Write the declarations that data would have.")
@click.argument("events", nargs=-1, required=True, metavar="EVENTS...")
@click.option("--out", metavar="FILE", help="Write the declarations there, not to standard output.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN,...", help="Other names of user, time, event, id.")
def infer(events: tuple[str, ...], out: str | None, maps: tuple[str, ...]) -> int:
    """Write the declarations of the events, users and lists that are found in EVENTS.

    EVENTS are files or folders of .jsonl, .csv, .parquet or .arrow, plain, .gz or .zst; - is standard input. Comments
    tell how often a field is there and which few values it has. Fields with values of several types are
    declared by the commonest, and reported on standard error with counts and examples.

    \b
    Example:
      trig schema infer events.jsonl --out events.trig
    """
    if out is not None and out != "-" and os.path.realpath(out) in {os.path.realpath(path) for path in events}:
        raise click.UsageError(f"`{out}` is read already: choose another file")
    columns = column_map(maps)

    from trigdsl.cli.progress import ReplayProgress
    from trigdsl.records.reading import Reject, UnreadableFile, read_inputs, total_bytes
    from trigdsl.schema.declarations import declarations
    from trigdsl.schema.infer import infer as infer_schema

    rejects: list[Reject] = []
    rejected = 0

    def reject(one: Reject) -> None:
        nonlocal rejected
        rejected += 1
        if not rejects:
            rejects.append(one)

    try:
        with ReplayProgress(total_bytes(events)) as progress:
            found = infer_schema(read_inputs(events, columns=columns, on_reject=reject, progress=progress.read))
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from error
    text, conflicts = declarations(found)
    _write(text, out)
    click.echo(f"read {found.records:,} record{'' if found.records == 1 else 's'}", err=True)
    if rejects:
        place = rejects[0].file if rejects[0].line is None else f"{rejects[0].file}:{rejects[0].line}"
        click.echo(f"rejected {rejected:,}, the first: {place}: {rejects[0].reason}", err=True)
    for conflict in conflicts:
        click.echo(f"conflict: {conflict}", err=True)
    return FINE


def _write(text: str, out: str | None) -> None:
    if out is None or out == "-":
        sys.stdout.write(text)
        return
    with open(out, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
