"""Texts of the command line → instants, names of columns, statuses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

import click

from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.model.values import Micros, micros

F = TypeVar("F", bound=Callable[..., object])


def store_options(on_edit: str) -> Callable[[F], F]:
    """Give a command `--store` and `--on-edit`, which says there what `on_edit` tells."""

    def give(command: F) -> F:
        policy = click.option(
            "--on-edit",
            type=click.Choice(("keep", "retime", "cancel")),
            help=on_edit,
        )
        store = click.option(
            "--store", "url", required=True, metavar="URL", help="The store, such as sqlite:///state.db."
        )
        return store(policy(command))

    return give


def instant(_ctx: click.Context, _param: click.Parameter, text: str | None) -> Micros | None:
    """An RFC 3339 instant or a date (its first moment), UTC without an offset; as microseconds since the epoch."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return micros(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"`{text}` is no instant such as 2026-11-20T10:00:00Z") from error


def one_of(name: str, known: Iterable[str], what: str) -> str:
    """`name` itself when it is known; else raises UsageError with the name that was probably meant."""
    names = list(known)
    if name in names:
        return name
    meant = did_you_mean(name, names)
    raise click.UsageError(f"no {what} `{name}`: {meant or 'there are ' + ', '.join(f'`{each}`' for each in names)}")


def column_map(texts: Iterable[str]) -> dict[str, str]:
    """`user=customer_id,time=ts` → what a record's field is called in the files."""
    from trigdsl.records.forms import NAMES

    out: dict[str, str] = {}
    for part in split_commas(texts):
        name, equals, column = part.partition("=")
        if not equals or not column:
            raise click.UsageError(f"--map wants FIELD=COLUMN, not `{part}`")
        out[one_of(name, NAMES, "field")] = column
    return out


def split_commas(texts: Iterable[str]) -> list[str]:
    """The parts of an option that may be given several times or once with commas."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def rules_and_events(paths: tuple[str, ...], expression: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The path of the rules, None with `-e`, and those of the events."""
    rules, events = (None, paths) if expression is not None else (paths[0] if paths else None, paths[1:])
    if rules is None and expression is None:
        raise click.UsageError("no rules: name a .trig file or a folder, or give -e 'if …'")
    if not events:
        raise click.UsageError("no events: name a file or a folder, or - for standard input")
    return rules, events


def refuse_overwriting(outputs: Iterable[str | None], inputs: Iterable[str | None]) -> None:
    """No file may be written that is read, nor two outputs go to one file."""
    taken = {os.path.realpath(path): path for path in inputs if path and path != "-"}
    for path in outputs:
        if path is None or path == "-" or (os.path.exists(path) and not os.path.isfile(path)):
            continue
        if (real := os.path.realpath(path)) in taken:
            raise click.UsageError(f"`{path}` is read or written already: choose another file")
        taken[real] = path
