"""The tree-sitter grammar makes of every program the tree that Trig's own parser makes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trees
from hypothesis import HealthCheck, given, settings
from lark import Token, Tree
from tree_sitter_trig import GRAMMAR, language, tree_sitter

from trigdsl.syntax.grammar import keywords, parser
from trigdsl.syntax.printer import print_tree

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = [
    *(file.read_text(encoding="utf-8") for file in sorted((ROOT / "examples").rglob("*.trig"))),
    *re.findall(r"```trig\n(.*?)```", (ROOT / "grammar" / "README.md").read_text(encoding="utf-8"), re.DOTALL),
]
# Nodes that stand for one word, which the parser has as tokens.
WORDS = frozenset(
    {"identifier", "quoted_identifier", "path_literal", "tail", "string", "number_literal", "percentage", "ordinal"}
    | {"duration_literal", "time", "date_literal", "month_day", "comment", "type"}
)
# The parser has a rule for each kind of name; to an editor they are one.
NAMES = {"channel_name": "name", "calendar_name": "name", "expected_rule": "name"}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tree_sitter.Parser(language(tmp_path_factory.mktemp("tree-sitter")))


def shape_of_node(node: Any) -> list[Any]:
    """Names of nodes, nested as they are; comments and words left out."""
    return [node.type, *(shape_of_node(child) for child in node.named_children if child.type not in WORDS)]


def shape_of_tree(tree: Any) -> list[Any]:
    name = NAMES.get(str(tree.data), str(tree.data))
    return [name, *(shape_of_tree(child) for child in tree.children if isinstance(child, Tree))]


def mistakes(node: Any) -> Iterator[str]:
    if node.is_error or node.is_missing:
        yield f"{node.start_point}: {node.text!r}"
    for child in node.children:
        yield from mistakes(child)


def assert_same(reader: Any, text: str) -> None:
    tree = reader.parse(text.encode("utf-8"))
    assert list(mistakes(tree.root_node)) == [], text
    assert shape_of_node(tree.root_node) == shape_of_tree(parser().parse(text, start="file")), text


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_have_the_same_tree(reader: Any, text: str) -> None:
    assert_same(reader, text)


def words_below(tree: Any) -> list[str]:
    """The names, texts and numbers of a tree of the parser, in order."""
    kinds = {"NAME", "QUOTED_NAME", "PATH", "TEXT", "NUMBER", "DURATION", "DATE", "TIME", "PERCENT", "ORDINAL", "TAIL"}
    return [str(token) for token in tree.scan_values(lambda part: isinstance(part, Token) and part.type in kinds)]


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_have_the_same_words(reader: Any, text: str) -> None:
    def below(node: Any) -> Iterator[str]:
        if node.type in WORDS - {"comment", "month_day", "type"} and not node.named_children:
            yield node.text.decode()
        for child in node.named_children:
            yield from below(child)

    assert list(below(reader.parse(text.encode("utf-8")).root_node)) == words_below(parser().parse(text, start="file"))


def test_a_broken_rule_leaves_the_others_alone(reader: Any) -> None:
    tree = reader.parse(
        b"rule a: if x then send push\nrule b: if x then send push unless &&\nrule c: if y then send push\n"
    )
    rules = [node.text.decode() for node in tree.root_node.named_children if node.type == "rule"]
    assert tree.root_node.has_error
    assert rules[0] == "rule a: if x then send push"
    assert rules[-1] == "rule c: if y then send push"


def grammar_words() -> set[str]:
    """The keywords that the generated grammar holds, those of several words with a blank."""
    found: set[str] = set()

    def look(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "STRING" and re.fullmatch(r"[a-z]+", node["value"]):
                found.add(node["value"])
            if node.get("type") == "ALIAS" and not node["named"]:
                found.add(node["value"])
            for each in node.values():
                look(each)
        elif isinstance(node, list):
            for each in node:
                look(each)

    look(json.loads((GRAMMAR / "src" / "grammar.json").read_text(encoding="utf-8"))["rules"])
    return found


def test_what_was_generated_is_of_this_grammar() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    script = Path(__file__).with_name("evaluate_grammar.js")
    command = [node, str(script), str(GRAMMAR / "grammar.js")]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    generated = json.loads((GRAMMAR / "src" / "grammar.json").read_text(encoding="utf-8"))
    assert told["rules"] == generated["rules"]
    assert told["extras"] == generated["extras"]


def test_keywords_are_those_of_the_grammar() -> None:
    assert grammar_words() == set(keywords().terminals.values())


def test_colours_name_only_what_there_is(reader: Any) -> None:
    query = (GRAMMAR / "queries" / "highlights.scm").read_text(encoding="utf-8")
    compiled = tree_sitter.Query(reader.language, query)
    cursor = tree_sitter.QueryCursor(compiled)
    tree = reader.parse(b'rule x "T": if cart and n in last 1d then after 30m send push "Hi" unless paid # why')
    captures = cursor.captures(tree.root_node)
    texts = {name: {node.text.decode() for node in nodes} for name, nodes in captures.items()}
    assert {"rule", "if", "then", "after", "send", "unless"} <= texts["keyword"]
    assert texts["string"] == {'"T"', '"Hi"'}
    assert texts["number"] == {"1d", "30m"}
    assert texts["comment"] == {"# why"}
    assert {"cart", "paid"} <= texts["type"]
    assert texts["function"] == {"x"}


def test_every_keyword_has_a_colour() -> None:
    query = (GRAMMAR / "queries" / "highlights.scm").read_text(encoding="utf-8")
    nodes = {"any": "any_event"}
    told = {word for word in keywords().reserved if f'"{word}"' in query}
    told |= {word for word in keywords().reserved if f"({nodes.get(word, word.replace(' ', '_'))})" in query}
    assert keywords().reserved - told == set()


@pytest.mark.parametrize("letter", ["é", "ß", "中", "㐁", "한", "𠀀", "²", "Ⅷ", "ж"])
def test_letters_of_all_scripts_make_names(reader: Any, letter: str) -> None:
    assert_same(reader, f"event {letter}{letter}1 {{ {letter}.a: text }}")


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees.files())
def test_any_program_has_the_same_tree(reader: Any, tree: Any) -> None:
    # Which rarer characters are letters depends on the version of Unicode that each side knows; and tree-sitter
    # takes NUL for the end of a text.
    assert_same(reader, re.sub(r"[^\x01-\x7f]", "é", print_tree(tree)))
