"""Changes of a stream: what each does to the records, and which record it names."""

from __future__ import annotations

import pytest

from trigdsl.explainer.changes import (
    AddRecord,
    DropRecord,
    MoveClock,
    MoveRecord,
    Record,
    SetProperty,
    applied,
    lasts,
    record_of,
)
from trigdsl.model.inputs import Input
from trigdsl.model.values import SECOND

FIRST = Input("u", 10 * SECOND, event="a", properties={"n": 1})
OTHER = Input("v", 10 * SECOND, event="a", properties={"n": 2})
TWIN = Input("u", 10 * SECOND, event="a", properties={"n": 3})
BOTH = Input("u", 20 * SECOND, event="b", set={"tier": "gold"})
STREAM = [FIRST, OTHER, TWIN, BOTH]


def test_a_record_is_named_by_its_number_among_those_of_its_user_and_instant() -> None:
    assert record_of(STREAM, TWIN) == Record(10 * SECOND, 1, "a")
    assert [Record(10 * SECOND, number, "a").place(STREAM, "u") for number in (0, 1)] == [0, 2]
    assert record_of(STREAM, Input("u", 10 * SECOND, event="a", properties={"n": 3})) is None


@pytest.mark.parametrize(
    "named", [Record(10 * SECOND, 2, "a"), Record(11 * SECOND, 0, "a"), Record(10 * SECOND, 0, "b")]
)
def test_a_record_that_is_not_there_or_is_another_is_not_found(named: Record) -> None:
    with pytest.raises(LookupError):
        named.place(STREAM, "u")


def test_another_value_of_a_property_leaves_the_others_and_the_stream_that_was() -> None:
    named = Record(10 * SECOND, 1, "a")
    changed = applied([SetProperty(record=named, path=("cart", "value"), value=5)], STREAM, "u")
    assert changed[2].properties == {"n": 3, "cart": {"value": 5}}
    assert changed[0] is FIRST
    assert TWIN.properties == {"n": 3}


def test_what_stands_in_the_way_of_a_path_gives_way() -> None:
    changed = applied([SetProperty(record=Record(10 * SECOND, 0, "a"), path=("n", "m"), value=1)], STREAM, "u")
    assert changed[0].properties == {"n": {"m": 1}}


def test_records_are_added_a_second_apart_before_the_one_that_is_named_or_after_all() -> None:
    added = AddRecord(time=10 * SECOND, event="c", count=3)
    changed = applied([added], STREAM, "u")
    assert [one.time // SECOND for one in changed[4:]] == [8, 9, 10]
    before = AddRecord(time=10 * SECOND, event="c", count=2, before=Record(10 * SECOND, 1, "a"))
    changed = applied([before], STREAM, "u")
    assert [(one.user, one.event, one.time // SECOND) for one in changed[:5]] == [
        ("u", "a", 10), ("v", "a", 10), ("u", "c", 9), ("u", "c", 10), ("u", "a", 10),
    ]  # fmt: skip


def test_an_update_of_the_profile_is_no_event() -> None:
    changed = applied([AddRecord(time=30 * SECOND, set={"ok": True}, add=("vip",))], STREAM, "u")
    assert changed[-1] == Input("u", 30 * SECOND, set={"ok": True}, add=["vip"])


def test_dropping_leaves_what_a_record_tells_of_the_profile() -> None:
    assert applied([DropRecord(record=Record(10 * SECOND, 0, "a"))], STREAM, "u") == [OTHER, TWIN, BOTH]
    changed = applied([DropRecord(record=Record(20 * SECOND, 0, "b"))], STREAM, "u")
    assert changed[3] == Input("u", 20 * SECOND, set={"tier": "gold"})
    again = applied([DropRecord(record=Record(20 * SECOND, 0, None))], changed, "u")
    assert again == [FIRST, OTHER, TWIN]


def test_a_moved_record_keeps_its_place_of_arrival() -> None:
    changed = applied([MoveRecord(record=Record(10 * SECOND, 0, "a"), to=25 * SECOND)], STREAM, "u")
    assert [one.time // SECOND for one in changed] == [25, 10, 10, 20]


def test_changes_name_records_as_those_before_left_them() -> None:
    first = Record(10 * SECOND, 0, "a")
    assert applied([DropRecord(record=first), DropRecord(record=first)], STREAM, "u") == [OTHER, BOTH]


def test_how_far_the_clock_must_go_for_a_change_to_show() -> None:
    named = Record(10 * SECOND, 0, "a")
    changes = (MoveClock(until=1), MoveRecord(record=named, to=2), AddRecord(time=3), DropRecord(record=named))
    assert [lasts(change) for change in changes] == [1, 2, 3, None]
