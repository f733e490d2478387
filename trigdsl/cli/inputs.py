"""Files of events → all their inputs, for commands that replay more than once; what cannot be used is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trigdsl.model.inputs import Input
    from trigdsl.records.rejects import Reject


def read_all(
    events: Sequence[str], columns: Mapping[str, str], profiles: str | None
) -> tuple[list[Input], tuple[tuple[str, dict[str, Any]], ...]]:
    """All inputs in the order of arrival, and all profiles.

    How many records could not be used, and why the first could not, goes to standard error.  Raises UsageError for a
    file that cannot be read.
    """
    from trigdsl.records.profiles import read_profiles
    from trigdsl.records.reading import UnreadableFile, read_inputs

    rejected: list[Reject] = []
    try:
        inputs = list(read_inputs(events, columns=columns, on_reject=rejected.append))
        known = tuple(read_profiles(profiles, columns, rejected.append)) if profiles else ()
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from error
    if rejected:
        first = rejected[0]
        place = first.file if first.line is None else f"{first.file}:{first.line}"
        count = "1 record, at" if len(rejected) == 1 else f"{len(rejected)} records, the first at"
        click.echo(f"rejected {count} {place}: {first.reason}", err=True)
    return inputs, known
