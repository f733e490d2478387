"""Programs that are kept from one command to the next: what they are kept by, and what is not believed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl import caching
from trigdsl.source import Source, folder_of, read_sources
from trigdsl.syntax import grammar

RULES = 'rule r: if purchase and price > 10 then after 1h send push "{{ price }}" unless signup within 1h\n'
RECORDS = [
    {"user": "u", "time": 0, "event": "purchase", "properties": {"price": 11}},
    {"user": "v", "time": 0, "event": "purchase", "properties": {"price": 10}},
    {"user": "w", "time": 0, "event": "purchase", "properties": {"price": "x"}},
    {"user": "u", "time": 7200, "event": "other"},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tables = grammar._cache_file()
    folder = tmp_path / "cache"
    folder.mkdir()
    if tables is not None and tables.exists():
        # Making them takes longer than all else here.
        shutil.copy(tables, folder)
    monkeypatch.setenv("TRIGDSL_CACHE", str(folder))
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the first texts that were compiled, each time."""
    made: list[str] = []
    make = caching._compiled

    def noting(sources: Any, folder: Any) -> Any:
        made.append(sources[0].name)
        return make(sources, folder)

    monkeypatch.setattr(caching, "_compiled", noting)
    return made


def get(text: str = RULES, name: str = "rules.trig") -> Any:
    return caching.cached_program([Source(name, text)], None)


def decided(program: Any) -> list[dict[str, Any]]:
    return [decision.to_dict() for decision in trigdsl.replay(program, RECORDS)]


def test_the_second_time_it_is_not_compiled_and_decides_the_same(compiled: list[str], folder: Path) -> None:
    first, second = get(), get()
    assert compiled == ["rules.trig"]
    assert decided(first) == decided(second)
    assert [decision["status"] for decision in decided(second)] == ["sent"]
    assert second.code == first.code
    assert len(list(folder.glob("program-*.kept"))) == 1


def test_its_warnings_are_kept_too(compiled: list[str]) -> None:
    text = "event purchase { price: number }\nrule r: if purchas then send push\n"
    first, second = get(text), get(text)
    assert compiled == ["rules.trig"]
    assert [str(found) for found in first.diagnostics] == [str(found) for found in second.diagnostics] != []


@pytest.mark.parametrize("change", ["text", "name", "version", "file"])
def test_a_change_of_what_it_is_made_of_compiles_it_again(
    compiled: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str
) -> None:
    package = tmp_path / "package"
    for name in caching._MAKING:
        (package / name / "below").mkdir(parents=True)
        (package / name / "below" / "one.py").write_text("1")
    monkeypatch.setattr(caching, "_PACKAGE", package)
    get()
    if change == "text":
        assert get(RULES + "\n").rules
    elif change == "name":
        assert get(name="other.trig").rules
    elif change == "version":
        monkeypatch.setattr(caching, "__version__", "0.0.0")
        get()
    else:
        (package / "engine" / "below" / "one.py").write_text("22")
        get()
    assert len(compiled) == 2


def test_a_file_of_a_template_that_changes_compiles_it_again(compiled: list[str], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "r.trig").write_text('rule r: if purchase then send push template "t.txt"\n')
    (rules / "t.txt").write_text("one")

    def text() -> str | None:
        program = caching.cached_program(read_sources(rules), folder_of(rules))
        return next(iter(trigdsl.replay(program, RECORDS[:1]))).text

    assert (text(), text()) == ("one", "one")
    assert len(compiled) == 1
    (rules / "t.txt").write_text("two")
    assert (text(), text()) == ("two", "two")
    assert len(compiled) == 2
    (rules / "t.txt").unlink()
    with pytest.raises(trigdsl.TrigError):
        text()


def test_rules_that_cannot_run_are_not_kept(compiled: list[str], folder: Path) -> None:
    for _ in range(2):
        with pytest.raises(trigdsl.TrigError):
            get("rule r: if then")
    assert len(compiled) == 2
    assert [file for file in folder.iterdir() if file.name.startswith("program")] == []


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no owners of files")
def test_a_file_that_others_may_write_is_not_believed(compiled: list[str], folder: Path) -> None:
    get()
    (kept,) = folder.glob("program-*.kept")
    assert kept.stat().st_mode & 0o077 == 0
    for mode, count in ((0o620, 2), (0o602, 3), (0o644, 3)):
        kept.chmod(mode)
        get()
        assert len(compiled) == count
        kept.chmod(mode)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no owners of files")
def test_a_file_of_another_owner_is_not_believed(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    get()
    monkeypatch.setattr(caching.os, "getuid", lambda: os.stat("/").st_uid + 12345)
    get()
    assert len(compiled) == 2


def test_a_damaged_file_is_not_believed(compiled: list[str], folder: Path) -> None:
    get()
    (kept,) = folder.glob("program-*.kept")
    data = kept.read_bytes()
    damaged = [data[:40], data[:-1], data[:-1] + bytes([data[-1] ^ 1]), data[:32] + b"\xff" * 40, b""]
    for count, less in enumerate(damaged, 2):
        kept.write_bytes(less)
        assert decided(get()) == decided(get())
        assert len(compiled) == count


def test_an_empty_setting_keeps_nothing(compiled: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("TRIGDSL_CACHE", "")
    get()
    get()
    assert len(compiled) == 2
    assert list(folder.glob("program-*.kept")) == []


def test_only_so_many_are_kept(compiled: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(caching, "MOST_KEPT", 2)
    for name in ("a", "b", "c"):
        get(name=name)
        for kept in folder.glob("program-*.kept"):
            os.utime(kept, ns=(0, kept.stat().st_mtime_ns - 1_000_000_000))
    assert len(list(folder.glob("program-*.kept"))) == 2
    get(name="c")
    get(name="b")
    assert compiled == ["a", "b", "c"]


def test_a_command_that_finds_its_program_imports_nothing_that_compiles(tmp_path: Path) -> None:
    (tmp_path / "r.trig").write_text(RULES)
    (tmp_path / "e.jsonl").write_text('{"user":"u","time":0,"event":"purchase","properties":{"price":11}}\n')
    code = (
        "import sys\n"
        "from trigdsl.cli import main\n"
        "sys.argv = ['trig', 'replay', 'r.trig', 'e.jsonl', '--drain', '--out', '-']\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted(sys.modules.keys() & {'lark', 'trigdsl.checker.check', 'multiprocessing'}))\n"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert "lark" in said[0].stdout.splitlines()[-1]
    assert said[1].stdout.splitlines()[-1] == "[]"
    assert said[0].stdout.splitlines()[:-1] == said[1].stdout.splitlines()[:-1]
    assert '"text":"11"' in said[1].stdout
