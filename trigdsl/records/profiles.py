"""A file of profiles, which have no time → users and their attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from trigdsl.model.values import Value
from trigdsl.records.chunks import blocks
from trigdsl.records.columns import profile_layout
from trigdsl.records.csv_cut import CsvRows
from trigdsl.records.csv_rows import cell_readers
from trigdsl.records.errors import BadRecord, Damaged, UnreadableFile
from trigdsl.records.files import Source, chunks_of, sources
from trigdsl.records.forms import check_columns, mapped
from trigdsl.records.json_lines import decoded_line
from trigdsl.records.native import name_text
from trigdsl.records.plain import plain_record
from trigdsl.records.rejects import Reject, Reports
from trigdsl.records.wording import kind_of

Profile = tuple[str, dict[str, Value]]


def read_profiles(
    path: str,
    columns: Mapping[str, str] | None = None,
    on_reject: Callable[[Reject], None] = lambda reject: None,
) -> Iterator[Profile]:
    """The user and the attributes of each profile in a file (or folder) of JSON Lines, CSV, Parquet or Arrow.

    In JSON the attributes are the record `set`, or without one every other key: `{"user": "u1", "tier":
    "gold"}`.  In tables every column but the user's is an attribute, with or without `set.` before it.  What
    is null or empty is left out.  `columns` may name the user's column or key (`{"user": "customer_id"}`),
    and that of `set`; what else it names is for inputs.

    Raises UnreadableFile and ValueError as `read_inputs` does.
    """
    check_columns(columns)
    return _profiles(sources([path]), columns, on_reject)


def _profiles(
    found: Iterable[Source], columns: Mapping[str, str] | None, on_reject: Callable[[Reject], None]
) -> Iterator[Profile]:
    for source in found:
        reports = Reports(source.path, on_reject)
        read = {"jsonl": _json, "csv": _csv, "parquet": _columns, "arrow": _columns}[source.kind]
        try:
            for line, raw, record in read(source, columns, reports):
                try:
                    yield _profile(record())
                except BadRecord as bad:
                    reports.reject(line, str(bad), raw())
        except UnreadableFile as error:
            raise error.of(source.path) from None


_Found = Iterator[tuple[int, Callable[[], str | bytes], Callable[[], Mapping[str, object]]]]


def _profile(record: Mapping[str, object]) -> Profile:
    user = name_text(record, "user")
    if user is None:
        raise BadRecord("no `user`")
    held = record.get("set")
    if held is None:
        held = {}
    if not isinstance(held, Mapping):
        raise BadRecord(f"`set` is {kind_of(held)}, a record is wanted")
    attributes = plain_record(held, "set")
    return user, {name: value for name, value in attributes.items() if value is not None}


def _json(source: Source, columns: Mapping[str, str] | None, reports: Reports) -> _Found:
    number = 0
    try:
        for block in blocks(chunks_of(source)):
            for line in block.removesuffix(b"\n").split(b"\n"):
                number += 1
                if not line or line.isspace():
                    continue
                try:
                    record = decoded_line(line)
                except BadRecord as bad:
                    reports.reject(number, str(bad), line)
                    continue
                yield number, partial(bytes, line), partial(_json_profile, record, columns)
    except Damaged as damaged:
        reports.reject(number + 1, str(damaged), damaged.tail)


def _json_profile(record: Mapping[str, object], columns: Mapping[str, str] | None) -> dict[str, object]:
    parts = {"user": record.get("user"), "set": record.get("set"), **mapped(record, columns or {})}
    if parts["set"] is None:
        taken = {"user", "set", *(columns or {}).values()} if columns else {"user", "set"}
        parts["set"] = {key: value for key, value in record.items() if key not in taken}
    return parts


def _csv(source: Source, columns: Mapping[str, str] | None, reports: Reports) -> _Found:
    rows = CsvRows(blocks(chunks_of(source)), reports)
    names = rows.header()
    if names is None:
        return
    layout = profile_layout(names, columns)
    readers = cell_readers(layout)
    for line, texts, raw in rows.rows(len(names)):
        cells = [read(text) if text else None for read, text in zip(readers, texts, strict=True)]
        yield line, partial(str, raw), partial(layout.record, cells)


def _columns(source: Source, columns: Mapping[str, str] | None, reports: Reports) -> _Found:
    from trigdsl.records.parquet_rows import row_text, table_of

    table = table_of(source)
    layout = profile_layout(table.names, columns)
    number = 0
    for batch in table.batches():
        for cells in table.cells(batch)[0]:
            number += 1
            yield number, partial(row_text, layout, cells), partial(layout.record, cells)
