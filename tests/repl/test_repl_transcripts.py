"""Transcripts: what is typed behind each prompt must be answered as it stands below it, prompts included.

A transcript begins with the command, `$ trig repl …`, and runs in a copy of the folder of transcripts.  What is typed
stands behind a prompt that shows a clock, or behind `...` where a line goes on; a last line `(exit status 1)` is the
status where it is not 0.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from trigdsl.cli import main
from trigdsl.repl.commands import COMMANDS

HERE = Path(__file__).parent / "transcripts"
TRANSCRIPTS = sorted(HERE.glob("*.transcript"))
PROMPT = re.compile(r"(?:\[\w+\] )?\S+ (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?>(?: (.*))?")
MORE = re.compile(r"\.\.\.(?: (.*))?")


def typed(lines: list[str]) -> list[str]:
    """The lines that are typed in a transcript."""
    found = (PROMPT.fullmatch(line) or MORE.fullmatch(line) for line in lines)
    return [match[1] or "" for match in found if match is not None]


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    command, *expected = path.read_text("utf-8").splitlines()
    status = 1 if expected[-1] == "(exit status 1)" else 0
    expected = expected[:-1] if status else expected
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed(expected))))
    ended = main(shlex.split(command)[2:])
    out, err = capsys.readouterr()
    assert out.splitlines() == expected
    assert (ended, err) == (status, "")


def test_every_command_is_in_a_transcript() -> None:
    lines = [line for path in TRANSCRIPTS for line in typed(path.read_text("utf-8").splitlines())]
    used = {line[1:].split()[0] for line in lines if line.startswith(":")}
    assert set(COMMANDS) - used == set()


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 8
