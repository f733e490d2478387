"""`trig fmt`."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from trigdsl.cli import main

UGLY = "rule hello:\n if signup   then send push # hi\n"
FINE = "rule hello: if signup then send push  # hi\n"
BAD = "rule hello: if signup then sedn push"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class _Stream(io.TextIOWrapper):
    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


def write(**files: str) -> None:
    Path("rules").mkdir(exist_ok=True)
    for name, text in files.items():
        Path(f"rules/{name}.trig").write_text(text, "utf-8", newline="")


def read(name: str) -> str:
    return Path(f"rules/{name}.trig").read_bytes().decode("utf-8")


def test_a_file_is_written_in_its_form(capsys: pytest.CaptureFixture[str]) -> None:
    write(a=UGLY)
    assert main(["fmt", "rules/a.trig"]) == 0
    assert read("a") == FINE
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "formatted rules/a.trig\n1 file formatted\n")


def test_a_second_time_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    write(a=FINE)
    before = Path("rules/a.trig").stat()
    assert main(["fmt", "rules/a.trig"]) == 0
    assert (Path("rules/a.trig").stat().st_ino, Path("rules/a.trig").stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    assert capsys.readouterr().err == "1 file unchanged\n"


def test_folders_and_files_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    write(a=UGLY, b=FINE)
    Path("rules/deep").mkdir()
    Path("rules/deep/c.trig").write_text(UGLY)
    Path("rules/note.txt").write_text(UGLY)
    Path("other.rules").write_text(UGLY)
    assert main(["fmt", "rules/a.trig", "rules", "other.rules"]) == 0
    assert Path("rules/deep/c.trig").read_text() == Path("other.rules").read_text() == read("a") == FINE
    assert Path("rules/note.txt").read_text() == UGLY
    assert capsys.readouterr().err.splitlines() == [
        "formatted rules/a.trig",
        "formatted rules/deep/c.trig",
        "formatted other.rules",
        "3 files formatted, 1 file unchanged",
    ]


def test_check_writes_nothing_and_tells(capsys: pytest.CaptureFixture[str]) -> None:
    write(a=UGLY, b=FINE)
    assert main(["fmt", "--check", "rules"]) == 1
    assert read("a") == UGLY
    assert capsys.readouterr().err == "would format rules/a.trig\n1 file to format, 1 file unchanged\n"
    assert main(["fmt", "--check", "rules/b.trig"]) == 0


def test_diff_shows_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write(a=UGLY, b=FINE)
    assert main(["fmt", "--diff", "rules"]) == 0
    assert read("a") == UGLY
    assert capsys.readouterr().out.splitlines() == [
        "--- rules/a.trig",
        "+++ rules/a.trig (formatted)",
        "@@ -1,2 +1 @@",
        "-rule hello:",
        "- if signup   then send push # hi",
        "+rule hello: if signup then send push  # hi",
    ]
    assert main(["fmt", "--diff", "--check", "rules"]) == 1


def test_a_diff_shows_line_ends_and_a_byte_order_mark(capsys: pytest.CaptureFixture[str]) -> None:
    write(a="\ufefflist a\r\nlist b")
    assert main(["fmt", "--diff", "rules"]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == ["-\\ufefflist a\\r", "-list b\\", "+list a", "+list b"]
    assert main(["fmt", "rules"]) == 0
    assert read("a") == "list a\nlist b\n"


def test_a_broken_file_is_left_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    write(a=BAD, b=UGLY)
    Path("rules/c.trig").write_bytes(b"list a \xff")
    assert main(["fmt", "rules", "gone.trig"]) == 2
    assert (read("a"), read("b")) == (BAD, FINE)
    assert Path("rules/c.trig").read_bytes() == b"list a \xff"
    err = capsys.readouterr().err
    assert "rules/a.trig:1:28: error: `sedn` makes no sense here" in err
    assert "error: `rules/c.trig`: byte 8 is no UTF-8\n" in err
    assert "error: `gone.trig`: no such file or directory\n" in err
    assert err.endswith("\n1 file formatted, 3 files with mistakes\n")


def test_a_folder_without_rules_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["fmt", "empty"]) == 2
    assert "`empty`: no .trig file in the folder" in capsys.readouterr().err


def test_what_only_the_checker_refuses_is_formatted() -> None:
    write(a="event e { a: text }\nrule r: if e  and b == 1 then send push")
    assert main(["fmt", "rules"]) == 0
    assert read("a") == "event e { a: text }\nrule r: if e and b == 1 then send push\n"


@pytest.mark.parametrize(("text", "status", "out"), [(UGLY, 0, FINE), (FINE, 0, FINE), (BAD, 2, "")])
def test_standard_input(text: str, status: int, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = _Stream(b"")
    monkeypatch.setattr("sys.stdin", _Stream(text.encode()))
    monkeypatch.setattr("sys.stdout", stdout)
    assert main(["fmt", "-"]) == status
    stdout.flush()
    assert stdout.buffer.getvalue().decode() == out  # type: ignore[attr-defined]


def test_standard_input_can_be_checked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for text, status in ((UGLY, 1), (FINE, 0)):
        monkeypatch.setattr("sys.stdin", _Stream(text.encode()))
        assert main(["fmt", "--check", "-"]) == status
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("arguments", [[], ["-", "rules"], ["--nonsense", "rules"]])
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", *arguments]) == 2
    assert "Error: " in capsys.readouterr().err


def test_a_file_is_replaced_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(a=UGLY)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["fmt", "rules/a.trig"]) == 2
    assert read("a") == UGLY
    assert os.listdir("rules") == ["a.trig"]
    assert "no space left on device" in capsys.readouterr().err


def test_permissions_and_links_stay() -> None:
    write(a=UGLY)
    Path("rules/a.trig").chmod(0o640)
    Path("link.trig").symlink_to("rules/a.trig")
    assert main(["fmt", "link.trig"]) == 0
    assert Path("link.trig").is_symlink()
    assert read("a") == FINE
    assert Path("rules/a.trig").stat().st_mode & 0o777 == 0o640


def test_the_hooks_for_pre_commit_call_commands_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    hooks = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")
    commands = re.findall(r"^  entry: trig (\w+)$", hooks, re.MULTILINE)
    assert commands == re.findall(r"^- id: trig-(\w+)$", hooks, re.MULTILINE) == ["fmt", "check"]
    for command in commands:
        assert main([command, "--help"]) == 0
    assert "PATHS" in capsys.readouterr().out
