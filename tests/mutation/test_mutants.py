"""The faults of mutants.toml can be put in, and the table beside it says of each what finds it."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from gate import ROOT, change, mutants, trouble_with  # noqa: E402

TABLE = HERE / "mutants.md"


def rows() -> list[list[str]]:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.replace("\\|", "\0").strip("|").split("|")] for line in lines[2:]]


def test_every_fault_can_be_put_in() -> None:
    listed = mutants("")
    assert len(listed) >= 60
    assert [trouble for mutant in listed if (trouble := trouble_with(mutant, ROOT))] == []


def test_the_table_has_a_row_for_each_fault() -> None:
    wanted = [[one["name"], one["file"], change(one)] for one in mutants("")]
    assert [[cell.replace("\0", "|") for cell in row[:3]] for row in rows()] == wanted


def test_every_fault_is_found() -> None:
    assert [row[0] for row in rows() if not any(row[3:])] == []


def test_the_differential_suite_alone_finds_sixty() -> None:
    assert sum(bool(row[3]) for row in rows()) >= 60
