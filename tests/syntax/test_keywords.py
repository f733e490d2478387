"""Reserved words are never names by themselves; other words are names wherever they are not themselves."""

from __future__ import annotations

import pytest
from reading import expression, item, path, read, rule

from trigdsl.syntax import nodes as n
from trigdsl.syntax.grammar import keywords

_RESERVED = sorted(word for word in keywords().reserved if " " not in word)
_PAIRS = sorted(word for word in keywords().reserved if " " in word)
_SOFT = sorted(keywords().soft)


def test_the_words_of_the_language_are_known() -> None:
    assert {"if", "then", "unless", "last", "first", "default", "event", "list"} <= set(_RESERVED)
    assert {"in last", "not on", "for at most", "is missing", "else skip"} <= set(_PAIRS)
    assert {"day", "month", "opened", "sends", "all", "local"} <= set(_SOFT)
    assert not {"count", "sum", "min", "max", "status", "priority_level", "sent_at"} & keywords().reserved


@pytest.mark.parametrize("word", _RESERVED)
@pytest.mark.parametrize("program", ["rule {}: if e then send push", "if e then send {} urgent", "list {}"])
def test_a_keyword_is_refused_as_a_name(word: str, program: str) -> None:
    parsed = read(program.format(word))
    assert [(found.code, found.span.text) for found in parsed.diagnostics][:1] == [("reserved-word", word)]


@pytest.mark.parametrize("word", sorted({*_RESERVED} - {"true", "false", "user", "any"}))
def test_a_keyword_is_refused_as_a_property(word: str) -> None:
    assert read(f"segment s = {word} == 1").diagnostics != ()
    assert read(f"segment s = 1 == {word}").diagnostics != ()


@pytest.mark.parametrize("words", _PAIRS)
@pytest.mark.parametrize("space", [" ", "\n\t "])
def test_a_keyword_of_several_words_is_no_name(words: str, space: str) -> None:
    assert read(f"list {words.replace(' ', space)}").diagnostics != ()


@pytest.mark.parametrize("word", [*_RESERVED, *_SOFT])
def test_a_keyword_is_a_name_inside_a_path(word: str) -> None:
    assert expression(f"event.{word} == 1") == _equals_one("event", word)
    assert expression(f"cart.{word}.x == 1") == _equals_one("cart", word, "x")
    assert expression(f"{word}.x == 1") == _equals_one(word, "x")


@pytest.mark.parametrize("word", [*_RESERVED, *_SOFT])
def test_a_keyword_is_a_name_in_backticks(word: str) -> None:
    assert expression(f"`{word}` == 1") == _equals_one(word)
    assert item(f"list `{word}`") == n.ListDecl(name=n.Name(text=word))


@pytest.mark.parametrize("word", [*_RESERVED, *_SOFT])
def test_a_keyword_is_a_key(word: str) -> None:
    assert item(f"event e {{ {word}: text, a.{word}: number }}") == n.EventDecl(
        name=n.Name(text="e"),
        fields=(n.FieldDecl(path=(word,), type="text"), n.FieldDecl(path=("a", word), type="number")),
    )
    parsed = rule(f"if e then call f({word}: 1), emit x {{ a: 2, {word} : 3 }}")
    assert parsed.steps[0].actions == (
        n.CallAction(name=n.Name(text="f"), arguments=(_entry(word, 1),)),
        n.Emit(event=n.Name(text="x"), record=n.RecordLiteral(entries=(_entry("a", 2), _entry(word, 3)))),
    )


@pytest.mark.parametrize("word", _SOFT)
def test_other_words_are_names(word: str) -> None:
    assert expression(f"{word} == 1") == _equals_one(word)
    assert item(f"list {word}") == n.ListDecl(name=n.Name(text=word))
    assert rule(f"rule {word}: if e then send {word}").name == n.Name(text=word)


@pytest.mark.parametrize("word", [word for word in _SOFT if word != "sent"])
def test_other_words_are_events(word: str) -> None:
    assert rule(f"if {word} then send push unless {word} stop on {word}").trigger == n.EventTrigger(
        event=n.Event(name=word)
    )
    assert expression(f"{word} ever") == n.Happened(event=n.Event(name=word), period=n.Period(kind="ever"))


@pytest.mark.parametrize("word", ["day", "mon", "weekend", "year"])
def test_a_calendar_of_such_a_name_stands_in_backticks(word: str) -> None:
    named = n.Name(text=word)
    trigger = rule(f"if every `{word}` at 09:00 then send push on `{word}`").trigger
    assert isinstance(trigger, n.CalendarTrigger)
    assert trigger.schedule == n.EveryDateOf(calendar=named)


def test_words_that_only_begin_like_keywords_are_names() -> None:
    assert expression("lastly > ifs.then") == n.Compare(operator=">", left=path("lastly"), right=path("ifs", "then"))


def test_two_words_are_one_keyword_with_any_space_between() -> None:
    assert expression("e in\n\n  last\t7d") == expression("e in last 7d")


def test_a_list_may_be_the_last_value_of_an_aggregate() -> None:
    last = n.Aggregate(function="last", event=n.Event(name="e"), path=("items",))
    assert expression("x in last(e.items)") == n.In(operand=path("x"), container=last)


def _equals_one(*parts: str) -> n.Compare:
    return n.Compare(operator="==", left=path(*parts), right=n.Number(value=1))


def _entry(key: str, value: int) -> n.Entry:
    return n.Entry(key=(key,), value=n.Number(value=value))
