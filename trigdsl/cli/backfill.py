"""`trig backfill`: rules, events of the past and a store → the history that the rules ask of users."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.arguments import column_map, rules_and_events, store_options
from trigdsl.cli.exits import FINE

if TYPE_CHECKING:
    from trigdsl.backfilling import Backfilled, Gap

_HEADER = ("asked of history", "by", "known since", "")


@click.command(short_help="Fill a store's history with events of the past.")
@click.argument("paths", nargs=-1, metavar="RULES EVENTS...")
@click.option("-e", "expression", metavar="TEXT", help="Rules as text, in place of RULES.")
@store_options("What becomes of the runs of changed rules, if no engine has opened the store with RULES yet.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN,...", help="Other names of user, time, event, id.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def backfill(
    *,
    paths: tuple[str, ...],
    expression: str | None,
    url: str,
    on_edit: str | None,
    maps: tuple[str, ...],
    as_json: bool,
) -> int:
    """Fill what RULES ask of history and did not ask before, from EVENTS of the past.

    Rules that were changed may ask of the past what no rule asked before: it starts empty. Events up to the change
    fill it; later ones, which the engine took in itself, are left out. Nothing is sent, triggered or ended.

    It opens the store as an engine does, with the rules as they are now: an engine that is at work must be stopped
    before, or call `Engine.backfill` itself. One that was interrupted goes on when it is called again with the same
    events.

    \b
    Example:
      trig backfill rules/ events-2026.parquet --store sqlite:///state.db
    """
    rules, events = rules_and_events(paths, expression)
    columns = column_map(maps)

    from trigdsl.cli.inputs import read_all
    from trigdsl.cli.program import program_or_exit
    from trigdsl.embedding import Engine
    from trigdsl.store.errors import StoreError
    from trigdsl.store.opening import open_store

    program = program_or_exit(rules, expression)
    try:
        with Engine(program, store=open_store(url, create=False), on_edit=on_edit) as engine:
            if any(gap.fillable for gap in engine.gaps()):
                done = engine.backfill_inputs(read_all(events, columns, None)[0])
            else:
                done = engine.backfill(())
            left = engine.gaps()
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        _print_json(done, left)
    else:
        _print_text(done, left)
    return FINE


def _print_json(done: Backfilled, left: tuple[Gap, ...]) -> None:
    import msgspec
    from attrs import asdict

    told = {**asdict(done), "left": [asdict(gap) for gap in left]}
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))


def _print_text(done: Backfilled, left: tuple[Gap, ...]) -> None:
    from trigdsl.cli.tables import Block, Table, print_blocks
    from trigdsl.model.values import instant_text, micros

    if not done.closed and not left:
        click.echo("nothing to fill: the store knows all that the rules ask of history")
        return
    gaps = [(gap, "filled") for gap in done.closed]
    gaps += [(gap, "only the engine tells") for gap in left]
    rows = tuple((gap.what, ", ".join(gap.rules), instant_text(micros(gap.since)), told) for gap, told in gaps)
    users = "1 user" if done.users == 1 else f"{done.users:,} users"
    said = [f"{done.events:,} events filled the history of {users}."]
    if done.later:
        said.append(f"{done.later:,} records were left out: the engine took them in itself.")
    print_blocks([Block(table=Table(_HEADER, rows, frozenset())), Block("", lines=tuple(said))], sys.stdout)
