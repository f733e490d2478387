"""Any tree, printed and read again, is the same tree."""

from __future__ import annotations

import re
from pathlib import Path

import trees
from hypothesis import HealthCheck, given, settings

from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.nodes import File
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.printer import print_tree

_QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_QUICK
@given(trees.files())
def test_a_printed_tree_reads_as_the_same_tree(tree: File) -> None:
    text = print_tree(tree)
    parsed = parse_file(Source("<printed>", text))
    assert parsed.diagnostics == (), text
    assert parsed.file == tree, text


@_QUICK
@given(trees.files(1))
def test_printing_again_changes_nothing(tree: File) -> None:
    text = print_tree(tree)
    again = parse_file(Source("<printed>", text)).file
    assert again is not None
    assert print_tree(again) == text


def test_the_strategies_build_every_kind_of_node() -> None:
    kinds = {name for name, kind in vars(nodes).items() if isinstance(kind, type) and issubclass(kind, nodes.Node)}
    built = set(re.findall(r"\bn\.([A-Z]\w+)\b", Path(trees.__file__).read_text(encoding="utf-8")))
    assert kinds - {"Node"} <= built
