"""Files → inputs, in the order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from trigdsl.model.inputs import Input
from trigdsl.records.chunks import blocks
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import COLUMNAR, Progress, Source, chunks_of, sources, total_bytes
from trigdsl.records.forms import check_columns
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.passing import Passing
from trigdsl.records.rejects import NO_OFFSET, Reject, Reports

__all__ = ["NO_OFFSET", "Reject", "UnreadableFile", "read_inputs", "total_bytes"]


def read_inputs(
    paths: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    on_reject: Callable[[Reject], None],
    on_warning: Callable[[str, str], None] | None = None,
    progress: Progress | None = None,
    passing: Passing | None = None,
    workers: int = 1,
) -> Iterator[Input]:
    """The inputs of all files, in the order in which they stand there.

    A path is a file, a folder (searched recursively, in path order) or `-`, standard input as JSON Lines.
    `columns` says where the parts of a record are found, our name to theirs (`{"user": "customer_id"}`): a
    column, or in JSON a key or dotted path.  Where a file or record lacks it, our own name counts.

    What cannot be used goes to `on_reject`.  `on_warning(what, where)` is called for each record that was
    used with a doubt: `what` is a fixed text to count by, `where` is `FILE:LINE`.  `progress(n)` says now and
    then that n more bytes of the files, compressed as they are, have been read; see `total_bytes`.  Records that
    `passing` has no use for may be counted there instead of being handed on.  With several `workers` large files are
    read by as many processes; nothing else changes.

    Raises UnreadableFile: at once for what is not there, unknown, or lacks its library; while iterating when
    a file turns out to be unreadable.  ValueError for a name in `columns` that is none.
    """
    check_columns(columns)
    found = sources(paths)
    return chain.from_iterable(_batches(found, columns, on_reject, on_warning, progress, passing or Passing(), workers))


def _batches(
    found: Sequence[Source],
    columns: Mapping[str, str] | None,
    on_reject: Callable[[Reject], None],
    on_warning: Callable[[str, str], None] | None,
    progress: Progress | None,
    passing: Passing,
    workers: int,
) -> Iterator[Iterable[Input]]:
    for source in found:
        reports = Reports(source.path, on_reject, on_warning)
        try:
            yield from _of_source(source, columns, reports, progress, passing, workers)
        except UnreadableFile as error:
            raise error.of(source.path) from None


def _of_source(
    source: Source,
    columns: Mapping[str, str] | None,
    reports: Reports,
    progress: Progress | None,
    passing: Passing,
    workers: int,
) -> Iterable[Iterable[Input]]:
    if workers > 1:
        from trigdsl.records.parts import can_be_parted

        if can_be_parted(source, passing, workers):
            from trigdsl.records.parallel import inputs_of_parts

            return inputs_of_parts(source, columns, reports, progress, passing, workers)
    return batches_of(source, columns, reports, progress, passing)


def batches_of(
    source: Source,
    columns: Mapping[str, str] | None,
    reports: Reports,
    progress: Progress | None,
    passing: Passing,
) -> Iterable[Iterable[Input]]:
    """The inputs of one file, read from its beginning to its end, in batches; raises UnreadableFile."""
    if source.kind in COLUMNAR:
        from trigdsl.records.parquet_rows import parquet_inputs

        return [_raising_for(source, parquet_inputs(source, columns, reports, progress, passing))]
    lines = blocks(chunks_of(source, progress))
    if source.kind == "csv":
        from trigdsl.records.csv_rows import csv_inputs

        return [_raising_for(source, csv_inputs(lines, columns, reports, passing))]
    return JsonLines(reports, columns, passing).batches(lines)


def _raising_for(source: Source, inputs: Iterator[Input]) -> Iterator[Input]:
    """The inputs; that their file turns out to be unreadable names it."""
    try:
        yield from inputs
    except UnreadableFile as error:
        raise error.of(source.path) from None
