"""Everything that README and docs show is run: commands with their output, Python, rules, links.

In a document, ```` ```console ```` blocks hold `$ command` lines, each followed by the output that it must
print; `…` stands for anything, alone on a line for any lines, and a last line `(exit status N)` for a status
other than 0.  A block whose info string names a file (```` ```trig title=rules.trig ````) writes it.
```` ```pycon ```` blocks are doctests.  ```` ```trig ```` blocks must compile, but for those marked `wrong`.  All
blocks of a document run in one copy of the examples, in order.  `tests/docs` runs the rest.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

import trigdsl

ROOT = Path(__file__).parent.parent
FOLDERS = ("docs", "examples", "grammar")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(found for folder in FOLDERS for found in (ROOT / folder).rglob("*.md")),
]
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
STATUS = re.compile(r"\(exit status (\d+)\)")


@frozen
class Block:
    line: int
    language: str
    title: str | None
    text: str
    is_wrong: bool = False


def blocks(document: Path) -> Iterator[Block]:
    return blocks_of(document.read_text("utf-8"))


def blocks_of(text: str) -> Iterator[Block]:
    for match in FENCE.finditer(text):
        title = re.search(r"title=(\S+)", match[2])
        line, is_wrong = text.count("\n", 0, match.start()) + 1, match[2].strip() == "wrong"
        yield Block(line, match[1], title[1] if title else None, match[3], is_wrong)


def commands(text: str) -> Iterator[tuple[str, list[str], int]]:
    """Each command of a console block, the lines it must print, and its exit status."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more.removeprefix("> ").lstrip()
        lines = output.rstrip().splitlines()
        status = STATUS.fullmatch(lines[-1]) if lines else None
        yield command, lines[:-1] if status else lines, int(status[1]) if status else 0


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether the output is as the document shows it, `…` standing for anything."""
    parts = [r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line.rstrip()) + "\n" for line in expected]
    pattern = "".join(part.replace("…", ".*") for part in parts)
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in actual)) is not None


def run(command: str, folder: Path) -> tuple[str, int]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.stdout.decode(), done.returncode


def compile_in(folder: Path, text: str) -> None:
    """Compile rules as a file of their own, with an empty file for every template that they name."""
    for name in re.findall(r'\btemplate "([^"]+)"', text):
        (folder / name).touch()
    (folder / "shown.trig").write_text(text, "utf-8")
    trigdsl.load(folder / "shown.trig")
    (folder / "shown.trig").unlink()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the examples, as the current directory."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_shown_runs(document: Path, folder: Path) -> None:
    names: dict[str, object] = {}
    for block in blocks(document):
        at = f"{document.name}:{block.line}"
        if block.title:
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.text, "utf-8")
        if block.language == "console":
            for command, expected, status in commands(block.text):
                output, code = run(command, folder)
                assert code == status, f"{at}: `{command}` ended with {code}:\n{output}"
                assert matches(expected, output.splitlines()), f"{at}: `{command}` printed\n{output}"
        elif block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.text, names, at, str(document), block.line)
            failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
            names = test.globs
            assert failed == 0, f"{at}: the session shown differs (above)"
        elif block.language == "trig" and not block.title and not block.is_wrong:
            compile_in(folder, block.text)


def anchors(document: Path) -> set[str]:
    """What links may name after `#`: headings in lower case, without signs, with `-` for spaces."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.findall(FENCE.sub("", document.read_text("utf-8"))):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert "://" in link or target.exists(), link
        assert "://" in link or not anchor or anchor in anchors(target), link


def test_the_first_command_of_the_readme_ends_in_a_replay_that_works(folder: Path) -> None:
    first = next(block for block in blocks(ROOT / "README.md") if block.language == "sh")
    assert first.text.startswith("python3 -m venv .venv && .venv/bin/pip install -e . && ")
    output, code = run(first.text.rpartition("&&")[2].replace(".venv/bin/", ""), folder)
    assert code == 0, output
    assert output.startswith("Replayed ")


def test_output_is_compared_line_by_line() -> None:
    assert matches(["a", "…", "d"], ["a", "b", "c", "d"])
    assert matches(["a", "…", "d"], ["a", "d"])
    assert matches(["a … c"], ["a b c"])
    assert matches([], [])
    assert not matches(["a"], ["a", "b"])
    assert not matches(["a.c"], ["abc"])
    assert not matches(["a", "…", "d"], ["a", "b"])


def test_commands_are_read_with_their_output_and_status() -> None:
    text = "$ one \\\n> two\nout\n$ three\n(exit status 1)\n"
    assert list(commands(text)) == [("one two", ["out"], 0), ("three", [], 1)]
