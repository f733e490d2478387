"""The bytes of a state: the golden file of each form, what is refused, and values that MessagePack lacks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import trigdsl
from trigdsl.engine.state import Run, State
from trigdsl.store.codec import decode_state, encode_state, read_state
from trigdsl.store.errors import StoreTooNew
from trigdsl.store.layouts import Layout, RuleLayout, SlotLayout, decode_layout, layout_of, numbers
from trigdsl.store.packing import decode, encode, packed

GOLDEN = Path(__file__).parent / "golden" / "state-1.hex"
RULES = """
rule r: if purchase and purchase in last 1d and count(purchase) > 2 and sum(purchase.total) in last 7d > 3
  and previous(purchase.total) > 1 and last(purchase.total) > 1 then send push
"""
CART = {"cart": {"id": "c1", "value": 20.5}, "at": datetime(2026, 11, 20, 10, tzinfo=UTC)}


def whole_state() -> State:
    """A state with something in every slot."""
    state = State("ann")
    state.seq, state.due, state.first = 9, 3_600_000_000, 5
    state.profile = {"name": "Ann", "day": date(2026, 11, 20), "for": timedelta(hours=1), "big": 2**64, "none": [None]}
    state.lists = {"vip", "news"}
    state.history = [
        (7, 3),
        4,
        [(6, 20.5), (7, (True, "k"))],
        [(2, 6, 1), (3, 7, 2)],
        [1, 2, 2, 2, 1, 2, 2, 7, 7, None],
    ]
    run = Run(
        rule=0, seq=8, number=1, triggered=7, event=CART, event_id="e-1", key='"c1', captured={3: (2, 6, 1)},
        chain=7, holdout=False,
    )  # fmt: skip
    run.step, run.armed, run.due, run.wake, run.waiting = 1, 8, 9, 10, True
    run.counted, run.started_goal, run.started_as = True, True, "device-7"
    state.runs = [run]
    state.silences = {1: [11, CART, "e-1", {3: None}]}
    state.ignored = {2: [[12, {"rule": "r"}, None], [13, {"rule": "r"}, {3: (2, 6, "x")}]]}
    state.calendar = {3: [14, 20_000, None]}
    state.members = {4: [True, None]}
    state.limits = {0: {None: [1, 2], '"c1': [3]}}
    state.caps = {0: [4, 5]}
    state.goals = [[0, 15, "1", False, CART]]
    state.starts = (7, 0, 0)
    state.ids = {"e-1": 7}
    state.watched = [[7, "purchase"], None]
    return state


def parts_of(state: State) -> dict[str, Any]:
    """All slots of a state, with those of its runs."""
    found = {name: getattr(state, name) for name in State.__slots__}
    return found | {"runs": [{name: getattr(run, name) for name in Run.__slots__} for run in state.runs or ()]}


def test_form_1_is_read() -> None:
    program = trigdsl.parse(RULES)
    assert parts_of(decode_state(program, bytes.fromhex(GOLDEN.read_text()))) == parts_of(whole_state())


def test_form_1_is_written() -> None:
    """When this fails, the form has changed: it needs a new number, and the old one must still be read."""
    assert encode_state(trigdsl.parse(RULES), 3, whole_state()) == bytes.fromhex(GOLDEN.read_text())


def test_the_golden_file_is_what_the_page_on_the_form_says() -> None:
    """Read without the codec, by MessagePack alone."""
    parts = msgspec.msgpack.decode(bytes.fromhex(GOLDEN.read_text()))
    assert parts[:5] == [1, 3, "ann", 9, 3_600_000_000]
    assert parts[5]["day"] == msgspec.msgpack.Ext(1, msgspec.msgpack.encode("2026-11-20"))
    assert parts[5]["for"] == msgspec.msgpack.Ext(2, msgspec.msgpack.encode(3_600_000_000))
    assert parts[5]["big"] == msgspec.msgpack.Ext(3, msgspec.msgpack.encode("18446744073709551616"))
    assert parts[6] == ["news", "vip"]
    assert parts[7][:2] == [[7, 3], 4]
    assert parts[7][2][1] == [7, msgspec.msgpack.Ext(4, msgspec.msgpack.encode([True, "k"]))]
    assert parts[8][0][:4] == [0, 8, 1, 7]
    assert parts[8][0][5:] == ["e-1", '"c1', {3: [2, 6, 1]}, 7, False, 1, 8, 9, 10, True, True, True, "device-7"]
    assert parts[9:13] == [5, {1: [11, CART, "e-1", {3: None}]}, parts[11], {3: [14, 20_000, None]}]
    assert parts[13:16] == [{4: [True, None]}, {0: [[None, [1, 2]], ['"c1', [3]]]}, {0: [4, 5]}]
    assert parts[16:] == [[[0, 15, "1", False, CART]], [7, 0, 0], {"e-1": [7]}, [[7, "purchase"], None]]


def test_ids_of_records_that_came_again_later_keep_all_times() -> None:
    program, state = trigdsl.parse(RULES), State("ann")
    state.ids = {"a": [7, 700_000_000_000], "b": 8}
    data = encode_state(program, 1, state)
    assert msgspec.msgpack.decode(data)[18] == {"a": [7, 700_000_000_000], "b": [8]}
    assert decode_state(program, data).ids == state.ids


def test_an_empty_state_takes_few_bytes() -> None:
    program = trigdsl.parse(RULES)
    data = encode_state(program, 1, State("ann"))
    assert msgspec.msgpack.decode(data) == [1, 1, "ann", 0]
    assert parts_of(decode_state(program, data)) == parts_of(State("ann"))


def test_a_newer_form_is_refused() -> None:
    with pytest.raises(StoreTooNew, match=r"the state of `ann` is in form 2, .* knows forms up to 1: upgrade trigdsl"):
        read_state(encode([2, 1, "ann", 0]))
    with pytest.raises(StoreTooNew, match="the layout of the program"):
        decode_layout(encode([3, [], [], [], []]))


@pytest.mark.parametrize(
    "value",
    [
        -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**308, 0.1, True, None, "", [], {}, ("x", None),
        date(1, 1, 1), date(9999, 12, 31), datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), timedelta(microseconds=-1),
        timedelta(days=999_999_999), {"a": [{"b": date(2026, 1, 1)}]},
    ],
)  # fmt: skip
def test_values_come_back_as_they_were(value: Any) -> None:
    found = decode(encode(packed(value)))
    assert found == value
    assert type(found) is type(value)


def test_what_is_no_value_is_not_written() -> None:
    with pytest.raises(TypeError, match="set is no value"):
        packed([{1}])


def test_a_layout_comes_back() -> None:
    layout = layout_of(trigdsl.parse(RULES))
    assert decode_layout(layout.encoded) == layout
    assert [rule.name for rule in layout.rules] == ["r"]
    assert layout.rules[0].steps == (("send", "push", None),)
    assert [slot.length for slot in layout.slots if slot.length] == [7 * 24 * 3600 * 10**6]


def test_the_fingerprint_of_a_rule_is_of_what_it_says_not_how_it_is_set() -> None:
    def mark(text: str) -> str:
        return layout_of(trigdsl.parse(text)).rules[0].fingerprint

    assert mark("rule a: if x then send push") == mark("rule a:  # said\n  if x\n  then send push")
    assert mark("rule a: if x then send push") != mark("rule a: if x then send sms")


def test_numbers_go_by_names() -> None:
    def layout(*names: str) -> Layout:
        rules = tuple(RuleLayout(name, "", ()) for name in names)
        return Layout(rules, tuple(SlotLayout(name, 0) for name in names), names, names)

    found = numbers(layout("a", "b", "c"), layout("c", "d", "a"))
    assert found.rules == found.slots == found.caps == found.invariants == {0: 2, 2: 0}


def test_slots_that_ask_the_same_of_other_events_are_told_apart() -> None:
    def keys(text: str) -> tuple[str, ...]:
        return trigdsl.parse(text).slot_keys

    plain = keys("rule a: if x and y in last 1d then send push")
    assert plain == keys("rule b: if z and y in last 9d then send sms")
    assert plain != keys('event y = "Y"\nrule a: if x and y in last 1d then send push')
    assert plain != keys("rule a: if x and (y where n > 1) in last 1d then send push")
    assert keys("rule a: if x and sum(y.n) > 1 then send push") != keys("rule a: if x and last(y.n) > 1 then send push")
