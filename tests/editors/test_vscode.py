"""The extension for Visual Studio Code: its keywords are the grammar's, its snippets are Trig, its files are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trigdsl.model.signatures import TYPES
from trigdsl.source import Source
from trigdsl.syntax.grammar import keywords
from trigdsl.syntax.parser import parse_file

EXTENSION = Path(__file__).resolve().parents[2] / "editors" / "vscode"


def read(name: str) -> Any:
    return json.loads((EXTENSION / name).read_text(encoding="utf-8"))


GRAMMAR = read("syntaxes/trig.tmLanguage.json")["repository"]
SNIPPETS = read("snippets/trig.json")
# Where an item stands that is no program by itself.
AROUND = {"Variants": "if a then send push\n{}"}


def words(pattern: str) -> set[str]:
    """The words that a pattern spells out, those of several words with a blank."""
    return set(re.findall(r"[a-z]{2,}(?: [a-z]+)*", pattern.replace(r"\s+", " ").replace(r"\b", "|")))


def test_reserved_words_are_those_of_the_grammar() -> None:
    listed = [set(re.search(r"\(\?:([^()]*)\)", one["match"])[1].split("|")) for one in GRAMMAR["keywords"]["patterns"]]  # type: ignore[index]
    single = {word for word in keywords().reserved if " " not in word}
    assert set().union(*listed) == single
    assert sum(map(len, listed)) == len(single)


def test_keywords_of_several_words_are_those_of_the_grammar() -> None:
    (pattern,) = [one["match"] for one in GRAMMAR["words"]["patterns"]]
    listed = set(re.search(r"\(\?:([^()]*)\)", pattern)[1].replace(r"\s+", " ").split("|"))  # type: ignore[index]
    assert listed == {word for word in keywords().reserved if " " in word}


def test_every_word_that_is_special_in_its_place_is_coloured_there() -> None:
    spelt = set().union(*(words(one["match"]) for one in GRAMMAR["special"]["patterns"]))
    spelt |= {word[:-1] for word in spelt if word in {"days", "sends"}}  # written `days?`, `sends?`
    assert keywords().soft - spelt == set()


def test_types_are_those_of_the_language() -> None:
    (pattern,) = [one["match"] for one in GRAMMAR["record"]["patterns"] if "match" in one]
    assert re.search(r"\((text\|[a-z|]+)\)", pattern)[1].split("|") == list(TYPES)  # type: ignore[index]


def placeholders(body: str | list[str]) -> str:
    """What a snippet is when every placeholder is left as it is."""
    text = body if isinstance(body, str) else "\n".join(body)
    known = dict(re.findall(r"\$\{(\d+):([^}]*)\}", text))
    text = re.sub(r"\$\{\d+\|([^,|]*)[^}]*\|\}", r"\1", text)
    text = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", text)
    return re.sub(r"\$(\d+)", lambda found: known.get(found[1], ""), text)


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_a_program(name: str) -> None:
    text = AROUND.get(name, "{}").replace("{}", placeholders(SNIPPETS[name]["body"]))
    parsed = parse_file(Source(name, text))
    assert parsed.diagnostics == (), text
    assert parsed.file is not None
    assert len(parsed.file.items) == 1


def files(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for each in node.values():
            yield from files(each)
    elif isinstance(node, list):
        for each in node:
            yield from files(each)
    elif isinstance(node, str) and node.startswith("./") and "dist" not in node:
        yield node


def test_every_file_that_the_manifest_names_is_there() -> None:
    manifest = read("package.json")
    named = [*files(manifest["contributes"]), manifest["icon"]]
    assert len(named) == 6
    assert [name for name in named if not (EXTENSION / name).is_file()] == []


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (EXTENSION / "package-lock.json").read_text(encoding="utf-8")
