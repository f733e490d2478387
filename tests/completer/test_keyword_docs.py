"""Every keyword of the grammar is explained, and nothing else."""

from __future__ import annotations

from trigdsl.completer.keyword_docs import KEYWORD_DOCS
from trigdsl.syntax.grammar import keywords


def test_the_keywords_with_an_explanation_are_those_of_the_grammar() -> None:
    assert set(KEYWORD_DOCS) == set(keywords().terminals.values())


def test_each_explanation_is_a_sentence() -> None:
    assert [word for word, doc in KEYWORD_DOCS.items() if not doc.endswith(".")] == []
