"""The sessions that docs/repl.md shows: what is typed behind each prompt is answered as it stands there."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest

from trigdsl.cli import main
from trigdsl.repl.commands import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "repl.md"
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"(?:(?:\[\w+\] )?\S+ \w{3} \d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?>|\.\.\.) (.*)")


def test_the_sessions_go_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sessions = 0
    for _, info, text in FENCE.findall(PAGE.read_text("utf-8")):
        if title := re.search(r"title=(\S+)", info):
            Path(title[1]).write_text(text, "utf-8")
        if info.strip() != "transcript":
            continue
        command, *shown = text.splitlines()
        fails = shown[-1] == "(exit status 1)"
        shown = shown[:-1] if fails else shown
        lines = [found[1] for line in shown if (found := TYPED.fullmatch(line))]
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        assert main(shlex.split(command)[2:]) == fails
        assert capsys.readouterr().out.splitlines() == shown
        sessions += 1
    assert sessions >= 7


def test_the_page_names_every_command() -> None:
    rows = "".join(line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `:"))
    assert {name for name in COMMANDS if f"`:{name}" not in rows} == set()
