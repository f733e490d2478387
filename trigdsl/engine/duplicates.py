"""Records that came twice: two of a user with one id, at most seven days apart in time, are one."""

from __future__ import annotations

from typing import TypeAlias

from trigdsl.model.values import DAY, Micros

SAME_RECORD: Micros = 7 * DAY

Times: TypeAlias = "Micros | list[Micros]"
"""The times of the records of one id.  One alone is a number, which Python's garbage collector need not look at."""


def times_of(held: Times) -> list[Micros]:
    """All times that are held of an id."""
    return held if isinstance(held, list) else [held]


def is_duplicate(seen: dict[str, Times], record_id: str, time: Micros) -> bool:
    """Whether a record came before, by the ids and times `seen` of its user; one that did not is added to them."""
    held = seen.get(record_id)
    if held is None:
        seen[record_id] = time
        return False
    times = times_of(held)
    if any(abs(time - other) <= SAME_RECORD for other in times):
        return True
    # The ids of the latest records stand last, where `forget_before` looks for old ones first.
    del seen[record_id]
    seen[record_id] = [*times, time]
    return False


def add_all(seen: dict[str, Times], others: dict[str, Times]) -> None:
    """Add the ids and times of another user, who turned out to be the same."""
    for record_id, held in others.items():
        known = seen.get(record_id)
        seen[record_id] = held if known is None else sorted({*times_of(known), *times_of(held)})


def forget_before(seen: dict[str, Times], time: Micros) -> None:
    """Drop what no record from `time` on can be a duplicate of.

    They stand nearly in the order of time, so it is looked no further than to the first that may still be wanted: what
    stands behind one that is younger goes a little later.
    """
    old, last = [], time - SAME_RECORD
    for record_id, held in seen.items():
        if (max(held) if isinstance(held, list) else held) >= last:
            break
        old.append(record_id)
    for record_id in old:
        del seen[record_id]
