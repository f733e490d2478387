"""The grammar: free of conflicts, found wherever the package is, and described in full."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reading import read

from trigdsl.syntax import grammar

_README = Path(__file__).resolve().parents[2] / "grammar" / "README.md"


def test_the_grammar_has_no_conflicts() -> None:
    pytest.importorskip("interegular", reason="lark's strict mode needs interegular")
    grammar.load(strict=True)


def test_the_grammar_is_found_in_a_checkout_and_in_a_wheel() -> None:
    package = Path(grammar.__file__).resolve().parent.parent
    assert package / "grammar" in grammar._PLACES
    assert package.parent / "grammar" in grammar._PLACES
    assert "file: item*" in grammar.grammar_text()


def test_a_missing_grammar_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(grammar, "_PLACES", (tmp_path,))
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path))):
        grammar.grammar_text()


def test_the_tables_are_kept_and_read_again(tmp_path: Path) -> None:
    kept = tmp_path / "tables"
    grammar.load(cache_file=kept)
    assert kept.is_file()
    again = grammar.load(cache_file=kept)
    assert again.parse("if e then send push", start="item").data == "rule"


def test_a_folder_that_cannot_be_made_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("", encoding="utf-8")
    monkeypatch.setenv("TRIGDSL_CACHE", str(blocker / "below"))
    assert grammar._cache_file() is None
    monkeypatch.setenv("TRIGDSL_CACHE", "")
    assert grammar._cache_file() is None


def test_a_whole_file_parses_without_the_cutting_into_items() -> None:
    text = _README.read_text(encoding="utf-8")
    for program in _programs(text):
        assert grammar.parser().parse(program, start="file").data == "file"


def _programs(text: str) -> list[str]:
    return re.findall(r"```trig\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("program", _programs(_README.read_text(encoding="utf-8")))
def test_examples_of_the_reference_are_read(program: str) -> None:
    assert [str(found) for found in read(program).diagnostics] == []


def test_the_reference_names_every_keyword() -> None:
    words = set(re.findall(r"`([a-z ]+)`", _README.read_text(encoding="utf-8").split("## Files and declarations")[0]))
    known = grammar.keywords()
    assert known.reserved | known.soft <= words


def test_the_reference_names_every_production() -> None:
    text = _README.read_text(encoding="utf-8")
    productions = {rule.alias or rule.origin.name for rule in grammar.parser().rules}
    assert {name for name in productions if not name.startswith("_") and f"`{name}`" not in text} == set()
