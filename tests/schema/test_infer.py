"""What data looks like, as declarations of the language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import trigdsl
from trigdsl.loading import parse_checked
from trigdsl.model.inputs import Input
from trigdsl.schema.declarations import Conflict, declarations
from trigdsl.schema.infer import infer
from trigdsl.schema.observed import MOST_DEPTH, MOST_KEYS, MOST_VALUES


def text_of(*inputs: Input) -> str:
    return declarations(infer(inputs))[0]


def conflicts_of(*inputs: Input) -> list[str]:
    return [str(one) for one in declarations(infer(inputs))[1]]


def event(name: str = "e", /, **properties: Any) -> Input:
    return Input("u", 0, name, properties)


def test_an_event_with_its_fields_and_what_their_types_do_not_tell() -> None:
    inputs = [
        event("purchase", total=20, price=19.5, gift=True, tags=["a", 1], cart={"id": "c1", "owner": {"age": 30}}),
        event("purchase", total=5, price=3, gift=False, tags=[], cart={"id": "c2"}),
        event("purchase", total=7.0, price=None, cart={"id": "c3", "owner": {}}),
        event("purchase", total=7),
    ]
    assert text_of(*inputs) == (
        "event purchase {           # 4 records\n"
        "  total: number,           # whole\n"
        "  price: number,           # in 50%\n"
        "  gift: boolean,           # in 50%\n"
        "  tags: list,              # in 50%, of number or text\n"
        "  cart.id: text,           # in 75%\n"
        "  cart.owner.age: number,  # in 25%, whole\n"
        "}\n"
    )


def test_texts_that_are_times() -> None:
    inputs = [
        event(day="2026-11-20", at="2026-11-20T10:00:00Z", mixed="2026-11-20", some="2026-11-20"),
        event(day="2024-02-29", at="2026-11-20 10:00:00+09:00", mixed="2026-11-20T10:00:00Z", some="soon"),
    ]
    assert text_of(*inputs) == (
        "event e {       # 2 records\n"
        "  day: date,\n"
        "  at: instant,\n"
        "  mixed: text,  # 100% of the texts are times\n"
        "  some: text,   # 50% of the texts are times\n"
        "}\n"
    )


def test_times_of_files_that_have_a_type_for_them() -> None:
    inputs = [event(at=datetime(2026, 11, 20, tzinfo=UTC), day=date(2026, 11, 20))]
    assert "  at: instant,\n  day: date,\n" in text_of(*inputs)


def test_a_few_texts_that_come_again_are_told() -> None:
    inputs = [event(tier=("gold", "silver")[n % 2], name=f"n{n}", seldom=("x", "y", "z")[n % 3]) for n in range(6)]
    assert text_of(*inputs) == (
        'event e {        # 6 records\n  tier: text,    # one of "gold", "silver"\n  name: text,\n  seldom: text,\n}\n'
    )


def test_more_texts_than_a_few_are_not_told() -> None:
    most = [event(k=str(n % MOST_VALUES)) for n in range(MOST_VALUES * 3)]
    more = [event(k=str(n % (MOST_VALUES + 1))) for n in range((MOST_VALUES + 1) * 3)]
    assert "one of" in text_of(*most)
    assert "one of" not in text_of(*more)


def test_values_of_several_types_are_declared_by_the_commonest_and_reported() -> None:
    inputs = [event(total=20), event(total="20"), event(total=5), event(total=True), event(total="x")]
    assert "  total: number,  # whole, also 2 text, 1 boolean\n" in text_of(*inputs)
    assert conflicts_of(*inputs) == [
        '`total` of `e` is a number 2 times (such as 20) and text 2 times (such as "20") and a boolean once '
        "(such as true); declared as a number"
    ]


def test_a_record_and_something_else_at_one_place() -> None:
    assert "  cart.id: number," in text_of(event(cart={"id": 1}), event(cart={"id": 2}), event(cart="c"))
    assert "  cart: text," in text_of(event(cart={"id": 1}), event(cart="c"), event(cart="d"))


def test_a_long_example_is_cut() -> None:
    [conflict] = declarations(infer([event(a="x" * 100), event(a=1)]))[1]
    assert isinstance(conflict, Conflict)
    assert f'"{"x" * 38}…)' in str(conflict)


def test_users_and_lists() -> None:
    inputs = [
        Input("u", 0, set={"name": "Ann", "address": {"city": "Ulm"}, "tier": None}, add=["vip"]),
        Input("v", 0, set={"name": "Bob"}, remove=["news", "vip"]),
        Input("v", 0, "visit"),
    ]
    assert text_of(*inputs) == (
        "user {                 # 2 profile updates\n"
        "  name: text,\n"
        "  address.city: text,  # in 50%\n"
        "}\n\n"
        "event visit {}  # 1 record\n\n"
        "list news\nlist vip\n"
    )


def test_names_that_the_language_does_not_have() -> None:
    names = ["Order Completed", "order-completed", "any", "list", "2nd visit", "…", "first", "Ünder"]
    checked = parse_checked(text_of(*map(event, names)))[1]
    assert checked.wire_names == {
        "event_2nd_visit": "2nd visit",
        "order_completed": "Order Completed",
        "any_event": "any",
        "first_event": "first",
        "list_event": "list",
        "order_completed_2": "order-completed",
        "event_event": "…",
    }
    assert "Ünder" in checked.event_fields


def test_fields_that_no_path_can_name() -> None:
    text = text_of(event(**{"a b": 1, "c.d": 2, "list": 3, "user": {"first": 4}, "`": 5, "": 6, "x\ny": 7}))
    fields = parse_checked(text)[1].event_fields["e"]
    assert set(fields) == {("a b",), ("c.d",), ("list",), ("user", "first")}


def test_a_record_of_keys_that_data_made_up_is_taken_as_it_is() -> None:
    most, more = ({f"sku{n}": n for n in range(count)} for count in (MOST_KEYS, MOST_KEYS + 1))
    assert "prices.sku0: number" in text_of(event(prices=most))
    assert "  prices: record," in text_of(event(prices=more))


def test_a_record_with_a_key_that_no_path_can_name_is_taken_as_it_is() -> None:
    assert "  a: record," in text_of(event(a={"`": 1, "b": 2}))
    assert "  a: record," in text_of(event(a={}))


def test_deep_records_are_taken_as_they_are() -> None:
    deep: Any = 1
    for _ in range(MOST_DEPTH + 2):
        deep = {"a": deep}
    path = ".".join(["a"] * (MOST_DEPTH + 1))
    assert f"  {path}: record,\n" in text_of(event(**deep))


def test_nothing_is_no_declaration() -> None:
    assert text_of() == ""
    assert text_of(Input("u", 0, alias="v")) == ""


NAMES = st.sampled_from(["a", "b", "user", "list", "x y", "first", "`", "", "é", "any", "in last", "2nd", "now", "1"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["t", "2026-11-20", '"#']),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=4)
INPUTS = st.builds(
    lambda name, properties, attributes, lists: Input("u", 0, name, properties, set=attributes, add=lists),
    NAMES | st.text(max_size=5),
    RECORDS,
    st.none() | RECORDS,
    st.none() | st.lists(NAMES, max_size=2),
)


@given(st.lists(INPUTS, max_size=5))
def test_declarations_check_without_a_finding(inputs: list[Input]) -> None:
    text = text_of(*inputs)
    if text:
        assert trigdsl.parse(text).diagnostics == ()
