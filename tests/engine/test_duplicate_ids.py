"""Ids of records are kept for as long as a record may be the same as one that came before, and little longer."""

from __future__ import annotations

from trigdsl.engine.duplicates import SAME_RECORD, Times, forget_before, is_duplicate


def test_an_id_is_kept_to_the_last_moment_at_which_it_can_come_again() -> None:
    seen: dict[str, Times] = {}
    assert not is_duplicate(seen, "a", 10)
    forget_before(seen, 10 + SAME_RECORD)
    assert is_duplicate(seen, "a", 10 + SAME_RECORD)
    forget_before(seen, 11 + SAME_RECORD)
    assert seen == {}
    assert not is_duplicate(seen, "a", 11 + SAME_RECORD)


def test_an_old_id_behind_a_younger_one_goes_when_that_one_goes_and_is_no_duplicate_until_then() -> None:
    seen: dict[str, Times] = {}
    for record_id, time in (("young", 50), ("old", 10), ("new", 60)):
        assert not is_duplicate(seen, record_id, time)
    forget_before(seen, 11 + SAME_RECORD)
    assert list(seen) == ["young", "old", "new"]
    assert not is_duplicate(seen, "old", 11 + SAME_RECORD)
    forget_before(seen, 51 + SAME_RECORD)
    assert seen == {"old": [10, 11 + SAME_RECORD], "new": 60}


def test_an_id_is_kept_for_its_latest_record_whichever_came_last() -> None:
    seen: dict[str, Times] = {}
    for time in (11 + SAME_RECORD, 10):
        assert not is_duplicate(seen, "a", time)
    forget_before(seen, 11 + 2 * SAME_RECORD)
    assert is_duplicate(seen, "a", 11 + 2 * SAME_RECORD)
    forget_before(seen, 12 + 2 * SAME_RECORD)
    assert seen == {}


def test_times_of_one_id_that_are_far_apart_are_all_known() -> None:
    seen: dict[str, Times] = {}
    assert not is_duplicate(seen, "a", 0)
    assert not is_duplicate(seen, "a", SAME_RECORD + 1)
    assert is_duplicate(seen, "a", SAME_RECORD)
    assert is_duplicate(seen, "a", 1)
    assert not is_duplicate(seen, "a", 2 * SAME_RECORD + 2)
