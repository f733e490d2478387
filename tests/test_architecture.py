"""The directions of imports, read from the source files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "trigdsl"

# From the top down: a package imports only what stands on a later line.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("spark",),
    ("repl", "server", "lsp", "distributed"),
    ("suggester",),
    ("differ", "reporter", "verifier", "coverage"),
    ("formatter", "tester", "explainer", "grapher", "schema", "linter", "completer"),
    ("__init__",),
    ("sharing",),
    ("living",),
    ("embedding",),
    ("intake",),
    ("backfilling", "standing"),
    ("replayer",),
    ("delivery",),
    ("store", "records", "observing"),
    ("caching",),
    ("loading",),
    ("compiler",),
    ("checker",),
    ("reading", "display"),
    ("highlighter",),
    ("syntax",),
    ("engine",),
    ("diagnostics",),
    ("native",),
    ("model",),
    ("source", "version", "folders"),
)
LAYER = {name: depth for depth, names in enumerate(LAYERS) for name in names}

LANGUAGE_HALF = {"syntax", "reading", "checker", "compiler", "loading", "formatter", "schema", "highlighter", "display"}
KNOWS_NO_SYNTAX = ("engine", "store", "records", "delivery", "model")

# A dependency and the packages or modules that alone may import it.
HOMES = {
    "lark": ("syntax",),
    "click": ("cli",),
    "rich": ("cli", "repl"),
    "pyarrow": ("records", "replayer", "distributed"),
    "zstandard": ("records",),
    "sqlite3": ("store",),
    "psycopg": ("store",),
    "bytewax": ("distributed",),
    "pyspark": ("distributed", "spark"),
    "py4j": ("distributed",),
    "prometheus_client": ("observing",),
    "opentelemetry": ("observing",),
    "pygls": ("lsp",),
    "lsprotocol": ("lsp",),
    "pygments": ("highlighter", "display"),
    "pandas": ("replayer",),
    "polars": ("replayer",),
    "hypothesis": ("verifier",),
    "prompt_toolkit": ("repl",),
}
MOST_JINJA_MODULES = 2

NO_CLOCK_NO_WORLD = {"time", "random", "os", "secrets", "uuid", "pathlib", "socket", "threading", "subprocess"}
NO_NAMES = {"open", "eval", "exec"}
NO_ATTRIBUTES = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}

MODULES = sorted(PACKAGE.rglob("*.py"))


def home(path: Path) -> str:
    """The package of a module, or the name of a module that is in none."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """The full names of all modules that a file imports, wherever in it, and the lines."""
    inside = ["trigdsl", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "trigdsl" or (node.level and not node.module):
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield module, node.lineno


def own(name: str) -> str | None:
    """The package of trigdsl that a module's full name points into; None for a foreign one."""
    parts = name.split(".")
    if parts[0] != "trigdsl":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LAYER else "__init__"


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(PACKAGE.parent)}:{line}"


def test_every_package_has_its_place() -> None:
    assert {home(path) for path in MODULES} - set(LAYER) == set()


@pytest.mark.parametrize("package", sorted({home(path) for path in MODULES}))
def test_imports_go_down_only(package: str) -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in MODULES
        if home(path) == package
        for name, line in imports(path)
        if (target := own(name)) is not None and target != package and LAYER[target] <= LAYER[package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", KNOWS_NO_SYNTAX)
def test_the_engine_half_knows_nothing_of_the_language_half(package: str) -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in MODULES
        if home(path) == package
        for name, line in imports(path)
        if own(name) in LANGUAGE_HALF
    ]
    assert wrong == []


@pytest.mark.parametrize("dependency", sorted(HOMES))
def test_a_dependency_stays_in_its_home(dependency: str) -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] == dependency and home(path) not in HOMES[dependency]
    ]
    assert wrong == []


def test_jinja2_is_only_where_templates_are_parsed_and_rendered() -> None:
    users = {path for path in MODULES for name, _ in imports(path) if name.split(".")[0] == "jinja2"}
    assert len(users) <= MOST_JINJA_MODULES, sorted(str(path) for path in users)
    assert {home(path) for path in users} <= {"checker", "compiler", "engine"}


def test_the_engine_names_no_clock_no_chance_and_no_file() -> None:
    wrong = []
    for path in MODULES:
        if home(path) != "engine":
            continue
        wrong += [
            f"{where(path, line)} imports {name}"
            for name, line in imports(path)
            if name.split(".")[0] in NO_CLOCK_NO_WORLD
        ]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name) and node.id in NO_NAMES:
                wrong.append(f"{where(path, node.lineno)} names {node.id}")
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                named = (node.value.id, node.attr)
                if named in NO_ATTRIBUTES or named[0] in NO_CLOCK_NO_WORLD:
                    wrong.append(f"{where(path, node.lineno)} names {'.'.join(named)}")
    assert wrong == []


def test_the_reader_of_imports_sees_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_architecture.PACKAGE", tmp_path)
    module = tmp_path / "engine" / "state.py"
    module.parent.mkdir()
    module.write_text(
        "import os.path\nfrom trigdsl import source\nfrom trigdsl.model.values import DAY\n"
        "from . import zones\nfrom ..model import inputs\ndef f():\n    import lark\n"
    )
    assert [name for name, _ in imports(module)] == [
        "os.path",
        "trigdsl.source",
        "trigdsl.model.values",
        "trigdsl.engine.zones",
        "trigdsl.model",
        "lark",
    ]
