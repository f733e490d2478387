"""`trig plan`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import trigdsl
from trigdsl.cli import main

OLD = "rule a: if x then after 1h send push\nrule b: if x then after 1h send push\nrule c: if x then after 1h send push"
NEW = (
    "rule d: if x and count(y) > 2 then send push\n"
    "rule a: if x then after 1h send push\n"
    "rule b: if x then after 2h send sms"
)
STORE = "sqlite:///state.db"


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with trigdsl.Engine(trigdsl.parse(OLD), store=STORE) as engine:
        engine.feed_many([{"user": user, "time": "2026-11-20T10:00:00Z", "event": "x"} for user in "uv"])


def planned(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, list[object]]:
    assert main(["plan", "-e", NEW, "--store", STORE, "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [key.split(" [")[0] for key in found["empty_history"]] == ["count of y"]
    return {
        one["rule"]: [one["fate"], one["waiting"], one["by_old_text"], one["retimed"], one["ended"]]
        for one in found["rules"]
    }


@pytest.mark.parametrize(
    ("policy", "runs"), [("keep", [2, 2, 0, 0]), ("retime", [0, 0, 2, 0]), ("cancel", [0, 0, 0, 2])]
)
def test_it_counts_what_would_become_of_runs(capsys: pytest.CaptureFixture[str], policy: str, runs: list[int]) -> None:
    assert planned(capsys, "--on-edit", policy) == {
        "d": ["new", 0, 0, 0, 0],
        "a": ["unchanged", 2, 0, 0, 0],
        "b": ["changed", *runs],
        "c": ["removed", 0, 0, 0, 2],
    }


def test_it_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=STORE)
    planned(capsys, "--on-edit", "cancel")
    assert [one.rule for one in engine.pending("u")] == ["a", "b", "c"]
    engine.close()


def test_it_tells_when_the_store_was_written_with_other_rules(capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("old", OLD), ("other", OLD.replace("rule b: if x", "rule b: if z")), ("new", NEW)):
        Path(f"{name}.trig").write_text(text)
    assert main(["plan", "old.trig", "new.trig", "--store", STORE]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert main(["plan", "other.trig", "new.trig", "--store", STORE]) == 0
    again = capsys.readouterr()
    assert again.out == told.out
    assert again.err == "other.trig is not what the store was written with, which this compares: b\n"


@pytest.mark.parametrize("given", [[], ["old.trig", "new.trig", "more.trig"], ["old.trig", "new.trig", "-e", NEW]])
def test_it_wants_one_program_and_the_one_of_now_at_the_most(
    capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    assert main(["plan", *given, "--store", STORE]) == 2
    assert "name one .trig file or folder" in capsys.readouterr().err


def test_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-e", NEW, "--store", STORE]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "rule",
        "compared",
        "with",
        "the",
        "store",
        "runs",
        "wait",
        "on",
        "by",
        "old",
        "text",
        "timed",
        "anew",
        "end",
    ]
    assert lines[4].split() == ["c", "removed", "2", "0", "0", "0", "2"]
    assert lines[6:] == ["Runs that end", "  c: 2 (rule removed)", "", "History", "  starts empty: count of y [y]"]


def test_where_no_store_is_none_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-e", NEW, "--store", "sqlite:///other.db"]) == 2
    assert "there is no store at `other.db`" in capsys.readouterr().err
    assert not Path("other.db").exists()
