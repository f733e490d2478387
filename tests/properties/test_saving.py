"""A case that is saved is one of tests/cases/engine, and says what was decided."""

from __future__ import annotations

from pathlib import Path

import pytest
from budget import share
from case_files import Case, read_cases
from differences import engine
from programs import case
from saving import case_text
from test_cases import agree, of_user, users

import trigdsl


def hold(saved: Case, decisions: list[dict[str, object]]) -> None:
    for user in users(saved.expected, decisions):
        agree(of_user(user, saved.expected), of_user(user, decisions))


def test_a_saved_case_holds(tmp_path: Path) -> None:
    read = 0
    for seed in range(share(50)):
        drawn = case(seed)
        try:
            decisions = engine(drawn)
        except trigdsl.TrigError:
            continue
        path = tmp_path / f"{seed}.case"
        path.write_text(case_text(f"seed {seed}", drawn, decisions, "remarks\nof two lines"), encoding="utf-8")
        (saved,) = read_cases(path)
        assert saved.rules.endswith(drawn.text)
        assert list(drawn.records) == saved.records
        hold(saved, decisions)
        read += len(decisions)
    assert read > 0


def test_a_saved_case_says_what_was_decided(tmp_path: Path) -> None:
    drawn, decisions = next((case(seed), found) for seed in range(30) if len(found := engine(case(seed))) > 3)
    path = tmp_path / "a.case"
    path.write_text(case_text("one is missing", drawn, decisions[1:]), encoding="utf-8")
    (saved,) = read_cases(path)
    with pytest.raises(AssertionError):
        hold(saved, decisions)
