"""Runs the ```` ```case ```` blocks of the documents: rules, records and the decisions that must come of them.

A block is a case of `tests/cases/engine` (its README tells how one is written) without the line of its title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import case_files
import pytest
import test_cases
from test_docs import DOCUMENTS, ROOT, blocks

import trigdsl

SPLIT = re.compile(r"^-- (?:records|expect\b)", re.MULTILINE)


def cases_of(document: Path) -> Iterator[Any]:
    name = document.relative_to(ROOT)
    for block in blocks(document):
        if block.language == "case":
            rules, records, expected = SPLIT.split(block.text)
            case = case_files.case_of(f"{name}:{block.line}", rules, case_files.lines_of(records), expected)
            yield pytest.param(case, id=case.title)


CASES = [case for document in DOCUMENTS for case in cases_of(document)]


@pytest.mark.parametrize("case", CASES)
def test_the_decisions_are_those_shown(case: case_files.Case) -> None:
    test_cases.test_replay(case)


@pytest.mark.parametrize("case", [case for case in CASES if case.values[0].one_by_one])
def test_an_engine_that_gets_the_records_one_by_one_makes_them_too(case: case_files.Case) -> None:
    test_cases.test_one_by_one(case)


def test_what_happens_shows_an_example_under_every_heading() -> None:
    text = (ROOT / "docs" / "what-happens.md").read_text("utf-8")
    chapters = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    sections = []
    for chapter in chapters:
        sections += re.split(r"^### ", chapter, flags=re.MULTILINE)[1:] or [chapter]
    assert len(sections) > 30
    assert [part.partition("\n")[0] for part in sections if "```" not in part] == []


def truth(condition: str) -> str:
    """What a condition is where `true` is true, `false` is false, and `unknown` is not there."""
    rules = f"""
        rule holds: if e and ({condition}) then send push "true"
        rule fails: if e and not ({condition}) then send push "false"
    """
    records = [{"user": "ann", "time": "2026-11-20T10:00:00Z", "event": "e", "properties": {"x": 1}}]
    texts = [decision.text or "" for decision in trigdsl.replay(trigdsl.parse(rules), records)]
    return texts[0] if texts else "unknown"


def test_the_truth_tables_are_those_of_the_engine() -> None:
    section = (ROOT / "docs" / "what-happens.md").read_text("utf-8").partition("### Three truth values")[2]
    told = {}
    for table in re.findall(r"(?:^\|.*\n)+", section.partition("\n### ")[0], flags=re.MULTILINE):
        head, _, *rows = [[cell.strip(" `*") for cell in line.strip("|").split("|")] for line in table.splitlines()]
        for left, *cells in rows:
            for right, cell in zip(head[1:], cells, strict=True):
                told[f"{left} {head[0]} {right}" if right else f"{head[0]} {left}"] = cell
    assert len(told) == 9 + 9 + 3
    assert {condition: truth(condition.replace("unknown", "(x > y)")) for condition in told} == told
