"""Rules in colour: nothing is lost, nothing valid is an error, and words are what the grammar makes of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String

from trigdsl.highlighter import TrigLexer
from trigdsl.syntax.grammar import keywords
from trigdsl.syntax.roles import Role, words_of

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = (ROOT / "grammar" / "README.md").read_text(encoding="utf-8")
PROGRAMS = [
    *(file.read_text(encoding="utf-8") for file in sorted((ROOT / "examples").rglob("*.trig"))),
    *re.findall(r"```trig\n(.*?)```", REFERENCE, re.DOTALL),
]


def parts(text: str) -> list[tuple[object, str]]:
    return [(kind, part) for _, kind, part in TrigLexer().get_tokens_unprocessed(text)]


def kind_of(text: str, word: str) -> object:
    """The type of the only part that is exactly `word`."""
    (kind,) = [kind for kind, part in parts(text) if part == word]
    return kind


def test_pygments_finds_it() -> None:
    assert isinstance(get_lexer_by_name("trig"), TrigLexer)
    assert isinstance(get_lexer_for_filename("rules/cart.trig"), TrigLexer)


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_valid_program_comes_back_whole_and_without_errors(text: str) -> None:
    found = parts(text)
    assert "".join(part for _, part in found) == text
    assert [part for kind, part in found if kind is Error] == []


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PROGRAMS), st.data())
def test_a_damaged_program_comes_back_whole(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 40)))
    put = data.draw(st.sampled_from(["", '"', '"""', "`", "#", "{{", "\x00", "&&", "\ud800", "event {"]))
    text = text[:start] + put + text[end:]
    offset = 0
    for place, _, part in TrigLexer().get_tokens_unprocessed(text):
        assert place == offset
        assert part
        offset += len(part)
    assert offset == len(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_text_comes_back_whole(text: str) -> None:
    assert "".join(part for _, part in parts(text)) == text


def test_what_words_are() -> None:
    text = 'rule late: if first purchase and cart.value > 200 then after 1h send push "{{ user.name }}\\n" # soon'
    assert kind_of(text, "rule") is Keyword
    assert kind_of(text, "late") is Name.Namespace
    assert kind_of(text, "purchase") is Name.Class
    assert kind_of(text, "and") is Operator.Word
    assert kind_of(text, "cart") is Name.Variable
    assert kind_of(text, "value") is Name.Attribute
    assert kind_of(text, "200") is Number
    assert kind_of(text, "1h") is Number
    assert kind_of(text, "push") is Name.Tag
    assert kind_of(text, "{{ user.name }}") is String.Interpol
    assert kind_of(text, "\\n") is String.Escape
    assert kind_of(text, "# soon") is Comment.Single


def test_a_word_that_may_be_a_name_is_what_its_place_makes_it() -> None:
    text = "if week then send sends once per week"
    assert [kind for kind, part in parts(text) if part == "week"] == [Name.Class, Keyword]
    assert kind_of(text, "sends") is Name.Tag


def test_events_in_conditions_are_events() -> None:
    text = "if a and (b where c > 1) in last 2d and sum(d.e) > 3 and user in f and g > 4 then send h"
    kinds = {text[word.start : word.end]: word.role for word in words_of(text)}
    assert {name: kinds[name] for name in "abcdefgh"} == {
        "a": Role.EVENT,
        "b": Role.EVENT,
        "c": Role.VARIABLE,
        "d": Role.EVENT,
        "e": Role.PROPERTY,
        "f": Role.SEGMENT,
        "g": Role.VARIABLE,
        "h": Role.CHANNEL,
    }


def test_what_an_expectation_names() -> None:
    text = 'test "t":\n  2026-01-01 09:00 go\n  expect hello sent at 2026-01-01 09:00 on push as b containing "x"'
    kinds = {text[word.start : word.end]: word.role for word in words_of(text)}
    found = [kinds[name] for name in ("go", "hello", "sent", "push", "b")]
    assert found == [Role.EVENT, Role.RULE, Role.STATUS, Role.CHANNEL, Role.LABEL]


def test_keys_and_types_of_fields() -> None:
    text = "event go { from: text, a.b: list }"
    roles = [word.role for word in words_of(text) if text[word.start : word.end] in {"from", "text", "a", "b", "list"}]
    assert roles == [Role.PROPERTY, Role.TYPE, Role.PROPERTY, Role.PROPERTY, Role.TYPE]


@pytest.mark.parametrize("word", sorted(keywords().reserved))
def test_every_reserved_word_is_a_keyword_even_where_it_cannot_stand(word: str) -> None:
    assert {item.role for item in words_of(f"rule {word}")} == {Role.KEYWORD}


def test_words_of_a_broken_item_are_guessed_from_the_word_before() -> None:
    text = "rule late: if purchase then send push &&"
    kinds = {text[word.start : word.end]: word.role for word in words_of(text)}
    assert (kinds["late"], kinds["purchase"], kinds["push"], kinds["&&"]) == (
        Role.RULE,
        Role.EVENT,
        Role.CHANNEL,
        Role.ERROR,
    )
