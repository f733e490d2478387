"""The definition stays small enough to be read, and shares nothing with what is held against it."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

MOST_LINES = 800
MODULES = [path for path in sorted(Path(__file__).parent.glob("*.py")) if not path.stem.startswith("test_")]
MAY_SHARE = {"trigdsl.syntax", "trigdsl.syntax.nodes", "trigdsl.syntax.walk"}
"""The syntax tree, and how one goes through it."""

NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(text: str) -> int:
    """The lines on which there is code: not those that are blank, comments, or texts that stand alone (docstrings)."""
    said: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            said |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    tokens = [one for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.type not in NO_CODE]
    return len({line for one in tokens for line in range(one.start[0], one.end[0] + 1)} - said)


def imported(path: Path) -> Iterator[str]:
    """What a module imports from outside its package, wherever in it, as full names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_lines_are_counted_as_they_are() -> None:
    top = '"""Doc."""\n\nA = 1  # one\n"""About A."""\n\n# alone\n'
    text = top + 'def f():\n    """Doc\n    of two."""\n    return """a\n\nb"""\n'
    assert code_lines(text) == len(["A = 1", "def f", 'return """a', "", 'b"""'])


def test_the_definition_is_short() -> None:
    counts = {path.name: code_lines(path.read_text("utf-8")) for path in MODULES}
    assert len(counts) > 3
    assert sum(counts.values()) <= MOST_LINES, counts


def test_the_definition_shares_the_syntax_tree_alone() -> None:
    ours = {path.name: [name for name in imported(path) if name.split(".")[0] == "trigdsl"] for path in MODULES}
    assert any(ours.values())
    for file, names in ours.items():
        for name in names:
            assert name in MAY_SHARE or name.rpartition(".")[0] in MAY_SHARE, f"{file} imports {name}"


def test_the_definition_is_no_part_of_the_tests_it_serves() -> None:
    """Nor does it import a module of the tests, which might hand it the engine."""
    beside = {path.stem for path in Path(__file__).parents[1].rglob("*.py")} - {"definition"}
    names = {name.split(".")[0] for path in MODULES for name in imported(path)}
    assert not names & beside
