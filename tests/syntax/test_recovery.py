"""Several mistakes in one text, and texts of any kind: one reading says what it can and never fails."""

from __future__ import annotations

import pytest
from reading import items, read

from trigdsl.source import Source
from trigdsl.syntax import nodes as n
from trigdsl.syntax.parser import MAX_DEPTH, parse_file


def _found(text: str) -> list[tuple[str, str]]:
    return [(found.code, found.span.text) for found in read(text).diagnostics]


def _kinds(text: str) -> list[type[n.Item]]:
    file = read(text).file
    assert file is not None
    return [type(item) for item in file.items]


def test_every_item_has_its_own_mistakes() -> None:
    text = """
rule a: if cart then after 30 send push
list good
rule b: if cart && big then send push
channel push: cap 2 every day
if cart then send push "unclosed
segment s = a >
rule c: if cart then send push
"""
    assert _found(text) == [
        ("missing-unit", "30"),
        ("unknown-sign", "&&"),
        ("syntax-error", "every"),
        ("unclosed-text", '"unclosed'),
        ("syntax-error", ">"),
    ]
    assert _kinds(text) == [n.ListDecl, n.Rule]


@pytest.mark.parametrize("expected", ["expect 1 send", "expect no send", "expect 2 sends", "expect r"])
def test_an_item_may_begin_on_the_line_where_a_test_ends(expected: str) -> None:
    text = f'test "t": +1d cart {expected} list a'
    assert _found(text) == []
    assert _kinds(text) == [n.Test, n.ListDecl]


def test_mistakes_that_leave_a_tree_are_all_found_and_the_item_stays() -> None:
    text = 'rule r: if a or b then after 1s1s send push 101%: "\\q" once once'
    assert [code for code, _ in _found(text)] == [
        "ambiguous-or",
        "bad-duration",
        "bad-percentage",
        "bad-escape",
        "duplicate-clause",
    ]
    assert _kinds(text) == [n.Rule]


def test_findings_come_in_the_order_of_the_source() -> None:
    text = "if a then send push once once unless b expires 1h1h\nif 0th a then send push"
    starts = [found.span.start for found in read(text).diagnostics]
    assert starts == sorted(starts)


def test_a_line_that_begins_nothing_leaves_the_item_before_it() -> None:
    text = "rule r: if a then send push\nfoo bar\nlist l"
    assert [text for _, text in _found(text)] == ["foo"]
    assert _kinds(text) == [n.Rule, n.ListDecl]


def test_a_misused_word_that_begins_items_cuts_nothing_in_two() -> None:
    assert _found("if a and event == 3 then send push") == [("reserved-word", "event")]
    assert _found("if a and (list or x) then send push") == [("reserved-word", "list")]
    assert _found("if a then send channel urgent\nlist l") == [("reserved-word", "channel")]


def test_an_item_that_ends_early_leaves_the_next_alone() -> None:
    text = "rule a: if\nrule b: if e then\nrule c: if e then send push"
    assert [code for code, _ in _found(text)] == ["syntax-error", "syntax-error"]
    assert _kinds(text) == [n.Rule]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "\ufeff", "   # a\r\n"])
def test_nothing_is_a_program(text: str) -> None:
    assert items(text) == ()


@pytest.mark.parametrize(
    ("text", "underlined"),
    [("\x00", "\x00"), ("if a then send push \x01", "\x01"), ("if a then send push # \ud800", "\ud800")],
)
def test_characters_that_no_program_holds(text: str, underlined: str) -> None:
    assert [place for _, place in _found(text)] == [underlined]


def test_half_a_character_is_reported_once() -> None:
    assert _found("if a \udc00 then send push").count(("bad-character", "\udc00")) == 1


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("not ", ""), ("-", ""), ("lower(", ")"), ("[", "]"), ("", " + 1"), ("", " / 2"), ("", " default 1")],
)
def test_nesting_too_deep_is_a_finding(opening: str, closing: str) -> None:
    for depth in (MAX_DEPTH + 1, 5_000):
        assert [code for code, _ in _found(f"segment s = {opening * depth}a{closing * depth}")] == ["too-deep"]
    fine = MAX_DEPTH - 5
    assert _found(f"segment s = {opening * fine}a{closing * fine}") == []


def test_deep_groups_of_events() -> None:
    text = f"if {'(' * 3000}a{')' * 3000} then send push"
    assert [code for code, _ in _found(text)] == ["too-deep"]


def test_long_flat_conditions_are_fine() -> None:
    assert _found(f"segment s = {' and '.join(['a > 1'] * 1000)}") == []
    assert _found(f"segment s = x in [{', '.join(['1'] * 1000)}]") == []


def test_numbers_of_any_length() -> None:
    digits = "9" * 10_000
    assert _found(f"segment s = {digits}") == [("bad-number", digits)]
    assert _found(f"if a then after {digits}d send push") == [("bad-duration", f"{digits}d")]
    assert _found(f"if {digits}th a then send push") == [("bad-number", f"{digits}th")]
    assert _found(f"if a then send push holdout {digits}%") == [("bad-percentage", f"{digits}%")]
    assert _found("if a then send push holdout 0.{}1%".format("0" * 5000)) == []


def test_slips_of_several_items_are_all_told() -> None:
    text = """
rule a: if cart then wait 30m send push
rule b if cart then send push between 9am-9pm
segment vip: user.tier == "gold"
rule d: if cart and a <> 3 then send push
timezone Europe/Berlin
list good
"""
    assert _found(text) == [
        ("syntax-error", "wait"),
        ("missing-colon", "b"),
        ("syntax-error", ":"),
        ("unknown-sign", "<>"),
        ("syntax-error", "Europe/Berlin"),
    ]
    assert _kinds(text) == [n.ListDecl]


def test_a_file_that_begins_with_when() -> None:
    assert [found.help for found in read("when cart then send push").diagnostics] == ["write `if` instead of `when`"]


@pytest.mark.parametrize("name", ["¼", "é", "_", "`a b`"])
def test_an_item_begins_with_any_name_that_the_grammar_has(name: str) -> None:
    for word in ("event", "list"):
        parsed = parse_file(Source("a.trig", f"{word} a {word} {name}"))
        assert parsed.diagnostics == ()
        assert parsed.file is not None
        assert len(parsed.file.items) == 2
