"""Records as Python dicts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.native import BadRecord, input_of

NOON = "1970-01-01T12:00:00Z"
AT = 43_200_000_000


def made(**parts: object) -> Input:
    return input_of({"user": "u1", "time": NOON, **parts})


def reason(record: object) -> str:
    with pytest.raises(BadRecord) as caught:
        input_of(record)  # type: ignore[arg-type]
    return str(caught.value)


def test_an_event() -> None:
    record = {"user": "u1", "time": NOON, "event": "cart", "properties": {"cart": {"value": 250}}, "id": "e-17"}
    assert input_of(record) == Input("u1", AT, "cart", {"cart": {"value": 250}}, id="e-17")


def test_a_profile_update() -> None:
    made_ = made(set={"tier": "gold", "old": None}, add=["newsletter"], remove=[])
    assert made_ == Input("u1", AT, set={"tier": "gold", "old": None}, add=["newsletter"], remove=[])


def test_both_in_one() -> None:
    assert made(event="signup", set={"a": 1}) == Input("u1", AT, "signup", set={"a": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (-0.0, "0"),
        (2**53 + 1, "9007199254740993"),
        (1e300, "1e+300"),
        (" ", " "),
        ("Ünal", "Ünal"),
    ],
)
def test_user_and_id_are_text_or_a_number(value: object, text: str) -> None:
    assert input_of({"user": value, "time": NOON, "event": "e"}).user == text
    assert made(event="e", id=value).id == text


def test_an_empty_id_is_none() -> None:
    assert made(event="e", id="").id is None


@pytest.mark.parametrize("name", ["event", "properties", "set", "add", "remove", "id"])
def test_null_is_absent(name: str) -> None:
    parts: dict[str, object] = {"event": "e", "set": {"a": 1}}
    assert made(**{**parts, name: None}) == made(**{key: held for key, held in parts.items() if key != name})


def test_unknown_keys_are_ignored() -> None:
    assert made(event="e", context={"ip": "x"}, type=5) == made(event="e")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "nothing to do: none of `event`, `set`, `add`, `remove` and `alias`"),
        ({"properties": {"a": 1}, "id": "x"}, "nothing to do"),
        ({"event": "e", "user": None}, "no `user`"),
        ({"event": "e", "user": ""}, "`user` is empty text"),
        ({"event": "e", "user": True}, "`user` is a boolean, text or a number is wanted"),
        ({"event": "e", "user": ["u"]}, "`user` is a list"),
        ({"event": "e", "user": 10**400}, "`user` is beyond the range of a double"),
        ({"event": "e", "user": float("inf")}, "`user` is beyond"),
        ({"event": "e", "user": float("nan")}, "no `user`"),
        ({"event": "e", "user": "\ud800"}, "surrogate"),
        ({"event": "e", "time": None}, "no `time`"),
        ({"event": "e", "time": ""}, "`time` is empty"),
        ({"event": ""}, "`event` is empty text"),
        ({"event": 5}, "`event` is a number, text is wanted"),
        ({"event": "sent"}, "`sent`, which only the engine itself makes"),
        ({"event": "ignored", "set": {"a": 1}}, "`ignored`"),
        ({"event": "e", "properties": []}, "`properties` is a list, a record is wanted"),
        ({"event": "e", "properties": "x"}, "`properties` is text"),
        ({"event": "e", "properties": {1: 2}}, "`properties.1` is a key that is a number"),
        ({"event": "e", "properties": {"a": [1, {"b": 10**400}]}}, "`properties.a.1.b` is beyond the range"),
        ({"event": "e", "properties": {"a": float("-inf")}}, "`properties.a` is infinite"),
        ({"event": "e", "properties": {"a": object()}}, "`properties.a` is a Python `object`"),
        ({"event": "e", "properties": {"a": b"x"}}, "`properties.a` is a Python `bytes`"),
        ({"event": "e", "properties": {"a": "\udfff"}}, "`properties.a` holds half of a surrogate pair"),
        ({"set": "gold"}, "`set` is text, a record is wanted"),
        ({"add": "vip"}, "`add` is text, a list of texts is wanted"),
        ({"add": ["vip", None]}, "`add` has null in it"),
        ({"remove": [1]}, "`remove` has a number in it"),
        ({"event": "e", "id": True}, "`id` is a boolean"),
        ({"event": "e", "id": {}}, "`id` is a record"),
    ],
)
def test_what_cannot_be_used(parts: dict[str, object], words: str) -> None:
    assert words in reason({"user": "u1", "time": NOON, **parts})


@pytest.mark.parametrize(("value", "words"), [([], "a list"), ("x", "text"), (None, "null")])
def test_what_is_no_record(value: object, words: str) -> None:
    assert reason(value) == f"a record is wanted, this is {words}"


@pytest.mark.parametrize("event", ["Sent", "sent ", "any", "ignored2"])
def test_names_beside_the_reserved_ones(event: str) -> None:
    assert made(event=event).event == event


def test_time_may_be_a_datetime() -> None:
    noon = datetime(1970, 1, 1, 12)
    assert input_of({"user": "u", "time": noon, "event": "e"}).time == AT
    assert input_of({"user": "u", "time": noon.replace(tzinfo=UTC), "event": "e"}).time == AT


def test_python_values_become_values_of_the_language() -> None:
    held = made(
        event="e",
        properties={
            "decimal": Decimal("1.5"),
            "tuple": (1, "a"),
            "nan": float("nan"),
            "naive": datetime(2024, 3, 2, 1),
            "date": date(2024, 3, 2),
            "duration": timedelta(hours=1),
            "view": MappingProxyType({"a": True}),
        },
    ).properties
    assert held == {
        "decimal": 1.5,
        "tuple": [1, "a"],
        "nan": None,
        "naive": datetime(2024, 3, 2, 1, tzinfo=UTC),
        "date": date(2024, 3, 2),
        "duration": timedelta(hours=1),
        "view": {"a": True},
    }


def test_the_caller_may_change_the_record_afterwards() -> None:
    record = {"user": "u", "time": NOON, "event": "e", "properties": {"a": {"b": [1]}}, "set": {"c": [2]}, "add": ["d"]}
    input_ = input_of(record)
    record["properties"]["a"]["b"].append(9)  # type: ignore[index]
    record["set"]["c"].append(9)  # type: ignore[index]
    record["add"].append("x")  # type: ignore[attr-defined]
    assert (input_.properties, input_.set, input_.add) == ({"a": {"b": [1]}}, {"c": [2]}, ["d"])


def nested(levels: int) -> dict[str, object]:
    record: dict[str, object] = {}
    for _ in range(levels - 1):
        record = {"a": record}
    return record


def test_nesting() -> None:
    assert made(event="e", properties=nested(100)).properties == nested(100)
    assert "nests deeper than 100 levels" in reason({"user": "u", "time": 0, "event": "e", "properties": nested(101)})
    assert "nests deeper than 100 levels" in reason({"user": "u", "time": 0, "event": "e", "properties": nested(5000)})


def test_a_record_in_itself() -> None:
    record: dict[str, object] = {}
    record["self"] = record
    assert "nests deeper" in reason({"user": "u", "time": 0, "event": "e", "properties": record})


def test_a_batch_of_one_and_of_several() -> None:
    one = {"user": "u", "time": 0, "event": "e"}
    assert input_of({"batch": [one]}) == input_of(one)
    assert reason({"batch": [one, one]}) == "a batch of 2 records: hand them over one by one"
    assert "a batch of 0 records" in reason({"batch": []})
