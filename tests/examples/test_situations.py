"""examples/README.md names, for each of the situations, the rules that say so themselves, and tests exercise those."""

from __future__ import annotations

import json
import re

import pytest
from example_programs import EXAMPLES, PROGRAMS, load_example

from trigdsl.syntax.nodes import ExpectRule

SITUATIONS = range(1, 82)

NUMBERED = re.compile(r"^# ([0-9]+(?:, [0-9]+)*)(?::.*)?\n(?:#.*\n)*rule (\w+)", re.MULTILINE)
ROW = re.compile(r"^\| ([0-9]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
PLACE = re.compile(r"\[(\w+)\]\((\1/\w+\.trig)\): ((?:`\w+`(?:, )?)+)")

Claim = tuple[int, str, str]
"""A number, the file (from the examples' folder) and the rule that shows it."""


def claims_of_rules() -> set[Claim]:
    """What the comments above the rules say."""
    return {
        (int(number), str(file.relative_to(EXAMPLES)), match[2])
        for file in EXAMPLES.rglob("*.trig")
        for match in NUMBERED.finditer(file.read_text("utf-8"))
        for number in match[1].split(", ")
    }


def claims_of_index() -> set[Claim]:
    """What the table says."""
    return {
        (int(row[1]), place[2], rule)
        for row in ROW.finditer((EXAMPLES / "README.md").read_text("utf-8"))
        for place in PLACE.finditer(row[2])
        for rule in re.findall(r"`(\w+)`", place[3])
    }


def test_the_index_has_a_row_for_every_situation() -> None:
    rows = [int(row[1]) for row in ROW.finditer((EXAMPLES / "README.md").read_text("utf-8"))]
    assert rows == list(SITUATIONS)


def test_the_index_says_what_the_rules_say() -> None:
    assert claims_of_index() == claims_of_rules()


def test_every_situation_is_shown() -> None:
    assert {number for number, _, _ in claims_of_index()} == set(SITUATIONS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_rule_with_a_number_is_seen_to_act(program: str) -> None:
    """By a test that expects something of it, or by a decision that was worked out."""
    path = EXAMPLES / program
    _, checked = load_example(program)
    expected = {
        line.rule.text
        for test in checked.tests
        for line in test.lines
        if isinstance(line, ExpectRule) and line.quantifier != "no"
    }
    for file in (path if path.is_dir() else path.parent).glob("expected*.jsonl"):
        expected |= {json.loads(text)["rule"] for text in file.read_text("utf-8").splitlines()}
    shown = {rule for _, file, rule in claims_of_rules() if (EXAMPLES / file).is_relative_to(path)}
    assert shown - expected == set()
