"""Replays with a report, in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from report_pages import RULES, Page, Record, Replayed, read_lines, records, write_records

from trigdsl.cli import main


@pytest.fixture
def replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Replayed]:
    """Rules and records → the page of their replay, and the decisions."""
    monkeypatch.chdir(tmp_path)

    def run(rules: str = RULES, made: list[Record] | None = None, *options: str) -> Replayed:
        Path("rules.trig").write_text(rules, "utf-8")
        write_records(Path("events.jsonl"), records() if made is None else made)
        written = ["--out", "decisions.jsonl", "--report", "report.html"]
        assert main(["replay", "rules.trig", "events.jsonl", *written, *options]) == 0
        return Page(Path("report.html")), read_lines(Path("decisions.jsonl"))

    return run
