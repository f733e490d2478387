"""`trig plan`: a store and other rules → what would become of the runs that wait."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trigdsl.cli.arguments import store_options
from trigdsl.cli.exits import FINE

if TYPE_CHECKING:
    from trigdsl.store.planning import Plan

_HEADER = ("rule", "compared with the store", "runs", "wait on", "by old text", "timed anew", "end")


@click.command(short_help="Show what other rules would do to a store.")
@click.argument("rules", nargs=-1, metavar="[OLD] NEW")
@click.option("-e", "expression", metavar="TEXT", help="Plan with this text instead of a file.")
@store_options("What becomes of runs of rules that were changed, in place of what the rules say of it (`on edit`).")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def plan(rules: tuple[str, ...], expression: str | None, url: str, on_edit: str | None, as_json: bool) -> int:
    """Show what would become of the runs that wait in a store if an engine opened it with the rules NEW.

    The store knows which rules it ran with.  Name them too, as OLD, and it is said if they are not these.
    Nothing is changed, and an engine may be at work meanwhile.

    \b
    Example:
      trig plan rules/ --store sqlite:///state.db
      trig plan live-rules/ rules/ --store sqlite:///state.db
    """
    *old, new = (*rules, None) if expression is not None else (rules or (None,))
    if len(old) > 1 or (new is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder (with the one of now before it), or give -e 'if …'")
    from trigdsl.cli.program import program_or_exit
    from trigdsl.store.errors import StoreError
    from trigdsl.store.opening import open_store
    from trigdsl.store.planning import differing
    from trigdsl.store.planning import plan as plan_for

    before = program_or_exit(old[0], None) if old else None
    program = program_or_exit(new, expression)
    try:
        store = open_store(url, create=False)
        try:
            found = plan_for(store, program, on_edit)
            others = () if before is None else differing(store, before)
        finally:
            store.close()
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if others:
        differ = ", ".join(others)
        click.echo(f"{old[0]} is not what the store was written with, which this compares: {differ}", err=True)
    if as_json:
        _print_json(found)
    else:
        _print_table(found)
    return FINE


def _print_json(found: Plan) -> None:
    import msgspec
    from attrs import asdict

    click.echo(msgspec.json.format(msgspec.json.encode(asdict(found)), indent=2))


def _print_table(found: Plan) -> None:
    from trigdsl.cli.tables import Block, Table, print_blocks

    rows = tuple(
        (one.rule, one.fate, *map(str, (one.runs, one.waiting, one.by_old_text, one.retimed, one.ended)))
        for one in found.rules
    )
    empty = tuple(f"starts empty: {key}" for key in found.empty_history)
    ends = tuple(f"{one.rule}: {count} ({why})" for one in found.rules for why, count in one.endings.items())
    blocks = [Block(table=Table(_HEADER, rows, frozenset(range(2, 7))))]
    blocks += [Block(title, lines=lines) for title, lines in (("Runs that end", ends), ("History", empty)) if lines]
    print_blocks(blocks, sys.stdout)
