"""`trig` itself: its version, its help, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import trigdsl.cli
from trigdsl.cli import main
from trigdsl.version import __version__

ROOT = Path(__file__).parent.parent.parent


def test_version_shows_the_zone_data_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"trig {__version__} (tzdata {version('tzdata')})\n"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("check", "replay", "test"):
        assert f"\n  {name} " in out


@pytest.mark.parametrize("command", ["check", "replay", "test"])
def test_help_of_a_command_has_an_example_and_the_docs_have_its_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"  trig {command} " in out.partition("Example:")[2]
    found = trigdsl.cli.cli.get_command(click.Context(trigdsl.cli.cli), command)
    assert found is not None
    documented = (
        (ROOT / "docs" / "commands.md").read_text("utf-8").partition(f"## trig {command}")[2].partition("\n## ")[0]
    )
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert f"| `{parameter.opts[0]}" in documented


def test_a_misspelt_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chek"]) == 2
    assert "no command `chek`: did you mean `check`?" in capsys.readouterr().err


def test_an_unlike_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xyzzy"]) == 2
    assert "no command `xyzzy`\n" in capsys.readouterr().err


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trigdsl.cli.program.read_texts", interrupt)
    assert main(["check", "-e", "if a then send push"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_nobody_reads_the_output() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "trigdsl", "check", "-e", "if a then send push", "--show-code"]
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_starting_up_does_not_load_what_only_some_commands_need() -> None:
    code = "import sys; from trigdsl.cli import main; main(['--version']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"rich", "pyarrow", "zstandard"} & set(loaded)
