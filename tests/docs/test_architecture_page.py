"""The map of the code has a row for each package and for each module that is in none."""

from __future__ import annotations

from test_docs import LINK, ROOT

PAGE = ROOT / "docs" / "architecture.md"
OUTSIDE = {"__init__.py", "__main__.py", "version.py", "py.typed"}


def test_every_package_is_on_the_map() -> None:
    packages = PAGE.read_text("utf-8").partition("## The packages")[2].partition("\n## ")[0]
    shown = {link.removeprefix("../trigdsl/") for link in LINK.findall(packages) if link.startswith("../trigdsl/")}
    paths = list((ROOT / "trigdsl").iterdir())
    there = {path.name for path in paths if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert shown == there - OUTSIDE, "add a row to docs/architecture.md, or take one out"
