"""A formatted text says the same, has every comment in its place, and does not change when it is formatted again."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import trees
from budget import share
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import case
from test_damaged_programs import PROGRAMS

from trigdsl.formatter import format_text
from trigdsl.source import Source
from trigdsl.syntax.nodes import File
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.tokens import comments, tokenize

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TRIGDSL_SHARED", ROOT.parent / "shared"))
EXAMPLES = [file.read_text("utf-8") for file in sorted((ROOT / "examples").rglob("*.trig"))]
CONFORMANCE = [
    json.loads(file.read_text("utf-8"))["rules"] for file in sorted((SHARED / "conformance" / "cases").glob("*.json"))
]
WRITTEN = [*EXAMPLES, *PROGRAMS, *CONFORMANCE]

_QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def formatted(text: str) -> str:
    return format_text(Source("<written>", text))


def tree(text: str) -> File | None:
    """What a text says, None when its form has mistakes."""
    parsed = parse_file(Source("<read>", text))
    return parsed.file if parsed.diagnostics == () else None


def comments_of(text: str) -> list[str]:
    return [span.text for span in comments(Source("<read>", text))]


def check(text: str) -> None:
    """The laws of formatting, for one text without mistakes."""
    said, once = tree(text), formatted(text)
    assert said is not None, text
    assert tree(once) == said, text
    assert comments_of(once) == comments_of(text), text
    assert formatted(once) == once, text
    assert once == "" or (once.endswith("\n") and not once.startswith("\n") and "\n\n\n" not in once), text


def laid_out(text: str, separator: Callable[[], str]) -> str:
    """The tokens of a text with other white space between them."""
    pieces = [str(token) for token in tokenize(text)]
    return "".join(piece + separator() for piece in pieces)


def commented(text: str, chance: random.Random) -> tuple[str, int]:
    """A comment of its own before and after every token, on its line or on one of its own, and how many there are."""
    out, count = "", 0
    for token in [*tokenize(text), ""]:
        for _ in range(2):
            out += f"{chance.choice((' ', chr(10), chr(10) * 2, chr(10) + '  '))}# c{count}\n"
            count += 1
        out += token
    return out, count


# Any tree


@_QUICK
@given(trees.files())
def test_any_tree(file: File) -> None:
    check(print_tree(file))


@_QUICK
@given(trees.files(), st.randoms(use_true_random=False))
def test_any_tree_with_comments_everywhere(file: File, chance: random.Random) -> None:
    printed = print_tree(file)
    text, count = commented(printed, chance)
    if tree(text) != file:
        return  # white space decides how a few odd names are read
    check(text)
    assert comments_of(formatted(text)) == [f"# c{number}" for number in range(count)]


@_QUICK
@given(trees.files(2), st.randoms(use_true_random=False))
def test_line_breaks_and_blanks_have_no_say(file: File, chance: random.Random) -> None:
    printed = print_tree(file)
    one, other = (laid_out(printed, lambda: chance.choice((" ", " ", "\n", "\t", "  "))) for _ in range(2))
    if tree(one) == file and tree(other) == file:
        assert formatted(one) == formatted(other)


# Programs that say something sensible


@pytest.mark.parametrize("seed", range(share(30)))
def test_random_programs(seed: int) -> None:
    text = case(seed).text
    check(text)
    chance = random.Random(seed)
    with_comments, count = commented(text, chance)
    assert tree(with_comments) == tree(text)
    check(with_comments)
    assert comments_of(formatted(with_comments)) == [f"# c{number}" for number in range(count)]


@pytest.mark.parametrize("text", WRITTEN)
def test_written_programs(text: str) -> None:
    check(text)


@pytest.mark.parametrize("text", WRITTEN)
def test_written_programs_with_comments_everywhere(text: str) -> None:
    bare = laid_out(text, lambda: "\n")
    with_comments, count = commented(bare, random.Random(0))
    assert tree(with_comments) == tree(text)
    check(with_comments)
    assert comments_of(formatted(with_comments)) == [f"# c{number}" for number in range(count)]


@pytest.mark.parametrize("text", WRITTEN)
def test_written_programs_laid_out_anew(text: str) -> None:
    chance = random.Random(len(text))
    assert formatted(laid_out(text, lambda: " ")) == formatted(laid_out(text, lambda: chance.choice("\n\t ")))


def test_there_is_something_to_try() -> None:
    assert len(EXAMPLES) > 20
    assert len(PROGRAMS) > 10
    assert sum(len(re.findall(r"^test ", text, re.MULTILINE)) for text in EXAMPLES) > 50
