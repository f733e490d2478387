"""Segment and CloudEvents records."""

from __future__ import annotations

import json

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.native import BadRecord, input_of

AT = "1970-01-01T00:00:01Z"


def segment(kind: str, **parts: object) -> Input:
    return input_of({"type": kind, "userId": "u", "timestamp": AT, "messageId": "m", **parts})


def test_track() -> None:
    assert segment("track", event="Order Completed", properties={"total": 5}) == Input(
        "u", 1_000_000, "Order Completed", {"total": 5}, id="m"
    )


@pytest.mark.parametrize("kind", ["page", "screen"])
def test_pages_and_screens_have_their_name_in_the_properties(kind: str) -> None:
    assert segment(kind, name="Home", category="Docs", properties={"url": "/"}) == Input(
        "u", 1_000_000, kind, {"url": "/", "name": "Home", "category": "Docs"}, id="m"
    )
    assert segment(kind, properties={"name": "Inner"}).properties == {"name": "Inner"}
    assert segment(kind, name=None, category="").properties == {}


def test_identify_sets_its_traits() -> None:
    assert segment("identify", traits={"tier": "gold", "plan": None}) == Input(
        "u", 1_000_000, set={"tier": "gold", "plan": None}, id="m"
    )
    assert segment("identify", context={"traits": {"tier": "gold"}}).set == {"tier": "gold"}
    assert segment("identify").set == {}


def test_group() -> None:
    assert segment("group", groupId="g", traits={"name": "Initech"}) == Input(
        "u", 1_000_000, "group", {"name": "Initech", "groupId": "g"}, id="m"
    )


def test_alias() -> None:
    assert segment("alias", previousId="old") == Input("u", 1_000_000, id="m", alias="old")
    assert segment("alias", previousId="old", anonymousId="a").alias == "old"
    assert segment("alias", anonymousId="a").alias == "a"
    assert segment("alias", previousId="u").alias == "u"
    with pytest.raises(BadRecord, match="an `alias` without `previousId`"):
        segment("alias")


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group"])
def test_an_anonymous_id_beside_another_user_is_an_alias(kind: str) -> None:
    assert segment(kind, event="e", anonymousId="a").alias == "a"
    assert segment(kind, event="e", anonymousId="u").alias is None
    assert segment(kind, event="e", anonymousId="").alias is None
    assert segment(kind, event="e", userId=None, anonymousId="a").alias is None
    assert segment(kind, event="e", previousId="old").alias is None


@pytest.mark.parametrize(
    ("user", "anonymous", "expected"), [("u", "a", "u"), (None, "a", "a"), ("", "a", "a"), (7, None, "7")]
)
def test_the_user_is_the_known_one_else_the_anonymous(user: object, anonymous: object, expected: str) -> None:
    assert segment("track", event="e", userId=user, anonymousId=anonymous).user == expected


@pytest.mark.parametrize(
    ("times", "second"),
    [
        ({"timestamp": 1, "originalTimestamp": 2, "sentAt": 3, "receivedAt": 4}, 1),
        ({"timestamp": None, "originalTimestamp": 2, "sentAt": 3, "receivedAt": 4}, 2),
        ({"timestamp": None, "sentAt": 3, "receivedAt": 4}, 3),
        ({"timestamp": None, "receivedAt": 4}, 4),
    ],
)
def test_the_time(times: dict[str, object], second: int) -> None:
    assert segment("track", event="e", **times).time == second * 1_000_000


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"userId": None}, "no user: neither `userId` nor `anonymousId`"),
        ({"timestamp": None}, "no time: none of `timestamp`, `originalTimestamp`, `sentAt` and `receivedAt`"),
        ({"timestamp": "safaff", "sentAt": AT}, "`safaff` is not in the form wanted"),
        ({"event": None}, "a `track` without `event`"),
        ({"event": ["abc"]}, "`event` is a list"),
        ({"event": "sent"}, "`sent`, which only the engine"),
        ({"properties": "x"}, "`properties` is text, a record is wanted"),
    ],
)
def test_segment_records_that_cannot_be_used(parts: dict[str, object], words: str) -> None:
    with pytest.raises(BadRecord) as caught:
        segment("track", **{"event": "e", **parts})
    assert words in str(caught.value)


def test_the_type_in_another_case() -> None:
    assert segment("Track", event="e").event == "e"


def test_a_native_record_with_a_type_of_its_own() -> None:
    record = {"user": "u", "time": AT, "event": "e", "type": "track", "specversion": "1.0", "userId": "other"}
    assert input_of(record) == Input("u", 1_000_000, "e")


def test_a_batch_gives_its_time_to_members_without_one(read) -> None:
    message = {"type": "track", "userId": "u", "event": "e"}
    inputs, rejects = read(json.dumps({"sentAt": AT, "batch": [message, {**message, "timestamp": 5}]}))
    assert ([input_.time for input_ in inputs], rejects) == ([1_000_000, 5_000_000], [])


def test_mapped_parts_override_those_of_segment(read) -> None:
    record = {"type": "track", "timestamp": AT, "event": "e", "messageId": "m", "context": {"traits": {"email": "a@b"}}}
    inputs, rejects = read(json.dumps(record), columns={"user": "context.traits.email"})
    assert (inputs, rejects) == ([Input("a@b", 1_000_000, "e", {}, id="m")], [])


def test_a_mapped_event_named_like_a_segment_type(read) -> None:
    columns = {"user": "customer", "event": "type"}
    inputs, rejects = read('{"customer":"c","time":1,"type":"page"}', columns=columns)
    assert (inputs, rejects) == ([Input("c", 1_000_000, "page")], [])


def cloud_event(**parts: object) -> Input:
    return input_of(
        {
            "specversion": "1.0",
            "id": "x",
            "source": "/s",
            "type": "com.example.order",
            "subject": "u",
            "time": AT,
            **parts,
        }
    )


def test_a_cloud_event() -> None:
    assert cloud_event(data={"total": 5}) == Input("u", 1_000_000, "com.example.order", {"total": 5}, id="x")


@pytest.mark.parametrize(
    ("parts", "properties"),
    [
        ({}, {}),
        ({"data": None}, {}),
        ({"data": "text"}, {"data": "text"}),
        ({"data": [1]}, {"data": [1]}),
        ({"data": 0}, {"data": 0}),
        ({"data_base64": "AAE="}, {"data_base64": "AAE="}),
    ],
)
def test_data_that_is_no_record(parts: dict[str, object], properties: dict[str, object]) -> None:
    assert cloud_event(**parts).properties == properties


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"subject": None}, "no user: a CloudEvent's is its `subject`"),
        ({"time": None}, "no `time`"),
        ({"type": None}, "a CloudEvent without `type`"),
        ({"type": 5}, "`event` is a number"),
        ({"type": "ignored"}, "`ignored`"),
    ],
)
def test_cloud_events_that_cannot_be_used(parts: dict[str, object], words: str) -> None:
    with pytest.raises(BadRecord) as caught:
        cloud_event(**parts)
    assert words in str(caught.value)


def test_an_extension_called_user_is_not_the_user() -> None:
    assert cloud_event(user="someone").user == "u"


def test_the_user_of_cloud_events_can_be_mapped(read) -> None:
    record = {"specversion": "1.0", "type": "t", "time": AT, "id": "x", "data": {"customer": 7}}
    inputs, rejects = read(json.dumps(record), columns={"user": "data.customer"})
    assert (inputs, rejects) == ([Input("7", 1_000_000, "t", {"customer": 7}, id="x")], [])
