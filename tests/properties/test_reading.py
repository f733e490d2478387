"""Two rules that differ in one place, and so in what they mean, do not read alike."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
import trees
from budget import share
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutants import mutants
from programs import case
from test_damaged_programs import PROGRAMS

from trigdsl.reading import read_declaration, read_rule
from trigdsl.source import Source
from trigdsl.syntax import nodes as n
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.printer import print_tree

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [file.read_text("utf-8") for file in sorted((ROOT / "examples").rglob("*.trig"))]
IGNORE = n.WhilePending(policy="ignore")
NOT_READ = (n.Test, n.UserDecl, n.EventDecl)
"""What does not change what is sent; of an event only its name on the wire does."""

_QUICK = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def read(node: n.Item) -> str | None:
    return read_rule(node) if isinstance(node, n.Rule) else read_declaration(node)


def items(text: str) -> tuple[n.Item, ...]:
    file = parse_file(Source("<read>", text)).file
    assert file is not None
    return file.items


def meant(node: n.Node) -> object:
    """A tree without what makes no difference: `local`, `{}` and `while pending ignore` say what holds without them."""
    if isinstance(node, n.Zone) and node == n.Zone(name="local"):
        return None
    if isinstance(node, n.RecordLiteral) and not node.entries:
        return None
    if isinstance(node, n.Rule):
        node = attrs.evolve(node, clauses=tuple(part for part in node.clauses if part != IGNORE))
    names = [field.name for field in attrs.fields(type(node)) if field.eq and field.name not in {"span", "id"}]
    values = [getattr(node, name) for name in names]
    return (
        type(node).__name__,
        *(
            tuple(meant(part) if isinstance(part, n.Node) else part for part in value)
            if isinstance(value, tuple)
            else meant(value)
            if isinstance(value, n.Node)
            else value
            for value in values
        ),
    )


def check(node: n.Item, most: int = 10_000) -> None:
    said, meaning = read(node), meant(node)
    for count, other in enumerate(mutants(node)):
        if count == most:
            break
        if meant(other) != meaning:
            assert read(other) != said, f"{print_tree(node)}\n{other}\n{said}"  # type: ignore[arg-type]


@_QUICK
@given(trees.rules)
def test_any_rule(node: n.Rule) -> None:
    check(node)


@_QUICK
@given(
    trees.items.filter(lambda item: not isinstance(item, n.Rule | n.Test | n.UserDecl | n.EventDecl | n.ChannelDecl))
)
def test_any_declaration(node: n.Item) -> None:
    check(node)


@_QUICK
@given(st.builds(n.ChannelDecl, name=trees.names, policies=trees.several(trees.policies, 2, 3)))
def test_any_channel(node: n.ChannelDecl) -> None:
    check(node)


@pytest.mark.parametrize("seed", range(share(30)))
def test_random_programs(seed: int) -> None:
    for node in items(case(seed).text):
        if not isinstance(node, NOT_READ):
            check(node, 300)


@pytest.mark.parametrize("text", [*EXAMPLES, *PROGRAMS])
def test_written_programs(text: str) -> None:
    for node in items(text):
        if not isinstance(node, NOT_READ):
            check(node)


@_QUICK
@given(trees.rules, trees.rules)
def test_two_rules_of_one_reading_are_equal(one: n.Rule, other: n.Rule) -> None:
    assert read(one) != read(other) or meant(one) == meant(other)


def test_mutants_are_found_everywhere() -> None:
    (node,) = items("if e and a > 5 then after 1h send push unless f within 2h once")
    assert {print_tree(other) for other in mutants(node)} >= {
        "if ex and a > 5 then after 1h send push unless f within 2h once",
        "if e then after 1h send push unless f within 2h once",
        "if e and ax > 5 then after 1h send push unless f within 2h once",
        "if e and a >= 5 then after 1h send push unless f within 2h once",
        "if e and a > 6 then after 1h send push unless f within 2h once",
        "if e and a > 5 then send push unless f within 2h once",
        "if e and a > 5 then after 2h send push unless f within 2h once",
        "if e and a > 5 then after 1d send push unless f within 2h once",
        "if e and a > 5 then after 1h send pushx unless f within 2h once",
        "if e and a > 5 then after 1h send push unless f once",
        "if e and a > 5 then after 1h send push unless fx within 2h once",
        "if e and a > 5 then after 1h send push once",
        "if e and a > 5 then after 1h send push unless f within 2h",
        "if e and a > 5 then after 1h send push unless f within 2h at most 2 per ever",
    }
