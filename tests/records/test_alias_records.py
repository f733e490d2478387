"""Records that say that another id is their user, too."""

from __future__ import annotations

import pytest

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of

AT = "1970-01-01T00:00:01Z"


def test_an_alias_stands_alone_or_beside_all_else() -> None:
    assert input_of({"user": "u", "time": AT, "alias": "a"}) == Input("u", 1_000_000, alias="a")
    record = {"user": "u", "time": AT, "event": "e", "set": {"p": 1}, "add": ["l"], "remove": [], "alias": "a"}
    assert input_of(record) == Input("u", 1_000_000, "e", None, {"p": 1}, ["l"], [], alias="a")


@pytest.mark.parametrize(("given", "alias"), [(7, "7"), (7.0, "7"), ("é", "é"), ("u", "u"), ("", None), (None, None)])
def test_what_an_alias_may_be(given: object, alias: str | None) -> None:
    assert input_of({"user": "u", "time": AT, "event": "e", "alias": given}).alias == alias


@pytest.mark.parametrize("given", [True, ["a"], {"a": 1}, "\ud800"])
def test_what_is_no_alias(given: object) -> None:
    with pytest.raises(BadRecord, match="`alias`"):
        input_of({"user": "u", "time": AT, "event": "e", "alias": given})


def test_an_empty_alias_alone_is_nothing_to_do() -> None:
    with pytest.raises(BadRecord, match="nothing to do"):
        input_of({"user": "u", "time": AT, "alias": ""})


@pytest.mark.parametrize(("set_", "is_only"), [(None, True), ({}, False), ({"p": None}, False)])
def test_an_input_is_only_an_alias_when_it_has_nothing_else(set_: dict[str, None] | None, is_only: bool) -> None:
    assert Input("u", 0, set=dict(set_) if set_ is not None else None, alias="a").is_only_alias is is_only


def test_json_lines(read) -> None:
    lines = (
        '{"user":"u","time":1,"event":"e","alias":"a"}\n'
        '{"user":"u","time":1,"alias":7}\n'
        '{"user":"u","time":1,"event":"e","alias":null}\n'
        '{"user":"u","time":1,"event":"e","alias":{}}\n'
        '{"user":"u","time":1,"previous":"b"}\n'
    )
    inputs, rejects = read(lines)
    assert [given.alias for given in inputs] == ["a", "7", None]
    assert [(reject.line, "alias" in reject.reason) for reject in rejects] == [(4, True), (5, True)]
    inputs, _ = read(lines, columns={"alias": "previous"})
    assert [given.alias for given in inputs] == ["a", "7", None, "b"]


TABLE = "user,time,event,alias,old\nu,1,e,nick,a\nu,2,,nick,b\nu,3,e,nick,\n"


def test_a_column_of_a_table_is_the_alias_only_when_it_is_mapped(read) -> None:
    inputs, _ = read(TABLE, "a.csv")
    assert [(given.alias, given.properties) for given in inputs] == [
        (None, {"alias": "nick", "old": "a"}),
        (None, {"alias": "nick"}),
    ]
    inputs, rejects = read(TABLE, "a.csv", {"alias": "old"})
    assert [(given.alias, given.event, given.properties) for given in inputs] == [
        ("a", "e", {"alias": "nick"}),
        ("b", None, None),
        (None, "e", {"alias": "nick"}),
    ]
    assert rejects == []
    inputs, _ = read(TABLE, "a.csv", {"alias": "alias"})
    assert [given.alias for given in inputs] == ["nick", "nick", "nick"]


def test_a_table_of_nothing_but_aliases(read) -> None:
    inputs, _ = read("user,time,old\nu,1,7\n", "a.csv", {"alias": "old"})
    assert inputs == [Input("u", 1_000_000, alias="7")]


def test_an_event_object() -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule r: if e then send push"))
    made = engine.feed(trigdsl.Event(user="u", time=AT, event="e", alias="a"))
    assert [one.user for one in made] == ["u"]
    assert engine.user_of("a") == "u"
