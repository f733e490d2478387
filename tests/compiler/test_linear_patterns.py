"""Patterns that Python's `re` looks for in place of RE2: which they are, and that they find the same."""

from __future__ import annotations

import random

import pytest

import trigdsl
from trigdsl.compiler.linear_patterns import linear_pattern
from trigdsl.engine.context import Context
from trigdsl.engine.state import State
from trigdsl.engine.values import compile_pattern, matches

TAKEN = [
    "sale", "^/p/", r"\.jpg$", "^[A-Z]{2}-[0-9]+$", r"^\d{4}-\d{2}-\d{2}$", r"^[^@]+@[^@]+$", r"^[a-z0-9]+\.[a-z]{2,}$",
    "^a*ab", "colou?r", "a{2,3}b", "^x.*", r"^\w+:\d*$", "[^a]b", "^.$", r"a\$", r"^a\\$", "a{100}", "^b{1,99}a$", "x$",
]  # fmt: skip
LEFT = [
    "", "^", "$", "(a|b)", "a|b", "(?i)a", "a+b", "a*", "^a*a*", "^a+b?", "^a?a?", "^[ab]+a+c", "a{101}", "a{60}b{60}",
    "^a{3,2}", "^a{0}", r"\bsale", r"\s", r"\Aa", "[[:alpha:]]", r"\pL", "é", "a{,2}", "a+?", "a++", "a**", "[a&&b]",
    "^a{02}$", "^a{1,02}$", "^a{01,2}", "a.*?b", "^a$b", "a^b", "[]a]", "x" * 201, r"\x41", "[z-a]",
]  # fmt: skip


@pytest.mark.parametrize("pattern", TAKEN)
def test_patterns_that_are_taken(pattern: str) -> None:
    compile_pattern(pattern)
    assert linear_pattern(pattern) is not None


@pytest.mark.parametrize("pattern", LEFT)
def test_patterns_that_are_left_to_re2(pattern: str) -> None:
    assert linear_pattern(pattern) is None


PIECES = [
    "a", "b", "-", " ", ".", r"\.", r"\d", r"\w", "[ab]", "[^a]", "[0-9b]", "[a-c_]", r"[\d.]", r"[^\w]", "^", "$",
    r"\$", "{2}", "{1,3}", "{2,}", "?", "*", "+", "é",
]  # fmt: skip
CHARS = "ab01c-_. \n\r\t\x0b\x00A$"


def test_what_is_taken_finds_what_re2_finds() -> None:
    chance = random.Random(7)
    taken = found = 0
    for _ in range(6_000):
        pattern = "^" * chance.randrange(2) + "".join(chance.choices(PIECES, k=chance.randrange(1, 6)))
        pattern += "$" * chance.randrange(2)
        quick = linear_pattern(pattern)
        if quick is None:
            continue
        try:
            slow = compile_pattern(pattern)
        except ValueError:
            continue
        taken += 1
        for _ in range(8):
            text = "".join(chance.choices(CHARS, k=chance.randrange(0, 9)))
            answer = matches(text, slow)
            found += answer is True
            assert (quick.search(text) is not None) is answer, (pattern, text)
    assert taken > 1_000
    assert found > 1_000


def _answers(condition: str, *properties: dict[str, object]) -> tuple[list[bool], list[object]]:
    """What a condition says of events, and the odd values that it told of."""
    program = trigdsl.parse(f"rule r: if e and {condition} then send push")
    test = program.rules[0].condition
    assert test is not None
    odd: list[object] = []
    context = Context(program.zone, program.functions, lambda _c, _place, a, _b: odd.append(a))
    context.state = State("u")
    answers = []
    for held in properties:
        context.event = context.trigger = held
        answers.append(bool(test(context)))
    return answers, odd


@pytest.mark.parametrize(("negated", "texts"), [("", [True, False, False]), ("not ", [False, True, True])])
def test_values_that_are_no_ascii_text(negated: str, texts: list[bool]) -> None:
    condition = f'{negated}sku matches "^.-[0-9]+$"'
    held = [{"sku": "a-12"}, {"sku": "a-12\n"}, {"sku": "é-1x"}]
    assert _answers(condition, *held) == (texts, [])
    assert _answers(condition, {"sku": "é-1"}) == ([not negated], [])
    # Unknown is neither so nor not so; of what is there and no text somebody is told.
    assert _answers(condition, {}, {"sku": 7}, {"sku": "\ud800-1"}) == ([False] * 3, [7, "\ud800-1"])


@pytest.mark.parametrize(
    ("sign", "below", "at", "above"),
    [(">", 0, 0, 1), (">=", 0, 1, 1), ("<", 1, 0, 0), ("<=", 1, 1, 0)],
)
def test_what_was_reckoned_beside_a_literal(sign: str, below: int, at: int, above: int) -> None:
    held: list[dict[str, object]] = [{"a": a, "b": 2.0} for a in (2.4999999999999996, 2.5, 2.5000000000000004)]
    whole: list[dict[str, object]] = [{"a": a, "b": 1} for a in (4, 5, 6)]
    wanted = [bool(below), bool(at), bool(above)]
    assert _answers(f"a * b {sign} 5", *held, *whole) == (wanted * 2, [])
    assert _answers(f"not (a * b {sign} 5)", *held, *whole) == ([not one for one in wanted] * 2, [])


@pytest.mark.parametrize(
    "condition", [f"{a} {sign} 5" for a in ("a * b", "a + b", "a - b") for sign in (">", ">=", "<", "<=")]
)
def test_what_is_no_finite_number_is_missing(condition: str) -> None:
    huge: list[dict[str, object]] = [{"a": a, "b": b} for a in (1.7e308, -1.7e308) for b in (1.7e308, -1.7e308)]
    unknown = [
        one for one in huge if not abs(eval(condition.partition(" 5")[0].rstrip("<>= "), dict(one))) < float("inf")
    ]
    assert unknown
    assert _answers(condition, *unknown, {"a": 1.0}, {}) == ([False] * (len(unknown) + 2), [])
    assert _answers(f"not ({condition})", *unknown, {"a": 1.0}, {}) == ([False] * (len(unknown) + 2), [])
    assert _answers(condition, {"a": 1.0, "b": "x"}, {"a": "x", "b": 1.0})[0] == [False, False]
