"""Lines that belong together, and where one ends."""

from __future__ import annotations

import pytest

from trigdsl.repl.lines import ends, indent, texts_of
from trigdsl.repl.reading import is_unfinished
from trigdsl.repl.terminal import plain


@pytest.mark.parametrize(
    "text",
    [
        "rule a:",
        "rule a: if",
        "rule a: if signup",
        "rule a: if signup and",
        "rule a: if signup then",
        "rule a: if signup then after 30m",
        "channel push:\n  cap 2 per",
        "user {",
        "user { name: text",
        "event cart { value:",
        'test "x":',
        "calendar days = [2026-11-20,",
        "cart {",
        "cart { cart: { value: 1 }",
        "+30m cart { tags: [",
        'rule a: if b then send push """Hello',
        'rule a: if b then send push """Hello\n\nyou',
    ],
)
def test_what_cannot_be_all(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "# rule a: if",
        ":why",
        ":load {",
        "cart",
        "cart { cart: { value: 1 } }",
        "cart } {}",
        "+30m",
        "user u2",
        "user",
        "set user.tier =",
        "rule a: if signup then send push",
        "rule a: if signup >> then",
        "channel push:",
        "user {}",
        'rule a: if b then send push """Hello"""',
        'rule a: if b then send push "Hello',
    ],
)
def test_what_may_be_all_or_is_wrong(text: str) -> None:
    assert not is_unfinished(text)


def texts(script: str) -> list[str]:
    return [text for text in texts_of(script.splitlines()) if text.strip()]


def test_a_rule_over_several_lines_goes_on_while_lines_are_part_of_it() -> None:
    script = "rule a:\nif x\nthen send push\nunless y\n  expires 2h\n# why\n\nx\n  y\n+1m"
    assert texts(script) == ["rule a:\nif x\nthen send push\nunless y\n  expires 2h\n# why", "x", "  y", "+1m"]


def test_a_rule_ends_where_something_else_begins() -> None:
    assert texts("rule a: if x then send push\nx\n+1m") == ["rule a: if x then send push", "x", "+1m"]
    assert texts("rule a: if x then send push\nrule b: if y then send push") == [
        "rule a: if x then send push",
        "rule b: if y then send push",
    ]
    assert texts("if a\nthen send push\n:pending") == ["if a\nthen send push", ":pending"]
    assert texts("channel push:\n  cap 1 per day\nuser u2\nset user.a = 1") == [
        "channel push:\n  cap 1 per day",
        "user u2",
        "set user.a = 1",
    ]


def test_an_event_goes_on_until_its_braces_close() -> None:
    assert texts("a {\n  b: 1,\n\n  c: 2\n}\nb") == ["a {\n  b: 1,\n\n  c: 2\n}", "b"]


def test_what_a_script_leaves_open_is_one_text_to_its_end() -> None:
    assert texts("a {\nb\nc") == ["a {\nb\nc"]


def test_lines_of_other_systems() -> None:
    assert list(texts_of(["a\r\n", "b\r\n"])) == ["a", "b"]


def asked(*lines: str) -> str:
    """What is typed at a plain prompt, of which the given lines are the first."""
    waiting = list(lines)
    prompts: list[str] = []

    def read(prompt: str) -> str:
        prompts.append(prompt)
        return waiting.pop(0)

    text = plain(read)("> ")
    assert prompts == ["> ", *["... "] * (len(lines) - len(waiting) - 1)]
    return text


def test_at_a_plain_prompt_rules_over_several_lines_end_with_a_blank_one() -> None:
    assert asked("rule a: if b then send push", "more") == "rule a: if b then send push"
    assert asked("rule a:", "if b", "then send push", "unless c", "", "more").rstrip() == (
        "rule a:\nif b\nthen send push\nunless c"
    )
    assert asked("b {", "c: 1", "}", "more") == "b {\nc: 1\n}"
    assert asked("+30m", "more") == "+30m"
    assert asked("", "more") == ""


def test_a_blank_line_ends_what_will_never_be_finished() -> None:
    assert asked("rule a: if", "", "more") == "rule a: if\n"
    assert asked('rule a: if b then send push """x', "", '"""', "", "more").count("\n") == 3


def test_where_enter_ends_a_text() -> None:
    assert ends("")
    assert ends("rule a: if b then send push")
    assert not ends("rule a:\n  if b then send push")
    assert ends("rule a:\n  if b then send push\n")
    assert ends("rule a:\n  if b then send push\n  ")


def test_the_next_line_begins_where_the_last_did() -> None:
    assert indent("rule a:") == "  "
    assert indent("rule a:\n  if b") == "  "
    assert indent("a {") == "  "
    assert indent("if b") == ""
    assert indent("channel push:\n  cap 1 per day\n    ") == "    "
