"""Records that came twice: two of a user with one id, at most seven days apart in time, are one."""

from __future__ import annotations

from trigdsl.model.values import DAY, Micros

SAME_RECORD: Micros = 7 * DAY


def is_duplicate(seen: dict[str, list[Micros]], record_id: str, time: Micros) -> bool:
    """Whether a record came before, by the ids and times `seen` of its user; one that did not is added to them."""
    times = seen.get(record_id)
    if times is None:
        seen[record_id] = [time]
        return False
    if any(abs(time - other) <= SAME_RECORD for other in times):
        return True
    # The ids of the latest records stand last, where `forget_before` looks for old ones first.
    seen[record_id] = [*seen.pop(record_id), time]
    return False


def forget_before(seen: dict[str, list[Micros]], time: Micros) -> None:
    """Drop what no record from `time` on can be a duplicate of.

    They stand nearly in the order of time, so it is looked no further than to the first that may still be wanted: what
    stands behind one that is younger goes a little later.
    """
    old = []
    for record_id, times in seen.items():
        if times[-1] >= time - SAME_RECORD:
            break
        old.append(record_id)
    for record_id in old:
        del seen[record_id]
