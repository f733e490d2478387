"""`trig state`: a store ⇄ a file of its users' states, to be moved to another store or to Spark."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from trigdsl.cli.exits import FINE

if TYPE_CHECKING:
    from trigdsl.store.moving import End
    from trigdsl.store.protocol import Store


@click.group(short_help="Move users' states between stores, and to Spark.")
def state() -> None:
    """Move users' states between stores, and to and from Spark, as a file.

    \b
    Example:
      trig state export sqlite:///state.db states.jsonl.gz
      trig state import states.jsonl.gz postgresql://localhost/trig
    """


@state.command(name="export", short_help="A store → a file.")
@click.argument("url", metavar="STORE_URL")
@click.argument("file", metavar="FILE")
def export_command(url: str, file: str) -> int:
    """Write FILE of all that the future of the users in a store depends on; the store stays as it is.

    That is states, ids that became one, records that wait for their time, and the clock. Deliver what is in the
    outbox before: deliveries, rejects and the log stay in the store. Stop its engine first, lest it go on alone.
    """
    from trigdsl.store.moving import export_store

    return _moved(url, False, lambda store: export_store(store, file), f"`{url}` to `{file}`")


@state.command(name="import", short_help="A file → a new store.")
@click.argument("file", metavar="FILE")
@click.argument("url", metavar="STORE_URL")
def import_command(file: str, url: str) -> int:
    """Put what `trig state export`, or Spark, wrote into a store that holds nothing yet."""
    from trigdsl.store.moving import import_store

    if not os.path.isfile(file):
        raise click.UsageError(f"no file `{file}`")
    return _moved(url, True, lambda store: import_store(file, store), f"`{file}` to `{url}`")


def _moved(url: str, create: bool, move: Callable[[Store], End], where: str) -> int:
    from trigdsl.store.errors import StoreError
    from trigdsl.store.moving import BadStateFile
    from trigdsl.store.opening import open_store

    try:
        store = open_store(url, create=create)
        try:
            end = move(store)
        finally:
            store.close()
    except (StoreError, BadStateFile) as error:
        raise click.UsageError(str(error)) from error
    counts = ((end.states, "state"), (end.links, "link"), (end.held, "record that waits"))
    parts = [f"{count:,} {_plural(name, count)}" for count, name in counts if count or name == "state"]
    click.echo(f"{', '.join(parts)} moved from {where}")
    return FINE


def _plural(name: str, count: int) -> str:
    if count == 1:
        return name
    return "records that wait" if name.startswith("record") else f"{name}s"
