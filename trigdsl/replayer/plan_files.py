"""A program → what is read of files of each kind, and which of their events are counted before Python sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from trigdsl.records.scanned_lines import can_scan
from trigdsl.records.scanned_rows import can_scan_rows

_COLUMNAR = ("Parquet", "Arrow")


@frozen(kw_only=True)
class FilesPlan:
    """How files of some kinds are read.

    `properties` are those that are looked at, beside user, time and event; None: all.  Where `whole`, of what is handed
    on everything is read.  Of the events `filtered` those that cannot matter never become Python values.
    """

    kinds: tuple[str, ...]
    properties: tuple[str, ...] | None
    whole: bool
    filtered: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The plan for people."""
        kinds = ", ".join(self.kinds)
        if self.properties is None:
            yield f"  {kinds}: all is read."
        else:
            read = ", ".join(["user, time, event", *(f"`{name}`" for name in self.properties)])
            where, more = ("", ", and all of what is handed on") if self.whole else (" in large files", "")
            yield f"  {kinds}: of events{where} are read {read}{more}."
        if self.filtered:
            yield f"    Counted without becoming Python values, where they cannot matter: {', '.join(self.filtered)}."


def files_plans(
    columns: tuple[str, ...] | None,
    bounded: Sequence[str],
    filtered: Sequence[str],
    *,
    is_sorted: bool = False,
    mapped: bool = False,
) -> tuple[FilesPlan, ...]:
    """How files of each kind are read.

    `columns` are the properties that the short cut needs; None: it is not taken, or reads them all.  `bounded` are
    those by which events pass, `filtered` the names of events of which some or all pass.  Input that `is_sorted` is
    streamed; `mapped`, records have other names for their parts.
    """
    scanned = {"CSV": can_scan_rows(), "JSON Lines": can_scan() and not mapped}
    quick = tuple(kind for kind, is_quick in scanned.items() if is_quick)
    slow = tuple(kind for kind, is_quick in scanned.items() if not is_quick)
    of_columns = FilesPlan(
        kinds=_COLUMNAR,
        properties=None if is_sorted else columns,
        whole=is_sorted or columns is None,
        filtered=() if is_sorted else tuple(filtered),
    )
    properties = tuple(sorted(set(bounded))) if columns is None else columns
    by_scanner = FilesPlan(kinds=quick, properties=properties, whole=columns is None, filtered=tuple(filtered))
    one_by_one = FilesPlan(kinds=slow, properties=None, whole=True, filtered=())
    return tuple(plan for plan in (of_columns, by_scanner, one_by_one) if plan.kinds)
